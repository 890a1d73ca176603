"""Celery's doors into the projects."""

from celery import shared_task

from projects import actions
from projects.actions import ledger_import
from projects.actions.confidence_history import record_confidence
from tuoxian_portal.core.jobs import Progress, job_handler
from tuoxian_portal.core.models import Job


@shared_task
def keep_confidence() -> int:
    """Every night: the month's 红黄绿 so far, and what was missed. Safe to run twice."""
    return record_confidence()


@job_handler(ledger_import.KIND)
def import_ledger(job: Job, progress: Progress) -> str:
    """Checks or imports a workbook of the ledger. What was found stays with the job."""
    return ledger_import.do_import(job=job, progress=progress)


@shared_task
def remind_leads() -> int:
    """Every morning: the reminders of leads whose day has come, and what was missed. Safe to run twice."""
    return actions.remind_leads()
