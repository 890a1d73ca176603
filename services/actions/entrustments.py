"""What can be done with a 帮办 entrustment: from the first question to the call after it is done.

All take the `entrustment` as it was seen, the `actor`, and usually a `reason` and the `version` that was
on the screen; they return it as saved and raise `WorkflowError`, `NotPermitted`, `EditConflict` or
`ValidationError`. Who may do what when is in `services/workflow_entrustments.py`; what is done under the
authority is in `entrustment_acts.py`, how it ends in `entrustment_ends.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from projects.models import KeyProject
from services.actions.entrusting import Entrusting, entrusting, text_of
from services.assistance import proposed_items
from services.choices import ProjectStage
from services.choices_cases import ApplicantKind, PaperKind
from services.choices_entrustments import (
    SPECIAL_POWERS,
    AssistanceMode,
    EntrustmentChannel,
    Power,
)
from services.mandate import Matter
from services.models.catalogue import ServiceItem
from services.models.entrustments import Entrustment, EntrustmentMatter, EntrustmentPause
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core import codes
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.chinese import plain_date
from tuoxian_portal.core.errors import NotPermitted
from tuoxian_portal.core.numbering import next_number
from tuoxian_portal.directory.models import Enterprise, Outlet, Park

# Against a mistyped year; a longer authority is renewed.
LONGEST_PERIOD = timedelta(days=3 * 366)


@dataclass(frozen=True)
class Principal:
    """Who asks for help, as typed. The number may be missing until the authority is drawn up."""

    kind: str
    name: str
    phone: str
    number: str = ""
    contact_name: str = ""

    def clean(self) -> "Principal":
        """The same in normal form. Raises `ValidationError` with one message a field."""
        errors: dict[str, Any] = {}
        values: dict[str, str] = {"kind": self.kind}
        checks: dict[str, Any] = {
            "name": lambda: text_of("name", self.name, "姓名或单位名称", longest=120),
            "phone": lambda: codes.clean_phone(self.phone),
            "number": lambda: number_of(self.kind, self.number),
            "contact_name": lambda: text_of(
                "contact_name", self.contact_name, "联系人", longest=60, required=False
            ),
        }
        if self.kind not in ApplicantKind.values:
            errors["principal_kind"] = "请选择委托人类型。"
            del checks["number"]
        for name, check in checks.items():
            try:
                values[name] = check()
            except ValidationError as error:
                field = {"name": "principal_name", "number": "principal_number"}.get(name, name)
                errors[field] = error.messages
        if errors:
            raise ValidationError(errors)
        return Principal(**values)


def number_of(kind: str, number: str) -> str:
    """A credit code or ID number in its normal form; "" stays. Raises `ValidationError`."""
    if not number.strip():
        return ""
    organisation = kind == ApplicantKind.ORGANISATION
    return (codes.clean_credit_code if organisation else codes.clean_identity_number)(number)


def next_entrustment_number(on: date) -> str:
    """`BB-20261124-0001`: unbroken within the day. Must run inside the transaction that uses it."""
    return f"BB-{on:%Y%m%d}-{next_number(f'entrustment-{on:%Y%m%d}'):04d}"


def register_entrustment(
    *,
    actor: Any,
    principal: Principal,
    needs: str,
    mode: str,
    channel: str,
    outlet: Outlet | None = None,
    park: Park | None = None,
    project: KeyProject | None = None,
    enterprise: Enterprise | None = None,
    visit_address: str = "",
    submission: UUID | None = None,
) -> Entrustment:
    """咨询登记: somebody asks for help. `actor=None` is the public form, which its sender consented to.

    A `submission` seen before returns what it made. Raises `ValidationError` by field, `NotPermitted`.
    """
    if actor is not None and not actor.has_perm("services.add_entrustment"):
        raise NotPermitted("您没有登记帮办委托的权限。如需办理，请联系窗口负责人。")
    outlet = outlet or (actor.outlet if actor is not None else None)
    if outlet is None:
        raise ValidationError({"outlet": "请选择帮办网点。"})
    submission = submission or uuid4()
    if existing := Entrustment.objects.filter(submission=submission).first():
        return existing
    person = principal.clean()
    if mode not in AssistanceMode.values:
        raise ValidationError({"mode": "请选择帮办方式。"})
    if channel not in EntrustmentChannel.values:
        raise ValidationError({"channel": "请选择来源。"})
    if actor is not None and mode == AssistanceMode.FULL and project is None:
        raise ValidationError({"project": "全程帮办须选择重点项目。"})
    needs = needs.replace("\x00", "").strip()
    if not needs:
        raise ValidationError({"needs": "请写明想办的事。"})
    if len(needs) > 1000:
        raise ValidationError({"needs": "不超过 1000 字，请写要点。"})
    on, days = today(), settings.ASSIST_ANSWER_WORKING_DAYS
    try:
        with transaction.atomic():
            entrustment = Entrustment.objects.create(
                number=next_entrustment_number(on),
                submission=submission,
                mode=mode,
                channel=channel,
                principal_kind=person.kind,
                principal_name=person.name,
                principal_number=person.number,
                contact_name=person.contact_name,
                phone=person.phone,
                enterprise=enterprise,
                project=project,
                needs=needs,
                visit_address=text_of("visit_address", visit_address, "地址", longest=200, required=False),
                outlet=outlet,
                park=park,
                # What staff write down was told to them; consent is given on the public form.
                consented_at=timezone.now() if actor is None else None,
                answer_due=load_calendar().add(on, days) if days else None,
                created_by=actor,
            )
            log(actor=actor, action="register", target=entrustment)
    except IntegrityError:  # the same form, a moment earlier
        if existing := Entrustment.objects.filter(submission=submission).first():
            return existing
        raise
    return entrustment


def amend_entrustment(
    *,
    entrustment: Entrustment,
    actor: Any,
    principal: Principal,
    mode: str,
    outlet: Outlet,
    park: Park | None = None,
    project: KeyProject | None = None,
    enterprise: Enterprise | None = None,
    visit_address: str = "",
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """更正登记 before the authority is drawn up: who it is for, how, where. Of `principal` an empty phone
    or number, and an empty `visit_address`, keep what is there."""
    if mode not in AssistanceMode.values:
        raise ValidationError({"mode": "请选择帮办方式。"})
    if mode == AssistanceMode.FULL and project is None:
        raise ValidationError({"project": "全程帮办须选择重点项目。"})
    address = text_of("visit_address", visit_address, "地址", longest=200, required=False)

    def change(doing: Entrusting) -> None:
        own = doing.entrustment
        known = own.principal_number if principal.kind == own.principal_kind else ""
        person = replace(
            principal, phone=principal.phone or own.phone, number=principal.number or known
        ).clean()
        own.principal_kind, own.principal_name = person.kind, person.name
        own.contact_name, own.phone = person.contact_name, person.phone
        own.principal_number = person.number
        own.mode, own.outlet, own.park = mode, outlet, park
        own.project, own.enterprise = project, enterprise
        own.visit_address = address or own.visit_address

    return entrusting(
        "amend", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


# --- Promise and authority -------------------------------------------------------------------------


def _helper_of(user: Any, field: str = "helper") -> Any:
    """`user` if she may help. Raises `ValidationError`."""
    if user is not None and not (user.is_active and user.has_perm("services.handle_entrustment")):
        raise ValidationError({field: f"{user}不是帮办员，请另选一人。"})
    return user


def _not_deciding(entrustment: Entrustment, user: Any) -> None:
    """Raises `ValidationError` when `user` reviews or decides a case of the entrustment."""
    for link in entrustment.case_links.all():
        if user.pk in _deciders(link.case):
            raise ValidationError(
                {"helper": f"{user}是办件 {link.case.case_number} 的审查或审批人，不能帮办，请另选一人。"}
            )


def _deciders(case: Any) -> set[int]:
    return {pk for pk in (case.reviewer_id, case.signed_by_id, case.approver_id) if pk}


def assign_helper(
    *,
    entrustment: Entrustment,
    actor: Any,
    helper: Any,
    co_helper: Any = None,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """A supervisor names who helps, before the authority is drawn up (which names her)."""
    if helper is None:
        raise ValidationError({"helper": "请选择帮办员。"})
    _helper_of(helper)
    if _helper_of(co_helper, "co_helper") is not None and co_helper.pk == helper.pk:
        raise ValidationError({"co_helper": "协办人不能与帮办员是同一人。"})

    def change(doing: Entrusting) -> None:
        doing.entrustment.helper, doing.entrustment.co_helper = helper, co_helper

    return entrusting(
        "assign", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def promise_help(
    *, entrustment: Entrustment, actor: Any, version: int | None = None, reason: str = ""
) -> Entrustment:
    """承诺: whoever takes the request up becomes its helper, and the 服务承诺书 is printed."""

    def change(doing: Entrusting) -> None:
        if doing.entrustment.helper_id is None:
            doing.entrustment.helper = actor
        doing.entrustment.promised_on = doing.on
        doing.issue(PaperKind.HELP_PROMISE)

    return entrusting(
        "promise", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def draw_up_authority(
    *,
    entrustment: Entrustment,
    actor: Any,
    powers: Iterable[str],
    starts_on: date,
    ends_on: date,
    items: Iterable[ServiceItem] = (),
    stages: Iterable[str] = (),
    principal_number: str = "",
    special_confirmed: bool = False,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """拟定委托书 with what Civil Code Art. 165 asks for: agent, matters, powers, period; printed for
    signature. Drawn up again, it replaces what was not yet signed.

    代为签字 and 代为陈述 are refused unless `special_confirmed`: the principal said so himself.
    """
    wanted = _powers(powers, special_confirmed=special_confirmed)
    _period(starts_on, ends_on)
    matters = _matters(items, stages)

    def change(doing: Entrusting) -> None:
        own = doing.entrustment
        if own.mode == AssistanceMode.FULL and own.project_id is None:
            raise ValidationError({"stages": "全程帮办还没有关联重点项目，请先用“更正登记”选择项目。"})
        number = _principal_number(own, principal_number)
        if number != own.principal_number:
            own.principal_number = number
        own.powers, own.special_confirmed = wanted, bool(set(wanted) & SPECIAL_POWERS)
        own.starts_on, own.ends_on = starts_on, ends_on
        own.matters.all().delete()
        _write_matters(own, *matters)
        doing.changes = {"powers": [None, wanted]}
        doing.issue(PaperKind.HELP_AUTHORITY)

    return entrusting(
        "draw_up", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def _powers(powers: Iterable[str], *, special_confirmed: bool) -> list[str]:
    given = set(powers)
    if unknown := given - set(Power.values):
        raise ValidationError({"powers": f"没有这项权限：{'、'.join(sorted(unknown))}。请重新选择。"})
    if not given:
        raise ValidationError({"powers": "请至少选择一项委托权限。"})
    if given & SPECIAL_POWERS and not special_confirmed:
        raise ValidationError(
            {
                "special_confirmed": "代为签字、代为陈述和申辩须由委托人特别授权。"
                "委托人明确同意的，请勾选确认；没有明确同意的，请去掉这些权限。"
            }
        )
    return [value for value in Power.values if value in given]


def _period(starts_on: date | None, ends_on: date | None) -> None:
    if starts_on is None or ends_on is None:
        raise ValidationError({"ends_on": "请填写委托期限的起止日期。"})
    if ends_on < starts_on:
        raise ValidationError({"ends_on": "截止日期不能早于起始日期。"})
    if ends_on < today():
        raise ValidationError({"ends_on": "截止日期已经过去，请重新填写。"})
    if ends_on - starts_on > LONGEST_PERIOD:
        raise ValidationError({"ends_on": "委托期限超过三年，请核对年份；确需更长的，到期前办理续期。"})


def _matters(items: Iterable[ServiceItem], stages: Iterable[str]) -> tuple[list[ServiceItem], list[str]]:
    wanted, chosen = list(dict.fromkeys(items)), list(dict.fromkeys(stages))
    if any(stage not in ProjectStage.values for stage in chosen):
        raise ValidationError({"stages": "没有这个项目阶段，请重新选择。"})
    if not wanted and not chosen:
        raise ValidationError({"items": "请至少选择一个委托事项或一个项目阶段。"})
    return wanted, chosen


def _write_matters(entrustment: Entrustment, items: list[ServiceItem], stages: list[str]) -> None:
    EntrustmentMatter.objects.bulk_create(
        [
            *(EntrustmentMatter(entrustment=entrustment, stage=stage) for stage in stages),
            *(EntrustmentMatter(entrustment=entrustment, item=item) for item in items),
        ]
    )


def _principal_number(entrustment: Entrustment, given: str) -> str:
    """The number that the authority names: as given, else as known. Raises `ValidationError`."""
    try:
        number = number_of(entrustment.principal_kind, given) or entrustment.principal_number
    except ValidationError as error:
        raise ValidationError({"principal_number": error.messages}) from None
    if not number:
        raise ValidationError({"principal_number": "委托书须写明委托人的证件号码，请核对证件后填写。"})
    return number


def sign_authority(
    *,
    entrustment: Entrustment,
    actor: Any,
    signer: str,
    signed_on: date | None = None,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """The principal has signed; from now on, and from the first day of the period, the helper may act."""
    name = text_of("signer", signer, "签署人", longest=60)
    day = signed_on or today()
    if day > today():
        raise ValidationError({"signed_on": "签署日期不能晚于今天。"})

    def change(doing: Entrusting) -> None:
        if doing.entrustment.promised_on and day < doing.entrustment.promised_on:
            raise ValidationError(
                {"signed_on": f"签署日期不能早于承诺日期 {doing.entrustment.promised_on:%Y-%m-%d}。"}
            )
        doing.entrustment.signer, doing.entrustment.signed_on = name, day

    return entrusting(
        "sign", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def renew_authority(
    *,
    entrustment: Entrustment,
    actor: Any,
    signer: str,
    ends_on: date | None = None,
    items: Iterable[ServiceItem] = (),
    stages: Iterable[str] = (),
    helper: Any = None,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """变更或续期: a longer period, more matters or another helper, signed by the principal."""
    added, chosen = list(dict.fromkeys(items)), list(dict.fromkeys(stages))
    name = text_of("signer", signer, "签署人", longest=60)
    _helper_of(helper)

    def change(doing: Entrusting) -> None:
        own, said = doing.entrustment, []
        if ends_on is not None and ends_on != own.ends_on:
            said.append(_extended(own, ends_on))
        if helper is not None and helper.pk != own.helper_id:
            _not_deciding(own, helper)
            own.helper = helper
            if own.co_helper_id == helper.pk:
                own.co_helper = None
            said.append(f"更换受托人为{helper}")
        if _add_matters(own, added, chosen):
            said.append("增加委托事项")
        if not said:
            raise ValidationError({"ends_on": "没有变更：请填写新的期限、增加事项，或选择另一名帮办员。"})
        own.signer = name
        doing.issue(PaperKind.HELP_RENEWAL, change="、".join(said))

    return entrusting(
        "renew", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def _extended(entrustment: Entrustment, ends_on: date) -> str:
    """A renewal is measured from today: what was signed for before does not count against it."""
    starts_on = entrustment.starts_on
    _period(starts_on and max(starts_on, today()), ends_on)
    entrustment.ends_on = ends_on
    return f"期限变更至{plain_date(ends_on)}"


def _add_matters(entrustment: Entrustment, items: list[ServiceItem], stages: list[str]) -> bool:
    known = entrustment.mandate
    new_items = [item for item in items if not known.covers(Matter(item.pk, item.stage))]
    new_stages = [stage for stage in stages if stage not in known.stages]
    if any(stage not in ProjectStage.values for stage in new_stages):
        raise ValidationError({"stages": "没有这个项目阶段，请重新选择。"})
    _write_matters(entrustment, new_items, new_stages)
    return bool(new_items or new_stages)


def suspend_help(
    *, entrustment: Entrustment, actor: Any, reason: str, version: int | None = None
) -> Entrustment:
    """中止: nothing may be done until the 续办委托书 is signed; the period runs on."""

    def change(doing: Entrusting) -> None:
        EntrustmentPause.objects.create(
            entrustment=doing.entrustment, started_on=doing.on, reason=doing.reason[:300]
        )
        doing.issue(PaperKind.HELP_PAUSE, reason=doing.reason)

    return entrusting(
        "suspend", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def resume_help(
    *,
    entrustment: Entrustment,
    actor: Any,
    signer: str,
    ends_on: date | None = None,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """续办 with a 续办委托书 signed by the principal, with a new end of the period if one is given."""
    name = text_of("signer", signer, "签署人", longest=60)

    def change(doing: Entrusting) -> None:
        doing.entrustment.signer = name
        said = ["恢复办理"]
        if ends_on is not None and ends_on != doing.entrustment.ends_on:
            said.append(_extended(doing.entrustment, ends_on))
        doing.entrustment.pauses.filter(ended_on=None).update(ended_on=doing.on)
        doing.issue(PaperKind.HELP_RENEWAL, change="、".join(said))

    return entrusting(
        "resume", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def propose_matters(project: KeyProject | None) -> list[str]:
    """The project stages that a whole-process authority covers: those that have items. One query."""
    if project is None:
        return []
    items, _ = proposed_items()
    present = {item.stage for item in items}
    return [stage.value for stage in ProjectStage if stage.value in present]
