"""What can be done with a bundle case as a whole. Every act goes through the single-case actions, so
that no rule of a case is written twice; what belongs to one case stays with it.

All take the `bundle_case` as it was seen, the `actor`, and usually a `reason` and the `version` that was
on the screen; they return it as it is then, with its cases, and raise `WorkflowError`, `NotPermitted`,
`EditConflict` or `ValidationError`. Either every case is done or none, except in `accept_bundle`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from services.actions import cases as single
from services.actions.acting import counts_of, told_lines
from services.actions.bundle_children import hand_in
from services.actions.following import follow_cases, lock_bundle
from services.actions.ratings import invite_for_bundle
from services.choices_cases import (
    DECISION_STATES,
    CaseState,
    DeliveryMethod,
    MaterialState,
    PaperKind,
)
from services.models import BundleCase, BundleDocument, BundleMaterial, Case, ServiceItem
from services.papers.bundles import new_bundle_document
from services.workflow_bundles import BUNDLE_CASE_WORKFLOW, WITHDRAWABLE
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import NotPermitted, PortalError, WorkflowError


@dataclass
class WholeAct:
    """One act under way: the locked parent with its cases, and what is to be printed afterwards."""

    bundle_case: BundleCase
    actor: Any
    reason: str
    at: datetime
    # (kind, keys of the cases that the paper is about, what else it holds)
    papers: list[tuple[str, list[int], dict[str, Any]]] = field(default_factory=list)

    def cases(self, *states: str) -> list[Case]:
        return [case for case in self.bundle_case.cases if case.state in states]

    def issue(self, kind: str, cases: Iterable[Case], **extra: Any) -> None:
        self.papers.append((kind, [case.pk for case in cases], extra))


def _whole(
    name: str,
    *,
    bundle_case: BundleCase,
    actor: Any,
    change: Callable[[WholeAct], None],
    reason: str = "",
    version: int | None = None,
) -> BundleCase:
    """Does the act `name`: parent locked, table and version checked, cases done by `change`, dates
    derived again, one audit entry on the parent, papers. Some fifteen queries and those of each case."""
    with transaction.atomic():
        lock_bundle(bundle_case.pk)
        fresh = BundleCase.objects.visible_to(actor).with_children().filter(pk=bundle_case.pk).first()
        if fresh is None:
            raise NotPermitted("该一次办不在您的办理范围内。")
        BUNDLE_CASE_WORKFLOW.check(fresh, name, actor, reason=reason)
        check_version(fresh, version)
        before = fresh.state
        doing = WholeAct(fresh, actor, reason.strip(), timezone.now())
        change(doing)
        bump(fresh)
        fresh.save(update_fields=["version", "updated_at"])
        follow_cases(fresh.pk)
        done = BundleCase.objects.with_children().get(pk=fresh.pk)
        changes = {} if done.state == before else {"state": [before.value, done.state.value]}
        log(actor=actor, action=name, target=done, reason=doing.reason, changes=changes)
        _invite(doing, done)
        _print(doing, done)
    return done


def _invite(doing: WholeAct, done: BundleCase) -> None:
    """One invitation to rate for the whole, once everything is closed and something was picked up."""
    if done.is_open or not any(case.state == CaseState.COMPLETED for case in done.cases):
        return
    invitation = invite_for_bundle(bundle_case=done, actor=None, at=doing.at)
    doing.issue(PaperKind.INVITATION, [], expires=invitation.expires_on)


def invite_finished(*, actor: Any = None) -> int:
    """The same for bundle cases that were closed by the last act on one of their cases, such as a
    termination after an early pick-up. Run every night; tells how many there were."""
    picked_up = Case.objects.filter(bundle_case__isnull=False, split_off_at=None, state=CaseState.COMPLETED)
    finished = BundleCase.objects.filter(
        closed_on__isnull=False, rating_invitation=None, pk__in=picked_up.values("bundle_case")
    )
    done = 0
    for pk in list(finished.values_list("pk", flat=True)):
        with transaction.atomic():
            lock_bundle(pk)
            whole = BundleCase.objects.with_children().get(pk=pk)
            doing = WholeAct(whole, actor, "", timezone.now())
            _invite(doing, whole)
            _print(doing, whole)
            done += len(doing.papers)
    return done


def _print(doing: WholeAct, done: BundleCase) -> None:
    """The papers of the act, from the rows as they are now."""
    if not doing.papers:
        return
    sequence = BundleDocument.objects.filter(bundle_case=done).count()
    by_pk = {case.pk: case for case in done.children.all()}
    documents = []
    for n, (kind, keys, extra) in enumerate(doing.papers, 1):
        extra = {name: value(done) if callable(value) else value for name, value in extra.items()}
        documents.append(
            new_bundle_document(
                kind,
                done,
                [by_pk[pk] for pk in keys],
                sequence=sequence + n,
                at=doing.at,
                by=doing.actor,
                **extra,
            )
        )
    BundleDocument.objects.bulk_create(documents)


def _chosen(doing: WholeAct, keys: Iterable[int] | None, states: Iterable[str], what: str) -> list[Case]:
    """The cases of the bundle that were chosen (None: all that can be), in order. Raises
    `ValidationError` for others' cases, and where one cannot be `what`."""
    able = doing.cases(*states)
    if keys is None:
        return able
    wanted = set(keys)
    if not wanted:
        raise ValidationError({"cases": "请至少选择一个事项。"})
    if wanted - {case.pk for case in doing.bundle_case.cases}:
        raise ValidationError({"cases": "所选事项不属于本次一次办，请刷新页面后重选。"})
    found = [case for case in able if case.pk in wanted]
    if len(found) < len(wanted):
        unable = [c for c in doing.bundle_case.cases if c.pk in wanted and c not in found]
        names = "、".join(f"{case.item_name}（{case.get_state_display()}）" for case in unable)
        raise ValidationError({"cases": f"这些事项现在不能{what}：{names}。请刷新页面后重选。"})
    return found


