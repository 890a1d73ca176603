"""What may happen to a conflict between leads and to a target of promotion."""

from typing import Any

from projects.choices import Status
from projects.choices_pipeline import PursuitState
from projects.workflow import ALWAYS, EventWorkflow, only_if
from tuoxian_portal.core.workflow import Transition, Workflow, register_check

RESOLVE = "projects.resolve_conflict"
PURSUE = "projects.pursue_promotiontarget"


def not_a_party(conflict: Any, user: Any) -> str | None:
    """Nobody decides about her own lead."""
    if user is not None and user.pk in (conflict.first.owner_id, conflict.later.owner_id):
        return "您是其中一条线索的负责人，须由另一位督办人员裁定。"
    return None


CONFLICT_EVENTS = EventWorkflow(
    name="lead_conflict_events",
    states=Status,
    initial="",
    terminal=frozenset(),
    transitions=(
        Transition(
            "resolve",
            "裁定",
            ALWAYS,
            None,
            RESOLVE,
            needs_reason=True,
            guards=(only_if(lambda c: not c.decision, "这次撞单已经裁定。"), not_a_party),
            tone="primary",
        ),
    ),
)

UNDER_WAY = frozenset({PursuitState.PLANNED, PursuitState.CONTACTED, PursuitState.TALKING})

PURSUIT_WORKFLOW = register_check(
    Workflow(
        name="promotion_target",
        states=PursuitState,
        initial=PursuitState.PLANNED,
        terminal=frozenset({PursuitState.LANDED}),
        transitions=(
            Transition(
                "make_contact",
                "已接触",
                frozenset({PursuitState.PLANNED}),
                PursuitState.CONTACTED,
                PURSUE,
                tone="primary",
            ),
            Transition(
                "start_talks",
                "进入洽谈",
                frozenset({PursuitState.CONTACTED}),
                PursuitState.TALKING,
                PURSUE,
                tone="primary",
            ),
            Transition(
                "land",
                "已落地",
                frozenset({PursuitState.TALKING}),
                PursuitState.LANDED,
                PURSUE,
                needs_reason=True,
                confirm="请写明落地的项目。确定已落地？",
            ),
            Transition(
                "drop", "不再招引", UNDER_WAY, PursuitState.DROPPED, PURSUE, needs_reason=True, tone="danger"
            ),
            Transition(
                "resume",
                "重新招引",
                frozenset({PursuitState.DROPPED}),
                PursuitState.PLANNED,
                PURSUE,
                needs_reason=True,
            ),
        ),
    )
)
