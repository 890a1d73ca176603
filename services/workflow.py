"""The table of a case's life: what leads from which state where, and who may do it.

The admin, the API and the actions read this table and nothing else. Sources: 行政许可法 Art. 32, 42,
44, 45 for the steps; the county's 一窗受理 for who does them. `tests/services/test_workflow.py` walks
every state × action × role.

The catalogue's own workflows are in `workflow_catalogue.py`.
"""

from typing import Any

from services.choices_cases import (
    CLOSED_STATES,
    DECISION_STATES,
    CaseState,
)
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.workflow import Transition, Workflow, register_check

RECEIVE = "services.receive_case"
REVIEW = "services.review_case"
DECIDE = "services.decide_case"
DELIVER = "services.deliver_case"
SUPERVISE = "services.supervise_case"


def intake_expired(case: Any) -> bool:
    """Whether the five days to answer a receipt are over, so that the law has accepted the case."""
    return case.state == CaseState.RECEIVED and bool(case.due_on) and case.due_on < today()


def within_intake(case: Any, user: Any) -> str | None:
    if intake_expired(case):
        return "收件已满 5 个工作日，依法自收到材料之日起视为受理，请直接办理“受理”。"
    return None


def second_correction_allowed(case: Any, user: Any) -> str | None:
    if case.corrections_made and not case.second_correction_by_id:
        return "材料应当一次性告知。确需再次补正的，请督办人员说明理由并批准。"
    return None


def correction_already_used(case: Any, user: Any) -> str | None:
    if not case.corrections_made:
        return "尚未补正过，不需要批准再次补正。"
    if case.second_correction_by_id:
        return "已批准再次补正。"
    return None


def materials_complete(case: Any, user: Any) -> str | None:
    missing = [m.name for m in case.materials.all() if m.blocks_acceptance]
    if missing:
        return f"还有必要材料未交：{'、'.join(missing)}。请收齐、登记容缺，或一次性告知补正。"
    return None


def no_material_owed(case: Any, user: Any) -> str | None:
    owed = [m.name for m in case.materials.all() if m.is_owed]
    if owed:
        return f"还欠材料：{'、'.join(owed)}。补齐后才能作出准予决定。"
    return None


def some_material_owed(case: Any, user: Any) -> str | None:
    if not any(m.is_owed for m in case.materials.all()):
        return "没有欠交的材料。"
    return None


def decline_proposed(case: Any, user: Any) -> str | None:
    if not case.decline_proposed_by_id:
        return "窗口尚未提出不予受理。"
    if user is not None and case.decline_proposed_by_id == user.pk:
        return "提出不予受理的人不能自己批准。"
    return None


def not_the_reviewer(case: Any, user: Any) -> str | None:
    """In no round: an opinion that was sent back is still a review. One query, unless she is named."""
    if user is None:
        return None
    if user.pk in {case.reviewer_id, case.signed_by_id} or user.pk in _reviewers_before(case):
        return "您是本件的审查人，审批须由另一人作出。"
    return None


def _reviewers_before(case: Any) -> frozenset[int]:
    """Who gave an opinion on the case, in whatever round: keys of users, from its history."""
    if "_reviewers" not in case.__dict__:
        opinions = history_of(case).filter(action="submit").values_list("actor", flat=True)
        case.__dict__["_reviewers"] = frozenset(pk for pk in opinions if pk)
    return case.__dict__["_reviewers"]


def helpers_of(case: Any) -> frozenset[int]:
    """Who helps the applicant with this case (帮办), or did: keys of users.

    One query for a case object, a second one when it is handled under an entrustment; none when it came
    with `is_helped` and is not.
    """
    if not getattr(case, "is_helped", True):
        return frozenset()
    if "_helpers" not in case.__dict__:
        links = case.entrustment_links.values_list(
            "helper", "linked_by", "entrustment__helper", "entrustment__co_helper"
        )
        found = {pk for row in links for pk in row if pk}
        if found:
            found |= set(case.entrustment_steps.values_list("by", flat=True))
        case.__dict__["_helpers"] = frozenset(found)
    return case.__dict__["_helpers"]


def not_its_helper(case: Any, user: Any) -> str | None:
    """A helper acts for the applicant, so she decides nothing about the application."""
    if user is not None and user.pk in helpers_of(case):
        return "您是本件的帮办员，不能审查或审批本件，请由另一人办理。"
    return None


def correction_expired(case: Any, user: Any) -> str | None:
    if case.due_on and case.due_on >= today():
        return f"申请人补正期限到 {case.due_on:%Y-%m-%d} 为止，期满未补正才能退件。"
    return None


def not_extended_and_in_time(case: Any, user: Any) -> str | None:
    if case.extended:
        return "延期只能办理一次。"
    if case.decide_by is None:
        return "本件没有办理时限，不需要延期。"
    if case.decide_by < today():
        return f"办理时限已于 {case.decide_by:%Y-%m-%d} 届满，届满后不能延期。"
    return None


