"""The counter: one page on which a clerk records a case without touching the mouse."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_date

from services.actions.recording import NOTE_LENGTH, Applicant, HandedIn, LikelyDuplicate, record_case
from services.admin.attachments import attachments_of, keep_files
from services.choices import Necessity
from services.choices_cases import ApplicantKind, MaterialState
from services.choices_forms import FieldKind
from services.form_filling import FORM_NOTE, FormGroup, fields_of
from services.models.bundles import ServiceBundle
from services.models.cases import Case
from services.models.catalogue import ServiceItem
from services.models.licences import Licence
from tuoxian_portal.core import codes, crypto
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.directory.models import Enterprise

APPLICANT_FIELDS = ("kind", "name", "number", "phone", "agent_name", "agent_phone", "override_reason")
FIELD_LABELS = {
    "item": "事项",
    "applicant_kind": "申请人类型",
    "applicant_name": "申请人",
    "applicant_number": "证件号码",
    "phone": "联系电话",
    "agent_name": "代理人",
    "agent_phone": "代理人电话",
    "override_reason": "未通过校验的理由",
    "note": "备注",
    "confirmed": "重复登记",
}


@dataclass
class Line:
    """One material on the screen: what the item wants and what the clerk entered."""

    row: Any
    ticked: bool
    originals: str
    copies: str
    promised_on: str
    material: int | None = None
    error: str = ""
    # What of the register of licences replaces it, in words.
    licence: str = ""

    @property
    def required(self) -> bool:
        return self.row.necessity in {Necessity.REQUIRED, Necessity.DEFERRABLE}

    @property
    def deferrable(self) -> bool:
        return self.row.necessity == Necessity.DEFERRABLE

    def handed_in(self) -> HandedIn:
        if self.ticked:
            return HandedIn(MaterialState.HANDED_IN, _count(self.originals), _count(self.copies))
        promised = _date(self.promised_on)
        if self.deferrable and self.promised_on:
            return HandedIn(MaterialState.DEFERRED, promised_on=promised)
        return HandedIn(MaterialState.MISSING if self.required else MaterialState.NOT_NEEDED)


@dataclass
class Sheet:
    """Everything on the counter's page; survives errors with all that was typed."""

    submission: str
    item: ServiceItem | None = None
    query: str = ""
    lines: list[Line] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    form: list[dict[str, Any]] = field(default_factory=list)
    # The form lies on the desk: nothing of it need be typed.
    paper_form: bool = True
    errors: dict[str, list[str]] = field(default_factory=dict)
    top: list[str] = field(default_factory=list)
    ask_confirmation: bool = False

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """(anchor, label, message) for the summary at the top."""
        names = {f"material_{line.row.pk}": line.row.name for line in self.lines}
        return [
            # A question of the form names itself in its sentence.
            (name, names.get(name) or FIELD_LABELS.get(name, ""), message)
            for name, found in self.errors.items()
            for message in found
        ]

    @property
    def materials(self) -> list[tuple[int, str]]:
        """(pk, name) of what a file can show."""
        return [(line.material, str(line.row.name)) for line in self.lines if line.material]

    def place_errors(self) -> None:
        """Puts what is wrong with a material or a question beside it."""
        for line in self.lines:
            line.error = "；".join(self.errors.get(f"material_{line.row.pk}", []))
        for group in self.form:
            for row in group["rows"]:
                row["error"] = "；".join(self.errors.get(f"field_{row['key']}", []))

    def show_licences(self) -> None:
        """Says at each material which licence of the applicant replaces it; at most three queries."""
        held = held_licences(self.values["kind"], self.values["number"], [m.material for m in self.lines])
        for line in self.lines:
            line.licence = held.get(line.material or 0, "")


HINTS: dict[str, str] = {FieldKind.DATE: "形如 2026-12-01"}


