"""Where the papers of a case are, and the bare moves of papers that the acts on a case are made of.

Everything here runs inside the transaction of an act on the locked case; who may, and the audit entry,
are the act's own (`actions/cases.py`, `actions/custody.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.choices_cases import MaterialState
from services.choices_custody import CustodyKind, HolderKind, LineAnswer
from services.models.cases import Case, CaseMaterial
from services.models.custody import CustodyEvent, Handover, HandoverLine, Holder, applicant
from tuoxian_portal.directory.models import Outlet


@dataclass
class Whereabouts:
    """One paper: who holds it since when, and the handover it is in, if any."""

    material: CaseMaterial
    event: CustodyEvent | None = None
    transit: HandoverLine | None = None

    @property
    def holder(self) -> Holder | None:
        return self.event.holder if self.event else None

    @property
    def is_out(self) -> bool:
        """Held by the office, not by the applicant."""
        return self.event is not None and self.event.kind != HolderKind.APPLICANT

    @property
    def can_move(self) -> bool:
        return self.is_out and self.transit is None

    @property
    def is_overdue(self) -> bool:
        handover = self.event.handover if self.event else None
        return self.is_out and handover is not None and handover.is_late


def events_of(case: Case) -> list[CustodyEvent]:
    """Everything that happened to the papers of `case`, oldest first; one query."""
    events = CustodyEvent.objects.filter(material__case=case)
    return list(events.select_related("outlet", "department", "person", "by", "handover"))


def whereabouts(
    case: Case,
    *,
    events: Iterable[CustodyEvent] | None = None,
    transit: Iterable[HandoverLine] | None = None,
) -> list[Whereabouts]:
    """Every paper that ever came in, in the order of the checklist. Two queries, none for what is given."""
    found = {m.pk: Whereabouts(m) for m in case.materials.all()}
    for event in events_of(case) if events is None else events:
        found[event.material_id].event = event  # the last one stays
    if transit is None:
        transit = HandoverLine.objects.filter(material__case=case, answer=LineAnswer.PENDING)
    for line in transit:
        found[line.material_id].transit = line
    return [paper for paper in found.values() if paper.event is not None]


def take_in(
    case: Case, materials: Iterable[CaseMaterial], *, actor: Any, at: datetime, note: str = ""
) -> None:
    """The papers among `materials` come into the custody of the clerk's outlet; one query."""
    outlet = actor.outlet if actor is not None and actor.outlet_id else case.outlet
    _happened(
        [m for m in materials if m.state == MaterialState.HANDED_IN],
        CustodyKind.TAKEN_IN,
        Holder(HolderKind.OUTLET, outlet),
        actor=actor,
        at=at,
        note=note,
    )


def _happened(materials: Iterable[CaseMaterial], what: str, holder: Holder, **about: Any) -> None:
    about["by"] = about.pop("actor")
    CustodyEvent.objects.bulk_create(
        CustodyEvent(material=material, what=what, **holder.fields, **about) for material in materials
    )


def send(
    case: Case,
    papers: list[Whereabouts],
    *,
    sender: Holder,
    receiver: Holder,
    actor: Any,
    at: datetime,
    due_back_on: date | None = None,
    note: str = "",
) -> Handover:
    """Puts `papers` on their way; three queries."""
    handover = Handover.objects.create(
        case=case,
        **{f"from_{name}": value for name, value in sender.fields.items()},
        **{f"to_{name}": value for name, value in receiver.fields.items()},
        handed_by=actor,
        handed_at=at,
        due_back_on=due_back_on,
        note=note.strip()[:200],
        is_sample=case.is_sample,
    )
    HandoverLine.objects.bulk_create(
        HandoverLine(
            handover=handover,
            material=paper.material,
            originals=paper.material.originals,
            copies=paper.material.copies,
        )
        for paper in papers
    )
    return handover


def answer(
    handover: Handover, lines: list[HandoverLine], *, refused: dict[int, str], actor: Any, at: datetime
) -> None:
    """Settles every pending line: `refused` maps pks of lines to reasons, the others are received."""
    for line in lines:
        line.answer = LineAnswer.REFUSED if line.pk in refused else LineAnswer.RECEIVED
        line.reason = refused.get(line.pk, "")[:200]
    HandoverLine.objects.bulk_update(lines, ["answer", "reason"])
    _happened(
        [line.material for line in lines if line.answer == LineAnswer.RECEIVED],
        CustodyKind.HANDED,
        handover.receiver,
        actor=actor,
        at=at,
        handover=handover,
    )
    handover.answered_by, handover.answered_at = actor, at
    handover.save(update_fields=["answered_by", "answered_at"])


def give_back(
    papers: Iterable[Whereabouts], *, actor: Any, at: datetime, note: str = ""
) -> list[CaseMaterial]:
    """`papers` go back to the applicant; one query."""
    materials = [paper.material for paper in papers]
    _happened(materials, CustodyKind.GIVEN_BACK, applicant(), actor=actor, at=at, note=note[:200])
    return materials


def at_the_window(case: Case, *, originals_only: bool = False) -> list[Whereabouts]:
    """Papers that an outlet holds and that are not on their way."""
    return [
        paper
        for paper in whereabouts(case)
        if paper.can_move
        and paper.event is not None
        and paper.event.kind == HolderKind.OUTLET
        and (paper.material.originals or not originals_only)
    ]


# --- What the acts on a case do with its papers -------------------------------------------------------


def to_department(case: Case, *, actor: Any, at: datetime) -> None:
    """移交部门: what the windows hold goes on its way to the department that decides."""
    by_outlet: dict[int, list[Whereabouts]] = {}
    for paper in at_the_window(case):
        assert paper.event is not None  # noqa: S101  (held by an outlet)
        by_outlet.setdefault(paper.event.outlet_id or 0, []).append(paper)
    for papers in by_outlet.values():
        event = papers[0].event
        assert event is not None  # noqa: S101  (as above)
        send(
            case,
            papers,
            sender=event.holder,
            receiver=Holder(HolderKind.DEPARTMENT, case.department),
            actor=actor,
            at=at,
        )


def signed_for(case: Case, *, actor: Any, at: datetime) -> None:
    """签收: the department receives everything that is on its way to it."""
    handovers = Handover.objects.in_transit().filter(case=case, to_department=case.department_id)
    for handover in handovers.with_holders().prefetch_related("lines__material"):
        answer(handover, list(handover.lines.all()), refused={}, actor=actor, at=at)


def outlets_of(case: Case) -> list[Outlet]:
    """Where the case was received, and where it is handled if it was passed on."""
    return [outlet for outlet in (case.outlet, case.handling_outlet) if outlet is not None]
