"""Writing the audit log."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction

from tuoxian_portal.audit.context import remote_address
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.fields import EncryptedTextField


def log(
    *,
    actor: Any,
    action: str,
    target: models.Model,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> LogEntry:
    """Writes one entry in the caller's transaction; one query. `actor=None` is the system.

    `changes` maps a field to `[before, after]`. What the model keeps encrypted is named and its values
    are left out; never put a personal number in another place of it.
    """
    made = entry(actor=actor, action=action, target=target, reason=reason, changes=changes)
    made.save()
    return made


def entry(
    *,
    actor: Any,
    action: str,
    target: models.Model,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> LogEntry:
    """The entry that `log` writes, unsaved: for an action that makes many rows and writes one for
    each, by `LogEntry.objects.bulk_create`."""
    return LogEntry(
        actor=actor if actor is not None and actor.pk else None,
        action=action,
        content_type=ContentType.objects.get_for_model(target),
        object_id=str(target.pk),
        object_repr=str(target)[:200],
        reason=reason,
        changes=_without_sealed(type(target), changes or {}),
        address=remote_address.get(),
        is_sample=bool(getattr(target, "is_sample", False)),
    )


def log_many(
    *,
    actor: Any,
    action: str,
    targets: Sequence[models.Model],
    changes: Sequence[dict[str, Any]],
    reason: str = "",
) -> None:
    """One entry for each of `targets`, which are of one model: what `log` writes, in one statement for
    five hundred."""
    LogEntry.objects.bulk_create(
        [
            entry(actor=actor, action=action, target=target, reason=reason, changes=what)
            for target, what in zip(targets, changes, strict=True)
        ],
        batch_size=500,
    )


def _without_sealed(model: type[models.Model], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: [None, None] if name in _sealed_fields(model) else what for name, what in changes.items()}


@cache
def _sealed_fields(model: type[models.Model]) -> frozenset[str]:
    return frozenset(f.name for f in model._meta.concrete_fields if isinstance(f, EncryptedTextField))


def log_by_hand(
    *, actor: Any, action: str, record: models.Model, words: str, changes: dict[str, list[Any]]
) -> None:
    """What an administrator saved in the workbench without an action; see `core.admin_record`."""
    log(actor=actor, action=action, target=record, reason=words, changes=changes)


@transaction.atomic
def reveal(*, record: models.Model, field: str, actor: Any, reason: str) -> str:
    """The plain value of a personal field that pages show masked; every look is logged.

    The value itself is never written to the log. One query. Raises `NotPermitted` without the
    permission `audit.reveal_personal`, `WorkflowError` without a reason. The caller has already
    scoped `record` by `visible_to` (个人信息保护法 Art. 51: only who needs it, and on record).
    """
    name = str(record._meta.get_field(field).verbose_name)  # type: ignore[union-attr]  # a column, not a relation back
    if not actor.has_perm("audit.reveal_personal"):
        raise NotPermitted("您没有查看个人信息原文的权限。如确需查看，请联系部门负责人。")
    if not reason.strip():
        raise WorkflowError("查看个人信息原文须写明理由。", fields={"reason": ["请填写理由。"]})
    log(actor=actor, action="reveal", target=record, reason=f"查看“{name}”原文：{reason.strip()}")
    return str(getattr(record, field) or "")


def history_of(target: models.Model) -> models.QuerySet[LogEntry]:
    """The entries about `target`, newest first, with their actors."""
    return LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(target), object_id=str(target.pk)
    ).select_related("actor")