def handed_over(case: Any, user: Any) -> str | None:
    if not case.handed_over_at:
        return "窗口尚未移交材料。"
    return None


def not_handed_over(case: Any, user: Any) -> str | None:
    if case.handed_over_at:
        return "材料已移交，等待部门签收。"
    return None


def receipt_is_fresh(case: Any, user: Any) -> str | None:
    if case.state == CaseState.RECEIVED and case.received_on != today():
        return "只能在收件当日作废录入错误的办件。此后请按“申请人撤回”或“不予受理”办理。"
    return None


def single(case: Any, user: Any) -> str | None:
    """What concerns the whole of a bundle is done on its page, once for all of its cases."""
    if case.in_bundle and not case.acts_as_whole:
        return (
            f"本件属于一次办 {case.bundle_case}，这一步由整件统一办理：请打开该一次办办件操作。"
            "确需单独办理的，先办“分出单办”。"
        )
    return None


def of_bundle(case: Any, user: Any) -> str | None:
    if not case.in_bundle:
        return "本件不属于一次办，可以直接办理。"
    return None


def is_instant(case: Any, user: Any) -> str | None:
    if not case.is_instant:
        return "只有即办件可以当场办结。"
    if user is not None and user.pk == case.received_by_id:
        return "收件人不能自己审批，请由部门审批人员办理。"
    if case.received_by_id in helpers_of(case):
        return "收件人是本件的帮办员，不能当场审查。请按承诺件受理后移交部门审查。"
    return within_intake(case, user) or materials_complete(case, user) or no_material_owed(case, user)


def _t(name: str, label: str, sources: Any, target: Any, permission: str | None, **more: Any) -> Transition:
    return Transition(
        name=name,
        label=label,
        sources=frozenset({sources} if isinstance(sources, str) else sources),
        target=target,
        permission=permission,
        **more,
    )


S = CaseState
BEFORE_DECISION = DECISION_STATES | {S.RECEIVED, S.CORRECTING}

