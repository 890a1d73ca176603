"""Celery's doors into the policies."""

from celery import shared_task

import policies.actions.claim_batch  # noqa: F401  (registers its job)
from policies import claim_mail
from policies.actions import claim_notice
from policies.models import ClaimMail
from tuoxian_portal.core import outbox
from tuoxian_portal.core.jobs import Progress, job_handler
from tuoxian_portal.core.models import Job


@job_handler(claim_notice.SEND)
def send_notices(job: Job, progress: Progress) -> str:
    """The mails that are due."""
    claim_mail.send_due()
    return ""


@shared_task
def send_waiting() -> None:
    """Every five minutes: what failed, and what a killed worker left."""
    if ClaimMail.objects.filter(outbox.due()).exists():
        claim_notice.queue_sending()