def counter_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Opens the page, or records and receives. At most 30 queries to open, 40 to save."""
    sheet = _sheet(request)
    refused = keep_files(request, submission=sheet.submission) if request.method == "POST" else []
    if wants_to_save(request) and not refused and (case := _record(request, sheet)):
        return HttpResponseRedirect(f"{case.get_absolute_url()}?recorded=1")
    sheet.top += refused
    return counter_page(model_admin, request, sheet, "case", "登记办件")


def wants_to_save(request: HttpRequest) -> bool:
    """Rather than only to see the page again with what was typed (`recompute`)."""
    return request.method == "POST" and "recompute" not in request.POST


def counter_page(
    model_admin: Any, request: HttpRequest, sheet: Sheet, what: str, title: str, **more: Any
) -> HttpResponse:
    """The page with everything that was typed; 400 when something is wrong."""
    if request.method == "POST":
        sheet.place_errors()
        sheet.show_licences()
    found = [] if sheet.item or not sheet.query else find_items(sheet.query)
    bundles = [] if sheet.item or not sheet.query else find_bundles(sheet.query)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "sheet": sheet,
        "found": found,
        "bundles": bundles,
        "kinds": ApplicantKind.choices,
        "outlet": getattr(request.user, "outlet", None),
        "files": attachments_of(request, submission=sheet.submission, materials=sheet.materials),
        "form_note": FORM_NOTE,
        "may_override": request.user.has_perm("services.override_number"),  # type: ignore[union-attr]  # staff
        "note_length": NOTE_LENGTH,
        "resumed": request.method == "POST",
        **more,
    }
    status = 400 if sheet.errors or sheet.top else 200
    return TemplateResponse(request, f"admin/services/{what}/counter.html", context, status=status)


def _sheet(request: HttpRequest, *, without_item: bool = False) -> Sheet:
    data = request.POST if request.method == "POST" else request.GET
    sheet = Sheet(submission=data.get("submission") or str(uuid4()), query=data.get("q", "").strip()[:60])
    if not without_item and (code := data.get("item", "").strip()):
        sheet.item = _items().filter(code=code).first()
        if sheet.item is None:
            sheet.errors["item"] = ["没有这个事项，或尚未发布。请重新选择。"]
    posted = request.method == "POST"
    for row in sheet.item.materials.all() if sheet.item else []:
        sheet.lines.append(
            Line(
                row,
                ticked=f"material_{row.pk}" in data,
                originals=data.get(f"originals_{row.pk}", "") if posted else str(row.originals or ""),
                copies=data.get(f"copies_{row.pk}", "") if posted else str(row.copies or ""),
                promised_on=data.get(f"promised_{row.pk}", ""),
                material=row.material_id,
            )
        )
    sheet.paper_form = "paper_form" in data or not posted
    sheet.form = form_rows(fields_of([sheet.item]), data) if sheet.item else []
    for name in APPLICANT_FIELDS:
        sheet.values[name] = data.get(name, "")
    if not sheet.values["kind"] and not posted:
        only_people = sheet.item and sheet.item.for_individuals and not sheet.item.for_organisations
        sheet.values["kind"] = ApplicantKind.PERSON if only_people else ApplicantKind.ORGANISATION
    sheet.values["note"] = data.get("note", "")
    return sheet


def form_rows(groups: list[FormGroup], data: Any) -> list[dict[str, Any]]:
    """The form for the page, with what was typed. What the applicant's part of the page says already is
    not asked again."""
    rows = [
        {
            "label": group.label,
            "rows": [
                {
                    "key": question.key,
                    "label": question.label,
                    "hint": question.field.hint or HINTS.get(question.field.kind, ""),
                    "unit": question.field.unit,
                    "options": question.field.option_list,
                    "required": question.required and not question.conditions,
                    "conditions": "、".join(question.conditions),
                    "long": question.field.kind == FieldKind.MULTILINE,
                    "value": data.get(f"field_{question.key}", ""),
                }
                for question in group.questions
                if not question.field.fills_from
            ],
        }
        for group in groups
    ]
    return [group for group in rows if group["rows"]]


def typed_form(sheet: Sheet) -> dict[str, str]:
    """What was typed of the form, by field key."""
    return {row["key"]: row["value"] for group in sheet.form for row in group["rows"]}


def _record(request: HttpRequest, sheet: Sheet) -> Case | None:
    """The recorded case; None, with the errors on the sheet, when something is wrong."""
    if sheet.item is None:
        sheet.errors.setdefault("item", ["请先选择事项。"])
    check_lines(sheet)
    if sheet.errors:
        _complain_about_applicant(sheet)
        return None
    try:
        return record_case(
            actor=request.user,
            item=sheet.item,
            applicant=_applicant(sheet),
            materials={line.row.pk: line.handed_in() for line in sheet.lines},
            form_answers=typed_form(sheet),
            paper_form=sheet.paper_form,
            note=sheet.values["note"],
            submission=_uuid(sheet.submission),
            confirmed=request.POST.get("confirmed") == "1",
        )
    except LikelyDuplicate as error:
        sheet.ask_confirmation = True
        sheet.errors["confirmed"] = [error.message]
        return None
    except PortalError as error:
        sheet.top.append(error.message)
        sheet.errors.update(error.fields)
        return None
    except ValidationError as error:
        sheet.errors.update(_by_field(error))
    return None


def check_lines(sheet: Sheet) -> None:
    """Counts and dates that are none, at their material."""
    for line in sheet.lines:
        if (line.promised_on and _date(line.promised_on) is None) or not (
            _is_count(line.originals) and _is_count(line.copies)
        ):
            sheet.errors[f"material_{line.row.pk}"] = ["份数应为 0 到 999，日期应形如 2026-12-01。"]


def _complain_about_applicant(sheet: Sheet) -> None:
    """All errors at once, not one after the other."""
    try:
        _applicant(sheet).clean()
    except ValidationError as error:
        sheet.errors.update(_by_field(error))


def _applicant(sheet: Sheet) -> Applicant:
    return Applicant(**{name: sheet.values[name] for name in APPLICANT_FIELDS})


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return dict(error.message_dict)
    return {"": list(error.messages)}


# --- What the page asks for while the clerk types -------------------------------------------------


def _items() -> Any:
    return (
        ServiceItem.objects.published()
        .filter(department__isnull=False)
        .select_related("department")
        .with_materials()
        .with_form()
    )


def find_items(text: str) -> list[ServiceItem]:
    """Items by name, alias, pinyin or initials; two queries."""
    return list(
        ServiceItem.objects.published()
        .filter(department__isnull=False)
        .search(text)
        .select_related("department")
        .order_by("code")[:12]
    )


def find_bundles(text: str) -> list[ServiceBundle]:
    """Bundles by name, alias, pinyin or initials; one query."""
    return list(ServiceBundle.objects.published().search(text).order_by("order", "pk")[:4])


def items_view(request: HttpRequest) -> JsonResponse:
    """The typeahead's answer."""
    text = request.GET.get("q", "").strip()[:60]
    found = find_items(text) if text else []
    bundles = find_bundles(text) if text else []
    return JsonResponse(
        {
            "items": [
                {
                    "code": "一次办",
                    "name": bundle.name,
                    "department": bundle.lead_authority,
                    "url": reverse("admin:services_case_add_bundle", args=[bundle.slug]),
                }
                for bundle in bundles
            ]
            + [
                {"code": i.code, "name": i.name, "department": i.department.name if i.department else ""}
                for i in found
            ]
        }
    )


