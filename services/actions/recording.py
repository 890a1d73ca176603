"""Recording a case at the counter: applicant, materials, number; receipt in the same breath."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from services.actions.attachments import adopt
from services.actions.cases import receive_case
from services.choices import HandlingKind, Necessity, PublicationState
from services.choices_cases import ApplicantKind, MaterialState
from services.choices_forms import ApplicantFact
from services.form_filling import checked_form, fields_of
from services.models.cases import Case, CaseMaterial
from services.models.catalogue import ServiceItem
from services.models.licences import Licence
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core import codes, crypto
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.numbering import next_numbers

COUNTY_CODE = "150122"
NOTE_LENGTH = 300


class LikelyDuplicate(WorkflowError):
    """The same applicant came for the same item a short while ago. Not a refusal: `confirmed=True`."""

    code = "likely_duplicate"


class Errors(dict[str, Any]):
    """What is wrong, by field: everything at once, so that nobody is sent back twice."""

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Keeps a `ValidationError` raised inside."""
        try:
            yield
        except ValidationError as error:
            self.update(error.error_dict)

    def throw(self) -> None:
        """Raises `ValidationError` with all of them, if there are any."""
        if self:
            raise ValidationError(dict(self))


@dataclass(frozen=True)
class Applicant:
    """Who applies, as typed; `clean` checks and normalises."""

    kind: str
    name: str
    number: str
    phone: str
    agent_name: str = ""
    agent_phone: str = ""
    # Why a number that fails its check is taken all the same; dropped when it passes. Who may say so is
    # asked by the actions (`check_override`).
    override_reason: str = ""

    def clean(self) -> "Applicant":
        """The same in normal form. Raises `ValidationError` with one message a field."""
        errors: dict[str, Any] = {}

        def attempt(field: str, function: Any, value: str) -> str:
            try:
                return function(value)
            except ValidationError as error:
                errors[field] = error
                return value

        if self.kind not in ApplicantKind.values:
            errors["applicant_kind"] = "请选择申请人类型。"
        name = " ".join(self.name.split())
        if not name:
            errors["applicant_name"] = "请填写申请人姓名或单位名称。"
        elif len(name) > 120:
            errors["applicant_name"] = "名称不超过 120 字。"
        organisation = self.kind == ApplicantKind.ORGANISATION
        check = codes.clean_credit_code if organisation else codes.clean_identity_number
        reason = " ".join(self.override_reason.split())
        try:
            number = check(self.number)
            reason = ""
        except ValidationError as error:
            number = self.number
            if reason:
                number = attempt("applicant_number", codes.clean_unchecked_number, self.number)
            else:
                errors["applicant_number"] = error
        if len(reason) > 200:
            errors["override_reason"] = f"理由最多 200 字，现为 {len(reason)} 字，请精简。"
        phone = attempt("phone", codes.clean_phone, self.phone)
        agent_name = " ".join(self.agent_name.split())
        agent_phone = self.agent_phone
        if agent_phone.strip():
            agent_phone = attempt("agent_phone", codes.clean_phone, agent_phone)
        if len(agent_name) > 60:
            errors["agent_name"] = "姓名不超过 60 字。"
        if errors:
            raise ValidationError(errors)
        return Applicant(self.kind, name, number, phone, agent_name, agent_phone.strip(), reason)

    @property
    def facts(self) -> dict[str, str]:
        """What a form need not ask again, by `ApplicantFact`."""
        return {fact: getattr(self, fact) for fact in ApplicantFact.values}


@dataclass(frozen=True)
class HandedIn:
    """What the clerk ticked for one material of the item."""

    state: str = MaterialState.MISSING
    originals: int = 0
    copies: int = 0
    promised_on: date | None = None
    # The licence that the clerk saw offered for it; with none, one that is in force is found anyway.
    licence: int | None = None


def next_case_number(on: date) -> str:
    """`150122-20261124-0001`: unbroken within the day. Must run inside the recording transaction."""
    return case_numbers(on, 1)[0]


def case_numbers(on: date, count: int) -> list[str]:
    """`count` numbers of that day one after the other, in two queries."""
    return [f"{COUNTY_CODE}-{on:%Y%m%d}-{number:04d}" for number in next_numbers(f"case-{on:%Y%m%d}", count)]


def check_recorder(*, actor: Any) -> None:
    """Raises `NotPermitted` unless `actor` may record at the counter of an outlet."""
    if not actor.has_perm("services.add_case"):
        raise NotPermitted("您没有登记办件的权限。如需办理，请联系窗口负责人。")
    if actor.outlet_id is None:
        raise NotPermitted("您的账号没有设置服务网点，不能登记办件。请联系系统管理员。")


