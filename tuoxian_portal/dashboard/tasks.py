"""Celery's doors into `dashboard.figures`."""

from celery import shared_task
from django.urls import reverse

from tuoxian_portal.core.jobs import Progress, job_handler
from tuoxian_portal.core.models import Job
from tuoxian_portal.dashboard import figures

REFRESH = "refresh-cockpit"


@job_handler(REFRESH)
def refresh_on_request(job: Job, progress: Progress) -> str:
    figures.refresh(progress)
    return reverse("dashboard:cockpit")


@shared_task
def refresh_figures() -> None:
    """Every hour, see `CELERY_BEAT_SCHEDULE`."""
    figures.refresh()
