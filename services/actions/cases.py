"""What can be done with a case. Every door of the portal calls these functions.

All take the `case` as it was seen, the `actor`, and usually a `reason` and the `version` that was on
the screen; they return the case as saved and raise `WorkflowError`, `NotPermitted`, `EditConflict`
(`core.errors`) or `ValidationError`. The table of who may do what when is `services/workflow.py`.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from services import custody
from services.actions.acting import Act, act, handed_in, lock, received, told_lines
from services.actions.bundle_children import release_dependents
from services.actions.ratings import invite
from services.choices_cases import (
    CaseOutcome,
    ClockKind,
    DeliveryMethod,
    MaterialState,
    PaperKind,
    SpecialProcedure,
)
from services.clock import DELIVERY_DAYS, EXTENSION_DAYS, limits_of
from services.models.cases import Case, CorrectionNotice
from services.models.catalogue import ServiceItem
from services.workflow import CASE_WORKFLOW
from tuoxian_portal.core.calendar import load_calendar
from tuoxian_portal.core.concurrency import check_version
from tuoxian_portal.core.errors import WorkflowError

LAW = "《中华人民共和国行政许可法》"
MAX_CORRECTION_DAYS = 60
MAX_SPECIAL_DAYS = 180


# --- Receipt and acceptance ------------------------------------------------------------------------


# `whole` in the functions below is said by the acts of a bundle case only (`actions.bundle_cases`).


def receive_case(*, case: Case, actor: Any, version: int | None = None, reason: str = "") -> Case:
    """收件: the five days to answer begin on the next working day."""

    def change(doing: Act) -> None:
        received(doing)
        doing.case.received_by = actor
        custody.take_in(doing.case, doing.case.materials.all(), actor=actor, at=doing.at)
        doing.issue(PaperKind.RECEIPT)

    return act("receive", case=case, actor=actor, version=version, reason=reason, change=change)


def accept_case(
    *,
    case: Case,
    actor: Any,
    version: int | None = None,
    reason: str = "",
    whole: bool = False,
    item: ServiceItem | None = None,
) -> Case:
    """受理: keeps the item as it is now and starts its clocks. After the five days the case counts as
    accepted from receipt, and is dated so. `item` is the case's own, where it is read with its materials
    already."""

    def change(doing: Act) -> None:
        _accepted(doing, deemed=doing.case.due_on is not None and doing.case.due_on < doing.on, item=item)
        doing.issue(PaperKind.ACCEPTANCE)
        if any(m.state == MaterialState.DEFERRED for m in doing.case.materials.all()):
            doing.issue(PaperKind.DEFERRAL)

    return act("accept", case=case, actor=actor, version=version, reason=reason, change=change, whole=whole)


def deem_accepted(*, case: Case) -> Case:
    """视为受理 by law (行政许可法 Art. 32), dated back to receipt. Done by the daily task; a case that
    was answered in the meantime raises `WorkflowError`."""

    def change(doing: Act) -> None:
        if doing.case.due_on is None or doing.case.due_on >= doing.on:
            raise WorkflowError("收件未满 5 个工作日。")
        _accepted(doing, deemed=True)
        doing.issue(PaperKind.ACCEPTANCE)

    return act("deem_accepted", case=case, actor=None, change=change, reason="收件满 5 个工作日未答复")


def _accepted(doing: Act, *, deemed: bool, item: ServiceItem | None = None) -> None:
    case = doing.case
    intake = doing.running(ClockKind.INTAKE)
    case.accepted_on = intake.started_on if deemed and intake else doing.on
    case.deemed_accepted = deemed
    case.item_snapshot = (item or _item_in_force(case)).snapshot()
    case.decline_proposed_by, case.decision_reason = None, ""
    doing.stop(ClockKind.INTAKE)
    for kind, days, unit, ground in limits_of(case.item_snapshot):
        doing.start(kind, days=days, unit=unit, ground=ground, on=case.accepted_on)


def _item_in_force(case: Case) -> ServiceItem:
    """The item with its materials, in three queries however many materials it has."""
    return ServiceItem.objects.select_related("department").with_materials().get(pk=case.item_id)


def request_correction(
    *,
    case: Case,
    actor: Any,
    missing: Iterable[str],
    days: int,
    version: int | None = None,
    reason: str = "",
    whole: bool = False,
) -> Case:
    """一次性告知补正: everything that is missing, in one list, with the applicant's own deadline in
    working days. A second one needs `allow_second_correction` first."""
    texts = told_lines(missing)
    if not texts:
        raise ValidationError({"missing": "请逐条写明需要补正的全部内容。"})
    _within("days", days, 1, MAX_CORRECTION_DAYS)

    def change(doing: Act) -> None:
        doing.stop(ClockKind.INTAKE)
        doing.start(ClockKind.CORRECTION, days=days, ground=f"{LAW}第三十二条第一款第（四）项")
        CorrectionNotice.objects.create(
            case=doing.case,
            items=texts,
            told_on=doing.on,
            due_on=load_calendar().add(doing.on, days),
            told_by=actor,
            override_reason=doing.case.second_correction_reason,
        )
        doing.case.corrections_made += 1
        doing.case.second_correction_by, doing.case.second_correction_reason = None, ""
        doing.case.decline_proposed_by, doing.case.decision_reason = None, ""
        doing.case.correction_proposal, doing.case.correction_proposed_by = [], None
        if not whole:  # a bundle tells everything in one notice of its own
            doing.issue(PaperKind.CORRECTION, missing=texts, days=days)

    return act(
        "request_correction",
        case=case,
        actor=actor,
        version=version,
        reason=reason,
        change=change,
        whole=whole,
    )


def allow_second_correction(*, case: Case, actor: Any, reason: str, version: int | None = None) -> Case:
    """A supervisor's reason for asking a second time what should have been told at once."""

    def change(doing: Act) -> None:
        doing.case.second_correction_by = actor
        doing.case.second_correction_reason = doing.reason[:300]

    return act(
        "allow_second_correction", case=case, actor=actor, version=version, reason=reason, change=change
    )


