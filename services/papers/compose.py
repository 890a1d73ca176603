"""Fills a paper with a case, once: the content is frozen in an `IssuedPaper` as plain JSON."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from services.choices_cases import (
    CaseOutcome,
    DeliveryMethod,
    MaterialState,
    PaperKind,
    SpecialProcedure,
)
from services.clock import limits_of
from services.models.cases import Case, CaseDocument, CaseMaterial
from services.models.catalogue import days_text
from services.papers.texts import LAW, PAPERS, REMEDIES, Paper
from tuoxian_portal.core.chinese import chinese_date, plain_date

FACT_LABELS = {
    "number": "办件编号",
    "item": "申请事项",
    "applicant": "申请人",
    "identity": "证件号码",
    "phone": "联系电话",
    "received": "收件时间",
    "accepted": "受理日期",
    "deadline": "办理期限",
    "recipient": "领取人",
    "method": "送达方式",
    "delivered": "送达日期",
}


def compose(
    kind: str,
    case: Case,
    *,
    number: str,
    at: datetime,
    by: Any = None,
    materials: Sequence[CaseMaterial] | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """The content of one paper. No query when `case` came with item, department, outlet, materials.

    `materials` are those of the case unless given (an unsaved case). `extra` may hold `reason`, `days`, `missing` (list of texts), `procedure` and `expires`. ID and phone are
    masked; the tracking password is not in it, the renderer takes it from the case.
    """
    paper = PAPERS[kind]
    on = timezone.localtime(at).date()
    snapshot = case.item_snapshot or {}
    licence = (snapshot.get("item_type") or case.item.item_type) == "licence"
    title = _title(paper, licence)
    context: dict[str, str] = defaultdict(
        str,
        {
            "number": case.case_number,
            "item": case.item_name,
            "applicant": case.applicant_name,
            "identity": case.masked_number,
            "phone": case.masked_phone,
            "outlet": case.outlet.name,
            "department": case.department.name,
            "sender": extra.get("parties", (case.outlet.name, ""))[0],
            "receiver": extra.get("parties", ("", case.department.name))[1],
            "returned": "下列材料原件已同时退还：" if extra.get("returned") else "",
            "received": _day(case.received_on),
            "accepted": _day(case.accepted_on),
            "deadline": _day(case.decide_by) or "以事项规定为准",
            "due": _day(case.due_on),
            "today": plain_date(on),
            "per": "根据" if licence else "参照",
            "what": "行政许可" if licence else "办理",
            "result": f"办理结果：{snapshot['result']}。" if snapshot.get("result") else "",
            "acceptance": _acceptance(case, licence),
            "limits": _limits(case),
            "recipient": case.recipient,
            "method": str(DeliveryMethod(case.delivery_method).label) if case.delivery_method else "",
            "delivered": _day(case.delivered_on),
            "decision": _title(PAPERS[_DECISIONS[case.outcome]], licence) if case.outcome else "",
            "outcome": "及办理结果" if case.outcome == CaseOutcome.APPROVED else "",
            "now": f"{plain_date(on)} {timezone.localtime(at):%H:%M}",
            "short": paper.short,
            "reason": _sentence(extra.get("reason", "")),
            "days": str(extra.get("days") or ""),
            "expires": _day(extra.get("expires")),
            "procedure": str(SpecialProcedure(extra["procedure"]).label) if extra.get("procedure") else "",
        },
    )
    if kind == PaperKind.RECEIPT:
        lines = case.materials.all() if materials is None else materials
        if exempt := sum(m.state == MaterialState.LICENSED for m in lines):
            context["exempt"] = f"其中 {exempt} 份材料已由电子证照库核验，免予提交。"
    if kind in {PaperKind.RECEIPT, PaperKind.CORRECTION_RECEIPT} and case.received_at:
        received = timezone.localtime(case.received_at)
        context["received"] = f"{plain_date(received.date())} {received:%H:%M}"
    return content_of(
        paper,
        context,
        title=title,
        number=number,
        to=case.applicant_name,
        table=_table(paper.table, lambda: case.materials.all() if materials is None else materials, extra),
        place={"department": case.department.name, "outlet": case.outlet.name, "": ""}[paper.seal],
        on=on,
        by=by,
    )


def content_of(
    paper: Paper,
    context: dict[str, str],
    *,
    number: str,
    on: date,
    to: str = "",
    table: dict[str, Any] | None = None,
    place: str = "",
    by: Any = None,
    title: str = "",
    labels: dict[str, str] = FACT_LABELS,
) -> dict[str, Any]:
    """The frozen content of any paper of the hall: what both the PDF and the print page are made of.

    `context` fills the texts of `paper`; `labels` name its facts; `place` is whose seal it carries
    (no date is printed without one); `table` is `{"headers", "rows", "widths"}` or None. A paper with
    more than one table adds `sections`, a list of `{"text", "table"}` that follow the first.
    """
    return {
        "title": title or paper.title,
        "number": number,
        "to": f"{to}：" if paper.addressed else "",
        "facts": [[labels[name], context[name]] for name in paper.facts if name != "tracking"],
        "slip": paper.slip,
        "invites": paper.invites,
        "body": [text for raw in paper.body if (text := raw.format_map(context).strip())],
        "table": table,
        "after": [raw.format_map(context) for raw in paper.after]
        + ([REMEDIES.format_map(context)] if paper.remedies else []),
        "signers": [[name, _signer(name, by)] for name in paper.signers],
        "place": place,
        "date": chinese_date(on) if place else "",
    }


def new_document(
    kind: str, case: Case, *, sequence: int, at: datetime, by: Any = None, **extra: Any
) -> CaseDocument:
    """An unsaved document whose content is frozen."""
    number = f"{case.case_number}-{sequence:02d}"
    return CaseDocument(
        case=case,
        kind=kind,
        number=number,
        content=compose(kind, case, number=number, at=at, by=by, **extra),
        created_at=at,
        created_by=by,
    )


_DECISIONS: dict[str, str] = {
    CaseOutcome.APPROVED: PaperKind.APPROVAL,
    CaseOutcome.REFUSED: PaperKind.REFUSAL,
}


def _title(paper: Paper, licence: bool) -> str:
    return paper.licence_title if licence and paper.licence_title else paper.title


def _day(day: date | None) -> str:
    return plain_date(day) if day else ""


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in "。！？；" else text + "。"


def _signer(label: str, by: Any) -> str:
    """Who acts for the office is printed; the applicant writes by hand."""
    return str(by) if by is not None and label in {"收件人", "移交人", "送达人"} else ""


def _acceptance(case: Case, licence: bool) -> str:
    if case.deemed_accepted:
        return (
            f"因收到材料后 5 个工作日内未告知补正，根据{LAW}第三十二条第一款第（四）项，"
            f"自收到申请材料之日（{_day(case.accepted_on)}）起视为受理。"
        )
    per = "根据" if licence else "参照"
    return f"经审查，申请材料齐全、符合法定形式，{per}{LAW}第三十二条第一款第（五）项，决定予以受理。"


def _limits(case: Case) -> str:
    limits = limits_of(case.item_snapshot or {})
    if not limits or not case.decide_by:
        return "本事项的办理时限尚未公布，以窗口答复为准。"
    names = {"statutory": "法定时限", "promised": "承诺时限"}
    parts = "、".join(f"{names[kind]} {days_text(days, unit)}" for kind, days, unit, _ in limits)
    return f"办理期限自受理的次日起计算（{parts}），最迟于{_day(case.decide_by)}作出决定。"


def _table(
    name: str, materials: Callable[[], Iterable[CaseMaterial]], extra: dict[str, Any]
) -> dict[str, Any] | None:
    if not name:
        return None
    if name == "missing":
        return {
            "headers": ["序号", "需要补正的内容"],
            "rows": [[str(n), text] for n, text in enumerate(extra.get("missing") or [], 1)],
            "widths": [1, 9],
        }
    if name == "returned":
        back = extra.get("returned") or []
        return (
            {
                "headers": ["序号", "材料", "原件"],
                "rows": [[str(n), m.name, str(m.originals)] for n, m in enumerate(back, 1)],
                "widths": [1, 7, 2],
            }
            if back
            else None
        )
    rows = list(materials())
    if name == "deferred":
        owed = [m for m in rows if m.state == MaterialState.DEFERRED]
        return {
            "headers": ["序号", "材料", "承诺补齐日期"],
            "rows": [[str(n), m.name, _day(m.promised_on)] for n, m in enumerate(owed, 1)],
            "widths": [1, 6, 3],
        }
    if name == "handed_in":
        rows = [m for m in rows if m.state == MaterialState.HANDED_IN]
    return {
        "headers": ["序号", "材料", "原件", "复印件", "情况"],
        "rows": [
            [str(n), m.name, str(m.originals or ""), str(m.copies or ""), _material_state(m)]
            for n, m in enumerate(rows, 1)
        ]
        or [["", "（无）", "", "", ""]],
        "widths": [1, 5.6, 1, 1.2, 2.8],
    }


def _material_state(material: Any) -> str:
    if material.state == MaterialState.DEFERRED:
        return f"容缺，{material.promised_on:%Y-%m-%d}前补齐"
    return str(MaterialState(material.state).label)
