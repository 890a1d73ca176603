"""What a helper does under a signed authority. Scope, power and period are checked at each act."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from services.actions.entrusting import Entrusting, entrusting, text_of
from services.assistance import plan_for
from services.choices_cases import CLOSED_STATES, PaperKind
from services.choices_entrustments import (
    ENDED_STATES,
    EntrustmentState,
    PaperForm,
    PaperOrigin,
    Power,
)
from services.models.cases import Case
from services.models.catalogue import ServiceItem
from services.models.entrustments import (
    Entrustment,
    EntrustmentCase,
    EntrustmentPaper,
    EntrustmentStep,
    EntrustmentVisit,
)
from tuoxian_portal.core.codes import compact
from tuoxian_portal.core.errors import WorkflowError

NOT_FOUND = "没有找到委托人名下的这个办件。请对照接收回执核对编号；不是委托人申请的办件不能关联。"


def link_case(
    *,
    entrustment: Entrustment,
    actor: Any,
    case_number: str,
    power: str = Power.SUBMIT,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """A case of the principal is handled under the entrustment from now on.

    Its item must be among the matters, the power held, today within the period; who reviews or decides
    it cannot be its helper. The helper needs no view of the case's outlet: the principal is the same.
    """
    wanted = _spelled(case_number)

    def change(doing: Entrusting) -> None:
        own = doing.entrustment
        case = (
            Case.objects.select_for_update(of=("self",))
            .select_related("item")
            .filter(case_number=wanted, applicant_hash=own.principal_hash)
            .first()
            if own.principal_hash
            else None
        )
        if case is None:
            raise ValidationError({"case_number": NOT_FOUND})
        if case.state in CLOSED_STATES:
            raise ValidationError({"case_number": "该办件已经结束，不再关联。"})
        _refuse_second_link(own, case)
        doing.require(power, case.item)
        deciders = {case.reviewer_id, case.signed_by_id, case.approver_id}
        if deciders & (own.helper_ids | {actor.pk}):
            raise WorkflowError("帮办员是该办件的审查或审批人，不能帮办。请督办另派帮办员。")
        EntrustmentCase.objects.create(
            entrustment=own,
            case=case,
            power=power,
            helper_id=own.helper_id,
            linked_by=actor,
            linked_on=doing.on,
        )
        doing.changes = {"case": [None, case.case_number]}

    return entrusting(
        "link_case", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def _spelled(case_number: str) -> str:
    """As it is stored: spaces and hyphens forgiven."""
    digits = compact(case_number or "")
    if not digits:
        raise ValidationError({"case_number": "请填写办件编号。"})
    if len(digits) >= 18 and digits.isascii() and digits.isdigit():
        return f"{digits[:6]}-{digits[6:14]}-{digits[14:]}"
    return digits[:24]


def _refuse_second_link(entrustment: Entrustment, case: Case) -> None:
    others = EntrustmentCase.objects.filter(case=case).select_related("entrustment")
    for link in others:
        if link.entrustment_id == entrustment.pk:
            raise ValidationError({"case_number": "该办件已经关联到本委托。"})
        if link.entrustment.state not in ENDED_STATES:
            raise ValidationError(
                {"case_number": f"该办件正在委托 {link.entrustment.number} 下帮办，请先结束那份委托。"}
            )


def record_step(
    *,
    entrustment: Entrustment,
    actor: Any,
    power: str,
    what: str,
    on: date | None = None,
    item: ServiceItem | None = None,
    case: Case | None = None,
    place: str = "",
    result: str = "",
    next_step: str = "",
    next_on: date | None = None,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """登记帮办记录: what was done, where, with what result, and what comes next. `case` is one that is
    linked; its item is the step's."""
    if power not in Power.values:
        raise ValidationError({"power": "请选择使用的权限。"})
    texts = {
        "what": text_of("what", what, "做了什么", longest=300),
        "place": text_of("place", place, "地点", longest=120, required=False),
        "result": text_of("result", result, "结果", longest=300, required=False),
        "next_step": text_of("next_step", next_step, "下一步", longest=200, required=False),
    }

    def change(doing: Entrusting) -> None:
        day = on or doing.on
        if day > doing.on:
            raise ValidationError({"on": "日期不能晚于今天。"})
        if next_on is not None and next_on < day:
            raise ValidationError({"next_on": "下一步日期不能早于本次日期。"})
        if case is not None and case.pk not in {link.case_id for link in doing.entrustment.case_links.all()}:
            raise ValidationError({"case": "该办件没有关联到本委托，请先关联办件。"})
        subject = case.item if case is not None else item
        doing.require(power, subject, day)
        EntrustmentStep.objects.create(
            entrustment=doing.entrustment,
            on=day,
            power=power,
            item=subject,
            case=case,
            next_on=next_on,
            by=actor,
            **texts,
        )

    return entrusting(
        "record_step", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


# --- Papers ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PaperLine:
    """A paper as it is handed over."""

    name: str
    form: str = PaperForm.ORIGINAL
    count: int = 1
    note: str = ""


def receive_papers(
    *,
    entrustment: Entrustment,
    actor: Any,
    papers: Iterable[PaperLine],
    handed_by: str,
    origin: str = PaperOrigin.PRINCIPAL,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """接收材料 from the principal, or of a result fetched from a window for him; the 材料交接单 is
    signed by both sides. What comes from the principal needs 代交材料, a result 代领办理结果."""
    lines = list(papers)
    giver = text_of("handed_by", handed_by, "交件人", longest=60)
    if origin not in PaperOrigin.values:
        raise ValidationError({"origin": "请选择材料的来处。"})
    if not lines:
        raise ValidationError({"papers": "请逐件写明接收的材料。"})
    for line in lines:
        text_of("papers", line.name, "材料名称", longest=160)
        if line.form not in PaperForm.values:
            raise ValidationError({"papers": f"请写明“{line.name}”是原件还是复印件。"})
        if not 1 <= line.count <= 999:
            raise ValidationError({"papers": f"“{line.name}”的份数应在 1 到 999 之间。"})

    def change(doing: Entrusting) -> None:
        doing.require(Power.COLLECT if origin == PaperOrigin.OFFICE else Power.SUBMIT, None)
        rows = [
            EntrustmentPaper(
                entrustment=doing.entrustment,
                name=" ".join(line.name.split()),
                form=line.form,
                count=line.count,
                origin=origin,
                handed_by=giver,
                received_on=doing.on,
                received_by=actor,
                note=line.note[:200],
            )
            for line in lines
        ]
        EntrustmentPaper.objects.bulk_create(rows)
        doing.changes = {"papers": [None, [str(row) for row in rows]]}
        doing.issue(PaperKind.HELP_PAPERS, papers=rows)

    return entrusting(
        "receive_papers",
        entrustment=entrustment,
        actor=actor,
        version=version,
        reason=reason,
        change=change,
    )


def return_papers(
    *,
    entrustment: Entrustment,
    actor: Any,
    papers: Iterable[int],
    returned_to: str,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """退还材料 (keys of what is held) to the principal, who signs for them. Possible after the
    entrustment has ended too: an authority that is over does not keep anybody's papers."""
    wanted = set(papers)
    taker = text_of("returned_to", returned_to, "取件人", longest=60)
    if not wanted:
        raise ValidationError({"papers": "请勾选退还的材料。"})

    def change(doing: Entrusting) -> None:
        held = {p.pk: p for p in doing.entrustment.papers.all() if p.is_held}
        if wanted - set(held):
            raise ValidationError({"papers": "所选材料不在本委托名下或已经退还，请刷新页面后重选。"})
        rows = [held[pk] for pk in sorted(wanted)]
        for row in rows:
            row.returned_on, row.returned_by, row.returned_to = doing.on, actor, taker
        EntrustmentPaper.objects.bulk_update(rows, ["returned_on", "returned_by", "returned_to"])
        doing.changes = {"returned": [None, [str(row) for row in rows]]}
        doing.issue(PaperKind.HELP_PAPERS, papers=rows, returning=True)

    return entrusting(
        "return_papers", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


# --- Visits and plan -------------------------------------------------------------------------------


def record_visit(
    *,
    entrustment: Entrustment,
    actor: Any,
    at: datetime,
    address: str,
    visitors: str,
    what: str,
    outcome: str,
    signer: str,
    version: int | None = None,
    reason: str = "",
) -> Entrustment:
    """登记上门帮办. A visit before the authority is signed explains and takes the signature; one under
    it needs to lie within the period."""
    texts = {
        "address": text_of("address", address, "地址", longest=200),
        "visitors": text_of("visitors", visitors, "上门人员", longest=120),
        "what": text_of("what", what, "服务内容", longest=300),
        "outcome": text_of("outcome", outcome, "结果", longest=300),
        "signer": text_of("signer", signer, "服务对象签名", longest=60),
    }

    def change(doing: Entrusting) -> None:
        if at > doing.at:
            raise ValidationError({"at": "上门时间不能晚于现在。"})
        if at < doing.entrustment.created_at - timedelta(days=31):
            raise ValidationError({"at": "上门时间早于咨询登记一个月以上，请核对日期。"})
        day = timezone.localdate(at)
        own = doing.entrustment
        signed = own.signed_on if own.state == EntrustmentState.HELPING else None
        if signed and day > signed and (refusal := own.mandate.refusal_on(day)):
            raise ValidationError({"at": refusal})
        visit = EntrustmentVisit.objects.create(entrustment=own, at=at, by=actor, **texts)
        doing.issue(PaperKind.HELP_VISIT, visit=visit)

    return entrusting(
        "record_visit", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )


def issue_plan(
    *, entrustment: Entrustment, actor: Any, version: int | None = None, reason: str = ""
) -> Entrustment:
    """Prints the 全帮办计划表 as it stands today."""

    def change(doing: Entrusting) -> None:
        project = doing.entrustment.project
        if project is None:  # the guard says so before
            raise WorkflowError("本委托没有关联重点项目。")
        doing.issue(PaperKind.HELP_PLAN, plan=plan_for(project))

    return entrusting(
        "issue_plan", entrustment=entrustment, actor=actor, version=version, reason=reason, change=change
    )
