"""Celery's doors into `core.jobs`."""

from celery import shared_task

from tuoxian_portal.core import jobs


@shared_task
def run_job(job_id: str) -> None:
    jobs.run(job_id)


@shared_task
def requeue_lost_jobs() -> int:
    return jobs.requeue_lost()
