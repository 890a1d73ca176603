"""Celery's doors into the projects."""

from celery import shared_task

from projects.actions.confidence_history import record_confidence


@shared_task
def keep_confidence() -> int:
    """Every night: the month's 红黄绿 so far, and what was missed. Safe to run twice."""
    return record_confidence()