# --- Acceptance ------------------------------------------------------------------------------------


def accept_bundle(
    *, bundle_case: BundleCase, actor: Any, version: int | None = None, reason: str = ""
) -> BundleCase:
    """受理 of each received case that is complete, with its own clocks and acceptance paper. A case that
    its own checks refuse stays as it is: why stands in `refusals` of the answer, by case number. Raises
    `WorkflowError` with all of the reasons when none can be accepted."""
    refusals: dict[str, str] = {}

    def change(doing: WholeAct) -> None:
        accepted = []
        received = doing.cases(CaseState.RECEIVED)
        rows = ServiceItem.objects.select_related("department").with_materials().with_form()
        items = rows.in_bulk([case.item_id for case in received])
        for case in received:
            try:
                item = items[case.item_id]
                accepted.append(single.accept_case(case=case, actor=actor, whole=True, item=item))
            except PortalError as error:
                refusals[case.case_number] = f"{case.item_name}：{error.message}"
        if not accepted:
            raise WorkflowError("没有可以受理的事项。" + "".join(refusals.values()))
        keys = {case.pk for case in accepted}
        doing.issue(
            PaperKind.BUNDLE_ACCEPTANCE,
            accepted,
            others=lambda done: [
                c for c in done.cases if c.pk not in keys and c.state in {*WITHDRAWABLE} - DECISION_STATES
            ],
        )

    done = _whole(
        "accept", bundle_case=bundle_case, actor=actor, change=change, version=version, reason=reason
    )
    done.refusals = refusals
    return done


def hand_over_bundle(
    *, bundle_case: BundleCase, actor: Any, version: int | None = None, reason: str = ""
) -> BundleCase:
    """移交: every accepted case to its department, each with its own slip."""

    def change(doing: WholeAct) -> None:
        for case in doing.cases(CaseState.ACCEPTED):
            if not case.handed_over_at:
                single.hand_over(case=case, actor=actor, whole=True)

    return _whole(
        "hand_over", bundle_case=bundle_case, actor=actor, change=change, version=version, reason=reason
    )


# --- One collected correction ------------------------------------------------------------------------


