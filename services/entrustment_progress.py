"""An entrustment in plain words: its status sentence and its history. For staff and the public."""

from datetime import date
from typing import Any

from django.utils import timezone

from services.choices_entrustments import EntrustmentState
from services.models.entrustments import Entrustment
from services.workflow_entrustments import ENTRUSTMENT_WORKFLOW
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.chinese import plain_date

LABELS = {"register": "登记咨询", "reveal": "查看个人信息原文"}
# What the principal sees of the history; who did it and what was said inside stay inside.
PUBLIC_EVENTS = {
    "register": "登记帮办咨询",
    "assign": "指定帮办员",
    "promise": "作出服务承诺",
    "draw_up": "拟定委托书",
    "sign": "委托书签署，开始帮办",
    "link_case": "办件纳入帮办",
    "receive_papers": "接收材料",
    "return_papers": "退还材料",
    "record_visit": "上门帮办",
    "renew": "变更或续期",
    "suspend": "中止帮办",
    "resume": "恢复帮办",
    "sign_off": "办结签单",
    "follow_up": "回访",
    "withdraw": "委托人撤回",
    "terminate": "终止委托",
    "expire": "委托期满终止",
}


def label_of(action: str) -> str:
    """The Chinese word for an audit entry about an entrustment."""
    return ENTRUSTMENT_WORKFLOW.label_of(action, LABELS)


def status_sentence(record: Entrustment) -> str:
    """One sentence that says where the entrustment stands and what happens next."""
    match record.state:
        case EntrustmentState.CONSULTED:
            due = f"，最迟{plain_date(record.answer_due)}答复" if record.answer_due else ""
            return f"已登记咨询，等待帮办员联系{due}。"
        case EntrustmentState.PROMISED:
            return "已作出服务承诺，可以办理委托。"
        case EntrustmentState.DRAWN_UP:
            return "委托书已拟定，等待委托人签字或盖章。"
        case EntrustmentState.HELPING if record.ends_on:
            if record.is_expired:
                return f"委托期限已于{plain_date(record.ends_on)}届满，帮办终止。"
            return f"正在帮办，委托期限到{plain_date(record.ends_on)}。"
        case EntrustmentState.SUSPENDED:
            return "帮办已中止，签续办委托书后恢复。"
        case EntrustmentState.SIGNED_OFF:
            return "已办结签单，等待回访。"
        case EntrustmentState.CLOSED:
            return "帮办已办结。"
        case _:
            return "委托已终止，不再以委托人名义办理。"


def remaining_days(record: Entrustment, on: date | None = None) -> str:
    """`还剩 5 天`, `今天到期`, `已届满 2 天`; "" without a period or once the help is over."""
    if record.ends_on is None or not record.is_open or record.state == EntrustmentState.SIGNED_OFF:
        return ""
    left = (record.ends_on - (on or today())).days
    if left < 0:
        return f"已届满 {-left} 天"
    return "今天到期" if left == 0 else f"还剩 {left} 天"


def public_timeline(record: Entrustment, entries: Any) -> list[dict[str, str]]:
    """The `timeline` component's items from audit `entries`: public events, oldest first, no names."""
    return [
        {
            "title": PUBLIC_EVENTS[entry.action],
            "date": plain_date(timezone.localtime(entry.at).date()),
            "who": record.outlet.name,
            "text": "",
        }
        for entry in sorted(entries, key=lambda e: (e.at, e.pk))
        if entry.action in PUBLIC_EVENTS
    ]
