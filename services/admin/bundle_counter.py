"""The counter's page for a bundle: questions, one set of materials, one form, one applicant, one save.

Answering a question sends the same form back (`recompute`), so that nothing typed is lost and it works
without scripts.
"""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from services.actions.bundle_recording import Parts, parts_of, record_bundle
from services.actions.recording import LikelyDuplicate
from services.admin import counter
from services.admin.attachments import keep_files
from services.choices import Necessity
from services.choices_cases import ApplicantKind
from services.composition import Composition, MergedMaterial, compose
from services.models import BundleCase, ServiceBundle
from tuoxian_portal.core.errors import PortalError


@dataclass
class MergedRow:
    """A material of the one set, in the shape of the counter's lines."""

    merged: MergedMaterial

    @property
    def pk(self) -> int:
        return self.merged.material.pk

    @property
    def name(self) -> str:
        return self.merged.name

    @property
    def necessity(self) -> str:
        return self.merged.necessity

    @property
    def get_necessity_display(self) -> str:
        return str(Necessity(self.merged.necessity).label)

    @property
    def condition(self) -> str:
        return "；".join(self.merged.conditions)

    @property
    def wanted_by(self) -> str:
        return "、".join(self.merged.wanted_by)


@dataclass
class BundleSheet(counter.Sheet):
    """The counter's sheet for a bundle; `item` stays None."""

    bundle: ServiceBundle | None = None
    composition: Composition | None = None
    parts: Parts | None = None
    questions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        labels = {f"question_{q['key']}": q["text"] for q in self.questions}
        labels |= {f"field_{row['key']}": row["label"] for group in self.form for row in group["rows"]}
        return [
            (name, labels.get(name) or label, message)
            if not message.startswith(("请", "“"))
            else (name, "", message)
            for name, label, message in super().problems
        ]


def bundle_counter_view(model_admin: Any, request: HttpRequest, slug: str) -> HttpResponse:
    """Opens the page, recomputes it, or records and receives."""
    sheet = _sheet(request, slug)
    refused = keep_files(request, submission=sheet.submission) if request.method == "POST" else []
    if counter.wants_to_save(request) and not refused and (made := _record(request, sheet)):
        return HttpResponseRedirect(f"{made.get_absolute_url()}?recorded=1")
    sheet.top += refused
    more = {"bundle_url": request.path}
    return counter.counter_page(model_admin, request, sheet, "bundlecase", "登记一次办", **more)


def _sheet(request: HttpRequest, slug: str) -> BundleSheet:
    data = request.POST if request.method == "POST" else request.GET
    plain = counter._sheet(request, without_item=True)
    sheet = BundleSheet(submission=plain.submission, values=plain.values)
    sheet.paper_form = "paper_form" in data
    sheet.bundle = ServiceBundle.objects.published().for_composition().filter(slug=slug).first()
    if sheet.bundle is None:
        sheet.top.append("没有这个一次办，或尚未发布。请返回登记页重新选择。")
        return sheet
    if not data.get("kind"):
        only_people = sheet.bundle.for_individuals and not sheet.bundle.for_organisations
        sheet.values["kind"] = ApplicantKind.PERSON if only_people else ApplicantKind.ORGANISATION
    answers = {q.key: data.get(f"question_{q.key}", "") for q in sheet.bundle.questions.all()}
    sheet.composition = compose(sheet.bundle, answers)
    sheet.parts = parts_of(sheet.composition)
    sheet.questions = [
        {
            "key": question.key,
            "text": question.text,
            "hint": question.hint,
            "options": [
                (a.value, a.label, sheet.composition.answers.get(question.key) == a.value)
                for a in question.answers.all()
            ],
        }
        for question in sheet.bundle.questions.all()
    ]
    posted = request.method == "POST"
    for merged in sheet.parts.asked:
        row = MergedRow(merged)
        seen = posted and f"originals_{row.pk}" in data  # a recomputed list may have new lines
        sheet.lines.append(
            counter.Line(
                row,
                ticked=f"material_{row.pk}" in data,
                originals=data.get(f"originals_{row.pk}", "") if seen else str(merged.originals or ""),
                copies=data.get(f"copies_{row.pk}", "") if seen else str(merged.copies or ""),
                promised_on=data.get(f"promised_{row.pk}", ""),
                material=row.pk,
            )
        )
    sheet.form = counter.form_rows(sheet.composition.form, data)
    return sheet


def _record(request: HttpRequest, sheet: BundleSheet) -> BundleCase | None:
    """The recorded bundle case; None, with the errors on the sheet, when something is wrong."""
    if sheet.bundle is None or sheet.composition is None:
        return None
    counter.check_lines(sheet)
    try:
        if sheet.errors:
            counter._complain_about_applicant(sheet)
            return None
        return record_bundle(
            actor=request.user,
            bundle=sheet.bundle,
            answers=sheet.composition.answers,
            applicant=counter._applicant(sheet),
            materials={line.row.pk: line.handed_in() for line in sheet.lines},
            form_answers=counter.typed_form(sheet),
            paper_form=sheet.paper_form,
            note=sheet.values["note"],
            submission=counter._uuid(sheet.submission),
            confirmed=request.POST.get("confirmed") == "1",
        )
    except LikelyDuplicate as error:
        sheet.ask_confirmation = True
        sheet.errors["confirmed"] = [error.message]
    except PortalError as error:
        sheet.top.append(error.message)
    except ValidationError as error:
        sheet.errors.update(counter._by_field(error))
    return None