def request_collected_correction(
    *,
    bundle_case: BundleCase,
    actor: Any,
    missing: Mapping[int, Iterable[str]],
    days: int,
    version: int | None = None,
    reason: str = "",
) -> BundleCase:
    """汇总告知补正: what each case needs (its key → texts) in one notice with one deadline in working
    days. Each case keeps its own correction and clock; those without texts go on.

    What could have stood in an earlier notice of the same bundle needs a reason why it did not; a
    case's own second correction needs `allow_second_correction`, as everywhere.
    """
    wanted = {pk: told_lines(texts) for pk, texts in missing.items()}
    wanted = {pk: texts for pk, texts in wanted.items() if texts}
    if not wanted:
        raise ValidationError({"missing": "请至少为一个事项逐条写明需要补正的全部内容。"})

    def change(doing: WholeAct) -> None:
        cases = _chosen(doing, wanted, {CaseState.RECEIVED}, "告知补正")
        earlier = BundleDocument.objects.filter(
            bundle_case=doing.bundle_case,
            kind=PaperKind.BUNDLE_CORRECTION,
            created_at__gt=min(case.received_at for case in cases if case.received_at),
        )
        if not doing.reason and earlier.exists():
            raise WorkflowError(
                "所选事项收件之后，本次一次办已经告知过一次补正。补正应当汇总后一次告知，请写明没有一并告知的理由。",
                fields={"reason": ["请写明没有一并告知的理由。"]},
            )
        told = [_told(case, actor, wanted[case.pk], days, doing.reason) for case in cases]
        doing.issue(
            PaperKind.BUNDLE_CORRECTION,
            told,
            missing=wanted,
            days=days,
            due=max(case.due_on for case in told if case.due_on),
        )

    return _whole(
        "request_correction",
        bundle_case=bundle_case,
        actor=actor,
        change=change,
        version=version,
        reason=reason,
    )


def _told(case: Case, actor: Any, texts: list[str], days: int, reason: str) -> Case:
    try:
        return single.request_correction(
            case=case, actor=actor, missing=texts, days=days, reason=reason, whole=True
        )
    except WorkflowError as error:
        raise WorkflowError(f"{case.item_name}：{error.message}", fields=error.fields) from error


def receive_collected_correction(
    *,
    bundle_case: BundleCase,
    actor: Any,
    materials: Iterable[int] = (),
    cases: Iterable[int] | None = None,
    version: int | None = None,
    reason: str = "",
) -> BundleCase:
    """接收补正材料: `materials` (pks of the one set) are handed in, for every case that asks for them.
    `cases` (None: all that are being corrected) have been answered; a new five-day check begins."""
    wanted = set(materials)

    def change(doing: WholeAct) -> None:
        answered = _chosen(doing, cases, {CaseState.CORRECTING}, "接收补正")
        lines = _lines(doing, wanted)
        for case in answered:
            single.receive_correction(
                case=case, actor=actor, materials=lines.pop(case.pk, []), reason=reason, whole=True
            )
        _spread(doing, lines)
        doing.issue(
            PaperKind.BUNDLE_CORRECTION_RECEIPT,
            answered,
            materials=lambda done: list(done.materials.all()),
        )

    return _whole(
        "receive_correction",
        bundle_case=bundle_case,
        actor=actor,
        change=change,
        version=version,
        reason=reason,
    )


def hand_in_materials(
    *,
    bundle_case: BundleCase,
    actor: Any,
    materials: Iterable[int],
    version: int | None = None,
    reason: str = "",
) -> BundleCase:
    """登记补交材料 outside a correction: what was missing or deferred came in, once for every case."""
    wanted = set(materials)
    if not wanted:
        raise ValidationError({"materials": "请勾选本次收到的材料。"})

    def change(doing: WholeAct) -> None:
        _spread(doing, _lines(doing, wanted))

    return _whole(
        "hand_in", bundle_case=bundle_case, actor=actor, change=change, version=version, reason=reason
    )


