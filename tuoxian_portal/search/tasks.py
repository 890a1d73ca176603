"""The search index in the background."""

from celery import shared_task

from tuoxian_portal.core.jobs import Progress, enqueue, job_handler
from tuoxian_portal.core.models import Job
from tuoxian_portal.search import misses
from tuoxian_portal.search.index import apply_changes, rebuild
from tuoxian_portal.search.models import SearchChange


@job_handler("search-changes")
def index_changes(job: Job, progress: Progress) -> str:
    apply_changes()
    return ""


@shared_task
def queue_changes() -> None:
    """Every minute: a change that came while the last job was ending is not forgotten."""
    if SearchChange.objects.exists():
        queue_index()


@shared_task
def rebuild_index() -> None:
    """Every night: what changed without a signal (bulk updates, related rows) is indexed too."""
    rebuild()


@shared_task
def sweep_misses() -> int:
    """Every night: searches without a result whose time is over."""
    return misses.sweep()


def queue_index() -> None:
    """One open job however many records were saved."""
    enqueue("search-changes", title="更新站内搜索", dedupe_key="search")
