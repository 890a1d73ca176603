"""The detail of a case as plain rows: the shape of `CaseDetailSerializer`, read straight from the columns.

Eight short statements, each put together once (`core.statements`); a test holds the answer equal to what
the serializer would say.
"""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, F, OuterRef, QuerySet

from services.api import case_rows
from services.choices_custody import HolderKind, LineAnswer
from services.models.cases import Case, CaseDocument, CaseMaterial, ClockInterval, CorrectionNotice
from services.models.custody import CustodyEvent, HandoverLine
from services.models.entrustments import EntrustmentCase
from services.progress import label_of, status_sentence
from services.workflow import CASE_WORKFLOW, projected
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.api.viewsets import local_time
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.statements import Slot, Statements, remember

HISTORY = 100
# Columns of the case: those of the answer, those that its workflow asks about, and of what it names.
COLUMNS = [
    *[*case_rows.SAME, "applicant_name", "applicant_number", "phone", "number_override"],
    *["item_snapshot", "deemed_accepted", "proposed_outcome", "opinion", "decision_reason"],
    *["delivered_on", "delivery_method", "split_off_at", "corrections_made", "second_correction_by"],
    *["decline_proposed_by", "received_by", "reviewer", "signed_by", "extended", "handed_over_at"],
    *["item__code", "item__name", "department__name", "outlet__name", "handling_outlet__name"],
    *["bundle_case__number"],
]
NAMED = ["item", "department", "outlet", "handling_outlet", "bundle_case"]
MATERIAL = [
    *["id", "name", "necessity", "condition", "state", "originals", "copies", "received_at"],
    "promised_on",
]
INTERVAL = ["kind", "procedure", "started_on", "ended_on", "days", "unit", "ground", "note"]
CORRECTION = ["items", "told_on", "due_on", "answered_on", "override_reason"]
DOCUMENT = ["number", "kind", "title", "created_at"]
EVENT = [
    *["material", "kind", "at", "outlet__name", "department__name", "person__display_name"],
    *["person__username", "handover__due_back_on"],
]
ENTRY = ["action", "at", "reason", "actor", "actor__display_name", "actor__username"]

statements = Statements()


def _seen(user: Any) -> QuerySet:
    """The case of a number, if `user` sees it, with what it names."""
    rows = Case.objects.visible_to(user).filter(case_number=Slot()).order_by()
    helped = Exists(EntrustmentCase.objects.filter(case=OuterRef("pk")))
    return rows.select_related(*NAMED).only(*NAMED, *COLUMNS).annotate(is_helped=helped)


def _materials() -> QuerySet:
    licence = ["licence__kind__name", "licence__number", "licence__valid_until"]
    rows = CaseMaterial.objects.filter(case=Slot()).select_related("licence__kind")
    return rows.only("case", "licence", *MATERIAL, *licence)


def _entries() -> QuerySet:
    entries = LogEntry.objects.filter(content_type=Slot(0), object_id=Slot(1))
    return entries.values_list(*ENTRY)[:HISTORY]


# What belongs to a case, by the key of the answer or its own: all asked with the key of the case.
PARTS: dict[str, Any] = {
    "intervals": lambda: ClockInterval.objects.filter(case=Slot()).values_list(*INTERVAL),
    "corrections": lambda: CorrectionNotice.objects.filter(case=Slot()).values_list(*CORRECTION),
    "documents": lambda: (
        CaseDocument.objects.filter(case=Slot()).annotate(title=F("content__title")).values_list(*DOCUMENT)
    ),
    "events": lambda: CustodyEvent.objects.filter(material__case=Slot()).values_list(*EVENT),
    "moving": lambda: (
        HandoverLine.objects.filter(material__case=Slot(), answer=LineAnswer.PENDING)
        .order_by()
        .values_list("material")
    ),
}


def _part(name: str, case: int) -> list[Any]:
    return statements.get(name, PARTS[name]).rows(case)


def detail(case_number: str, user: Any) -> dict[str, Any] | None:
    """The case as the API shows it to `user`, None outside her scope. Eight queries, and two when
    somebody helps the applicant with it."""
    seen = statements.get(("case", user.standing), lambda: _seen(user)).records(case_number)
    if not seen:
        return None
    case: Case = seen[0]
    materials = statements.get("materials", _materials).records(case.pk)
    remember(case, "materials", materials)
    return {
        **_line(case),
        "applicant_number": case.masked_number,
        "phone": case.masked_phone,
        "deemed_accepted": case.deemed_accepted,
        "proposed_outcome": case.proposed_outcome,
        "opinion": case.opinion,
        "decision_reason": case.decision_reason,
        "delivered_on": case.delivered_on,
        "delivery_method": case.delivery_method,
        "sentence": status_sentence(case),
        "due_is_projected": projected(case.due_on, case),
        "handling_outlet": case.handling_outlet and case.handling_outlet.name,
        "materials": [_shown(material) for material in materials],
        "papers": _papers(case.pk, materials),
        "intervals": [dict(zip(INTERVAL, row, strict=True)) for row in _part("intervals", case.pk)],
        "corrections": [dict(zip(CORRECTION, row, strict=True)) for row in _part("corrections", case.pk)],
        "documents": [
            {"number": number, "kind": kind, "title": title, "created_at": local_time(at)}
            for number, kind, title, at in _part("documents", case.pk)
        ],
        "history": _history(case.pk),
        "available_actions": [
            {"name": t.name, "label": str(t.label), "needs_reason": t.needs_reason}
            for t in CASE_WORKFLOW.available(case, user)
        ],
    }


def _line(case: Case) -> dict[str, Any]:
    """What the list says, too."""
    return {name: getattr(case, name) for name in case_rows.SAME} | {
        "state_label": case_rows.STATE_LABELS[case.state],
        "item": case.item.code,
        "item_name": case.item_name,
        "department": case.department.name,
        "outlet": case.outlet.name,
        "applicant": case.masked_name,
        "is_overdue": case.is_overdue,
    }


def _shown(material: CaseMaterial) -> dict[str, Any]:
    return {name: getattr(material, name) for name in MATERIAL} | {
        "received_at": local_time(material.received_at),
        "licence": material.licence and material.licence.caption,
    }


def _papers(case: int, materials: list[CaseMaterial]) -> list[dict[str, Any]]:
    """`services.custody.whereabouts`: of each paper that ever came in, who got it last."""
    last = {row[0]: row for row in _part("events", case)}
    moving = {row[0] for row in _part("moving", case)}
    papers = []
    for material in materials:
        if event := last.get(material.pk):
            _, kind, at, outlet, department, shown_as, username, due_back_on = event
            out = kind != HolderKind.APPLICANT
            holder = (outlet or department or shown_as or username) if out else "申请人"
            papers.append(
                {
                    "material_id": material.pk,
                    "material": material.name,
                    "holder_kind": kind,
                    "holder": holder,
                    "since": local_time(at),
                    "in_transit": material.pk in moving,
                    "is_overdue": out and due_back_on is not None and due_back_on < today(),
                }
            )
    return papers


def _history(case: int) -> list[dict[str, Any]]:
    """The newest entries of the audit log about it."""
    kind = ContentType.objects.get_for_model(Case).pk
    return [
        {
            "action": action,
            "label": str(label_of(action)),
            "at": local_time(at),
            "actor": (shown_as or username) if actor else "系统",
            "reason": reason,
        }
        for action, at, reason, actor, shown_as, username in statements.get("history", _entries).rows(
            kind, str(case)
        )
    ]
