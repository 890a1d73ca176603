"""Which field a project must have from which stage on: one table for errors, for the list
“进入下一阶段还缺”, and for completeness."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from projects.choices import Stage


@dataclass(frozen=True)
class StageField:
    """`names` are alternatives: one filled is enough (an enterprise from the directory or by name). What is
    `expected` only is shown as a gap and counts in completeness; it does not hold a project up."""

    names: tuple[str, ...]
    label: str
    stage: Stage
    expected: bool = False

    def is_filled(self, project: Any) -> bool:
        return any(_value(project, name) not in (None, "") for name in self.names)


def _value(project: Any, name: str) -> Any:
    # `_id` spares the query that reading the related row would cost.
    return getattr(project, f"{name}_id", None) if hasattr(project, f"{name}_id") else getattr(project, name)


STAGE_FIELDS: tuple[StageField, ...] = (
    StageField(("name",), "项目名称", Stage.RESERVE),
    StageField(("industry",), "产业", Stage.RESERVE),
    StageField(("department",), "责任单位", Stage.RESERVE),
    StageField(("enterprise", "enterprise_name"), "企业", Stage.NEGOTIATING),
    StageField(("summary", "capacity"), "项目简介或建设规模", Stage.NEGOTIATING),
    StageField(("total_investment_wan",), "总投资", Stage.SIGNED),
    StageField(("signed_on",), "签约日期", Stage.SIGNED),
    StageField(("park", "town"), "园区或乡镇", Stage.SIGNED),
    StageField(("responsible",), "责任领导", Stage.SIGNED),
    StageField(("helper",), "服务专员", Stage.SIGNED, expected=True),
    StageField(("project_code",), "投资项目代码", Stage.FILED),
    StageField(("project_type",), "项目类型", Stage.FILED),
    StageField(("planned_start",), "计划开工", Stage.FILED),
    StageField(("planned_production",), "计划投产", Stage.FILED),
    StageField(("land_mu",), "用地", Stage.STARTED),
    StageField(("actual_start",), "实际开工", Stage.STARTED),
    StageField(("annual_plan_wan",), "年度计划投资", Stage.BUILDING),
    StageField(("annual_plan_year",), "计划年度", Stage.BUILDING),
    StageField(("actual_production",), "实际投产", Stage.IN_PRODUCTION),
    StageField(("at_capacity_on",), "达产日期", Stage.AT_CAPACITY),
)


def fields_at(stage: str) -> list[StageField]:
    """The fields that a project in `stage` should have; none for an unstated stage."""
    if not stage:
        return []
    rank = Stage(stage).rank
    return [f for f in STAGE_FIELDS if f.stage.rank <= rank]


def required_at(stage: str) -> list[StageField]:
    """Those of them without which it does not enter `stage`."""
    return [f for f in fields_at(stage) if not f.expected]


def missing_at(project: Any, stage: str) -> list[StageField]:
    """What `project` lacks to be in `stage`. No queries."""
    return [f for f in required_at(stage) if not f.is_filled(project)]


def missing_for_next(project: Any) -> list[StageField]:
    """“进入下一阶段还缺”: what `project` lacks for the stage after its own; none at the last stage."""
    if not project.stage:
        return missing_at(project, Stage.RESERVE)
    following = Stage(project.stage).next
    return missing_at(project, following) if following else []


def gaps(project: Any) -> list[StageField]:
    """What `project` should have in its own stage and has not. No queries."""
    return [f for f in fields_at(project.stage) if not f.is_filled(project)]


def emptied(before: Any, after: Any) -> list[StageField]:
    """Fields required at `before`'s stage that an edit would empty. A gap that was there already
    (a legacy row) stays a gap and does not stop the edit."""
    return [f for f in required_at(before.stage) if f.is_filled(before) and not f.is_filled(after)]


def completeness(project: Any) -> int:
    """Percent of the fields of the project's stage (of 储备 when unstated) that are filled."""
    fields = fields_at(project.stage or Stage.RESERVE)
    return 100 * sum(f.is_filled(project) for f in fields) // len(fields)


def words(fields: Iterable[StageField]) -> str:
    """“总投资、签约日期”."""
    return "、".join(f.label for f in fields)
