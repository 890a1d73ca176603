"""Recording a bundle case at the counter: one application, one number each for the whole and for every
item in it, one set of materials, receipt in the same breath."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from services import custody
from services.actions.acting import set_deadlines
from services.actions.attachments import adopt_for_all
from services.actions.recording import (
    COUNTY_CODE,
    Applicant,
    Errors,
    HandedIn,
    LikelyDuplicate,
    case_numbers,
    check_override,
    check_recorder,
    clean_note,
)
from services.choices import HandlingKind, Necessity
from services.choices_cases import CaseState, ClockKind, MaterialState, PaperKind
from services.clock import INTAKE_DAYS
from services.composition import Composition, MergedMaterial, compose, to_snapshot
from services.form_filling import checked_form
from services.models import (
    BundleCase,
    BundleDocument,
    BundleMaterial,
    BundleMember,
    Case,
    CaseMaterial,
    ClockInterval,
    Licence,
    ServiceBundle,
    ServiceItem,
)
from services.papers.bundles import new_bundle_document
from services.papers.texts import LAW
from services.planning import find_circle
from tuoxian_portal.audit.actions import entry
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core import crypto
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.numbering import next_number

DUPLICATE_DAYS = 30


def next_bundle_number(on: date) -> str:
    """`150122-20261124-B0001`: a series of its own, unbroken within the day. Must run inside the
    recording transaction."""
    return f"{COUNTY_CODE}-{on:%Y%m%d}-B{next_number(f'bundle-case-{on:%Y%m%d}'):04d}"


@dataclass(frozen=True)
class Parts:
    """How a composition becomes cases.

    `members` are handled in this hall, a case each (`items`: their items by member key); `outside` by
    others, who tell the applicant what they need. `before` maps a member's key to those that its case waits for. `issuer` maps (member,
    material) to the member whose result that paper is, `asked` are the materials of the one set.
    """

    members: list[BundleMember]
    items: dict[int, ServiceItem]
    outside: list[BundleMember]
    before: dict[int, set[int]]
    issuer: dict[tuple[int, int], int]
    asked: list[MergedMaterial]


def parts_of(composition: Composition) -> Parts:
    """Who waits for whom, and which papers an earlier case gives to a later one. No queries.

    A prerequisite outside the hall holds nothing up, but what lies before it does. A member that needs
    what another one issues waits for that one, unless the other already waits for it: then the paper
    is asked of the applicant after all.
    """
    items = {m.pk: m.item for m in composition.applies if m.item and m.item.department_id is not None}
    keys = set(items)
    by_pk = {member.pk: member for member in composition.applies}

    def earlier(member: BundleMember, seen: frozenset[int]) -> set[int]:
        found: set[int] = set()
        for required in member.prerequisites.all():
            if required.pk in keys:
                found.add(required.pk)
            elif required.pk in by_pk and required.pk not in seen:
                found |= earlier(by_pk[required.pk], seen | {required.pk})
        return found

    here = [member for member in composition.applies if member.pk in keys]
    before = {member.pk: earlier(member, frozenset({member.pk})) for member in here}
    issuer: dict[tuple[int, int], int] = {}
    asked = [*composition.materials, *composition.held]
    for merged, giver in composition.shared:
        takers = {member.pk for member, _ in merged.lines} & keys
        added = {pk: before[pk] | {giver.pk} for pk in takers}
        circle = giver.pk not in keys or find_circle({pk: sorted(v) for pk, v in {**before, **added}.items()})
        if circle:
            asked.append(merged)
            continue
        before |= added
        issuer |= {(pk, merged.material.pk): giver.pk for pk in takers}
    outside = [member for member in composition.applies if member.pk not in keys]
    return Parts(here, items, outside, before, issuer, asked)


def record_bundle(
    *,
    actor: Any,
    bundle: ServiceBundle,
    answers: Mapping[str, str],
    applicant: Applicant,
    materials: Mapping[int, HandedIn] | None = None,
    form_answers: Mapping[str, Any] | None = None,
    paper_form: bool = False,
    note: str = "",
    submission: UUID | None = None,
    confirmed: bool = False,
) -> BundleCase:
    """Records the application and receives every case that waits for no other, in one transaction.

    `materials` maps the pk of a `Material` to what was handed in of it; `form_answers` a field's key to
    what was written there. With `paper_form` the form lies on the desk and what is required of it need
    not be typed. A `submission` seen before returns the bundle case that it made.

    Some thirty-five queries, however many cases and materials. Raises `ValidationError` keyed
    `question_<key>`, `field_<key>`, `material_<pk>` or by the applicant's fields, `LikelyDuplicate`
    unless `confirmed`, `NotPermitted`, `WorkflowError` for a bundle that cannot be applied for here.
    """
    check_recorder(actor=actor)
    submission = submission or uuid4()
    if existing := _submitted(submission, actor):
        return existing
    bundle = ServiceBundle.objects.for_composition().get(pk=bundle.pk)
    if not bundle.is_public:
        raise WorkflowError(
            "该一次办尚未发布或已停办，不能登记。", fields={"bundle": ["请选择已发布的一次办。"]}
        )
    held = _held(bundle, applicant)
    composition = compose(bundle, answers, held)
    parts = parts_of(composition)
    applicant, filled = _checked(
        composition, parts, applicant, materials or {}, held, form_answers, paper_form, note
    )
    check_override(actor=actor, applicant=applicant)
    if not confirmed:
        _warn_of_duplicates(applicant, bundle, parts)
    try:
        with transaction.atomic():
            maker = _Recording(actor, bundle, composition, parts, applicant, dict(materials or {}), held)
            return maker.make(submission, filled, note.strip())
    except IntegrityError:  # the same click, a moment earlier
        if existing := _submitted(submission, actor):
            return existing
        raise


def _held(bundle: ServiceBundle, applicant: Applicant) -> dict[int, Licence]:
    """The licences of the register that replace papers of the bundle, by material; none while the number
    is wrong. At most three queries."""
    try:
        number = applicant.clean().number
    except ValidationError:
        return {}
    items = [member.item for member in bundle.members.all() if member.item]
    asked = {line.material_id for item in items for line in item.materials.all()}
    return Licence.objects.held_materials(crypto.keyed_hash(number), materials=asked)


def _submitted(submission: UUID, actor: Any) -> BundleCase | None:
    return BundleCase.objects.filter(submission=submission, created_by=actor).first()


def _checked(
    composition: Composition,
    parts: Parts,
    applicant: Applicant,
    given: Mapping[int, HandedIn],
    held: Mapping[int, Licence],
    form_answers: Mapping[str, Any] | None,
    paper_form: bool,
    note: str,
) -> tuple[Applicant, dict[str, str]]:
    """The applicant in normal form and the form as filled in. Raises `ValidationError`, all at once."""
    errors = Errors()
    for question in composition.open_questions:
        errors[f"question_{question.key}"] = f"请回答“{question.text}”"
    if not errors and not parts.members:
        raise WorkflowError("按这些回答没有需要在本大厅办理的事项，请核对回答。")
    for member in parts.members:
        if not parts.items[member.pk].is_public:
            raise WorkflowError(f"其中的“{member.name}”尚未发布或已停办，请联系牵头部门修改一次办。")
    with errors.collected():
        applicant = applicant.clean()
    with errors.collected():
        clean_note(note)
    filled, wrong = checked_form(
        composition.form,
        facts=applicant.facts,
        answers=form_answers or {},
        on_paper=paper_form,
        unchecked_number=bool(applicant.override_reason),
    )
    errors.update({f"field_{key}": messages for key, messages in wrong.items()})
    for merged in parts.asked:
        entry = given.get(merged.material.pk, HandedIn())
        if message := _material_error(merged, entry, held.get(merged.material.pk)):
            errors[f"material_{merged.material.pk}"] = message
    errors.throw()
    return applicant, filled


def _material_error(merged: MergedMaterial, given: HandedIn, licence: Licence | None) -> str:
    if given.state not in MaterialState.values:
        return "请选择材料的情况。"
    if given.state == MaterialState.LICENSED and (licence is None or given.licence not in {None, licence.pk}):
        return "证照库中没有该申请人的有效证照可替代此材料，请收取纸质材料。"
    if given.state == MaterialState.DEFERRED:
        if merged.necessity != Necessity.DEFERRABLE:
            return "该材料不能容缺。"
        if given.promised_on is None or given.promised_on < today():
            return "容缺须填写承诺补齐日期，且不早于今天。"
    if given.state == MaterialState.NOT_NEEDED and merged.necessity in {
        Necessity.REQUIRED,
        Necessity.DEFERRABLE,
    }:
        return "该材料为必要材料。"
    if not (0 <= given.originals <= 999 and 0 <= given.copies <= 999):
        return "份数应在 0 到 999 之间。"
    return ""


def _warn_of_duplicates(applicant: Applicant, bundle: ServiceBundle, parts: Parts) -> None:
    """The same bundle, or one of its items on its own, a short while ago. Two queries."""
    since = today() - timedelta(days=DUPLICATE_DAYS)
    key = crypto.keyed_hash(applicant.number)
    earlier = BundleCase.objects.same_matter(applicant_hash=key, bundle=bundle, since=since)
    found = list(earlier.order_by("-pk").values_list("number", flat=True)[:3])
    items = [member.item_id for member in parts.members]
    single = (
        Case.objects.counted()
        .filter(applicant_hash=key, item__in=items, created_at__date__gte=since)
        .exclude(bundle_case__number__in=found)
    )
    found += list(single.order_by("-pk").values_list("case_number", flat=True)[:3])
    if found:
        raise LikelyDuplicate(
            f"该申请人 {DUPLICATE_DAYS} 日内已登记过本一次办或其中的事项：{'、'.join(found)}。"
            "确认不是重复登记，请再次提交。",
            fields={"confirmed": ["请确认不是重复登记。"]},
        )


class _Recording:
    """The rows of one bundle case, made in bulk."""

    def __init__(
        self,
        actor: Any,
        bundle: ServiceBundle,
        composition: Composition,
        parts: Parts,
        applicant: Applicant,
        given: dict[int, HandedIn],
        held: Mapping[int, Licence],
    ) -> None:
        self.actor, self.bundle, self.composition, self.parts = actor, bundle, composition, parts
        self.applicant, self.given, self.held = applicant, given, held
        for merged in parts.asked:
            self._use_licence(merged)
        self.at: datetime = timezone.now()
        self.on = timezone.localdate(self.at)

    def _use_licence(self, merged: MergedMaterial) -> None:
        """What was not handed in and stands in the register is not asked for."""
        pk = merged.material.pk
        entry = self._given(pk)
        required = merged.necessity in {Necessity.REQUIRED, Necessity.DEFERRABLE}
        asked = entry.state == MaterialState.DEFERRED or (entry.state == MaterialState.MISSING and required)
        if pk in self.held and asked:
            self.given[pk] = HandedIn(MaterialState.LICENSED)

    def make(self, submission: UUID, filled: dict[str, str], note: str) -> BundleCase:
        who = {
            "applicant_kind": self.applicant.kind,
            "applicant_name": self.applicant.name,
            "applicant_number": self.applicant.number,
            "phone": self.applicant.phone,
            "agent_name": self.applicant.agent_name,
            "agent_phone": self.applicant.agent_phone,
            "number_override": self.applicant.override_reason,
        }
        self.bundle_case = BundleCase.objects.create(
            submission=submission,
            number=next_bundle_number(self.on),
            bundle=self.bundle,
            answers=self.composition.answers,
            composition=to_snapshot(self.composition),
            form_answers=json.dumps(filled, ensure_ascii=False) if filled else "",
            department=self.bundle.department,
            outlet_id=self.actor.outlet_id,
            created_by=self.actor,
            promised_days=self.bundle.promised_days,
            received_on=self.on,
            note=note,
            **who,
        )
        self.cases = self._cases(who, note)
        self._materials()
        adopt_for_all(submission=submission, cases=list(self.cases.values()), actor=self.actor)
        self._write_down()
        self._papers()
        return self.bundle_case

    def _cases(self, who: dict[str, Any], note: str) -> dict[int, Case]:
        """A case for each member, and the first line of the ledger for those received now."""
        numbers = iter(case_numbers(self.on, len(self.parts.members)))
        cases: dict[int, Case] = {}
        intervals = []
        for member in self.parts.members:
            item = self.parts.items[member.pk]
            waits = bool(self.parts.before[member.pk])
            case = Case(
                case_number=next(numbers),
                item=item,
                is_instant=item.handling_kind == HandlingKind.INSTANT,
                department=item.department,
                outlet_id=self.actor.outlet_id,
                bundle_case=self.bundle_case,
                bundle_member=member,
                state=CaseState.WAITING if waits else CaseState.RECEIVED,
                # One password for the whole: the slip of the bundle opens every case of it.
                tracking_code=self.bundle_case.tracking_code,
                applicant_hash=self.bundle_case.applicant_hash,
                created_by=self.actor,
                note=note,
                **who,
            )
            if not waits:
                case.received_at, case.received_on, case.received_by = self.at, self.on, self.actor
                interval = ClockInterval(
                    case=case,
                    kind=ClockKind.INTAKE,
                    started_on=self.on,
                    days=INTAKE_DAYS,
                    ground=f"{LAW}第三十二条",
                )
                intervals.append(interval)
                set_deadlines(case, [interval])
            cases[member.pk] = case
        Case.objects.bulk_create(cases.values())
        for interval in intervals:
            interval.case_id = interval.case.pk
        ClockInterval.objects.bulk_create(intervals)
        link = Case.waits_for.through
        link._default_manager.bulk_create(
            link(from_case_id=cases[later].pk, to_case_id=cases[earlier].pk)
            for later, before in self.parts.before.items()
            for earlier in sorted(before)
        )
        return cases

    def _materials(self) -> None:
        """The one set, and for each case its lines of it."""
        ours = {member.pk for member in self.parts.members}
        rows: dict[int, BundleMaterial] = {}
        for order, merged in enumerate(self.parts.asked):
            if not any(member.pk in ours for member, _ in merged.lines):
                continue
            given = self._given(merged.material.pk)
            here = given.state == MaterialState.HANDED_IN
            rows[merged.material.pk] = BundleMaterial(
                bundle_case=self.bundle_case,
                material=merged.material,
                name=merged.name,
                necessity=merged.necessity,
                condition="；".join(merged.conditions)[:300],
                originals_wanted=merged.originals,
                copies_wanted=merged.copies,
                originals=given.originals if here else 0,
                copies=given.copies if here else 0,
                received_at=self.at if here else None,
                received_by=self.actor if here else None,
                order=order,
            )
        BundleMaterial.objects.bulk_create(rows.values())
        self.bundle_materials = list(rows.values())
        self.lines = [
            self._line(member, line, rows.get(line.material_id))
            for member in self.parts.members
            for line in self.parts.items[member.pk].materials.all()
        ]
        CaseMaterial.objects.bulk_create(self.lines)
        custody.take_in(next(iter(self.cases.values())), self.lines, actor=self.actor, at=self.at)

    def _given(self, material: int | None) -> HandedIn:
        return self.given.get(material or 0, HandedIn())

    def _line(self, member: BundleMember, line: Any, row: BundleMaterial | None) -> CaseMaterial:
        """What one case gets of it: as much as it asks for, of what lies on the desk."""
        given = self._given(line.material_id) if row is not None else HandedIn()
        state = MaterialState(given.state)
        required = line.necessity in {Necessity.REQUIRED, Necessity.DEFERRABLE}
        if state == MaterialState.NOT_NEEDED and required:
            state = MaterialState.MISSING
        if state == MaterialState.MISSING and not required:
            state = MaterialState.NOT_NEEDED
        if state == MaterialState.DEFERRED and line.necessity != Necessity.DEFERRABLE:
            # The whole defers it because no case needs it at once; a case that may need it does not.
            state = MaterialState.NOT_NEEDED
        giver = self.parts.issuer.get((member.pk, line.material_id))
        if giver is not None:
            state = MaterialState.MISSING  # until the case that issues it is granted
        here = state == MaterialState.HANDED_IN
        licence = self.held.get(line.material_id) if state == MaterialState.LICENSED else None
        return CaseMaterial(
            case=self.cases[member.pk],
            material_id=line.material_id,
            name=line.name[:160],
            necessity=line.necessity,
            condition=line.condition,
            originals_wanted=line.originals,
            copies_wanted=line.copies,
            state=state,
            originals=min(given.originals, line.originals or given.originals) if here else 0,
            copies=min(given.copies, line.copies or given.copies) if here else 0,
            received_at=self.at if here or licence else None,
            received_by=self.actor if here or licence else None,
            licence=licence,
            promised_on=given.promised_on if state == MaterialState.DEFERRED else None,
            bundle_material=row,
            supplied_by=self.cases[giver] if giver is not None else None,
            order=line.order,
        )

    def _write_down(self) -> None:
        ContentType.objects.get_for_models(BundleCase, Case)  # both at once, for the entries below
        entries = [
            entry(
                actor=self.actor,
                action="register",
                target=self.bundle_case,
                changes={"bundle": [None, self.bundle.slug]},
            )
        ]
        if why := self.applicant.override_reason:
            entries.append(
                entry(actor=self.actor, action="override_number", target=self.bundle_case, reason=why)
            )
        for case in self.cases.values():
            reason = f"一次办 {self.bundle_case.number}"
            entries.append(
                entry(
                    actor=self.actor,
                    action="register",
                    target=case,
                    reason=reason,
                    changes={"item": [None, case.item.code]},
                )
            )
            waits = case.state == CaseState.WAITING
            entries.append(
                entry(
                    actor=None if waits else self.actor,
                    action="wait" if waits else "receive",
                    target=case,
                    reason=reason,
                    changes={"state": [CaseState.REGISTERED.value, str(case.state)]},
                )
            )
        LogEntry.objects.bulk_create(entries)

    def _papers(self) -> None:
        cases = list(self.cases.values())
        BundleDocument.objects.bulk_create(
            new_bundle_document(
                kind,
                self.bundle_case,
                cases,
                sequence=sequence,
                at=self.at,
                by=self.actor,
                materials=self.bundle_materials,
                lines=self.lines,
                outside=[(member.name, member.handled_by) for member in self.parts.outside],
                given={row.material_id: self._given(row.material_id) for row in self.bundle_materials},
            )
            for sequence, kind in enumerate((PaperKind.BUNDLE_RECEIPT, PaperKind.BUNDLE_SAVING), 1)
        )