def receive_correction(
    *,
    case: Case,
    actor: Any,
    materials: Iterable[int] = (),
    version: int | None = None,
    reason: str = "",
    whole: bool = False,
) -> Case:
    """接收补正材料: `materials` (pks) are now handed in; a new five-day check begins."""
    wanted = set(materials)

    def change(doing: Act) -> None:
        doing.stop(ClockKind.CORRECTION)
        received(doing)
        handed_in(doing, wanted)
        CorrectionNotice.objects.filter(case=doing.case, answered_on=None).update(answered_on=doing.on)
        if not whole:
            doing.issue(PaperKind.CORRECTION_RECEIPT)

    return act(
        "receive_correction",
        case=case,
        actor=actor,
        version=version,
        reason=reason,
        change=change,
        whole=whole,
    )


def propose_decline(*, case: Case, actor: Any, reason: str, version: int | None = None) -> Case:
    """The window proposes 不予受理; an approver of the department decides."""

    def change(doing: Act) -> None:
        doing.case.decline_proposed_by = actor
        doing.case.decision_reason = doing.reason

    return act("propose_decline", case=case, actor=actor, version=version, reason=reason, change=change)


def decline_case(*, case: Case, actor: Any, reason: str, version: int | None = None) -> Case:
    """不予受理, proposed by the window and made by an approver; the paper states reason and remedies."""

    def change(doing: Act) -> None:
        doing.case.approver = actor
        doing.case.decision_reason = doing.reason
        doing.issue(PaperKind.DECLINE, reason=doing.reason)

    return act("decline", case=case, actor=actor, version=version, reason=reason, change=change)


def return_case(*, case: Case, actor: Any, reason: str, version: int | None = None) -> Case:
    """退件: the applicant let the correction deadline pass."""

    def change(doing: Act) -> None:
        _all_back(doing)
        doing.issue(PaperKind.RETURN, reason=doing.reason)

    return act("return_case", case=case, actor=actor, version=version, reason=reason, change=change)


