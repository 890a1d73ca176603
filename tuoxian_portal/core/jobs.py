"""Background work that survives a dead worker, a dead broker and a double click.

An app registers a handler in its `tasks.py`::

    @job_handler("monthly-report")
    def produce(job: Job, progress: Progress) -> str: ...   # returns the address of the result

and calls `enqueue("monthly-report", …)`. Handlers are idempotent.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.models import Job

logger = logging.getLogger(__name__)

LOST_AFTER = timedelta(minutes=5)
KEPT_FOR = timedelta(days=30)
MAX_ATTEMPTS = 3


class Progress:
    """Writes how far a job is; each call is one small update and a sign of life."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def __call__(self, done: int, total: int, message: str = "") -> None:
        _as_claimed(self.job).update(
            progress_done=done,
            progress_total=total,
            message=message[:300],
            heartbeat_at=timezone.now(),
        )


Handler = Callable[[Job, Progress], str | None]
HANDLERS: dict[str, Handler] = {}


def job_handler(kind: str) -> Callable[[Handler], Handler]:
    """Registers the function that does jobs of `kind`."""

    def register(function: Handler) -> Handler:
        HANDLERS[kind] = function
        return function

    return register


def enqueue(
    kind: str,
    *,
    title: str,
    payload: dict[str, Any] | None = None,
    requested_by: Any = None,
    dedupe_key: str = "",
) -> Job:
    """Queues work and returns its row; an open job with the same `dedupe_key` is returned instead."""
    if dedupe_key:
        existing = _open_job(kind, dedupe_key)
        if existing:
            return existing
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind,
                title=title,
                payload=payload or {},
                requested_by=requested_by,
                dedupe_key=dedupe_key,
            )
    except IntegrityError:  # the same click, a moment earlier
        existing = _open_job(kind, dedupe_key)
        if existing is None:
            raise
        return existing
    transaction.on_commit(lambda: publish(job))
    return job


def _open_job(kind: str, dedupe_key: str) -> Job | None:
    return Job.objects.filter(
        kind=kind, dedupe_key=dedupe_key, state__in=[Job.State.QUEUED, Job.State.RUNNING]
    ).first()


def publish(job: Job) -> bool:
    """Hands `job` to the broker. False when the broker cannot be reached: the sweeper tries again."""
    from tuoxian_portal.core.tasks import run_job

    try:
        run_job.delay(str(job.pk))
    except Exception as error:  # every transport has its own; the page must not fail with it
        logger.warning("job %s could not be published: %s", job.pk, error)
        Job.objects.filter(pk=job.pk).update(message="任务队列暂时不可用，恢复后会自动办理。")
        return False
    Job.objects.filter(pk=job.pk).update(published_at=timezone.now())
    return True


def run(job_id: str) -> None:
    """Does the job once. A second delivery of a job that is running or done does nothing.

    A worker that was silent so long that another took its job over says nothing more about it.
    """
    now = timezone.now()
    stale = Q(state=Job.State.RUNNING, heartbeat_at__lt=now - LOST_AFTER)
    claimed = (
        Job.objects.filter(pk=job_id)
        .filter(Q(state=Job.State.QUEUED) | stale)
        .update(
            state=Job.State.RUNNING,
            started_at=now,
            heartbeat_at=now,
            attempts=F("attempts") + 1,
            message="",
        )
    )
    if not claimed:
        return
    job = Job.objects.get(pk=job_id)
    try:
        handler = HANDLERS[job.kind]
        result_url = handler(job, Progress(job)) or ""
    except Exception as error:
        refused = isinstance(error, PortalError)
        if not refused:
            logger.exception("job %s (%s) failed", job.pk, job.kind)
        retry = not refused and job.attempts < MAX_ATTEMPTS
        _as_claimed(job).update(
            state=Job.State.QUEUED if retry else Job.State.FAILED,
            published_at=None,
            finished_at=None if retry else timezone.now(),
            message=str(error)[:300]
            if refused
            else f"办理时出错（{type(error).__name__}），"
            + ("稍后自动重试。" if retry else "已停止重试，请联系系统管理员。"),
        )
        return
    _as_claimed(job).update(
        state=Job.State.SUCCEEDED, finished_at=timezone.now(), result_url=result_url, message=""
    )


def _as_claimed(job: Job) -> QuerySet[Job]:
    """The row of `job` while it is still this attempt's."""
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)


def requeue_lost() -> int:
    """Publishes again every job that was lost: never published, or silent for `LOST_AFTER`.

    A job that has taken its worker down `MAX_ATTEMPTS` times is given up rather than handed to the
    next one. Returns how many were published. Two queries, and one publish for each.
    """
    limit = timezone.now() - LOST_AFTER
    silent = Q(state=Job.State.RUNNING, heartbeat_at__lt=limit)
    Job.objects.filter(silent, attempts__gte=MAX_ATTEMPTS).update(
        state=Job.State.FAILED,
        finished_at=timezone.now(),
        message="办理中多次中断，已停止重试，请联系系统管理员。",
    )
    lost = Job.objects.filter(
        Q(state=Job.State.QUEUED, published_at__isnull=True)
        | Q(state=Job.State.QUEUED, published_at__lt=limit)
        | silent
    )
    return sum(publish(job) for job in lost.order_by("created_at")[:500])


def forget_routine() -> int:
    """Deletes jobs that succeeded more than `KEPT_FOR` ago, that nobody asked for and that tell nothing:
    an index brought up to date each minute would fill the table. Returns how many."""
    routine = Job.objects.filter(
        state=Job.State.SUCCEEDED, requested_by=None, result_url="", payload={}, message=""
    )
    return routine.filter(finished_at__lt=timezone.now() - KEPT_FOR).delete()[0]
