"""口径: named rules by which the portal computes the actual value of a target.

A rule reads the ledger, accepted reports and dated receipts; nothing is typed in where data exists.
Where the portal holds no data for the year the actual is unknown and the reason is said, never 0.
Sample rows never enter the actual of a real target, nor real rows that of a sample one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from projects.choices import Comparison, Nature, ProjectType, ReportState, Status, TargetCategory
from projects.models import FundsReceipt, KeyProject, ProgressReport
from projects.querysets import booked
from tuoxian_portal.core.money import percent

WAN_IN_YI = 10_000

# One key for each group of rows that were read together: (is_sample, year).
Scope = tuple[bool, int]


@dataclass(frozen=True)
class Rule:
    """One 口径. `label` and `text` are shown beside the figure; `unit` is that of the result.

    `table` and `field` name the aggregate that it reads.
    """

    label: str
    text: str
    unit: str
    field: str
    table: str


RULES: dict[str, Rule] = {
    "projects_500": Rule(
        "500 万元以上项目数",
        "台账中总投资不少于 500 万元、未终止，且当年有已审核月度进展的项目个数。",
        "个",
        "projects_500",
        "reports",
    ),
    "invested": Rule(
        "当年完成投资",
        "当年各月已审核或已冻结的月度进展中“本月完成投资”之和，含已作的更正。",
        "亿元",
        "invested",
        "reports",
    ),
    "introduced_1yi": Rule(
        "引进亿元以上项目数",
        "签约日期在当年、总投资不少于 1 亿元、未终止的项目个数。",
        "个",
        "introduced_1yi",
        "projects",
    ),
    "received": Rule(
        "招商到位资金",
        "到位日期在当年、属于总投资不少于 1 亿元项目、未作废的到位资金金额之和。",
        "亿元",
        "received",
        "receipts",
    ),
    "signed": Rule("当年落地项目数", "签约日期在当年、未终止的项目个数。", "个", "signed", "projects"),
    "started": Rule("当年开工项目数", "实际开工日期在当年的项目个数。", "个", "started", "projects"),
    "started_new": Rule(
        "当年新建项目开工数",
        "实际开工日期在当年、类型为新建的项目个数。",
        "个",
        "started_new",
        "projects",
    ),
    "produced": Rule("当年投产项目数", "实际投产日期在当年的项目个数。", "个", "produced", "projects"),
}

NO_SOURCE = "门户没有该指标的数据来源，由主管部门公布后填报。"


@dataclass(frozen=True)
class Actual:
    """What a target has come to. `value` is in the target's unit, None when unknown; `text` is the
    口径, or why the value is unknown; `percent` is of the target's value."""

    value: Decimal | None
    text: str
    percent: Decimal | None = None
    source: str = ""

    @property
    def is_known(self) -> bool:
        return self.value is not None


def actuals(targets: Iterable[Any], *, until: date | None = None) -> dict[int, Actual]:
    """The actual of each target, by primary key; `until` leaves out what happened after that day.

    At most three aggregate queries for each year that a computable target names, however many
    targets there are.
    """
    targets = list(targets)
    wanted = {(t.is_sample, t.year) for t in targets if t.rule in RULES and t.year}
    tables = {scope: _read(*scope, until) for scope in sorted(wanted)}
    return {target.pk: _actual(target, tables) for target in targets}


def _actual(target: Any, tables: dict[Scope, dict[str, Any]]) -> Actual:
    """Computed where the portal holds data; typed otherwise; unknown, with the reason, as the last."""
    rule = RULES.get(target.rule)
    table = tables[(target.is_sample, target.year)][rule.table] if rule and target.year else {}
    if rule and table:
        rows = [row for key, row in table.items() if target.industry_id in (None, key)]
        value = sum((Decimal(row[rule.field] or 0) for row in rows), Decimal(0))
        return Actual(value, rule.text, percent(value, target.value or 0), "门户台账")
    if target.typed_actual is not None:
        return Actual(
            target.typed_actual,
            f"由主管部门填报，截至 {target.typed_actual_on}",
            percent(target.typed_actual, target.value or 0),
            target.typed_actual_source,
        )
    return Actual(None, why_unknown(target))


