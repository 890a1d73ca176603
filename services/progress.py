"""A case in plain words: its status sentence, its history, its ledger. For staff and the public."""

from typing import Any

from django.utils import timezone

from services.choices_cases import CaseOutcome, CaseState, ClockKind, SpecialProcedure
from services.clock import DUE_SOON_DAYS, INTAKE_DAYS, CaseClock
from services.models.cases import Case
from services.workflow import CASE_WORKFLOW, projected
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.chinese import plain_date

# What the public sees of a case's history; the office's inner steps stay inside.
PUBLIC_EVENTS = {
    "receive": "窗口收到申请材料",
    "request_correction": "告知补正材料",
    "receive_correction": "收到补正材料",
    "accept": "受理",
    "deem_accepted": "视为受理",
    "sign_in": "部门开始审查",
    "start_special": "进入特别程序",
    "end_special": "特别程序结束",
    "extend": "延长办理期限",
    "supply_deferred": "补齐材料",
    "approve": "作出准予决定",
    "refuse": "作出不予决定",
    "release": "前置事项已办好，开始办理",
    "deliver": "送达",
    "complete": "办结",
    "decline": "不予受理",
    "return_case": "退回申请材料",
    "withdraw": "申请人撤回",
    "terminate": "终止办理",
}
STAFF_LABELS = {
    "register": "登记",
    "override_number": "登记未通过校验的证件号码",
    "recompute": "期限重新推算",
    "reveal": "查看个人信息原文",
    "link_licence": "用电子证照免交材料",
    "unlink_licence": "取消关联电子证照",
    "send_papers": "移交材料",
    "sign_papers": "签收材料",
    "recall_papers": "撤回移交",
    "return_papers": "退还材料",
    "transfer": "转交网点",
    "attach": "添加附件",
    "file_under": "附件归类",
    "detach": "撤下附件",
    "open_attachment": "查看附件",
}


def label_of(action: str) -> str:
    """The Chinese word for an audit entry about a case."""
    return CASE_WORKFLOW.label_of(action, STAFF_LABELS)


def status_sentence(case: Case, *, public: bool = False) -> str:
    """One sentence that says where the case stands and what happens next."""
    due = plain_date(case.due_on) if case.due_on else ""
    late = case.is_overdue
    office = case.department.name
    match case.state:
        case CaseState.REGISTERED:
            return "已登记，等待窗口收件。"
        case CaseState.WAITING:
            return "等待前一事项办好后自动收件，不用另行申请。"
        case CaseState.RECEIVED:
            return f"窗口已收到材料，最迟{due}答复是否受理。" if due else "窗口已收到材料，正在核对。"
        case CaseState.CORRECTING:
            return f"需要补正材料，请最迟{due}交到{case.outlet.name}。"
        case CaseState.ACCEPTED:
            text = "已受理，材料移交部门审查。"
        case CaseState.REVIEWING:
            text = f"{office}正在审查。"
        case CaseState.DECIDING:
            text = f"{office}已审查完毕，等待审批。"
        case CaseState.SPECIAL:
            return f"正在进行特别程序，预计{due}结束；所需时间不计入办理期限。"
        case CaseState.COLLECTING:
            word = "已准予" if case.outcome == CaseOutcome.APPROVED else "已作出不予决定"
            return f"{word}，请到{case.outlet.name}领取，或等候送达。"
        case CaseState.DELIVERED | CaseState.COMPLETED:
            word = "准予" if case.outcome == CaseOutcome.APPROVED else "不予"
            when = f"，{plain_date(case.delivered_on)}送达" if case.delivered_on else ""
            return f"已办结：{word}{when}。"
        case CaseState.DECLINED:
            return "不予受理，理由见通知书。"
        case CaseState.RETURNED:
            return "期满未补正，申请材料已退回，可以重新申请。"
        case CaseState.WITHDRAWN:
            return "已按申请人要求撤回。"
        case CaseState.TERMINATED:
            return "已终止办理，理由见通知书。"
        case _:
            return "该编号已作废。"
    if not due:
        return text + "本事项时限尚未公布，以窗口答复为准。"
    if late:
        return text + (f"已超过期限（{due}），正在督促办理。" if public else f"已于{due}超期。")
    note = "（其中有推算的工作日）" if projected(case.due_on, case) else ""
    return text + f"最迟{due}作出决定{note}。"


def remaining_text(case: Case) -> str:
    """`还剩 3 个工作日`, `今天到期`, `超期 2 个工作日`; "" when no clock runs. A receipt that nobody has
    answered is warned of from its third day on."""
    if not case.due_on:
        return ""
    left = CaseClock([], load_calendar()).remaining(case.due_on, today())
    if left < 0:
        word = "补正期已过" if case.state == CaseState.CORRECTING else "超期"
        return f"{word} {-left} 个工作日"
    words = "今天到期" if left == 0 else f"还剩 {left} 个工作日"
    if case.state == CaseState.RECEIVED and (day := INTAKE_DAYS - left) >= INTAKE_DAYS - DUE_SOON_DAYS:
        return f"收件第 {day} 个工作日，{words}，过期即视为受理"
    return words


def ledger(case: Case) -> list[dict[str, Any]]:
    """时限账本: one line an interval, with what it has used. No query when intervals are prefetched."""
    intervals = list(case.intervals.all())
    clock = CaseClock([i.span for i in intervals], load_calendar())
    on = today()
    rows = []
    for interval in intervals:
        deadline = clock.deadline(interval.span) if interval.kind != ClockKind.EXTENSION else None
        procedure = interval.procedure and SpecialProcedure(interval.procedure).label
        rows.append(
            {
                "kind": interval.get_kind_display() + (f"（{procedure}）" if procedure else ""),
                "started_on": interval.started_on,
                "ended_on": interval.ended_on,
                "days": "" if interval.days is None else f"{interval.days} {interval.get_unit_display()}",
                "used": "" if interval.kind == ClockKind.EXTENSION else clock.used(interval.span, on),
                "deadline": deadline,
                "projected": deadline is not None and clock.is_projected(deadline),
                "ground": interval.ground,
                "note": interval.note,
            }
        )
    return rows


def public_timeline(case: Case, entries: Any) -> list[dict[str, str]]:
    """The `timeline` component's items from audit `entries`: public events, oldest first, no names."""
    items = []
    for entry in sorted(entries, key=lambda e: (e.at, e.pk)):
        if title := PUBLIC_EVENTS.get(entry.action):
            where = case.outlet.name if entry.action in WINDOW_EVENTS else case.department.name
            items.append(
                {
                    "title": title,
                    "date": plain_date(timezone.localtime(entry.at).date()),
                    "who": where,
                    "text": "",
                }
            )
    return items


WINDOW_EVENTS = {
    "receive",
    "request_correction",
    "receive_correction",
    "accept",
    "deem_accepted",
    "supply_deferred",
    "deliver",
    "complete",
    "return_case",
    "withdraw",
}