def _lines(doing: WholeAct, wanted: set[int]) -> dict[int, list[int]]:
    """Marks the chosen papers of the one set as received, and returns by case the keys of its lines that
    they answer. Raises `ValidationError` for others' materials."""
    rows = {material.pk: material for material in doing.bundle_case.materials.all()}
    if wanted - set(rows):
        raise ValidationError({"materials": "所选材料不属于本次一次办，请刷新页面后重选。"})
    lines: dict[int, list[int]] = {}
    for pk in sorted(wanted):
        row = rows[pk]
        row.originals, row.copies = counts_of(row)
        row.received_at, row.received_by = doing.at, doing.actor
        for line in row.open_lines:
            lines.setdefault(line.case_id, []).append(line.pk)
    BundleMaterial.objects.bulk_update(
        [rows[pk] for pk in sorted(wanted)], ["originals", "copies", "received_at", "received_by"]
    )
    return lines


def _spread(doing: WholeAct, lines: dict[int, list[int]]) -> None:
    """The papers for the cases that are not being corrected: those still at the window take them, those
    in work what they are owed; a case that is decided takes nothing more."""
    for case in doing.bundle_case.cases:
        found = [m for m in case.materials.all() if m.pk in set(lines.get(case.pk, []))]
        if case.state in {CaseState.WAITING, CaseState.RECEIVED}:
            if keys := [m.pk for m in found if m.state != MaterialState.HANDED_IN]:
                hand_in(case=case, actor=doing.actor, materials=keys)
        elif case.state in DECISION_STATES and (keys := [m.pk for m in found if m.is_owed]):
            single.supply_deferred(case=case, actor=doing.actor, materials=keys, whole=True)


# --- One pick-up, and the ends ----------------------------------------------------------------------


def deliver_bundle(
    *,
    bundle_case: BundleCase,
    actor: Any,
    recipient: str,
    method: str = DeliveryMethod.WINDOW,
    version: int | None = None,
    reason: str = "",
) -> BundleCase:
    """一次领取: every case that has its result is delivered and closed, with one receipt.

    While others are still in work it needs a reason: the law gives ten days to deliver each decision,
    so nobody may be made to wait for the last one.
    """

    def change(doing: WholeAct) -> None:
        ready = doing.cases(CaseState.COLLECTING)
        rest = [case for case in doing.bundle_case.cases if case.is_open and case not in ready]
        if rest and not doing.reason:
            names = "、".join(case.item_name for case in rest)
            raise WorkflowError(
                f"还有事项没有办完：{names}。一般等全部办好后一次领取；确需先领（申请人急用，或送达期限将满）的，请写明理由。",
                fields={"reason": ["请写明先行领取的理由。"]},
            )
        for case in ready:
            single.deliver_case(
                case=case, actor=actor, recipient=recipient, method=method, reason=reason, whole=True
            )
        doing.issue(
            PaperKind.BUNDLE_DELIVERY,
            ready,
            recipient=recipient.strip(),
            method=method,
            others=lambda done: [case for case in done.cases if case.is_open],
        )

    return _whole(
        "deliver", bundle_case=bundle_case, actor=actor, change=change, version=version, reason=reason
    )


def withdraw_bundle(
    *,
    bundle_case: BundleCase,
    actor: Any,
    reason: str,
    cases: Iterable[int] | None = None,
    version: int | None = None,
) -> BundleCase:
    """撤回 at the applicant's written request: of `cases`, or of every case not yet decided. Each has its
    own confirmation."""

    def change(doing: WholeAct) -> None:
        for case in _chosen(doing, cases, WITHDRAWABLE, "撤回"):
            single.withdraw_case(case=case, actor=actor, reason=doing.reason, whole=True)

    return _whole(
        "withdraw", bundle_case=bundle_case, actor=actor, change=change, version=version, reason=reason
    )


def void_bundle(
    *, bundle_case: BundleCase, actor: Any, reason: str, version: int | None = None
) -> BundleCase:
    """作废 of a bundle case recorded by mistake, on the day itself, with all of its numbers."""

    def change(doing: WholeAct) -> None:
        for case in doing.bundle_case.cases:
            single.void_case(case=case, actor=actor, reason=doing.reason, whole=True)

    return _whole("void", bundle_case=bundle_case, actor=actor, change=change, version=version, reason=reason)
