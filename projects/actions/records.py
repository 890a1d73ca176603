"""Saving what has no workflow of its own: opportunities and targets."""

from typing import Any

from django.db import transaction

from projects.actions.permission import require
from projects.models import Opportunity, Target
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences, locked
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.numbering import next_number


def new_opportunity_number() -> str:
    """`ZS2026-001`: unbroken per year. Two queries; only inside a transaction."""
    year = today().year
    return f"ZS{year}-{next_number(f'projects.opportunity.{year}'):03d}"


@transaction.atomic
def save_opportunity(
    *, opportunity: Opportunity, actor: Any, changed: list[str], version: int | None = None
) -> Opportunity:
    """Adds `opportunity`, which gets its number, or saves its `changed` fields.

    Raises `NotPermitted`, `EditConflict` or `ValidationError`.
    """
    adding = opportunity.pk is None
    verb = "add" if adding else "change"
    require(actor, f"projects.{verb}_opportunity", "维护招商项目")
    if adding:
        opportunity.number = new_opportunity_number()
        opportunity.full_clean()
        opportunity.save()
        log(actor=actor, action="add", target=opportunity)
        return opportunity
    fresh = locked(opportunity)
    check_version(fresh, version)
    return save_changed(
        fresh=fresh, record=opportunity, actor=actor, changed=changed, also=["version", "updated_at"]
    )


@transaction.atomic
def save_target(*, target: Target, actor: Any, changed: list[str]) -> Target:
    """Adds `target` or saves its `changed` fields. A typed actual needs its source.

    Raises `NotPermitted` or `ValidationError`.
    """
    adding = target.pk is None
    require(actor, f"projects.{'add' if adding else 'change'}_target", "维护目标")
    if adding:
        target.full_clean()
        target.save()
        log(actor=actor, action="add", target=target)
        return target
    return save_changed(fresh=locked(target), record=target, actor=actor, changed=changed, also=[])


def save_changed(*, fresh: Any, record: Any, actor: Any, changed: list[str], also: list[str]) -> Any:
    """Copies the `changed` fields of `record` onto the locked row `fresh`, checks, saves and logs them."""
    if not changed:
        return fresh
    before = {name: getattr(fresh, name) for name in changed}
    after = {name: getattr(record, name) for name in changed}
    for name, value in after.items():
        setattr(fresh, name, value)
    fresh.full_clean()
    if also:
        bump(fresh)
    fresh.save(update_fields=[*changed, *also])
    log(actor=actor, action="edit", target=fresh, changes=differences(before, after))
    return fresh
