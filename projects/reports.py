"""The monthly report on key projects (重点项目月报): what it says and how each figure is made.

Figures come from accepted and frozen progress reports only. Real and sample projects never stand in
one report: the real ones are reported while any of them has figures for the year, otherwise the
samples, and then the report says so.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Q

from projects import actions, closing, targets
from projects.choices import ConfidenceLevel, Stage
from projects.confidence import assess
from projects.models import KeyProject, ProgressReport, Target
from projects.stage_history import rewind
from projects.workflow import FREEZE
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.money import format_wan, percent
from tuoxian_portal.core.months import end_of_month, first_day, last_day, next_month
from tuoxian_portal.core.registries import OpenRecord, PeriodClosing, ReportKind, report_kinds
from tuoxian_portal.core.reporting import SCHEMA, Column, fact, section, table

KIND = "monthly-projects"
TITLE = "托克托县重点项目月报"
ZERO = Decimal(0)
Progress = Callable[[int, int, str], None]


def assessed_on(period: str) -> date:
    """The day by which projects are rated: when the report is made, at the latest the end of the
    following month, so that a month made up later is not called stale."""
    return min(today(), end_of_month(next_month(first_day(period))))


def counted_reports(period: str) -> Any:
    """Accepted and frozen reports of the month."""
    return ProgressReport.objects.counted().of_month(first_day(period))


def has_data(period: str) -> bool:
    return counted_reports(period).exists()


@dataclass(slots=True)
class Row:
    """What the report needs of one project, without the project: ten thousand of them stay small."""

    number: str
    name: str
    owner: str
    industry: str
    department: str
    stage: str
    stage_label: str
    total: Decimal | None
    plan: Decimal | None
    month: Decimal
    restated: Decimal
    year: Decimal
    physical: Decimal | None
    latest: date | None
    level: str
    level_label: str
    reasons: str
    problems: list[tuple[str, str, date | None]]


# Only what a row and its rating read; contacts and long texts stay in the database.
FIELDS = (
    "number",
    "name",
    "enterprise_name",
    "enterprise__name",
    "industry__name",
    "department__name",
    "stage",
    "status",
    "nature",
    "total_investment_wan",
    "annual_plan_wan",
    "annual_plan_year",
    "signed_on",
    "planned_start",
    "actual_start",
    "planned_production",
    "actual_production",
    "override_at",
    "override_level",
    "override_reason",
    "override_computed",
)


def collect(period: str, progress: Progress) -> dict[str, Any]:
    """The frozen figures of `period`. Twelve queries, and two more for each further thousand projects."""
    start, end, on = first_day(period), last_day(period), assessed_on(period)
    until = Q(month__year=start.year, month__lte=start)
    counted = ProgressReport.objects.counted().filter(until)
    is_sample = closing.reports_samples(start)
    progress(1, 6, "读取项目台账")
    projects = (
        KeyProject.objects.counted()
        .filter(is_sample=is_sample)
        .filter(
            Q(annual_plan_year=start.year, annual_plan_wan__isnull=False)
            | Q(pk__in=counted.order_by().values("project"))
        )
        .select_related("industry", "department", "enterprise")
        .only(*FIELDS)
        .with_totals(start.year, start)
        .with_confidence_inputs(on)
        .order_by("industry__order", "industry_id", "number")
    )
    rows: list[Row] = []
    found = projects.iterator(chunk_size=1000)
    while chunk := list(islice(found, 1000)):
        rewind(chunk, on)
        rows += [_row(project, start.year, on) for project in chunk]
        progress(2, 6, f"已读取 {len(rows)} 个项目")
    progress(3, 6, "汇总投资与评估")
    note = f"{start.year}年1—{start.month}月" if start.month > 1 else f"{start.year}年1月"
    unfrozen = closing.left_open(period)
    figures = {
        "schema": SCHEMA,
        "title": TITLE,
        "period": period,
        "period_label": f"{start.year}年{start.month}月",
        "as_of": on.isoformat(),
        "has_samples": is_sample,
        "warnings": closing.warnings(unfrozen),
        "headline": _headline(rows, start, note),
        "sections": [
            _overall(rows, start, note, unfrozen),
            _industries(rows),
            _targets(start.year, end, is_sample),
            _confidence(rows, on),
            _problems(rows, on),
            _appendix(rows),
        ],
        "notes": NOTES,
    }
    progress(6, 6, "数据已冻结")
    return figures


def _row(project: Any, year: int, on: date) -> Row:
    assessment = assess(project, on=on)
    return Row(
        number=project.number,
        name=project.name,
        owner=project.owner_name,
        industry=project.industry.name if project.industry else "",
        department=project.department.name if project.department else "",
        stage=project.stage,
        stage_label=project.stage_label,
        total=project.total_investment_wan,
        plan=project.plan_for(year),
        month=project.invested_month_wan,
        restated=project.restated_month_wan,
        year=project.invested_year_wan,
        physical=project.latest_progress,
        latest=project.latest_month,
        level=assessment.level.value if assessment else "",
        level_label=str(assessment.label).split()[0] if assessment else "",
        reasons=assessment.text if assessment else "",
        problems=[(problem.text, problem.owner, problem.due_on) for problem in project.assessed_problems],
    )


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), ZERO)


def _rate(done: Decimal, plan: Decimal) -> Decimal | None:
    return percent(done, plan) if plan else None


def _headline(rows: list[Row], start: date, note: str) -> list[dict[str, Any]]:
    plan, done = _sum(r.plan for r in rows), _sum(r.year for r in rows)
    unknown = sum(1 for row in rows if row.total is None)
    planned_done = _sum(r.year for r in rows if r.plan)
    return [
        fact("纳入月报的项目", len(rows), "count", "当年有年度计划或已审核进展"),
        fact(
            "总投资",
            _sum(r.total for r in rows),
            "yi",
            f"另有 {unknown} 个项目总投资未公布" if unknown else "",
        ),
        fact("年度计划投资", plan if plan else None, "yi", f"{start.year}年"),
        fact("累计完成投资", done, "yi", note),
        fact(
            "完成年度计划",
            _rate(planned_done, plan),
            "percent",
            f"时间进度 {_elapsed(start)}%，只计有计划的项目",
        ),
        fact("当月完成投资", _sum(r.month for r in rows), "yi", f"{start.month}月"),
    ]


def _elapsed(start: date) -> str:
    return f"{percent(start.month, 12)}"


def _overall(rows: list[Row], start: date, note: str, unfrozen: list[OpenRecord]) -> dict[str, Any]:
    plan, done = _sum(r.plan for r in rows), _sum(r.year for r in rows)
    reporting = sum(1 for row in rows if row.latest == start)
    sentences = [
        f"纳入月报的重点项目 {len(rows)} 个，总投资 {format_wan(_sum(r.total for r in rows))}。",
        f"{note}累计完成投资 {format_wan(done)}，其中{start.month}月完成 {format_wan(_sum(r.month for r in rows))}。",
    ]
    if corrected := [row for row in rows if row.restated]:
        sentences.append(
            f"本月另有 {len(corrected)} 个项目更正了以前月份的数据，合计 {format_wan(_sum(r.restated for r in corrected))}，"
            "已计入累计。"
        )
    if plan:
        planned_done = _sum(r.year for r in rows if r.plan)
        rate, elapsed = _rate(planned_done, plan), percent(start.month, 12)
        gap = (rate or ZERO) - (elapsed or ZERO)
        pace = "快于" if gap > 0 else "慢于" if gap < 0 else "持平于"
        sentences.append(
            f"{start.year}年计划投资 {format_wan(plan)}，有计划的项目完成 {rate}%，"
            + (f"{pace}时间进度 {abs(gap)} 个百分点。" if gap else "与时间进度持平。")
        )
    else:
        sentences.append(f"{start.year}年度计划投资尚未录入，不计算完成率。")
    sentences.append(f"本月有已审核进展的项目 {reporting} 个，未报或未审核 {len(rows) - reporting} 个。")
    by_stage: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_stage[row.stage].append(row)
    order = [*[stage.value for stage in Stage], ""]
    return section(
        "一、总体情况",
        paragraphs=["".join(sentences)],
        tables=[
            table(
                "分阶段情况",
                [
                    Column("stage", "阶段"),
                    Column("count", "项目数", "count"),
                    Column("total", "总投资", "yi"),
                    Column("month", "本月完成", "yi"),
                    Column("year", "累计完成", "yi"),
                ],
                [
                    {
                        "stage": by_stage[stage][0].stage_label,
                        "count": len(by_stage[stage]),
                        "total": _sum(r.total for r in by_stage[stage]),
                        "month": _sum(r.month for r in by_stage[stage]),
                        "year": _sum(r.year for r in by_stage[stage]),
                    }
                    for stage in order
                    if stage in by_stage
                ],
                sheet="汇总",
            ),
            *closing.tables(unfrozen),
        ],
    )


def _industries(rows: list[Row]) -> dict[str, Any]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.industry or "未分产业", []).append(row)
    lines = [_group_line(name, members) for name, members in groups.items()]
    if rows:
        lines.append(_group_line("合计", rows))
    known = [line for line in lines[:-1] if line["rate"] is not None]
    known.sort(key=lambda line: line["rate"], reverse=True)
    sentence = "各产业完成情况见下表。"
    if len(known) > 1:
        sentence = (
            f"完成率最高的是{known[0]['industry']}（{known[0]['rate']}%），"
            f"最低的是{known[-1]['industry']}（{known[-1]['rate']}%）。"
        )
    return section(
        "二、分产业情况",
        paragraphs=[sentence],
        tables=[
            table(
                "分产业投资完成情况",
                [
                    Column("industry", "产业", width=3),
                    Column("count", "项目数", "count", width=1.4),
                    Column("total", "总投资", "yi"),
                    Column("plan", "年度计划", "yi"),
                    Column("month", "本月完成", "yi"),
                    Column("year", "累计完成", "yi"),
                    Column("rate", "完成率", "percent", width=1.9),
                ],
                lines,
                sheet="汇总",
                note="完成率只计有年度计划的项目。",
            )
        ],
    )


def _group_line(name: str, members: list[Row]) -> dict[str, Any]:
    plan = _sum(r.plan for r in members)
    return {
        "industry": name,
        "count": len(members),
        "total": _sum(r.total for r in members),
        "plan": plan if plan else None,
        "month": _sum(r.month for r in members),
        "year": _sum(r.year for r in members),
        "rate": _rate(_sum(r.year for r in members if r.plan), plan),
    }


def _targets(year: int, end: date, is_sample: bool) -> dict[str, Any]:
    goals = list(Target.objects.goals().of_year(year).filter(is_sample=is_sample).select_related("industry"))
    if not goals:
        return section("三、年度目标进展", paragraphs=[f"{year}年度目标尚未录入门户。"])
    actual = targets.actuals(goals, until=end)
    lines = []
    for goal in goals:
        found = actual[goal.pk]
        lines.append(
            {
                "indicator": goal.indicator,
                "target": goal.value,
                "actual": found.value,
                "unit": goal.unit,
                "percent": found.percent,
                "text": found.text,
            }
        )
    known = [line for line in lines if line["actual"] is not None]
    return section(
        "三、年度目标进展",
        paragraphs=[f"{year}年目标 {len(lines)} 项，其中门户能够计算或已填报实际值的 {len(known)} 项。"],
        tables=[
            table(
                "年度目标与实际",
                [
                    Column("indicator", "指标", width=4),
                    Column("target", "目标", "number"),
                    Column("actual", "实际", "number"),
                    Column("unit", "单位", width=1.4),
                    Column("percent", "完成率", "percent", width=1.8),
                    Column("text", "口径", width=8, wide=True),
                ],
                lines,
                sheet="汇总",
                note="“—”为门户没有数据来源，由主管部门公布后填报。",
            )
        ],
    )


def _confidence(rows: list[Row], on: date) -> dict[str, Any]:
    counts = {level: sum(1 for r in rows if r.level == level.value) for level in ConfidenceLevel}
    order = [ConfidenceLevel.RED, ConfidenceLevel.YELLOW, ConfidenceLevel.GREY]
    attention = [row for level in order for row in rows if row.level == level.value]
    sentence = "，".join(f"{level.label} {count} 个" for level, count in counts.items())
    unrated = sum(1 for row in rows if not row.level)
    return section(
        "四、能否按期",
        paragraphs=[
            f"按{on.year}年{on.month}月{on.day}日掌握的情况：{sentence}"
            + (f"；另有 {unrated} 个处于签约前或已达产，不作评估。" if unrated else "。")
        ],
        tables=[
            table(
                "需要关注的项目（红、黄、灰）",
                [
                    Column("name", "项目", width=4),
                    Column("level", "评估", width=1.5),
                    Column("department", "责任单位", width=3.2),
                    Column("reasons", "原因", width=7),
                ],
                [
                    {
                        "name": row.name,
                        "level": row.level_label,
                        "department": row.department,
                        "reasons": row.reasons,
                    }
                    for row in attention
                ],
                sheet="关注",
                print_rows=40,
            )
        ]
        if attention
        else [],
    )


def _problems(rows: list[Row], on: date) -> dict[str, Any]:
    problems = [(row.name, *problem) for row in rows for problem in row.problems]
    problems.sort(key=lambda problem: problem[3] or date.max)
    overdue = sum(1 for *_, due in problems if due and due < on)
    if not problems:
        return section("五、存在问题", paragraphs=["没有登记未解决的问题。"])
    return section(
        "五、存在问题",
        paragraphs=[f"未解决的问题 {len(problems)} 个，其中超期 {overdue} 个。"],
        tables=[
            table(
                "未解决的问题",
                [
                    Column("project", "项目", width=3.4),
                    Column("text", "问题", width=5),
                    Column("owner", "责任", width=2.4),
                    Column("due", "期限", "date", width=2.6),
                    Column("overdue", "超期天数", "count", width=1.4),
                ],
                [
                    {
                        "project": name,
                        "text": text,
                        "owner": owner,
                        "due": due,
                        "overdue": max(0, (on - due).days) if due else None,
                    }
                    for name, text, owner, due in problems
                ],
                sheet="问题",
                print_rows=40,
            )
        ],
    )


def _appendix(rows: list[Row]) -> dict[str, Any]:
    return section(
        "六、项目明细",
        paragraphs=["各项目本月进展见附表。"],
        tables=[
            table(
                "重点项目进展明细",
                [
                    Column("number", "编号", width=3.2, wide=True),
                    Column("name", "项目名称", width=4.6),
                    Column("owner", "企业", width=3.4, wide=True),
                    Column("industry", "产业", width=2.5, wide=True),
                    Column("stage", "阶段", width=1.6),
                    Column("total", "总投资", "wan", width=2.2),
                    Column("plan", "年度计划", "wan", width=2.1),
                    Column("month", "本月完成", "wan", width=2),
                    Column("year", "累计完成", "wan", width=2.1),
                    Column("rate", "完成率", "percent", width=2),
                    Column("physical", "形象进度", "percent", width=2),
                    Column("latest", "最近填报", width=2.4, wide=True),
                    Column("level", "评估", width=1.5),
                ],
                [
                    {
                        "number": row.number,
                        "name": row.name,
                        "owner": row.owner,
                        "industry": row.industry,
                        "stage": row.stage_label,
                        "total": row.total,
                        "plan": row.plan,
                        "month": row.month,
                        "year": row.year,
                        "rate": _rate(row.year, row.plan) if row.plan else None,
                        "physical": row.physical,
                        "latest": f"{row.latest:%Y-%m}" if row.latest else "",
                        "level": row.level_label,
                    }
                    for row in rows
                ],
                sheet="项目",
                landscape=True,
            )
        ],
    )


NOTES = [
    ["项目范围", "台账中性质为“项目”、未终止，且当年有年度计划或有已审核月度进展的项目。"],
    [
        "完成投资",
        "只取状态为“已审核”或“已冻结”的月度进展；草稿和已提交未审核的不计。累计为当年1月至本月之和。",
    ],
    [
        "更正",
        "已冻结的数据只能更正：更正计入当时尚未冻结的月份，累计＝上月累计＋本月完成＋本月更正；已公布的月份不变。",
    ],
    ["完成率", "有年度计划的项目累计完成投资 ÷ 其年度计划投资；没有计划的项目不进入分子和分母。"],
    ["时间进度", "已过月数 ÷ 12。"],
    ["总投资", "按台账登记的数额相加；未公布总投资的项目不计入，单独说明个数。"],
    [
        "能否按期",
        "绿 可按期，黄 有问题可解，红 现状难以按期，灰 35 天内没有已审核的更新。按规则计算，人工评定的写明理由。",
    ],
    [
        "冻结",
        "生成报告时，已审核的月份随之冻结，以后只能更正；因更早的月份未审核而不能冻结的，在“未冻结的项目”列明。"
        "报告里的数据不再改变；重新生成须写明理由，原报告保留。",
    ],
]

report_kinds.register(
    KIND,
    ReportKind(
        kind=KIND,
        title=TITLE,
        permission="projects.view_progressreport",
        collect=collect,
        has_data=has_data,
        closing=PeriodClosing(
            close=lambda period, actor, progress: actions.close_months(
                period=period, actor=actor, progress=progress
            ),
            left_open=closing.left_open,
            permission=FREEZE,
        ),
    ),
)