def _all_back(doing: Act) -> None:
    """Every paper at the window goes back to the applicant; what a department holds is sent for."""
    custody.give_back(custody.at_the_window(doing.case), actor=doing.actor, at=doing.at)


def void_case(
    *, case: Case, actor: Any, reason: str, version: int | None = None, whole: bool = False
) -> Case:
    """作废 a case recorded by mistake, on the day itself; its number stays and is never given again."""
    return act(
        "void",
        case=case,
        actor=actor,
        version=version,
        reason=reason,
        change=lambda doing: None,
        whole=whole,
    )


# --- Review ----------------------------------------------------------------------------------------


def hand_over(
    *, case: Case, actor: Any, version: int | None = None, reason: str = "", whole: bool = False
) -> Case:
    """The window hands the papers to the department; how long that takes is measured."""

    def change(doing: Act) -> None:
        doing.case.handed_over_at = doing.at
        custody.to_department(doing.case, actor=actor, at=doing.at)
        doing.issue(PaperKind.HANDOVER)

    return act(
        "hand_over", case=case, actor=actor, version=version, reason=reason, change=change, whole=whole
    )


def sign_in(*, case: Case, actor: Any, version: int | None = None, reason: str = "") -> Case:
    """The department signs for the papers; review begins."""

    def change(doing: Act) -> None:
        doing.case.signed_by, doing.case.signed_at = actor, doing.at
        custody.signed_for(doing.case, actor=actor, at=doing.at)

    return act("sign_in", case=case, actor=actor, version=version, reason=reason, change=change)


def supply_deferred(
    *,
    case: Case,
    actor: Any,
    materials: Iterable[int],
    version: int | None = None,
    reason: str = "",
    whole: bool = False,
) -> Case:
    """Materials owed since acceptance (pks) are handed in."""
    wanted = set(materials)
    if not wanted:
        raise ValidationError({"materials": "请勾选已补齐的材料。"})
    return act(
        "supply_deferred",
        case=case,
        actor=actor,
        version=version,
        reason=reason,
        change=lambda doing: handed_in(doing, wanted),
        whole=whole,
    )


def submit_opinion(*, case: Case, actor: Any, outcome: str, reason: str, version: int | None = None) -> Case:
    """The reviewer's opinion, `outcome` approved or refused, goes to an approver who is not she."""
    if outcome not in CaseOutcome.values:
        raise ValidationError({"outcome": "请选择审查意见：准予或不予。"})

    def change(doing: Act) -> None:
        doing.case.reviewer = actor
        doing.case.proposed_outcome = outcome
        doing.case.opinion = doing.reason

    return act("submit", case=case, actor=actor, version=version, reason=reason, change=change)


def start_special(
    *, case: Case, actor: Any, procedure: str, days: int, reason: str, version: int | None = None
) -> Case:
    """特别程序 of `days` planned working days; the applicant is told in writing, the clocks stop."""
    if procedure not in SpecialProcedure.values:
        raise ValidationError({"procedure": "请选择特别程序的种类。"})
    _within("days", days, 1, MAX_SPECIAL_DAYS)

    def change(doing: Act) -> None:
        doing.start(
            ClockKind.SPECIAL,
            days=days,
            ground=f"{LAW}第四十五条",
            procedure=procedure,
            note=doing.reason,
        )
        doing.issue(PaperKind.SPECIAL, procedure=procedure, days=days, reason=doing.reason)

    return act("start_special", case=case, actor=actor, version=version, reason=reason, change=change)


def end_special(*, case: Case, actor: Any, version: int | None = None, reason: str = "") -> Case:
    """The special procedure is over; the working days it really took are given back."""
    return act(
        "end_special",
        case=case,
        actor=actor,
        version=version,
        reason=reason,
        change=lambda doing: doing.stop(ClockKind.SPECIAL),
    )


