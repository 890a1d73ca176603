"""How a workbook gets into the catalogue: checked, then, by a second decision, carried out whole."""

from services.choices import ImportState as S
from tuoxian_portal.core.workflow import Transition, Workflow, register_check

IMPORT = "services.import_serviceitem"

import_workflow = register_check(
    Workflow(
        name="catalogue_import",
        states=S,
        initial=S.CHECKING,
        terminal=frozenset({S.APPLIED, S.UNCHANGED}),
        transitions=(
            Transition("refuse", "有误", frozenset({S.CHECKING}), S.REFUSED, None),
            Transition("find_unchanged", "没有变化", frozenset({S.CHECKING}), S.UNCHANGED, None),
            Transition("offer", "待确认", frozenset({S.CHECKING}), S.READY, None),
            Transition(
                "apply",
                "确认导入",
                frozenset({S.READY}),
                S.APPLYING,
                IMPORT,
                confirm="按核对结果一次导入：要么全部写入，要么一条也不写。已发布的事项不受影响，变更写入修订稿，"
                "审核、发布另行办理。",
                tone="primary",
            ),
            Transition("carry_out", "写入目录", frozenset({S.APPLYING}), S.APPLIED, None),
            Transition("go_stale", "目录已有变动", frozenset({S.APPLYING}), S.STALE, None),
            Transition(
                "recheck",
                "重新检查",
                frozenset({S.CHECKING, S.REFUSED, S.READY, S.STALE, S.APPLYING}),
                S.CHECKING,
                IMPORT,
            ),
        ),
    )
)
