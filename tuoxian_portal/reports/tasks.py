"""Celery's doors into the reports."""

from celery import shared_task

from tuoxian_portal.accounts.models import User
from tuoxian_portal.core.jobs import Progress, job_handler
from tuoxian_portal.core.models import Job
from tuoxian_portal.reports import actions


@job_handler(actions.JOB)
def produce(job: Job, progress: Progress) -> str:
    """Makes the report that the job asks for; returns the address of its page."""
    payload = job.payload
    run = actions.produce_report(
        kind=payload["kind"],
        period=payload["period"],
        reason=payload.get("reason", ""),
        supersedes=payload.get("supersedes"),
        actor=User.objects.filter(pk=payload.get("actor")).first(),
        progress=progress,
        job=job,
    )
    return run.get_absolute_url()


@shared_task
def produce_due_reports() -> int:
    """Every morning: clears away what a killed worker left, queues what is due and missing; returns
    how many."""
    actions.remove_orphans()
    return len(actions.request_due_reports())