def check_override(*, actor: Any, applicant: Applicant) -> None:
    """Raises `NotPermitted` when a number that fails its check was taken by who may not do so."""
    if applicant.override_reason and not actor.has_perm("services.override_number"):
        raise NotPermitted("您没有登记未通过校验的证件号码的权限，请核对号码，或请窗口负责人登记。")


def clean_note(note: str) -> str:
    """Raises `ValidationError` for one that is too long: nothing is cut off unseen."""
    note = note.strip()
    if len(note) > NOTE_LENGTH:
        raise ValidationError(
            {"note": f"备注最多 {NOTE_LENGTH} 字，现为 {len(note)} 字。请精简，较长的说明可以作为附件上传。"}
        )
    return note


def register_case(
    *,
    actor: Any,
    item: ServiceItem,
    applicant: Applicant,
    materials: dict[int, HandedIn] | None = None,
    form_answers: Mapping[str, Any] | None = None,
    paper_form: bool = True,
    note: str = "",
    submission: UUID | None = None,
    confirmed: bool = False,
    corrects: Case | None = None,
) -> Case:
    """Records a case and gives it its number.

    `materials` maps the pk of an `ItemMaterial` to what was handed in, `form_answers` a field's key to
    what was written there. With `paper_form` the form lies on the desk: what is typed of it is checked
    and kept, what is required of it need not be. A `submission` seen before returns the case that it made.

    Raises `ValidationError` by field, `LikelyDuplicate` unless `confirmed`, `NotPermitted`, `WorkflowError`
    for an item that cannot be applied for here.
    """
    check_recorder(actor=actor)
    submission = submission or uuid4()
    if existing := _submitted(submission, actor):
        return existing
    _must_be_open(item, corrects)
    filed = _checked(actor, item, applicant, materials or {}, form_answers, paper_form=paper_form, note=note)
    if not confirmed:
        _warn_of_duplicates(filed.applicant, item)
    try:
        with transaction.atomic():
            return _write(filed, actor=actor, item=item, submission=submission, corrects=corrects)
    except IntegrityError:  # the same click, a moment earlier
        if existing := _submitted(submission, actor):
            return existing
        raise


def _must_be_open(item: ServiceItem, corrects: Case | None) -> None:
    """Raises `WorkflowError` for an item that cannot be applied for here, or a correction of an open case."""
    if item.state != PublicationState.PUBLISHED or item.revises_id:
        raise WorkflowError("该事项尚未发布或已停办，不能登记。", fields={"item": ["请选择已发布的事项。"]})
    if item.department_id is None:
        raise WorkflowError(
            f"该事项由{item.authority}办理，不在本大厅收件。",
            fields={"item": ["请选择由县级部门办理的事项。"]},
        )
    if corrects is not None and corrects.is_open:
        raise WorkflowError("原办件尚未结束，请直接在原办件上办理。")


@dataclass(frozen=True)
class _Filed:
    """An application that passed: in normal form, with the lines of its item, what was handed in for them
    and the licences that replace some."""

    applicant: Applicant
    lines: list[Any]
    handed: Mapping[int, HandedIn]
    held: Mapping[int, Licence]
    filled: dict[str, str]
    note: str


def _checked(
    actor: Any,
    item: ServiceItem,
    applicant: Applicant,
    handed: Mapping[int, HandedIn],
    form_answers: Mapping[str, Any] | None,
    *,
    paper_form: bool,
    note: str,
) -> _Filed:
    """Raises `ValidationError` with all that is wrong, `NotPermitted` for a number taken without leave."""
    lines = list(item.materials.select_related("material"))
    held: dict[int, Licence] = {}
    errors = Errors()
    with errors.collected():
        applicant = applicant.clean()
        check_override(actor=actor, applicant=applicant)
        held = Licence.objects.held_materials(
            crypto.keyed_hash(applicant.number), materials=[line.material_id for line in lines]
        )
    with errors.collected():
        note = clean_note(note)
    with errors.collected():
        _check_materials(lines, handed, held)
    filled, wrong = checked_form(
        fields_of([item]) if form_answers is not None else [],
        facts=applicant.facts,
        answers=form_answers or {},
        on_paper=paper_form,
        unchecked_number=bool(applicant.override_reason),
    )
    errors.update({f"field_{key}": messages for key, messages in wrong.items()})
    errors.throw()
    return _Filed(applicant, lines, handed, held, filled, note)


