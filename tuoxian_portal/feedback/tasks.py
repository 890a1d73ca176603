"""Celery's door into feedback."""

from celery import shared_task

from tuoxian_portal.feedback.actions import erase_contacts


@shared_task
def erase_old_contacts() -> int:
    """Every night: contacts that are no longer needed."""
    return erase_contacts()