def extend_case(*, case: Case, actor: Any, days: int, reason: str, version: int | None = None) -> Case:
    """延期 by the head of the agency: once, before expiry, at most ten working days."""
    _within("days", days, 1, EXTENSION_DAYS)

    def change(doing: Act) -> None:
        doing.start(
            ClockKind.EXTENSION,
            days=days,
            ground=f"{LAW}第四十二条",
            ended_on=doing.on,
            note=doing.reason,
        )
        doing.case.extended = True
        doing.issue(PaperKind.EXTENSION, days=days, reason=doing.reason)

    return act("extend", case=case, actor=actor, version=version, reason=reason, change=change)


# --- Decision --------------------------------------------------------------------------------------


def approve_case(*, case: Case, actor: Any, version: int | None = None, reason: str = "") -> Case:
    """准予, by somebody who did not review the case, and only with every material handed in."""
    return _decide("approve", CaseOutcome.APPROVED, PaperKind.APPROVAL, case, actor, reason, version)


def refuse_case(*, case: Case, actor: Any, reason: str, version: int | None = None) -> Case:
    """不予; the paper states the reason and the remedies (行政许可法 Art. 38)."""
    return _decide("refuse", CaseOutcome.REFUSED, PaperKind.REFUSAL, case, actor, reason, version)


def _decide(
    name: str,
    outcome: str,
    paper: str,
    case: Case,
    actor: Any,
    reason: str,
    version: int | None,
    by_system: bool = False,
) -> Case:
    def change(doing: Act) -> None:
        if doing.case.proposed_outcome != outcome and not doing.reason:
            raise WorkflowError(
                "决定与审查意见不一致，须写明理由。", fields={"reason": ["请写明与审查意见不一致的理由。"]}
            )
        doing.case.approver = actor
        doing.case.outcome = outcome
        doing.case.decided_on = doing.on
        doing.case.decision_reason = doing.reason or doing.case.opinion
        doing.stop(ClockKind.STATUTORY, ClockKind.PROMISED)
        doing.start(ClockKind.DELIVERY, days=DELIVERY_DAYS, ground=f"{LAW}第四十四条")
        doing.issue(paper, reason=doing.case.decision_reason)

    with transaction.atomic():
        decided = act(
            name,
            case=case,
            actor=actor,
            version=version,
            reason=reason,
            change=change,
            by_system=by_system,
        )
        if decided.bundle_case_id is not None and decided.is_granted:
            release_dependents(granted=decided)
    return decided


def return_to_review(*, case: Case, actor: Any, reason: str, version: int | None = None) -> Case:
    """The approver sends the case back; the clocks run on."""

    def change(doing: Act) -> None:
        doing.case.proposed_outcome = ""

    return act("return_to_review", case=case, actor=actor, version=version, reason=reason, change=change)


# --- Delivery --------------------------------------------------------------------------------------


@transaction.atomic
def deliver_case(
    *,
    case: Case,
    actor: Any,
    recipient: str,
    method: str = DeliveryMethod.WINDOW,
    originals: Iterable[int] | None = None,
    version: int | None = None,
    reason: str = "",
    by_system: bool = False,
    whole: bool = False,
) -> Case:
    """送达, after which the system closes the case (办结). The originals at the window go back to the
    applicant: all of them, or those among the materials `originals` (pks); the others stay on file."""
    recipient = recipient.strip()
    if not recipient:
        raise ValidationError({"recipient": "请填写领取人。"})
    if len(recipient) > 60:
        raise ValidationError({"recipient": "领取人不超过 60 字。"})
    if method not in DeliveryMethod.values:
        raise ValidationError({"method": "请选择送达方式。"})

    def change(doing: Act) -> None:
        doing.case.recipient, doing.case.delivery_method = recipient, method
        doing.case.delivered_on = doing.on
        doing.stop(ClockKind.DELIVERY)
        wanted = None if originals is None else set(originals)
        back = [
            paper
            for paper in custody.at_the_window(doing.case, originals_only=True)
            if wanted is None or paper.material.pk in wanted
        ]
        given = custody.give_back(back, actor=actor, at=doing.at, note=f"领取人：{recipient}")
        if not whole:
            doing.issue(PaperKind.DELIVERY, returned=given)

    delivered = act(
        "deliver",
        case=case,
        actor=actor,
        version=version,
        reason=reason,
        change=change,
        by_system=by_system,
        whole=whole,
    )
    return complete_case(case=delivered, actor=None, whole=whole)


