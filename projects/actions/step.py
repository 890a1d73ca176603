"""One transition on a row, the same way for every workflow of the app."""

from typing import Any, TypeVar

from django.db import models, transaction

from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import NotPermitted
from tuoxian_portal.core.workflow import Workflow

Row = TypeVar("Row", bound=models.Model)


def locked(record: Row) -> Row:
    """`record` as it is now, under a lock that lasts until the transaction ends."""
    manager: Any = type(record)._default_manager
    return manager.select_for_update(of=("self",)).get(pk=record.pk)


def plain(value: Any) -> Any:
    """`value` as it can stand in an audit entry."""
    return value if value is None or isinstance(value, bool | int) else str(value)


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [plain(before[name]), plain(after[name])] for name in after if before[name] != after[name]}


@transaction.atomic
def write(fresh: Any, values: dict[str, Any], *, actor: Any, action: str, reason: str = "") -> Any:
    """Sets `values` on the locked row `fresh`, saves them with a new version, writes one audit entry."""
    before = {name: getattr(fresh, name) for name in values}
    for name, value in values.items():
        setattr(fresh, name, value)
    bump(fresh)
    fresh.save(update_fields=[*values, "version", "updated_at"])
    log(actor=actor, action=action, target=fresh, reason=reason, changes=differences(before, values))
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
    check_version(fresh, version)  # type: ignore[arg-type]
    transition = workflow.check(fresh, name, actor, reason=reason)
    values = {name: value(fresh) if callable(value) else value for name, value in values.items()}
    if transition.target:
        values = {workflow.field_name: transition.target, **values}
    return write(fresh, values, actor=actor, action=transition.label, reason=reason)


def require(actor: Any, permission: str, what: str) -> None:
    """Raises `NotPermitted` unless `actor` is the system (None) or holds `permission`."""
    if actor is not None and not actor.has_perm(permission):
        raise NotPermitted(f"您没有“{what}”的权限。如需办理，请联系项目专员。")