CASE_WORKFLOW = register_check(
    Workflow(
        name="case",
        states=CaseState,
        initial=CaseState.REGISTERED,
        terminal=CLOSED_STATES,
        transitions=(
            # Receipt
            _t("receive", "收件", S.REGISTERED, S.RECEIVED, RECEIVE, tone="primary"),
            # In a bundle: what waits for another case is neither received nor on the clock.
            _t("wait", "等待前置事项", S.REGISTERED, S.WAITING, None),
            _t("release", "前置事项办好，收件", S.WAITING, S.RECEIVED, None),
            _t("hand_in", "登记补交材料", {S.WAITING, S.RECEIVED}, None, None),
            _t(
                "accept",
                "受理",
                S.RECEIVED,
                S.ACCEPTED,
                RECEIVE,
                guards=(materials_complete,),
                tone="primary",
                confirm="受理后开始计算办理时限，并打印受理通知书。",
            ),
            _t(
                "finish_instantly",
                "当场办结",
                S.RECEIVED,
                S.COMPLETED,
                DECIDE,
                guards=(not_its_helper, is_instant),
                tone="primary",
                confirm="即办件：受理、审查、准予、送达一次完成。",
            ),
            _t(
                "request_correction",
                "一次性告知补正",
                S.RECEIVED,
                S.CORRECTING,
                RECEIVE,
                guards=(single, within_intake, second_correction_allowed),
            ),
            _t(
                "allow_second_correction",
                "批准再次补正",
                S.RECEIVED,
                None,
                SUPERVISE,
                needs_reason=True,
                guards=(within_intake, correction_already_used),
            ),
            _t(
                "propose_correction",
                "拟补正内容",
                S.RECEIVED,
                None,
                RECEIVE,
                guards=(of_bundle, within_intake),
            ),
            _t(
                "advise_correction",
                "向窗口提出补正内容",
                S.RECEIVED,
                None,
                REVIEW,
                guards=(of_bundle, within_intake),
            ),
            _t(
                "receive_correction",
                "接收补正材料",
                S.CORRECTING,
                S.RECEIVED,
                RECEIVE,
                guards=(single,),
                tone="primary",
            ),
            _t(
                "return_case",
                "退件",
                S.CORRECTING,
                S.RETURNED,
                RECEIVE,
                needs_reason=True,
                guards=(correction_expired,),
                tone="danger",
                confirm="申请人期满未补正，退回全部材料。",
            ),
            _t(
                "propose_decline",
                "提出不予受理",
                S.RECEIVED,
                None,
                RECEIVE,
                needs_reason=True,
                guards=(within_intake,),
                tone="danger",
                confirm="提交部门审批人员批准后，本件不予受理。",
            ),
            _t(
                "decline",
                "批准不予受理",
                S.RECEIVED,
                S.DECLINED,
                DECIDE,
                needs_reason=True,
                guards=(not_its_helper, within_intake, decline_proposed),
                tone="danger",
                confirm="不予受理通知书将写明理由和救济途径。",
            ),
            _t("deem_accepted", "视为受理", S.RECEIVED, S.ACCEPTED, None),
            _t(
                "void",
                "作废",
                {S.REGISTERED, S.WAITING, S.RECEIVED},
                S.VOID,
                RECEIVE,
                needs_reason=True,
                guards=(single, receipt_is_fresh),
                tone="danger",
                confirm="仅用于录入错误。编号保留并标为作废。",
            ),
            # Review
            _t("hand_over", "移交部门", S.ACCEPTED, None, RECEIVE, guards=(not_handed_over,), tone="primary"),
            _t(
                "sign_in",
                "签收",
                S.ACCEPTED,
                S.REVIEWING,
                REVIEW,
                guards=(not_its_helper, handed_over),
                tone="primary",
            ),
            _t(
                "supply_deferred",
                "登记补齐材料",
                DECISION_STATES,
                None,
                RECEIVE,
                guards=(single, some_material_owed),
            ),
            _t(
                "submit",
                "提出审查意见",
                S.REVIEWING,
                S.DECIDING,
                REVIEW,
                needs_reason=True,
                guards=(not_its_helper,),
                tone="primary",
            ),
            _t(
                "start_special",
                "启动特别程序",
                S.REVIEWING,
                S.SPECIAL,
                DECIDE,
                needs_reason=True,
                guards=(not_its_helper,),
            ),
            _t(
                "end_special",
                "结束特别程序",
                S.SPECIAL,
                S.REVIEWING,
                REVIEW,
                guards=(not_its_helper,),
                tone="primary",
            ),
            _t(
                "extend",
                "延期",
                {S.REVIEWING, S.DECIDING},
                None,
                DECIDE,
                needs_reason=True,
                guards=(not_its_helper, not_extended_and_in_time),
                confirm="延期只能一次，不超过 10 个工作日，须书面告知申请人。",
            ),
            # Decision
            _t(
                "approve",
                "准予",
                S.DECIDING,
                S.COLLECTING,
                DECIDE,
                guards=(not_its_helper, not_the_reviewer, no_material_owed),
                tone="primary",
                confirm="作出准予决定并打印决定书，办理时限停止计算。",
            ),
            _t(
                "refuse",
                "不予",
                S.DECIDING,
                S.COLLECTING,
                DECIDE,
                needs_reason=True,
                guards=(not_its_helper, not_the_reviewer),
                tone="danger",
                confirm="作出不予决定。决定书将写明理由和救济途径。",
            ),
            _t(
                "return_to_review",
                "退回审查",
                S.DECIDING,
                S.REVIEWING,
                DECIDE,
                needs_reason=True,
                guards=(not_its_helper, not_the_reviewer),
            ),
            # Delivery
            _t("deliver", "送达", S.COLLECTING, S.DELIVERED, DELIVER, guards=(single,), tone="primary"),
            _t("complete", "办结", S.DELIVERED, S.COMPLETED, None),
            # Leaving a bundle
            _t(
                "split_off",
                "分出单办",
                BEFORE_DECISION | {S.COLLECTING},
                None,
                RECEIVE,
                needs_reason=True,
                guards=(of_bundle,),
                confirm="分出后单独补正、单独领取，不再计入一次办的办理情况；编号和查询密码不变。",
            ),
            _t(
                "split_off_waiting",
                "不再等待，分出单办",
                S.WAITING,
                S.REGISTERED,
                RECEIVE,
                needs_reason=True,
                guards=(of_bundle,),
                confirm="分出后不再等待前置事项，请随即收件；前置事项的办理结果改由申请人提交。",
            ),
            # Ending early
            _t(
                "withdraw",
                "申请人撤回",
                BEFORE_DECISION | {S.WAITING},
                S.WITHDRAWN,
                RECEIVE,
                needs_reason=True,
                guards=(single,),
                tone="danger",
                confirm="申请人书面要求撤回。撤回后本件不能恢复。",
            ),
            _t(
                "terminate",
                "终止办理",
                DECISION_STATES | {S.CORRECTING},
                S.TERMINATED,
                DECIDE,
                needs_reason=True,
                guards=(not_its_helper,),
                tone="danger",
                confirm="终止后本件不能恢复。",
            ),
        ),
    )
)


def projected(due: Any, case: Any) -> bool:
    """Whether a date of `case` rests on a year whose holidays are not yet published."""
    start = case.received_on or today()
    return bool(due) and load_calendar().is_projected(min(start, due), due)
