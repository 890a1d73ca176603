"""Is the portal well? Asked by load balancers, containers and the person on duty (`/healthz/`)."""

import tempfile
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from tuoxian_portal.core.models import Job

BEAT_LATE_AFTER = timedelta(minutes=10)  # beat sweeps every minute and writes that down every three
QUEUE_LATE_AFTER = timedelta(minutes=10)


def report() -> dict[str, Any]:
    """`status` is `ok`, `degraded` (pages work, background work does not) or `down`.

    Four small queries. Names no host, no version and no path: anybody may ask.
    """
    parts = {"database": _database()}
    if parts["database"]["ok"]:
        parts |= {"cache": _cache(), "broker": _broker(), "beat": _beat(), "queue": _queue()}
    if not parts["database"]["ok"]:
        status = "down"
    else:
        status = "ok" if all(part["ok"] for part in parts.values()) else "degraded"
    return {"status": status, "at": timezone.localtime().isoformat(timespec="seconds"), **parts}


def _database() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return {"ok": True}
    except DatabaseError as error:
        return {"ok": False, "error": type(error).__name__}


def _cache() -> dict[str, Any]:
    try:
        cache.set("core.health", "1", 10)
        return {"ok": cache.get("core.health") == "1"}
    except Exception as error:  # every backend has its own
        return {"ok": False, "error": type(error).__name__}


def _broker() -> dict[str, Any]:
    try:
        if folder := settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("data_folder_out"):
            tempfile.TemporaryFile(dir=str(folder)).close()
        else:
            with current_app.connection_for_write() as broker:
                broker.ensure_connection(max_retries=1, timeout=2)
        return {"ok": True}
    except Exception as error:  # every transport has its own
        return {"ok": False, "error": type(error).__name__}


def _beat() -> dict[str, Any]:
    """When beat last wrote down its sweep, or its schedule (which it does when it starts)."""
    times = (
        PeriodicTask.objects.filter(name="requeue-lost-jobs")
        .values_list("last_run_at", "date_changed")
        .first()
    )
    seen = max((moment for moment in times or () if moment), default=None)
    if seen is None:
        return {"ok": False, "last_seen": None}
    return {
        "ok": timezone.now() - seen < BEAT_LATE_AFTER,
        "last_seen": timezone.localtime(seen).isoformat(timespec="seconds"),
    }


def _queue() -> dict[str, Any]:
    """How much waits, and for how long (seconds): a queue that only grows has no worker."""
    waiting = Job.objects.filter(state=Job.State.QUEUED)
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    age = timezone.now() - oldest if oldest else timedelta()
    return {
        "ok": age < QUEUE_LATE_AFTER,
        "waiting": waiting.count(),
        "oldest_seconds": int(age.total_seconds()),
    }
