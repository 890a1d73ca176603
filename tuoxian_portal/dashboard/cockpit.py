"""What officials read: each panel is one function that returns plain data for the page.

Kept figures (`models`) answer what would scan every row; what must be right this minute (open cases,
overdue leads) is counted over open rows only. Every figure carries the address of its rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count
from django.urls import reverse

from finance.models import LoanIntent
from finance.pipeline import Pipeline
from policies.models import PolicyClaim
from projects import targets as target_rules
from projects.choices import ConfidenceLevel, TargetCategory
from projects.models import (
    Commitment,
    InvestmentLead,
    KeyProject,
    LeadConflict,
    ProjectProblem,
    SupervisionNotice,
    Target,
)
from projects.querysets_leads import AnswerRecord
from services.models import Case, RatingRemediation
from tuoxian_portal.accounts.models import Role
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.money import format_wan, percent, plain
from tuoxian_portal.dashboard.figures import last_months
from tuoxian_portal.dashboard.models import FigureRefresh, HallMonth, ProjectRating

# 双一百: what the county is measured by, in the order in which it names them.
TOP = 5


def rows_url(page: str, **parameters: str) -> str:
    """The address of the rows behind a figure."""
    text = urlencode(parameters)
    return reverse(f"dashboard:{page}") + (f"?{text}" if text else "")


def sees_county(user: Any, permission: str) -> bool:
    """Whether a county-wide figure of this kind is the person's business."""
    return user.has_perm(permission) and Role.Scope.COUNTY in user.scopes


