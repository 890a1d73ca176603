"""A bundle case in plain words: one sentence, its timeline. For staff and the public."""

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils import timezone

from services.choices_bundles import BundleState
from services.choices_cases import CaseState
from services.models import BundleCase, Case
from services.progress import PUBLIC_EVENTS
from services.workflow_bundles import BUNDLE_CASE_WORKFLOW
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.chinese import plain_date

# What the public sees of the whole; a case's own steps are told with the case's name.
WHOLE_EVENTS = {
    "register": "窗口收到一套申请材料",
    "request_correction": "汇总告知补正",
    "receive_correction": "收到补正材料",
    "hand_in": "收到补交材料",
    "deliver": "领取办理结果",
    "withdraw": "申请人撤回",
}
CASE_EVENTS = {
    "accept",
    "deem_accepted",
    "release",
    "start_special",
    "extend",
    "approve",
    "refuse",
    "decline",
}
CASE_EVENTS |= {"return_case", "terminate", "split_off", "split_off_waiting"}
MORE_PUBLIC = {"release": "前置事项已办好，开始办理", "split_off": "改为单独办理"}
MORE_PUBLIC["split_off_waiting"] = MORE_PUBLIC["split_off"]
STAFF_LABELS = {
    "register": "登记收件",
    "override_number": "登记未通过校验的证件号码",
    "recompute": "期限重新推算",
    "reveal": "查看个人信息原文",
}


def label_of(action: str) -> str:
    """The Chinese word for an audit entry about a bundle case."""
    return BUNDLE_CASE_WORKFLOW.label_of(action, STAFF_LABELS)


def names(cases: Iterable[Case]) -> str:
    return "、".join(case.item_name for case in cases)


def bundle_sentence(bundle_case: BundleCase) -> str:
    """One sentence that says where the whole stands and what happens next. No query `with_children`."""
    cases = bundle_case.cases
    here: dict[str, list[Case]] = {}
    for case in cases:
        here.setdefault(case.state, []).append(case)
    done = sum(not case.is_open or case.state == CaseState.COLLECTING for case in cases)
    count = f"{len(cases)} 个事项中 {done} 个已有结果"
    match bundle_case.state:
        case BundleState.REGISTERED:
            return "已登记，等待窗口收件。"
        case BundleState.RECEIVED:
            dues = [c.due_on for c in here.get(CaseState.RECEIVED, []) if c.due_on]
            return (
                f"窗口已收到一套材料，最迟{plain_date(max(dues))}答复是否受理。"
                if dues
                else "窗口正在核对材料。"
            )
        case BundleState.CORRECTING:
            waiting = here[CaseState.CORRECTING]
            dues = [c.due_on for c in waiting if c.due_on]
            until = f"最迟{plain_date(min(dues))}" if dues else ""
            return f"需要补正材料（{names(waiting)}），请{until}一次交到{bundle_case.outlet.name}。"
        case BundleState.IN_PROGRESS:
            if bundle_case.stuck_cases:
                return f"{count}；{names(bundle_case.stuck_cases)}所等的事项没有办成，请到窗口商定怎样办。"
            if not bundle_case.promised_by:
                return f"{count}，其余正在办理。"
            if bundle_case.is_overdue:
                return f"{count}，已超过承诺办结日（{plain_date(bundle_case.promised_by)}），正在督促办理。"
            return f"{count}，其余正在办理，承诺最迟{plain_date(bundle_case.promised_by)}全部办结。"
        case BundleState.COLLECTING:
            return f"全部有了结果，请到{bundle_case.outlet.name}一次领取，或等候送达。"
        case BundleState.COMPLETED:
            return "全部办结，结果已领取。"
        case BundleState.PARTIAL:
            granted = [c for c in cases if c.state == CaseState.COMPLETED and c.is_granted]
            return f"部分办结：{names(granted)}已准予，其余没有办成，理由见各自的文书。"
        case BundleState.WITHDRAWN:
            return "已按申请人要求撤回。"
        case BundleState.ENDED:
            return "已结束，没有事项获得准予，理由见各自的文书。"
        case _:
            return "该编号已作废。"


def bundle_timeline(bundle_case: BundleCase) -> list[dict[str, Any]]:
    """The `timeline` component's items: public events of the whole and of its cases, oldest first, without
    names of staff. Two queries."""
    by_key = {str(case.pk): case for case in bundle_case.children.all()}
    kinds = ContentType.objects.get_for_models(BundleCase, Case)
    about = Q(content_type=kinds[BundleCase], object_id=str(bundle_case.pk), action__in=sorted(WHOLE_EVENTS))
    about |= Q(content_type=kinds[Case], object_id__in=sorted(by_key), action__in=sorted(CASE_EVENTS))
    items = []
    for entry in LogEntry.objects.filter(about).order_by("at", "pk"):
        whole = entry.content_type_id == kinds[BundleCase].pk
        case = None if whole else by_key[entry.object_id]
        words = WHOLE_EVENTS if whole else {**PUBLIC_EVENTS, **MORE_PUBLIC}
        items.append(
            {
                "title": words[entry.action] if case is None else f"{case.item_name}：{words[entry.action]}",
                "date": plain_date(timezone.localtime(entry.at).date()),
                "who": bundle_case.outlet.name if case is None else case.department.name,
                "text": "",
            }
        )
    return items
