"""Writing the audit log."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from tuoxian_portal.audit.context import remote_address
from tuoxian_portal.audit.models import LogEntry


def log(
    *,
    actor: Any,
    action: str,
    target: models.Model,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> LogEntry:
    """Writes one entry in the caller's transaction; one query. `actor=None` is the system.

    `changes` maps a field to `[before, after]`; never put a personal number in it.
    """
    return LogEntry.objects.create(
        actor=actor if actor is not None and actor.pk else None,
        action=action,
        content_type=ContentType.objects.get_for_model(target),
        object_id=str(target.pk),
        object_repr=str(target)[:200],
        reason=reason,
        changes=changes or {},
        address=remote_address.get(),
        is_sample=bool(getattr(target, "is_sample", False)),
    )


def history_of(target: models.Model) -> models.QuerySet[LogEntry]:
    """The entries about `target`, newest first, with their actors."""
    return LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(target), object_id=str(target.pk)
    ).select_related("actor")