def complete_case(*, case: Case, actor: Any = None, whole: bool = False) -> Case:
    """办结, by the system once the result is delivered: the applicant is invited to rate the service. A
    bundle invites once, for one pick-up (`deliver_bundle`)."""

    def change(doing: Act) -> None:
        if whole:
            return
        invitation = invite(case=doing.case, actor=None, at=doing.at)
        doing.issue(PaperKind.INVITATION, expires=invitation.expires_on)

    return act("complete", case=case, actor=actor, change=change, whole=whole)


@transaction.atomic
def finish_instantly(
    *, case: Case, actor: Any, version: int | None = None, reason: str = "", recipient: str = ""
) -> Case:
    """即办件: acceptance, review by the clerk who received it, decision by `actor`, delivery, all the
    same events in one transaction. Two people are still needed. In a bundle it ends before delivery: what
    all its cases give is picked up once."""
    fresh = lock(case, actor)
    CASE_WORKFLOW.check(fresh, "finish_instantly", actor, reason=reason)
    check_version(fresh, version)
    reviewer = fresh.received_by

    def accept(doing: Act) -> None:
        _accepted(doing, deemed=False)
        doing.issue(PaperKind.ACCEPTANCE)

    def handed(doing: Act) -> None:
        doing.case.handed_over_at = doing.at

    def signed(doing: Act) -> None:
        doing.case.signed_by, doing.case.signed_at = reviewer, doing.at

    def reviewed(doing: Act) -> None:
        doing.case.reviewer = reviewer
        doing.case.proposed_outcome, doing.case.opinion = CaseOutcome.APPROVED, "即办件，当场审查"

    for name, change in (("accept", accept), ("hand_over", handed), ("sign_in", signed)):
        fresh = act(name, case=fresh, actor=actor, change=change, by_system=True)
    fresh = act("submit", case=fresh, actor=actor, change=reviewed, reason="即办件，当场审查", by_system=True)
    fresh = _decide(
        "approve", CaseOutcome.APPROVED, PaperKind.APPROVAL, fresh, actor, reason, None, by_system=True
    )
    if fresh.in_bundle:
        return fresh
    return deliver_case(
        case=fresh,
        actor=actor,
        recipient=recipient or fresh.agent_name or fresh.applicant_name[:60],
        by_system=True,
    )


# --- Ending early ----------------------------------------------------------------------------------


def withdraw_case(
    *, case: Case, actor: Any, reason: str, version: int | None = None, whole: bool = False
) -> Case:
    """撤回 at the applicant's written request, before the decision."""

    def change(doing: Act) -> None:
        _all_back(doing)
        doing.issue(PaperKind.WITHDRAWAL, reason=doing.reason)

    return act("withdraw", case=case, actor=actor, version=version, reason=reason, change=change, whole=whole)


def terminate_case(*, case: Case, actor: Any, reason: str, version: int | None = None) -> Case:
    """终止 by an approver, for instance because a deferred material never came."""

    def change(doing: Act) -> None:
        doing.case.approver = actor if actor.pk != doing.case.reviewer_id else None
        doing.case.decision_reason = doing.reason
        doing.issue(PaperKind.TERMINATION, reason=doing.reason)

    return act("terminate", case=case, actor=actor, version=version, reason=reason, change=change)


def _within(field: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValidationError({field: f"天数应为 {low} 到 {high} 的整数。"})
