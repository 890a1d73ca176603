"""Celery's doors into `dashboard.figures`."""

from celery import shared_task
from django.urls import reverse

from tuoxian_portal.core.jobs import Progress, job_handler
from tuoxian_portal.core.models import Job
from tuoxian_portal.dashboard import figures, policy_figures

REFRESH = "refresh-cockpit"
REFRESH_POLICIES = "refresh-policies"


@job_handler(REFRESH)
def refresh_on_request(job: Job, progress: Progress) -> str:
    figures.refresh(progress)
    return reverse("dashboard:cockpit")


@job_handler(REFRESH_POLICIES)
def refresh_policies_on_request(job: Job, progress: Progress) -> str:
    policy_figures.refresh(progress)
    return reverse("dashboard:policies")


@shared_task
def refresh_policies() -> int:
    """Every night: it reads the register once for every clause."""
    return policy_figures.refresh()


@shared_task
def refresh_figures() -> None:
    """Every hour, see `CELERY_BEAT_SCHEDULE`."""
    figures.refresh()
