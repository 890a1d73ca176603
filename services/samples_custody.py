"""Sample licences, and where the papers of the sample cases are (示例)."""

from datetime import timedelta
from typing import Any

from services.choices_cases import CaseState, MaterialState
from services.choices_custody import CustodyKind, HolderKind, LineAnswer
from services.models import Case, CustodyEvent, Handover, HandoverLine, Licence, LicenceKind, Material
from services.models.custody import Holder, applicant
from tuoxian_portal.core.samples import SampleContext

GIVEN_BACK = {CaseState.WITHDRAWN, CaseState.RETURNED}


def licence_kinds() -> dict[str, LicenceKind]:
    """A kind for each licence that the catalogue names, by its name; several at once (、) or a note (（）
    is none."""
    names = Material.objects.exclude(electronic_licence="").order_by("electronic_licence")
    single = [
        name
        for name in names.values_list("electronic_licence", flat=True).distinct()
        if not set(name) & set("、（")
    ]
    return {
        name: LicenceKind.objects.get_or_create(
            name=name, defaults={"code": f"SAMPLE-{number:02d}", "is_sample": True}
        )[0]
        for number, name in enumerate(single, 1)
    }


def sample_licence(kind: LicenceKind, case: Case, number: int) -> Licence:
    """One of the applicant of `case`, unsaved. Its number says that it is a sample."""
    licence = Licence(
        kind=kind,
        number=f"示例{case.case_number}-{kind.code}-{number}",
        holder_name=case.applicant_name,
        holder_number=case.applicant_number,
        issued_on=kind.created_at.date() - timedelta(days=900),
        is_signed=True,
        source="示例数据",
        is_sample=True,
    )
    licence.rehash()
    return licence


def make_custody(context: SampleContext) -> None:
    """For every sample case what its acts would have written: taken in, on its way, signed for, given
    back. Four statements, however many cases."""
    cases = (
        Case.objects.filter(is_sample=True, received_at__isnull=False)
        .select_related("outlet", "department", "received_by")
        .prefetch_related("materials")
        .order_by("pk")
    )
    events: list[CustodyEvent] = []
    handovers: list[tuple[Handover, list[Any]]] = []
    for case in cases:
        papers = [m for m in case.materials.all() if m.state == MaterialState.HANDED_IN]
        window = Holder(HolderKind.OUTLET, case.outlet)
        about: dict[str, Any] = {"at": case.received_at, "by_id": case.received_by_id}
        events += [_event(m, CustodyKind.TAKEN_IN, window, **about) for m in papers]
        if papers and case.handed_over_at:
            handovers.append((_handover(case, window), papers))
        elif case.state in GIVEN_BACK:
            about = {"at": case.updated_at, "by_id": case.received_by_id}
            events += [_event(m, CustodyKind.GIVEN_BACK, applicant(), **about) for m in papers]
    CustodyEvent.objects.bulk_create(events, batch_size=400)
    Handover.objects.bulk_create((handover for handover, _papers in handovers), batch_size=200)
    lines, signed = [], []
    for handover, papers in handovers:
        answer = LineAnswer.RECEIVED if handover.answered_at else LineAnswer.PENDING
        for m in papers:
            lines.append(
                HandoverLine(
                    handover=handover, material=m, originals=m.originals, copies=m.copies, answer=answer
                )
            )
            if handover.answered_at:
                about = {"at": handover.answered_at, "by_id": handover.answered_by_id, "handover": handover}
                signed.append(_event(m, CustodyKind.HANDED, handover.receiver, **about))
    HandoverLine.objects.bulk_create(lines, batch_size=400)
    CustodyEvent.objects.bulk_create(signed, batch_size=400)


def _event(material: Any, what: str, holder: Holder, **about: Any) -> CustodyEvent:
    return CustodyEvent(material=material, what=what, **holder.fields, **about)


def _handover(case: Case, window: Holder) -> Handover:
    receiver = Holder(HolderKind.DEPARTMENT, case.department)
    return Handover(
        case=case,
        **{f"from_{name}": value for name, value in window.fields.items()},
        **{f"to_{name}": value for name, value in receiver.fields.items()},
        handed_by=case.received_by,
        handed_at=case.handed_over_at or case.updated_at,
        answered_by_id=case.signed_by_id,
        answered_at=case.signed_at,
        is_sample=True,
    )
