"""How every act on a case is done: locked, checked, clocked, numbered, written down."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from services import custody
from services.actions.following import follow_cases, lock_bundle
from services.choices import DayUnit
from services.choices_cases import CLOSED_STATES, ClockKind, MaterialState
from services.clock import INTAKE_DAYS, CaseClock
from services.models.cases import Case, CaseDocument, CaseMaterial, ClockInterval
from services.papers.compose import new_document
from services.papers.texts import LAW
from services.workflow import CASE_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences
from tuoxian_portal.core.calendar import load_calendar
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import NotPermitted
from tuoxian_portal.core.statements import Slot, Statements, remember
from tuoxian_portal.core.workflow import Transition

statements = Statements()


@dataclass
class Act:
    """One act under way: the locked case, its ledger, and what is to be printed when it is done."""

    case: Case
    actor: Any
    transition: Transition
    reason: str
    at: datetime
    on: date
    intervals: list[ClockInterval]
    papers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    changed_materials: list[CaseMaterial] = field(default_factory=list)

    def start(
        self,
        kind: str,
        *,
        days: int | None,
        ground: str,
        on: date | None = None,
        unit: str = DayUnit.WORKING,
        ended_on: date | None = None,
        note: str = "",
        procedure: str = "",
    ) -> ClockInterval:
        """Opens a line of the ledger. The day of the event, `on` (today), does not count."""
        interval = ClockInterval.objects.create(
            case=self.case,
            kind=kind,
            started_on=on or self.on,
            ended_on=ended_on,
            days=days,
            unit=unit,
            ground=ground[:200],
            note=note[:300],
            procedure=procedure,
        )
        self.intervals.append(interval)
        return interval

    def stop(self, *kinds: str) -> None:
        """Closes the open lines of `kinds` today; all of them when none is named."""
        for interval in self.intervals:
            if interval.ended_on is None and (not kinds or interval.kind in kinds):
                interval.ended_on = max(self.on, interval.started_on)
                interval.save(update_fields=["ended_on"])

    def running(self, kind: str) -> ClockInterval | None:
        return next((i for i in reversed(self.intervals) if i.kind == kind and i.ended_on is None), None)

    def issue(self, kind: str, **extra: Any) -> None:
        """Has a paper printed once the act is complete."""
        self.papers.append((kind, extra))

    def print_papers(self) -> None:
        if not self.papers:
            return
        sequence = CaseDocument.objects.filter(case=self.case).count()
        documents = [
            new_document(kind, self.case, sequence=sequence + n, at=self.at, by=self.actor, **extra)
            for n, (kind, extra) in enumerate(self.papers, 1)
        ]
        CaseDocument.objects.bulk_create(documents)


def lock(case: Case, actor: Any, *, with_bundle: bool = True) -> Case:
    """The row of `case` as it is now, locked, if `actor` (None: the system) may see it.

    The bundle case that it belongs to is locked first: whoever acts on several cases of one bundle
    takes the locks in the same order (an act of the whole has it already). Three queries, four in a
    bundle. Raises `NotPermitted` outside the actor's scope.
    """
    if case.bundle_case_id is not None and with_bundle:
        lock_bundle(case.bundle_case_id)
    standing = None if actor is None else actor.standing
    found = statements.get((Case, standing), lambda: _lockable(actor)).records(case.pk)
    if not found:
        raise NotPermitted("本件不在您的办理范围内。")
    fresh: Case = found[0]
    for name, model in (("materials", CaseMaterial), ("intervals", ClockInterval)):
        parts = statements.get(model, partial(model.objects.filter, case=Slot()))
        remember(fresh, name, parts.records(fresh.pk))
    return fresh


def _lockable(actor: Any) -> QuerySet[Case]:
    """One case among those that `actor` sees, with what acts and papers name, locked when it is read."""
    rows = Case.objects.all() if actor is None else Case.objects.visible_to(actor)
    named = ("item", "department", "outlet", "handling_outlet", "bundle_case")
    return rows.select_for_update(of=("self",)).select_related(*named).filter(pk=Slot()).order_by()


def act(
    name: str,
    *,
    case: Case,
    actor: Any,
    change: Callable[[Act], None],
    reason: str = "",
    version: int | None = None,
    by_system: bool = False,
    whole: bool = False,
) -> Case:
    """Does the transition `name` and returns the case as saved.

    `change` makes what is particular to it. `by_system` leaves out the permission (a step that
    follows from another one). `whole` is said by an act of the bundle case that goes through its
    cases: it may do what is refused on one of them alone, and brings the parent up to date itself.
    Some ten queries, four more in a bundle. Raises what `Workflow.check` and `check_version` raise.
    """
    with transaction.atomic():
        fresh = lock(case, actor, with_bundle=not whole)
        fresh.acts_as_whole = whole
        before = {f.attname: getattr(fresh, f.attname) for f in Case._meta.concrete_fields}
        transition = CASE_WORKFLOW.check(fresh, name, None if by_system else actor, reason=reason)
        check_version(fresh, version)
        at = timezone.now()
        doing = Act(
            case=fresh,
            actor=actor,
            transition=transition,
            reason=reason.strip(),
            at=at,
            on=timezone.localdate(at),
            intervals=list(fresh.intervals.all()),
        )
        if transition.target and transition.target not in CLOSED_STATES:
            fresh.state = transition.target
        change(doing)
        if transition.target in CLOSED_STATES:
            doing.stop()
            fresh.state = transition.target
            fresh.closed_on = doing.on
        set_deadlines(fresh, doing.intervals)
        bump(fresh)
        changed = [name for name, value in before.items() if getattr(fresh, name) != value]
        fresh.save(update_fields=[*changed, "updated_at"])
        if doing.changed_materials:
            CaseMaterial.objects.bulk_update(
                doing.changed_materials,
                ["state", "originals", "copies", "received_at", "received_by", "promised_on", "licence"],
            )
        log(
            actor=actor,
            action=name,
            target=fresh,
            reason=doing.reason,
            changes=differences(
                before, {name: getattr(fresh, name) for name in ("state", "outcome", "due_on", "decide_by")}
            ),
        )
        doing.print_papers()
        if fresh.bundle_case_id is not None and not whole:
            follow_cases(fresh.bundle_case_id)
    return fresh


def received(doing: Act) -> None:
    """The papers are on the desk: the five days to answer begin."""
    doing.case.received_at, doing.case.received_on = doing.at, doing.on
    doing.start(ClockKind.INTAKE, days=INTAKE_DAYS, ground=f"{LAW}第三十二条")


def counts_of(material: Any) -> tuple[int, int]:
    """(originals, copies) of a paper that comes in after the first receipt: as many as the list asks for,
    one original where it does not say. A paper that was received is never counted as none."""
    originals, copies = material.originals_wanted or 0, material.copies_wanted or 0
    return (originals, copies) if originals or copies else (1, 0)


def told_lines(texts: Iterable[str]) -> list[str]:
    """What an applicant is told to correct, one text a line, without numbers of the clerk's own: the
    notice numbers them. `3.5 米` and `2、3 号楼` are no numbers of a line."""
    lines = (_OWN_NUMBER.sub("", text.strip()).strip()[:300] for text in texts)
    return [line for line in lines if line]


_OWN_NUMBER = re.compile(
    r"^(?:[（(](?:\d{1,2}|[一二三四五六七八九十]{1,3})[）)]|\d{1,2}[)）]|\d{1,2}[、．.](?!\d)"
    r"|[一二三四五六七八九十]{1,3}、(?![一二三四五六七八九十]))"
)


def handed_in(doing: Act, wanted: set[int]) -> None:
    """Marks materials of the case as handed in. Raises `ValidationError` for others' materials."""
    known = {m.pk: m for m in doing.case.materials.all()}
    if wanted - set(known):
        raise ValidationError({"materials": "所选材料不属于本件，请刷新页面后重选。"})
    for pk in sorted(wanted):
        material = known[pk]
        if material.state in {MaterialState.HANDED_IN, MaterialState.LICENSED}:
            continue
        material.state = MaterialState.HANDED_IN
        material.originals, material.copies = counts_of(material)
        material.received_at, material.received_by = doing.at, doing.actor
        doing.changed_materials.append(material)
    custody.take_in(doing.case, doing.changed_materials, actor=doing.actor, at=doing.at)


def set_deadlines(case: Case, intervals: list[ClockInterval]) -> None:
    """Rewrites the stored deadlines of `case` from its ledger. `decide_by` stays as it was when the
    decision was made: a calendar changed later does not make an old decision late."""
    clock = CaseClock([i.span for i in intervals], load_calendar())
    due = clock.due(case.state) if case.state not in CLOSED_STATES else None
    case.due_on = due.on if due else None
    case.due_kind = due.kind if due else ""
    if case.decided_on is None and any(i.kind in _DECISION_CLOCKS for i in intervals):
        case.decide_by = clock.decide_by


_DECISION_CLOCKS = {ClockKind.STATUTORY, ClockKind.PROMISED}
