"""How a 帮办 entrustment ends: signed off and followed up, taken back, terminated, or over in time.

The arguments and errors are those of `actions.entrustments`.
"""

import logging
from typing import Any

from django.core.exceptions import ValidationError

from services.actions.entrusting import Entrusting, entrusting, text_of
from services.actions.ratings import invite_for_entrustment, rate_by_follow_up
from services.choices_cases import PaperKind
from services.choices_entrustments import LAPSING_STATES, EntrustmentState, FollowUpGrade
from services.models.entrustments import Entrustment
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.chinese import plain_date
from tuoxian_portal.core.errors import PortalError, WorkflowError

logger = logging.getLogger(__name__)


def sign_off(
    *,
    entrustment: Entrustment,
    actor: Any,
    signer: str,
    result: str,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """办结签单: the principal signs that it is done and that every original is back, and takes the
    invitation to rate along."""
    name = text_of("signer", signer, "签单人", longest=60)
    told = text_of("result", result, "帮办结果", longest=300)

    def change(doing: Entrusting) -> None:
        doing.entrustment.sign_off_signer, doing.entrustment.signed_off_on = name, doing.on
        doing.entrustment.result = told
        doing.issue(PaperKind.HELP_SIGN_OFF)
        invitation = invite_for_entrustment(entrustment=doing.entrustment, actor=None, at=doing.at)
        doing.issue(PaperKind.INVITATION, expires=invitation.expires_on)

    return entrusting(
        "sign_off", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def follow_up(
    *,
    entrustment: Entrustment,
    actor: Any,
    grade: str,
    note: str = "",
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """回访 by somebody who did not help. 不满意 needs what was said."""
    if grade not in FollowUpGrade.values:
        raise ValidationError({"grade": "请选择委托人的评价。"})
    unhappy = grade in {FollowUpGrade.DISSATISFIED, FollowUpGrade.VERY_DISSATISFIED}
    told = text_of(
        "note", note, "委托人不满意的原因" if unhappy else "回访情况", longest=500, required=unhappy
    )

    def change(doing: Entrusting) -> None:
        own = doing.entrustment
        own.follow_up_grade, own.follow_up_note = grade, told
        own.followed_up_on, own.followed_up_by = doing.on, actor
        rate_by_follow_up(entrustment=own, actor=actor, grade=grade, comment=told)

    return entrusting(
        "follow_up", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def withdraw_entrustment(
    *, entrustment: Entrustment, actor: Any, reason: str, version: int | None = None
) -> Entrustment:
    """The principal takes the authority back, at any time and for any reason (民法典 Art. 173)."""
    return _end("withdraw", entrustment, actor, reason, version, "因委托人取消委托：")


def terminate_entrustment(
    *, entrustment: Entrustment, actor: Any, reason: str, version: int | None = None
) -> Entrustment:
    """终止 by a supervisor: the help cannot go on."""
    return _end("terminate", entrustment, actor, reason, version, "因以下原因无法继续：")


def _end(
    name: str, entrustment: Entrustment, actor: Any, reason: str, version: int | None, why: str
) -> Entrustment:
    def change(doing: Entrusting) -> None:
        own = doing.entrustment
        own.end_reason, own.closed_on = doing.reason, doing.on
        own.pauses.filter(ended_on=None).update(ended_on=doing.on)
        if own.state != EntrustmentState.CONSULTED:
            doing.issue(PaperKind.HELP_END, reason=f"{why}{doing.reason}")

    return entrusting(
        name, entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def expire_entrustment(*, entrustment: Entrustment) -> Entrustment:
    """期满终止 by the daily task, dated to the last day of the period whenever the task runs. A period
    that was extended in the meantime raises `WorkflowError`."""

    def change(doing: Entrusting) -> None:
        own = doing.entrustment
        if own.ends_on is None or own.ends_on >= doing.on:
            raise WorkflowError("委托期限尚未届满。")
        own.end_reason, own.closed_on = "委托期限届满", own.ends_on
        own.pauses.filter(ended_on=None).update(ended_on=own.ends_on)
        doing.issue(PaperKind.HELP_END, reason=f"期限于{plain_date(own.ends_on)}届满")

    return entrusting("expire", entrustment=entrustment, actor=None, reason="委托期限届满", change=change)


def expire_lapsed() -> list[Entrustment]:
    """期满终止 for every authority whose period is over, whenever that was: a task that did not run for
    days catches up."""
    done = []
    waiting = Entrustment.objects.filter(state__in=LAPSING_STATES, ends_on__lt=today()).order_by("pk")
    for entrustment in waiting.iterator(chunk_size=200):
        try:
            done.append(expire_entrustment(entrustment=entrustment))
        except PortalError as error:  # ended or renewed in the same moment
            logger.info("entrustment %s did not expire: %s", entrustment.number, error.message)
    return done