def _write(filed: _Filed, *, actor: Any, item: ServiceItem, submission: UUID, corrects: Case | None) -> Case:
    """The case with its number, materials, attachments and audit entries; inside the transaction."""
    applicant = filed.applicant
    case = Case.objects.create(
        submission=submission,
        case_number=next_case_number(today()),
        item=item,
        is_instant=item.handling_kind == HandlingKind.INSTANT,
        department_id=item.department_id,  # type: ignore[misc]  # `_must_be_open` has asked
        outlet_id=actor.outlet_id,
        corrects=corrects,
        applicant_kind=applicant.kind,
        applicant_name=applicant.name,
        applicant_number=applicant.number,
        phone=applicant.phone,
        agent_name=applicant.agent_name,
        agent_phone=applicant.agent_phone,
        number_override=applicant.override_reason,
        form_answers=json.dumps(filed.filled, ensure_ascii=False) if filed.filled else "",
        note=filed.note,
        created_by=actor,
    )
    CaseMaterial.objects.bulk_create(
        _case_material(
            case, line, filed.handed.get(line.pk, HandedIn()), actor, filed.held.get(line.material_id)
        )
        for line in filed.lines
    )
    adopt(case=case, actor=actor)
    log(actor=actor, action="register", target=case, changes={"item": [None, item.code]})
    if applicant.override_reason:
        log(actor=actor, action="override_number", target=case, reason=applicant.override_reason)
    return case


@transaction.atomic
def record_case(**arguments: Any) -> Case:
    """Records and receives in one transaction: what the counter does. See `register_case`."""
    case = register_case(**arguments)
    if case.state != case._meta.get_field("state").default:
        return case  # a second submit of the same form
    return receive_case(case=case, actor=arguments["actor"])


def _submitted(submission: UUID, actor: Any) -> Case | None:
    return Case.objects.filter(submission=submission, created_by=actor).first()


def _warn_of_duplicates(applicant: Applicant, item: ServiceItem) -> None:
    earlier = Case.objects.same_matter(applicant_hash=crypto.keyed_hash(applicant.number), item=item)
    found = list(earlier.order_by("-pk").values_list("case_number", flat=True)[:3])
    if found:
        raise LikelyDuplicate(
            f"该申请人 30 日内已就本事项登记过：{'、'.join(found)}。确认不是重复登记，请再次提交。",
            fields={"confirmed": ["请确认不是重复登记。"]},
        )


def _check_materials(lines: list[Any], given: Mapping[int, HandedIn], held: Mapping[int, Licence]) -> None:
    """Whether what was `given` fits the item, `held` being the licences by material. Raises
    `ValidationError` keyed `material_<pk>`."""
    errors: dict[str, str] = {}
    for line in lines:
        entry = given.get(line.pk)
        if entry is None:
            continue
        if entry.state not in MaterialState.values:
            errors[f"material_{line.pk}"] = "请选择材料的情况。"
        elif entry.state == MaterialState.LICENSED:
            licence = held.get(line.material_id)
            if licence is None or entry.licence not in {None, licence.pk}:
                errors[f"material_{line.pk}"] = "证照库中没有该申请人的有效证照可替代此材料，请收取纸质材料。"
        elif entry.state == MaterialState.DEFERRED:
            if line.necessity != Necessity.DEFERRABLE:
                errors[f"material_{line.pk}"] = "该材料不能容缺。"
            elif entry.promised_on is None or entry.promised_on < today():
                errors[f"material_{line.pk}"] = "容缺须填写承诺补齐日期，且不早于今天。"
        elif entry.state == MaterialState.NOT_NEEDED and line.necessity in {
            Necessity.REQUIRED,
            Necessity.DEFERRABLE,
        }:
            errors[f"material_{line.pk}"] = "该材料为必要材料。"
        elif not (0 <= entry.originals <= 999 and 0 <= entry.copies <= 999):
            errors[f"material_{line.pk}"] = "份数应在 0 到 999 之间。"
    if errors:
        raise ValidationError(errors)


def _case_material(
    case: Case, line: Any, entry: HandedIn, actor: Any, licence: Licence | None
) -> CaseMaterial:
    """A line of the case. What is not handed in and stands in the register is not asked for."""
    required = line.necessity in {Necessity.REQUIRED, Necessity.DEFERRABLE}
    asked = entry.state == MaterialState.DEFERRED or (entry.state == MaterialState.MISSING and required)
    if licence is not None and (asked or entry.state == MaterialState.LICENSED):
        entry = HandedIn(MaterialState.LICENSED)
    else:
        licence = None
    received = entry.state == MaterialState.HANDED_IN
    return CaseMaterial(
        case=case,
        material_id=line.material_id,
        name=line.name[:160],
        necessity=line.necessity,
        condition=line.condition,
        originals_wanted=line.originals,
        copies_wanted=line.copies,
        state=entry.state,
        originals=entry.originals if received else 0,
        copies=entry.copies if received else 0,
        received_at=case.created_at if received or licence else None,
        received_by=actor if received or licence else None,
        licence=licence,
        promised_on=entry.promised_on if entry.state == MaterialState.DEFERRED else None,
        order=line.order,
    )
