"""Fills the papers of a bundle case, once: the content is frozen as plain JSON, as in `compose`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from services.choices_cases import CaseState, DeliveryMethod, MaterialState, PaperKind
from services.models import BundleCase, BundleDocument, BundleMaterial, Case, CaseMaterial
from services.papers.bundle_texts import BUNDLE_FACT_LABELS, BUNDLE_PAPERS
from services.papers.compose import content_of
from tuoxian_portal.core.chinese import plain_date

Table = dict[str, Any]
# Not handed in by the applicant, whatever the reason.
SPARED = frozenset({MaterialState.NOT_NEEDED, MaterialState.LICENSED})


def new_bundle_document(
    kind: str,
    bundle_case: BundleCase,
    cases: Sequence[Case],
    *,
    sequence: int,
    at: datetime,
    by: Any = None,
    **extra: Any,
) -> BundleDocument:
    """An unsaved paper about the whole, with its content frozen.

    `cases` are those that the paper is about, each with item and department. `extra` may hold
    `materials` and `lines` (rows of the one set and of the cases), `given` (material pk → what came),
    `outside` (name, who), `others` (cases that the paper only mentions), `missing` (case pk → texts),
    `days`, `due`, `recipient`, `method`.
    """
    number = f"{bundle_case.number}-{sequence:02d}"
    return BundleDocument(
        bundle_case=bundle_case,
        kind=kind,
        number=number,
        content=_content(kind, bundle_case, cases, number=number, at=at, by=by, **extra),
        created_at=at,
        created_by=by,
    )


def _content(
    kind: str,
    bundle_case: BundleCase,
    cases: Sequence[Case],
    *,
    number: str,
    at: datetime,
    by: Any,
    **extra: Any,
) -> dict[str, Any]:
    paper = BUNDLE_PAPERS[kind]
    moment = timezone.localtime(at)
    dues = [case.due_on for case in cases if case.due_on and case.state == CaseState.RECEIVED]
    due = extra.get("due") or max(dues, default=None)
    received = bundle_case.received_on
    context: dict[str, str] = defaultdict(
        str,
        {
            "number": bundle_case.number,
            "item": bundle_case.name,
            # A name such as 开办餐饮店“一件事” carries its own marks.
            "matter": bundle_case.name if "“" in bundle_case.name else f"“{bundle_case.name}”",
            "applicant": bundle_case.applicant_name,
            "identity": bundle_case.masked_number,
            "phone": bundle_case.masked_phone,
            "outlet": bundle_case.outlet.name,
            "received": plain_date(received) if received else "",
            "count": str(len(cases)),
            "due": plain_date(due) if due else "以窗口答复为准",
            "days": str(extra.get("days") or ""),
            "promise": _promise(bundle_case),
            "recipient": extra.get("recipient", ""),
            "method": str(DeliveryMethod(extra["method"]).label) if extra.get("method") else "",
            "delivered": plain_date(moment.date()),
            "expires": plain_date(extra["expires"]) if extra.get("expires") else "",
            "short": paper.short,
        },
    )
    if kind in {PaperKind.BUNDLE_RECEIPT, PaperKind.BUNDLE_CORRECTION_RECEIPT}:
        context["received"] = f"{plain_date(moment.date())} {moment:%H:%M}"
    table, sections = None, []
    if paper.table == "saving":
        context["saving"], table, context["notes"] = _saving(bundle_case, extra["materials"], extra["lines"])
    elif paper.table == "materials":
        table = _materials(extra["materials"], extra.get("given"))
        sections = _sections(cases, extra.get("outside") or [], kind)
    elif paper.table == "missing":
        table = _missing(cases, extra["missing"])
    elif paper.table == "accepted":
        table = _accepted(cases)
        sections = _mentions(extra.get("others") or [], "下列事项尚未受理，受理时另行通知：")
    elif paper.table == "delivered":
        table = _delivered(cases)
        sections = _mentions(extra.get("others") or [], "下列事项仍在办理，办好后另行通知领取：")
    content = content_of(
        paper,
        context,
        number=number,
        to=bundle_case.applicant_name,
        table=table,
        place=bundle_case.outlet.name if paper.seal else "",
        on=moment.date(),
        by=by,
        labels=BUNDLE_FACT_LABELS,
    )
    content["sections"] = sections
    return content


def _promise(bundle_case: BundleCase) -> str:
    if not bundle_case.promised_days:
        return "本一次办的整体承诺时限尚未公布，各事项按上列期限办理。"
    until = f"，最迟{plain_date(bundle_case.promised_by)}" if bundle_case.promised_by else ""
    return (
        f"本一次办承诺自首批事项全部受理的次日起 {bundle_case.promised_days} 个工作日内办结{until}；"
        "等待前置事项的也计算在内，申请人补正所用时间不计算在内。"
    )


def _rows(headers: list[str], rows: list[list[str]], widths: list[float]) -> Table:
    return {
        "headers": headers,
        "rows": rows or [["", "（无）"] + [""] * (len(headers) - 2)],
        "widths": widths,
    }


def _saving(
    bundle_case: BundleCase, materials: Sequence[BundleMaterial], lines: Sequence[CaseMaterial]
) -> tuple[str, Table, str]:
    """减负单 of this applicant: what does not concern her is on neither side."""
    saving = bundle_case.composition["saving"]
    needed = {m.pk for m in materials} & {
        line.bundle_material_id for line in lines if line.state not in SPARED
    }
    before = sum(line.state != MaterialState.NOT_NEEDED for line in lines)
    after = len(needed)
    rows = []
    for label, apart, together, saved in saving["table"]:
        if label.startswith("提交材料"):
            apart, together, saved = str(before), str(after), str(before - after)
        rows.append([label, apart, together, saved])
    sentence = f"原需 {before} 份，实交 {after} 份；原跑 {saving['visits_before']} 次，现跑 {saving['visits_after']} 次。"
    notes = "口径：每项材料计一份，本次不涉及的材料没有计入。" + "".join(saving["notes"])
    table = _rows(["项目", "分开办", "一次办", "减少"], rows, [4, 2, 2, 2])
    return sentence, {**table, "left": 0}, notes


def _materials(materials: Sequence[BundleMaterial], given: Mapping[int, Any] | None) -> Table:
    rows: list[list[str]] = []
    for material in materials:
        state, promised = material_standing(material, given)
        if state == MaterialState.DEFERRED and promised:
            text = f"容缺，{promised:%Y-%m-%d}前补齐"
        else:
            text = str(MaterialState(state).label)
        rows.append(
            [
                str(len(rows) + 1),
                material.name,
                str(material.originals or ""),
                str(material.copies or ""),
                text,
            ]
        )
    return _rows(["序号", "材料", "原件", "复印件", "情况"], rows, [1, 5.6, 1, 1.2, 2.8])


def material_standing(material: BundleMaterial, given: Mapping[int, Any] | None) -> tuple[str, Any]:
    """(state, promised date) of a row; from what was `given` while its lines are not read back yet."""
    if given is None:
        return material.state, material.promised_on
    entry = given[material.material_id or 0]
    state = entry.state
    if state == MaterialState.MISSING and not material.is_required:
        state = MaterialState.NOT_NEEDED
    return state, entry.promised_on


def _case_name(case: Case) -> str:
    return case.item_name


def _sections(cases: Sequence[Case], outside: Sequence[tuple[str, str]], kind: str) -> list[dict[str, Any]]:
    rows = []
    for number, case in enumerate(cases, 1):
        if case.state == CaseState.WAITING:
            when = "等待前一事项"
        elif case.due_on and case.state == CaseState.RECEIVED:
            when = f"{case.due_on:%Y-%m-%d}前答复"
        else:
            when = str(CaseState(case.state).label)
        rows.append([str(number), _case_name(case), case.case_number, case.department.name, when])
    table = _rows(["序号", "事项", "办件编号", "办理部门", "办理情况"], rows, [0.9, 2.8, 4, 2.4, 2])
    text = "本次申请的事项，各由所列部门办理："
    if kind == PaperKind.BUNDLE_CORRECTION_RECEIPT:
        text = "本次补正的事项："
    sections: list[dict[str, Any]] = [{"text": text, "table": table}]
    if outside:
        names = "、".join(f"{name}（{who}）" if who else name for name, who in outside)
        sections.append(
            {"text": f"另有由其他单位办理的事项：{names}。所需材料和时限由办理单位告知。", "table": None}
        )
    return sections


def _mentions(cases: Sequence[Case], text: str) -> list[dict[str, Any]]:
    if not cases:
        return []
    rows = [
        [str(n), _case_name(case), case.case_number, str(CaseState(case.state).label)]
        for n, case in enumerate(cases, 1)
    ]
    return [{"text": text, "table": _rows(["序号", "事项", "办件编号", "办理情况"], rows, [1, 4, 3.7, 2.4])}]


def _missing(cases: Sequence[Case], missing: Mapping[int, Sequence[str]]) -> Table:
    rows: list[list[str]] = []
    for case in cases:
        for text in missing[case.pk]:
            rows.append([str(len(rows) + 1), f"{_case_name(case)}（{case.department.name}）", text])
    return _rows(["序号", "事项", "需要补正的内容"], rows, [1, 4, 5.2])


def _accepted(cases: Sequence[Case]) -> Table:
    rows = [
        [
            str(n),
            _case_name(case),
            case.case_number,
            case.department.name,
            f"{case.decide_by:%Y-%m-%d}" if case.decide_by else "以窗口答复为准",
        ]
        for n, case in enumerate(cases, 1)
    ]
    return _rows(["序号", "事项", "办件编号", "办理部门", "决定期限"], rows, [0.9, 2.8, 4, 2.4, 2])


def _delivered(cases: Sequence[Case]) -> Table:
    rows = [
        [
            str(n),
            _case_name(case),
            case.case_number,
            case.get_outcome_display(),
            ((case.item_snapshot or {}).get("result") or "") if case.is_granted else "—",
        ]
        for n, case in enumerate(cases, 1)
    ]
    return _rows(["序号", "事项", "办件编号", "决定", "办理结果"], rows, [1, 3, 3.7, 1.2, 2.6])