def applicant_view(request: HttpRequest) -> JsonResponse:
    """Checks a number and, when the clerk's own outlet knows the applicant, fills in the name.

    By POST, so that the number stands in no log. `held` says which of the posted `materials` a licence
    of the register replaces.
    """
    kind = request.POST.get("kind", "")
    organisation = kind == ApplicantKind.ORGANISATION
    check = codes.clean_credit_code if organisation else codes.clean_identity_number
    try:
        number = check(request.POST.get("number", ""))
    except ValidationError as error:
        return JsonResponse({"ok": False, "error": "；".join(error.messages)})
    name = ""
    if organisation:
        known = Enterprise.objects.filter(credit_code=number).values_list("name", flat=True).first()
        name = known or ""
    if not name:
        earlier = (
            Case.objects.visible_to(request.user)
            .filter(applicant_hash=crypto.keyed_hash(number))
            .values_list("applicant_name", flat=True)
            .order_by("-pk")
            .first()
        )
        name = earlier or ""
    wanted = [int(pk) for pk in request.POST.getlist("materials")[:200] if pk.isdecimal() and len(pk) < 18]
    held = held_licences(kind, number, wanted)
    return JsonResponse({"ok": True, "number": number, "name": name, "held": held})


def held_licences(kind: str, number: str, materials: Iterable[int | None]) -> dict[int, str]:
    """{material: the licence in force that replaces it, in words} for the holder of `number`; {} while it
    is wrong. At most three queries."""
    check = codes.clean_credit_code if kind == ApplicantKind.ORGANISATION else codes.clean_identity_number
    wanted = [pk for pk in materials if pk]
    if not wanted:
        return {}
    try:
        holder = crypto.keyed_hash(check(number))
    except ValidationError:
        return {}
    found = Licence.objects.held_materials(holder, materials=wanted)
    return {pk: licence.caption for pk, licence in found.items()}


COUNT = re.compile(r"\d{1,3}", re.ASCII)  # str.isdigit() would pass "²", which is no int


def _count(text: str) -> int:
    return int(text) if COUNT.fullmatch(text.strip()) else 0


def _is_count(text: str) -> bool:
    return not text.strip() or COUNT.fullmatch(text.strip()) is not None


def _date(text: str) -> date | None:
    try:
        return parse_date(text.strip()) if text.strip() else None
    except ValueError:
        return None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
