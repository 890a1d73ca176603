"""What can be done with the whole of a bundle case (一次办办件). Its state is derived, so the table has no
targets: each act goes through the cases, whose own table (`workflow`) moves them.
"""

from typing import Any

from services.choices_bundles import OPEN_BUNDLE_STATES, BundleState
from services.choices_cases import CaseState, MaterialState
from services.workflow import BEFORE_DECISION, DELIVER, RECEIVE, materials_complete
from tuoxian_portal.core.workflow import Guard, Transition, Workflow, register_check

WITHDRAWABLE = BEFORE_DECISION | {CaseState.WAITING}
OUTSTANDING = frozenset({MaterialState.MISSING, MaterialState.DEFERRED})


def some_case(sentence: str, *states: str) -> Guard:
    """Refuses with `sentence` unless a case is in one of `states`."""

    def guard(bundle_case: Any, user: Any) -> str | None:
        return None if any(case.state in states for case in bundle_case.cases) else sentence

    return guard


def some_complete(bundle_case: Any, user: Any) -> str | None:
    """Refuses when no received case has all its materials, and says of each what it lacks."""
    received = [case for case in bundle_case.cases if case.state == CaseState.RECEIVED]
    if not received:
        return "没有待受理的事项。"
    lacking = [(case, materials_complete(case, user)) for case in received]
    if all(text for _, text in lacking):
        return "没有可以受理的事项。" + "".join(f"{case.item_name}：{text}" for case, text in lacking)
    return None


def some_to_hand_over(bundle_case: Any, user: Any) -> str | None:
    if not any(c.state == CaseState.ACCEPTED and not c.handed_over_at for c in bundle_case.cases):
        return "没有待移交部门的事项。"
    return None


def some_material_outstanding(bundle_case: Any, user: Any) -> str | None:
    if any(case.state == CaseState.CORRECTING for case in bundle_case.cases):
        return "有事项正在补正，请用“接收补正材料”登记，材料会同时记到各事项。"
    if not any(material.state in OUTSTANDING for material in bundle_case.materials.all()):
        return "没有未交或容缺的材料。"
    return None


def all_fresh(bundle_case: Any, user: Any) -> str | None:
    if any(case.state not in {CaseState.WAITING, CaseState.RECEIVED} for case in bundle_case.cases):
        return "已有事项受理或告知补正，不能整件作废。请按“申请人撤回”办理。"
    return None


def _t(name: str, label: str, permission: str, *guards: Guard, **more: Any) -> Transition:
    more.setdefault("sources", OPEN_BUNDLE_STATES)
    return Transition(name=name, label=label, target=None, permission=permission, guards=guards, **more)


BUNDLE_CASE_WORKFLOW = register_check(
    Workflow(
        name="bundle_case",
        states=BundleState,
        initial=BundleState.RECEIVED,
        terminal=frozenset(BundleState) - OPEN_BUNDLE_STATES,
        derived=True,
        transitions=(
            _t(
                "accept",
                "受理已收齐的事项",
                RECEIVE,
                some_complete,
                tone="primary",
                confirm="材料收齐的事项各自受理、分别计时；没有收齐的保持待受理，并说明缺什么。",
            ),
            _t(
                "request_correction",
                "汇总告知补正",
                RECEIVE,
                some_case("没有可以告知补正的事项。", CaseState.RECEIVED),
                confirm="各事项需要补正的内容合在一份告知书里，一个期限，一次告知。",
            ),
            _t(
                "receive_correction",
                "接收补正材料",
                RECEIVE,
                some_case("没有正在补正的事项。", CaseState.CORRECTING),
                tone="primary",
            ),
            _t("hand_in", "登记补交材料", RECEIVE, some_material_outstanding),
            _t("hand_over", "移交各部门", RECEIVE, some_to_hand_over, tone="primary"),
            _t(
                "deliver",
                "一次领取",
                DELIVER,
                some_case("还没有可以领取的事项。", CaseState.COLLECTING),
                tone="primary",
                confirm="全部已出结果的事项一次送达，打印一张送达回执。",
            ),
            _t(
                "withdraw",
                "申请人撤回",
                RECEIVE,
                some_case("各事项都已作出决定，不能撤回。", *WITHDRAWABLE),
                needs_reason=True,
                tone="danger",
                confirm="申请人书面要求撤回。撤回后所选事项不能恢复。",
            ),
            _t(
                "void",
                "整件作废",
                RECEIVE,
                all_fresh,
                needs_reason=True,
                tone="danger",
                confirm="仅用于当日录入错误。各编号保留并标为作废。",
            ),
        ),
    )
)
