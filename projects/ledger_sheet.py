"""The ledger of key projects as a workbook: the columns that people fill in and that an export writes.

One table for both ways, so that what was exported can be corrected and imported again. An empty cell
leaves what is there; a stage is taken for new projects only, afterwards it moves by its own action.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError

from projects.choices import Nature, ProjectType, Stage
from projects.confidence import assess
from projects.models import KeyProject
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.sheets import Column, day, integer, lines, one_of, text


def amount(value: Any) -> Decimal:
    """A number, 0 or more, with at most four decimals; thousands separators are forgiven."""
    if isinstance(value, float):
        value = round(value, 6)  # Excel's 0.30000000000000004
    cell = text(value)
    try:
        number = Decimal(cell.replace(",", "").replace("，", ""))
    except InvalidOperation:
        raise ValidationError(f"“{cell[:20]}”不是数字，请只填数字，单位见标题。") from None
    if not number.is_finite() or number < 0:
        raise ValidationError("应为 0 或正数。")
    plain = number.normalize()
    return plain.quantize(Decimal(1)) if plain.as_tuple().exponent > 0 else plain  # type: ignore[operator]  # finite


# What identifies a row, what is looked up, what is written as it stands.
COLUMNS = (
    Column("number", "项目编号", optional=True, longest=20),
    Column("name", "项目名称", required=True, longest=160),
    Column("enterprise_name", "企业名称", longest=160, aliases=("企业", "项目业主")),
    Column("industry", "产业", aliases=("所属产业",)),
    Column("chain", "产业链", optional=True),
    Column("park", "园区", aliases=("所在园区",)),
    Column("town", "乡镇", optional=True),
    Column("location", "建设地点", longest=200, optional=True),
    Column("project_type", "项目类型", one_of(ProjectType.choices), aliases=("建设性质",)),
    Column("nature", "记录性质", one_of(Nature.choices), optional=True),
    Column("project_code", "投资项目代码", longest=24, optional=True, aliases=("项目代码",)),
    Column("capacity", "建设规模与产能", lines, optional=True, aliases=("建设内容",)),
    Column("summary", "项目简介", lines, optional=True),
    Column(
        "stage",
        "阶段",
        one_of({**{str(label): stage for stage, label in Stage.choices}, "来源未载明": ""}),
        aliases=("项目阶段",),
    ),
    Column("total_investment_wan", "总投资（万元）", amount, empty=None),
    Column("annual_plan_wan", "年度计划投资（万元）", amount, empty=None, optional=True),
    Column("annual_plan_year", "计划年度", integer, empty=None, optional=True),
    Column("land_mu", "用地（亩）", amount, empty=None, optional=True),
    Column("department", "责任单位"),
    Column("responsible", "责任领导", longest=60, optional=True),
    Column("signed_on", "签约日期", day, empty=None, optional=True),
    Column("planned_start", "计划开工", day, empty=None, optional=True),
    Column("actual_start", "实际开工", day, empty=None, optional=True),
    Column("planned_production", "计划投产", day, empty=None, optional=True),
    Column("actual_production", "实际投产", day, empty=None, optional=True),
    Column("at_capacity_on", "达产日期", day, empty=None, optional=True),
)
HEADINGS = {column.name: column.heading for column in COLUMNS}
RELATED = ("industry", "chain", "park", "town", "department")
# Shown on the screen, written by the export, not read by an import: they change by their own actions.
SHOWN_ONLY = ("状态", "红黄绿", "对外公布", "示例")

NOTES = [
    ("项目编号", "由系统给出。新项目留空；填了编号的行修改该项目。"),
    (
        "没有编号的行",
        "先按投资项目代码、再按项目名称加企业名称认定是不是已有项目，同一份清单导两次不会重复。",
    ),
    ("空格", "导入时空着的格不改原值。需要清空某项，请在项目页修改。"),
    ("阶段", "只用于新项目；已有项目的阶段在项目页推进或退回。"),
    ("金额", "单位万元，用地单位亩。"),
    ("、".join(SHOWN_ONLY), "只供查看，导入时不读。"),
]


def headers() -> list[str]:
    return [*HEADINGS.values(), *SHOWN_ONLY]


def rows(projects: Any) -> Iterator[list[Any]]:
    """`projects` (with confidence inputs) as lines of the workbook, in their order; in parts of 500."""
    on = today()
    for project in projects.select_related(*RELATED, "enterprise").iterator(chunk_size=500):
        yield line(project, on)


def line(project: KeyProject, on: Any) -> list[Any]:
    assessment = assess(project, on=on)
    return [
        *(cell(project, name) for name in HEADINGS),
        project.status_label,
        assessment.label if assessment else "不评定",
        "已公布" if project.is_published else "",
        "示例" if project.is_sample else "",
    ]


def cell(project: KeyProject, name: str) -> Any:
    """One value as the workbook says it."""
    if name == "enterprise_name":
        return project.owner_name
    if name == "stage":
        return project.stage_label
    if name in ("project_type", "nature"):
        return getattr(project, f"get_{name}_display")()
    value = getattr(project, name)
    if name in RELATED:
        return str(value) if value else ""
    return value
