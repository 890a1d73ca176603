"""Celery's doors into `core.jobs`."""

from celery import shared_task
from django.core.management import call_command

from tuoxian_portal.core import jobs
from tuoxian_portal.core.sheet_imports import sweep_workbooks


@shared_task
def run_job(job_id: str) -> None:
    jobs.run(job_id)


@shared_task
def requeue_lost_jobs() -> int:
    return jobs.requeue_lost()


@shared_task
def sweep() -> None:
    """Every night: routine jobs, sessions that are over, workbooks that were imported."""
    jobs.forget_routine()
    sweep_workbooks()
    call_command("clearsessions")