def why_unknown(target: Any) -> str:
    """Why the portal gives no actual for `target`, in words."""
    if target.category == TargetCategory.RESULT:
        return "已公布的结果，本身就是实际值，不再计算。"
    if target.category == TargetCategory.LAYOUT:
        return "布局内容，没有数值。"
    if target.category == TargetCategory.DERIVED:
        return "由来源推算得出，不是目标。"
    rule = RULES.get(target.rule)
    if rule and target.year:
        return f"门户没有 {target.year} 年的相应记录，无法计算。口径：{rule.text}"
    return NO_SOURCE


def _read(is_sample: bool, year: int, until: date | None) -> dict[str, dict[Any, dict[str, Any]]]:
    """The aggregates of one year by industry, from three tables; empty where there is no row."""

    def in_year(name: str) -> Q:
        return Q(**{f"{name}__year": year}, **({f"{name}__lte": until} if until else {}))

    projects = (
        KeyProject.objects.counted()
        .filter(is_sample=is_sample)
        .filter(in_year("signed_on") | in_year("actual_start") | in_year("actual_production"))
        .order_by()
        .values("industry")
        .annotate(
            signed=Count("pk", filter=in_year("signed_on")),
            introduced_1yi=Count("pk", filter=in_year("signed_on") & Q(total_investment_wan__gte=WAN_IN_YI)),
            started=Count("pk", filter=in_year("actual_start")),
            started_new=Count("pk", filter=in_year("actual_start") & Q(project_type=ProjectType.NEW)),
            produced=Count("pk", filter=in_year("actual_production")),
        )
    )
    of_projects = Q(project__nature=Nature.PROJECT) & ~Q(project__status=Status.TERMINATED)
    reports = (
        ProgressReport.objects.filter(
            of_projects, in_year("month"), is_sample=is_sample, state__in=ReportState.counted()
        )
        .order_by()
        .values("project__industry")
        .annotate(
            invested_wan=Sum(booked(until)),
            projects_500=Count("project", distinct=True, filter=Q(project__total_investment_wan__gte=500)),
        )
    )
    receipts = (
        FundsReceipt.objects.valid()
        .filter(
            of_projects,
            in_year("received_on"),
            is_sample=is_sample,
            project__total_investment_wan__gte=WAN_IN_YI,
        )
        .order_by()
        .values("project__industry")
        .annotate(received_wan=Sum("amount_wan"))
    )
    return {
        "projects": {row["industry"]: {**row} for row in projects},
        "reports": {
            row["project__industry"]: {**row, "invested": Decimal(row["invested_wan"]) / WAN_IN_YI}
            for row in reports
        },
        "receipts": {
            row["project__industry"]: {"received": Decimal(row["received_wan"]) / WAN_IN_YI}
            for row in receipts
        },
    }


def is_met(target: Any, actual: Actual) -> bool | None:
    """Whether the actual satisfies the target's comparison; None when it is unknown."""
    if actual.value is None or target.value is None:
        return None
    if target.comparison == Comparison.AT_MOST:
        return actual.value <= target.value
    return actual.value >= target.value


def rows(rule: str, year: int, *, is_sample: bool) -> Q:
    """The projects behind the actual that `rule` computes for `year`, as a filter of `KeyProject`:
    those that `actuals` counts for a target with the same `is_sample`.

    Raises `KeyError` for an unknown rule.
    """
    same = {"is_sample": is_sample}
    reported = Q(
        pk__in=_projects_with(ProgressReport, month__year=year, state__in=ReportState.counted(), **same)
    )
    large = Q(total_investment_wan__gte=WAN_IN_YI)
    signed, started = Q(signed_on__year=year, **same), Q(actual_start__year=year, **same)
    return {
        "projects_500": reported & Q(total_investment_wan__gte=500),
        "invested": reported,
        "introduced_1yi": signed & large,
        "received": large
        & Q(pk__in=_projects_with(FundsReceipt, received_on__year=year, voided_at__isnull=True, **same)),
        "signed": signed,
        "started": started,
        "started_new": started & Q(project_type=ProjectType.NEW),
        "produced": Q(actual_production__year=year, **same),
    }[rule]


def _projects_with(model: Any, **filters: Any) -> Any:
    return model.objects.filter(**filters).order_by().values("project")
