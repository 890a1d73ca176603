"""Going after a region, an enterprise or a missing link of a chain."""

from typing import Any

from django.db import transaction

from projects.actions.permission import require
from projects.actions.records import save_changed
from projects.choices_pipeline import PursuitState
from projects.models import PromotionTarget
from projects.workflow_pipeline import PURSUIT_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import locked, step
from tuoxian_portal.core.concurrency import check_version
from tuoxian_portal.core.errors import WorkflowError


@transaction.atomic
def save_promotion_target(
    *, target: PromotionTarget, actor: Any, changed: list[str], version: int | None = None
) -> PromotionTarget:
    """Adds `target` or saves its `changed` fields. Raises `NotPermitted`, `EditConflict`,
    `WorkflowError` (it is over) or `ValidationError`."""
    adding = target.pk is None
    require(actor, f"projects.{'add' if adding else 'change'}_promotiontarget", "维护招商目标")
    if adding:
        target.full_clean()
        target.save()
        log(actor=actor, action="add", target=target)
        return target
    fresh = locked(target)
    check_version(fresh, version)
    if fresh.state in {PursuitState.LANDED, PursuitState.DROPPED}:
        raise WorkflowError(f"这个招商目标{fresh.get_state_display()}，不能再修改。")
    return save_changed(
        fresh=fresh, record=target, actor=actor, changed=changed, also=["version", "updated_at"]
    )


def contact_target(
    *, target: PromotionTarget, actor: Any, reason: str = "", version: int | None = None
) -> PromotionTarget:
    """Somebody spoke with them; `reason` says with whom and of what."""
    return step(PURSUIT_WORKFLOW, "make_contact", target, actor, reason=reason, version=version)


def talk_target(
    *, target: PromotionTarget, actor: Any, reason: str = "", version: int | None = None
) -> PromotionTarget:
    """Talks about a certain investment have begun."""
    return step(PURSUIT_WORKFLOW, "start_talks", target, actor, reason=reason, version=version)


def land_target(
    *, target: PromotionTarget, actor: Any, reason: str, version: int | None = None
) -> PromotionTarget:
    """The investment has come; `reason` names it."""
    return step(PURSUIT_WORKFLOW, "land", target, actor, reason=reason, version=version)


def drop_target(
    *, target: PromotionTarget, actor: Any, reason: str, version: int | None = None
) -> PromotionTarget:
    """Nobody goes after it any more, with a reason."""
    return step(
        PURSUIT_WORKFLOW, "drop", target, actor, reason=reason, version=version, drop_reason=reason.strip()
    )


def resume_target(
    *, target: PromotionTarget, actor: Any, reason: str, version: int | None = None
) -> PromotionTarget:
    """Takes it up again."""
    return step(PURSUIT_WORKFLOW, "resume", target, actor, reason=reason, version=version, drop_reason="")
