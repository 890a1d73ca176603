"""What may happen to a promise and to a supervision notice."""

from typing import Any

from projects.choices import Status
from projects.choices_notice import NoticeState
from projects.workflow import ALWAYS, EventWorkflow, only_if
from tuoxian_portal.core.workflow import Transition, Workflow, register_check

JUDGE = "projects.judge_commitment"
ANSWER = "projects.answer_notice"
CLOSE = "projects.close_notice"

COMMITMENT_EVENTS = EventWorkflow(
    name="commitment_events",
    states=Status,
    initial="",
    terminal=frozenset(),
    transitions=(
        Transition(
            "judge",
            "核定",
            ALWAYS,
            None,
            JUDGE,
            needs_reason=True,
            guards=(only_if(lambda c: not c.verdict, "这项承诺已经核定。如需改判，请先“撤销核定”。"),),
            tone="primary",
        ),
        Transition(
            "withdraw_verdict",
            "撤销核定",
            ALWAYS,
            None,
            JUDGE,
            needs_reason=True,
            guards=(only_if(lambda c: c.verdict, "这项承诺还没有核定。"),),
        ),
    ),
)


def own_notice(notice: Any, user: Any) -> str | None:
    """Only the owner answers."""
    if user is not None and not notice.is_owned_by(user):
        return "督办由承办人或承办单位的工作人员答复。"
    return None


def not_own_answer(notice: Any, user: Any) -> str | None:
    """Whoever has to answer a notice does not close it."""
    if user is not None and notice.owner_id and notice.owner_id == user.pk:
        return "您是承办人，答复须由另一位工作人员审核。"
    return None


NOTICE_WORKFLOW = register_check(
    Workflow(
        name="supervision_notice",
        states=NoticeState,
        initial=NoticeState.ISSUED,
        terminal=frozenset({NoticeState.CLOSED, NoticeState.CANCELLED}),
        transitions=(
            Transition(
                "answer",
                "答复",
                frozenset(NoticeState.waiting()),
                NoticeState.ANSWERED,
                ANSWER,
                guards=(own_notice,),
                tone="primary",
            ),
            Transition(
                "close",
                "办结",
                frozenset({NoticeState.ANSWERED}),
                NoticeState.CLOSED,
                CLOSE,
                needs_reason=True,
                guards=(not_own_answer,),
                tone="primary",
            ),
            Transition(
                "return",
                "退回重办",
                frozenset({NoticeState.ANSWERED}),
                NoticeState.RETURNED,
                CLOSE,
                needs_reason=True,
                guards=(not_own_answer,),
            ),
            Transition(
                "cancel",
                "撤销督办",
                frozenset(NoticeState.waiting()),
                NoticeState.CANCELLED,
                CLOSE,
                needs_reason=True,
                tone="danger",
            ),
        ),
    )
)
