"""Celery's doors into the projects."""

from celery import shared_task

from projects import actions
from projects.actions.confidence_history import record_confidence
from projects.actions.ledger_import import LEDGER_IMPORT
from tuoxian_portal.core.jobs import job_handler

job_handler(LEDGER_IMPORT.kind)(LEDGER_IMPORT.carry_out)


@shared_task
def keep_confidence() -> int:
    """Every night: the month's 红黄绿 so far, and what was missed. Safe to run twice."""
    return record_confidence()


@shared_task
def remind_leads() -> int:
    """Every morning: the reminders of leads whose day has come, and what was missed. Safe to run twice."""
    return actions.remind_leads()
