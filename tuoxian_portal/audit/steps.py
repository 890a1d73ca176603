"""One change of one row, the same way everywhere: locked, checked, saved, written down."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from django.db import models, transaction

from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.workflow import Workflow

Row = TypeVar("Row", bound=models.Model)


def locked(record: Row) -> Row:
    """`record` as it is now, under a lock that lasts until the transaction ends."""
    manager: Any = type(record)._default_manager
    return manager.select_for_update(of=("self",)).get(pk=record.pk)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | list) else str(value)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What an audit entry says of a change: `{field: [before, after]}` for the fields that differ."""
    return {
        name: [_plain(before[name]), _plain(value)] for name, value in after.items() if before[name] != value
    }


def apply(fresh: Any, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Sets `values` and a new version on the locked row `fresh`, unsaved; returns what its audit entry
    says. For an action that saves many rows at once."""
    before = {name: getattr(fresh, name) for name in values}
    for name, value in values.items():
        setattr(fresh, name, value)
    bump(fresh)
    return differences(before, values)


@transaction.atomic
def write(fresh: Any, values: dict[str, Any], *, actor: Any, action: str, reason: str = "") -> Any:
    """Sets `values` on the locked row `fresh`, saves them with a new version, writes one audit entry."""
    changes = apply(fresh, values)
    fresh.save(update_fields=[*values, "version", "updated_at"])
    log(actor=actor, action=action, target=fresh, reason=reason, changes=changes)
    return fresh


@transaction.atomic
def step(
    workflow: Workflow,
    name: str,
    record: Row,
    actor: Any,
    *,
    reason: str = "",
    version: int | None = None,
    **values: Any,
) -> Row:
    """The transition `name` of `workflow`, checked against the row as it is now.

    A callable among `values` is asked with that row. Raises `NotPermitted`, `WorkflowError` or
    `EditConflict`. Queries: lock, save, audit entry.
    """
    fresh = locked(record)
    check_version(cast(Any, fresh), version)
    transition = workflow.check(fresh, name, actor, reason=reason)
    values = {name: value(fresh) if callable(value) else value for name, value in values.items()}
    if transition.target:
        values = {workflow.field_name: transition.target, **values}
    return write(fresh, values, actor=actor, action=transition.name, reason=reason)
