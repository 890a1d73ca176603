"""The tables of ratings: what may be decided about one, and the life of a rectification (差评整改).

国办发〔2019〕51号: every bad rating is checked, corrected, answered and called back about. That the rated
person does not decide about it is our reading of domain.md; it is held here by guards and, for who
answered, by the database.
"""

from typing import Any

from services.choices_ratings import (
    CLOSED_REMEDIATIONS,
    COUNTED_STANDINGS,
    RatingStanding,
    RemediationState,
)
from services.workflow import _t
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.workflow import Workflow, register_check

RECORD = "services.record_rating"
JUDGE = "services.judge_rating"
PUBLISH = "services.publish_rating"
ANSWER = "services.answer_remediation"
SUPERVISE = "services.supervise_remediation"


# --- Ratings ---------------------------------------------------------------------------------------


def not_rated_here(rating: Any, user: Any) -> str | None:
    if user is not None and user.pk in rating.invitation.subject.handler_ids:
        return "您经办过本件，评价须由没有经办的人认定。"
    if user is not None and user.pk == rating.recorded_by_id:
        return "这条评价由您录入，须由另一人认定。"
    return None


def publication_of(rating: Any) -> Any:
    """What the public reads of `rating`, or None; a query unless it was selected along."""
    return getattr(rating, "publication", None)


def not_published(rating: Any, user: Any) -> str | None:
    return "评价已公开。如需修改，请先撤下。" if publication_of(rating) else None


def published(rating: Any, user: Any) -> str | None:
    return None if publication_of(rating) else "评价尚未公开。"


def remediation_is_over(rating: Any, user: Any) -> str | None:
    remediation = getattr(rating, "remediation", None)
    if remediation is not None and remediation.is_open:
        return "差评整改尚未办结，办结后才能公开评价和答复。"
    return None


RATING_WORKFLOW = register_check(
    Workflow(
        name="rating",
        states=RatingStanding,
        initial=RatingStanding.CLEAR,
        terminal=frozenset({RatingStanding.VALID, RatingStanding.INVALID}),
        field_name="standing",
        transitions=(
            _t(
                "doubt",
                "提出疑问",
                RatingStanding.CLEAR,
                RatingStanding.DOUBTFUL,
                JUDGE,
                needs_reason=True,
                guards=(not_rated_here, not_published),
                confirm="存疑期间不计入统计，评价保留并显示原因。",
            ),
            _t(
                "confirm",
                "认定有效",
                RatingStanding.DOUBTFUL,
                RatingStanding.VALID,
                JUDGE,
                needs_reason=True,
                guards=(not_rated_here,),
                tone="primary",
                confirm="认定后计入统计，不能更改。",
            ),
            _t(
                "dismiss",
                "认定无效",
                RatingStanding.DOUBTFUL,
                RatingStanding.INVALID,
                JUDGE,
                needs_reason=True,
                guards=(not_rated_here,),
                tone="danger",
                confirm="认定后不计入统计，不能更改；未结的差评整改一并终结。评价仍然保留。",
            ),
            _t(
                "publish",
                "公开",
                COUNTED_STANDINGS,
                None,
                PUBLISH,
                guards=(not_published, remediation_is_over),
                confirm="公开的文字不得含有姓名、电话、证件号码和编号；请在下面改写，原文不变。",
            ),
            _t(
                "unpublish",
                "撤下公开",
                COUNTED_STANDINGS,
                None,
                PUBLISH,
                needs_reason=True,
                guards=(published,),
            ),
        ),
    )
)


# --- Rectification ---------------------------------------------------------------------------------


def not_the_rated(remediation: Any, user: Any) -> str | None:
    if user is not None and user.pk in remediation.rating.invitation.subject.handler_ids:
        return "您经办过被评价的事项，须由没有经办的人办理。"
    return None


def not_who_answered(remediation: Any, user: Any) -> str | None:
    """In no round: an answer that was sent back is still an answer."""
    if user is not None and history_of(remediation).filter(action="answer", actor=user).exists():
        return "整改答复由您提交，须由另一人办理。"
    return None


def called_back(remediation: Any, user: Any) -> str | None:
    if not remediation.verdict:
        return "尚未回访。请先登记回访结果。"
    return None


def not_called_back(remediation: Any, user: Any) -> str | None:
    if remediation.verdict:
        return "已登记回访结果，请办结。"
    return None


R = RemediationState

REMEDIATION_WORKFLOW = register_check(
    Workflow(
        name="remediation",
        states=RemediationState,
        initial=RemediationState.VERIFYING,
        terminal=CLOSED_REMEDIATIONS,
        transitions=(
            _t(
                "verify",
                "核实属实",
                R.VERIFYING,
                R.RECTIFYING,
                SUPERVISE,
                needs_reason=True,
                guards=(not_the_rated,),
                tone="primary",
                confirm="交责任部门整改，并打印差评整改单。",
            ),
            _t(
                "reject",
                "不属实",
                R.VERIFYING,
                R.UNFOUNDED,
                SUPERVISE,
                needs_reason=True,
                guards=(not_the_rated,),
                tone="danger",
                confirm="终结整改，评价认定无效、不计入统计；评价和理由都保留。",
            ),
            _t(
                "answer",
                "提交整改答复",
                R.RECTIFYING,
                R.CALLING_BACK,
                ANSWER,
                needs_reason=True,
                tone="primary",
            ),
            _t(
                "call_back",
                "登记回访",
                R.CALLING_BACK,
                None,
                SUPERVISE,
                needs_reason=True,
                guards=(not_called_back, not_the_rated, not_who_answered),
                tone="primary",
                confirm="电话在办件页“查看原文”，查看会留下记录。仍不满意的，退回整改。",
            ),
            # What follows from a call-back that says so; nobody sends a rectification back otherwise.
            _t("send_back", "退回整改", R.CALLING_BACK, R.RECTIFYING, None),
            _t(
                "close",
                "办结",
                R.CALLING_BACK,
                R.CLOSED,
                SUPERVISE,
                needs_reason=True,
                guards=(called_back, not_the_rated, not_who_answered),
                tone="primary",
                confirm="办结后不再修改，并打印差评整改办结单。",
            ),
            # The rating was found invalid: nothing is left to rectify.
            _t(
                "lapse",
                "评价无效，终结",
                {R.VERIFYING, R.RECTIFYING, R.CALLING_BACK},
                R.UNFOUNDED,
                None,
            ),
        ),
    )
)