# --- Time -------------------------------------------------------------------------------------------
def elapsed_percent(year: int, on: date) -> Decimal:
    """How much of `year` has gone by on `on`, in percent: 0 before it, 100 after it."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    gone = min(max((on - first).days + 1, 0), (last - first).days + 1)
    return percent(gone, (last - first).days + 1) or Decimal(0)


def years_with_targets() -> list[int]:
    """Newest first; one query."""
    years = (
        Target.objects.filter(category=TargetCategory.TARGET, year__isnull=False)
        .order_by("-year")
        .values_list("year", flat=True)
        .distinct()
    )
    return [year for year in years if year is not None]


def chosen_year(asked: str, years: list[int]) -> tuple[int, str]:
    """The year that is shown and what to say about it: the newest with targets that is not in the
    future, unless the address names another."""
    this_year = today().year
    newest = next((year for year in years if year <= this_year), this_year)
    if not asked:
        return newest, ""
    if asked in map(str, years):
        return int(asked), ""
    return newest, f"没有“{asked[:10]}”年的目标，已显示 {newest} 年。"


# --- Targets ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class TargetLine:
    """A target against its actual. `gap` is the actual minus what the time gone by would ask for."""

    label: str
    unit: str
    value: Decimal | None
    target: Decimal
    percent: Decimal | None
    tone: str
    words: str
    note: str
    source: str
    href: str
    is_sample: bool

    @property
    def is_known(self) -> bool:
        return self.value is not None


def target_lines(targets: Sequence[Target], *, year: int, on: date) -> list[TargetLine]:
    """Worst first, unknown ones last; at most three queries for the actuals."""
    targets = [target for target in targets if target.value]
    found = target_rules.actuals(targets)
    elapsed = elapsed_percent(year, on)
    lines = [_target_line(target, found[target.pk], elapsed) for target in targets]
    return sorted(lines, key=lambda line: (line.percent is None, line.percent or 0))


def _target_line(target: Target, actual: target_rules.Actual, elapsed: Decimal) -> TargetLine:
    value, goal = actual.value, Decimal(target.value or 0)
    tone, words = "muted", "尚无数据"
    if value is not None:
        gap = value - goal * elapsed / 100
        met, behind = target_rules.is_met(target, actual), gap < 0
        tone = "good" if met else "warn" if behind else "info"
        state = "已完成" if met else "▼ 滞后" if behind else "▲ 快于时序"
        words = f"{plain(actual.percent or 0, 0)}% {state} · {plain(value)}/{plain(goal)} {target.unit}"
        if value < goal and plain(gap, 1) not in {"0", "-0"}:
            words += f" · 比时序{'少' if behind else '多'} {plain(abs(gap), 1)}"
    return TargetLine(
        label=target.indicator,
        unit=target.unit,
        value=value,
        target=goal,
        percent=actual.percent,
        tone=tone,
        words=words,
        note=actual.text,
        source="示例" if target.is_sample else f"目标来源：{target.source_title}（{target.source_date}）",
        href=_target_rows(target) if value is not None else "",
        is_sample=target.is_sample,
    )


def _target_rows(target: Target) -> str:
    """The rows that a rule counts, as a filter of the project list."""
    parameters: dict[str, str] = {}
    if target.rule:
        parameters = {"counts": target.rule, "year": str(target.year), "sample": str(int(target.is_sample))}
    if target.industry:
        parameters["industry"] = target.industry.slug
    return rows_url("projects", **parameters)


def year_targets(year: int) -> list[Target]:
    return list(Target.objects.filter(category=TargetCategory.TARGET, year=year).select_related("industry"))


# --- Projects ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class LevelCount:
    level: str
    label: str
    tone: str
    count: int
    href: str


def confidence_counts() -> list[LevelCount]:
    """Rated projects by level, every level present; one query."""
    counts = dict(ProjectRating.objects.order_by().values_list("level").annotate(n=Count("pk")))
    return [
        LevelCount(
            level.value,
            str(level.label),
            level.tone,
            counts.get(level.value, 0),
            rows_url("projects", level=level.value),
        )
        for level in ConfidenceLevel
    ]


def stage_bars() -> list[dict[str, Any]]:
    """The path as bars: projects and money in each stage; one query."""
    return [
        {
            "label": row["label"],
            "value": row["count"],
            "text": f"{row['count']} 个" + (f" · {format_wan(row['total_wan'])}" if row["total_wan"] else ""),
            "href": rows_url("projects", stage=row["stage"]) if row["stage"] and row["count"] else "",
        }
        for row in KeyProject.objects.counted().by_stage()
    ]


# --- Hall -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Hall:
    """The hall now and over 13 months. `month` is the current one, None when nothing happened yet."""

    queues: dict[str, int]
    months: list[HallMonth]
    month: HallMonth | None
    with_limit: int
    on_time: int

    @property
    def on_time_percent(self) -> Decimal | None:
        """Over all shown months."""
        return percent(self.on_time, self.with_limit)

    @property
    def exempted(self) -> int:
        """Materials that nobody had to bring (免提交), over all shown months."""
        return sum(month.exempted for month in self.months)

    @property
    def received(self) -> int:
        return sum(month.received for month in self.months)

    @property
    def decided(self) -> int:
        return sum(month.decided for month in self.months)


def hall(on: date) -> Hall:
    """Two queries: open cases, and 13 kept months of the whole county."""
    shown = last_months(on)
    months = list(HallMonth.objects.filter(department=None, month__gte=shown[0], month__lte=shown[-1]))
    return Hall(
        queues=Case.objects.queue_counts(on),
        months=months,
        month=next((month for month in months if month.month == shown[-1]), None),
        with_limit=sum(month.with_limit for month in months),
        on_time=sum(month.on_time for month in months),
    )


QUEUES = {
    "received": "待受理",
    "correcting": "待补正",
    "accepted": "已受理待审",
    "reviewing": "审查中",
    "deciding": "待审批",
    "due_soon": "将到期",
    "overdue": "超期",
    "collecting": "待领取",
}


def queue_links(counts: dict[str, int]) -> list[tuple[str, int, str]]:
    """The queues of the hall: label, size, address of the rows."""
    return [(label, counts.get(key, 0), rows_url("hall", queue=key)) for key, label in QUEUES.items()]


# --- Loans ------------------------------------------------------------------------------------------
def loans(user: Any) -> Pipeline:
    """All loans that `user` may see, step by step; one query."""
    return LoanIntent.objects.visible_to(user).pipeline()


def loan_bars(pipeline: Pipeline) -> list[dict[str, Any]]:
    return [
        {
            "label": step.label,
            "value": step.amount_wan or 0,
            "text": f"{format_wan(step.amount_wan)} · {step.count} 笔"
            + (f" · 中位 {plain(step.median_days, 0)} 天" if step.median_days is not None else ""),
            "href": rows_url("finance", reached=step.step) if step.count else "",
        }
        for step in pipeline.steps
    ]


# --- What needs attention -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Concern:
    """Something to ask about today: how many, the first few in words, and where the rest is."""

    label: str
    count: int
    tone: str
    href: str
    lines: list[str] = field(default_factory=list)


def concerns(user: Any, on: date) -> list[Concern]:
    """Only what is not zero, worst first. At most two queries for each kind that the user may see."""
    found: list[Concern] = []
    rows: Any
    if sees_county(user, "projects.view_keyproject"):
        for level, label, tone in (
            (ConfidenceLevel.RED, "项目现状难以按期", "bad"),
            (ConfidenceLevel.GREY, "项目超过 35 天未更新", "muted"),
        ):
            rated = ProjectRating.objects.filter(level=level)
            if count := rated.count():
                rows = rated.select_related("project").order_by("-changed_on", "pk")[:TOP]
                lines = [f"{row.project.name}：{row.text.split('；')[0]}" for row in rows]
                found.append(Concern(label, count, tone, rows_url("projects", level=level.value), lines))
        problems = ProjectProblem.objects.visible_to(user).overdue(on)
        if count := problems.count():
            rows = problems.select_related("project").order_by("due_on")[:TOP]
            lines = [f"{row.project.name}：{row}（应于 {row.due_on} 前解决）" for row in rows]
            found.append(
                Concern("问题超过解决期限", count, "bad", rows_url("projects", problem="overdue"), lines)
            )
        notices = SupervisionNotice.objects.visible_to(user).overdue(on)
        if count := notices.count():
            rows = notices.select_related("owner", "owner_department").order_by("reply_due")[:TOP]
            lines = [
                f"{row}（{row.owner_department or row.owner}，应于 {row.reply_due} 前答复）" for row in rows
            ]
            found.append(Concern("督办超期未答复", count, "bad", _admin_list("supervisionnotice"), lines))
        promises = Commitment.objects.visible_to(user).overdue(on)
        if count := promises.count():
            rows = promises.select_related("project").order_by("due_on")[:TOP]
            lines = [f"{row.project.name}：{row}（{row.due_on} 到期）" for row in rows]
            found.append(Concern("承诺到期未兑现或待核定", count, "warn", _admin_list("commitment"), lines))
    if sees_county(user, "services.view_case"):
        late = Case.objects.visible_to(user).overdue(on)
        if count := late.count():
            rows = late.select_related("item", "department").order_by("due_on")[:TOP]
            lines = [
                f"{row.case_number} {row.item.name}（{row.department}，期限 {row.due_on}）" for row in rows
            ]
            found.append(Concern("办件超期", count, "bad", rows_url("hall", queue="overdue"), lines))
        if count := Case.objects.visible_to(user).due_soon(on).count():
            found.append(Concern("办件将到期", count, "warn", rows_url("hall", queue="due_soon")))
    if sees_county(user, "services.view_ratingremediation"):
        unsettled = RatingRemediation.objects.visible_to(user).overdue(on)
        if count := unsettled.count():
            rows = unsettled.select_related("rating__invitation", "department", "outlet").order_by("due_on")[
                :TOP
            ]
            lines = [
                f"{row.number} {row.rating.invitation.title}（{row.department or row.outlet}，期限 {row.due_on}）"
                for row in rows
            ]
            href = reverse("admin:services_ratingremediation_changelist") + "?queue=overdue"
            found.append(Concern("差评整改超期", count, "bad", href, lines))
    conflicts = LeadConflict.objects.visible_to(user).undecided()
    if count := conflicts.count():
        rows = conflicts.select_related("first", "later").order_by("pk")[:TOP]
        lines = [f"{row.later.number} 与先登记的 {row.first.number}" for row in rows]
        href = reverse("admin:projects_leadconflict_changelist") + "?decision__isempty=1"
        found.append(Concern("撞单待裁定", count, "warn", href, lines))
    if sees_county(user, "policies.view_policyclaim"):
        found += late_claims(user, on)
    leads = InvestmentLead.objects.visible_to(user).overdue(on)
    if count := leads.count():
        rows = leads.order_by("answer_due")[:TOP]
        lines = [f"{row.number}（应于 {row.answer_due} 前答复）" for row in rows]
        href = reverse("admin:projects_investmentlead_changelist") + "?follow=late"
        found.append(Concern("投资咨询超期未答复", count, "bad", href, lines))
    order = {"bad": 0, "warn": 1, "muted": 2}
    return sorted(found, key=lambda concern: (order[concern.tone], -concern.count))


def late_claims(user: Any, on: date) -> list[Concern]:
    """政策兑现 that was not reviewed or not paid in time; one query for each, and one for its lines."""
    claims = PolicyClaim.objects.visible_to(user)
    found = []
    for label, late, due, clock in (
        ("政策兑现超时未审核", claims.review_overdue(on), "review_due_on", "review_late"),
        ("政策资金超时未兑付", claims.overdue(on), "pay_due_on", "pay_late"),
    ):
        if count := late.count():
            rows = late.select_related("clause", "enterprise").order_by(due, "pk")[:TOP]
            lines = [
                f"{row.number} {row.enterprise.name}（{row.clause.name}，期限 {getattr(row, due)}）"
                for row in rows
            ]
            href = f"{reverse('admin:policies_policyclaim_changelist')}?clock={clock}"
            found.append(Concern(label, count, "bad", href, lines))
    return found


def _admin_list(model: str) -> str:
    """The overdue ones in the workbench."""
    return f"{reverse(f'admin:projects_{model}_changelist')}?overdue=1"


ANSWER_DAYS = 90


@dataclass(frozen=True)
class Answers:
    """How the enquiries of the last `ANSWER_DAYS` were answered against the day that was promised."""

    record: AnswerRecord
    promise: int

    @property
    def finding(self) -> str:
        share = self.record.on_time_percent
        if share is None:
            return f"投资咨询：近 {ANSWER_DAYS} 天没有到期的答复"
        return f"投资咨询：近 {ANSWER_DAYS} 天按期答复 {plain(share, 1)}%"

    @property
    def parts(self) -> list[tuple[str, int]]:
        record = self.record
        return [
            ("收到", record.received),
            ("按期答复", record.on_time),
            ("逾期答复", record.late),
            ("未答复", record.unanswered),
            ("还在期限内", record.waiting),
        ]


def answers(user: Any, on: date) -> Answers:
    """The promised answer time, kept or not; one query."""
    rows = InvestmentLead.objects.visible_to(user)
    return Answers(
        rows.answer_record(since=on - timedelta(days=ANSWER_DAYS), on=on),
        settings.ENQUIRY_ANSWER_WORKING_DAYS,
    )


def as_of() -> Any:
    """When the kept figures were computed; None before the first time."""
    return FigureRefresh.objects.filter(name="cockpit").values_list("at", flat=True).first()
