"""Celery's door into open data."""

from celery import shared_task

from tuoxian_portal.core.datasets import datasets
from tuoxian_portal.opendata.states import refresh


@shared_task
def check_datasets() -> None:
    """Every hour: row counts and the dates of the last changes."""
    refresh(*datasets)
