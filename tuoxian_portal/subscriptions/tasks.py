"""Celery's doors into subscriptions."""

from celery import shared_task

from tuoxian_portal.core import outbox
from tuoxian_portal.core.jobs import Progress, enqueue, job_handler
from tuoxian_portal.core.models import Job
from tuoxian_portal.subscriptions import actions, composing, sending
from tuoxian_portal.subscriptions.models import Message
from tuoxian_portal.subscriptions.writing import queue_sending


@job_handler("subscriptions-send")
def send(job: Job, progress: Progress) -> str:
    sending.send_due()
    return ""


@job_handler("subscriptions-compose")
def compose(job: Job, progress: Progress) -> str:
    composing.compose_due()
    return ""


@shared_task
def compose_digests() -> None:
    """Every hour: a morning on which nothing ran is made up for."""
    enqueue("subscriptions-compose", title="汇总订阅更新", dedupe_key="compose")


@shared_task
def send_waiting() -> None:
    """Every five minutes: what failed, and what a killed worker left."""
    if Message.objects.filter(outbox.due()).exists():
        queue_sending()


@shared_task
def sweep_subscriptions() -> int:
    """Every night: what was never confirmed, and what ended long ago."""
    return actions.sweep()
