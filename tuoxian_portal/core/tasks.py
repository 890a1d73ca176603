"""Celery's doors into `core.jobs`."""

from celery import shared_task
from django.core.management import call_command

from tuoxian_portal.core import jobs


@shared_task
def run_job(job_id: str) -> None:
    jobs.run(job_id)


@shared_task
def requeue_lost_jobs() -> int:
    return jobs.requeue_lost()


@shared_task
def sweep() -> None:
    """Every night: routine jobs and sessions that are over."""
    jobs.forget_routine()
    call_command("clearsessions")
