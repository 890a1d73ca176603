"""The book of a project's investment: a page a month, each closing figure the next one's opening.

    opening + the month as reported + restatements booked in it = closing        (万元, since the first report)

A page is written when its report is frozen and never changed. A restatement is booked in the first month
that is still open, so that a published month keeps what was published. `prove` checks all of it over every
project, in a way that shares no code with the sums that pages show.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Max, OuterRef, Subquery, Sum

from projects.choices import ReportState, RestatedFigure
from projects.models import KeyProject, ProgressReport, Restatement
from tuoxian_portal.core.money import plain
from tuoxian_portal.core.months import month_of, next_month, period_of

ZERO = Decimal(0)
AT_ONCE = 500


# --- Writing a page ------------------------------------------------------------------------------
def last_frozen(project_id: int) -> date | None:
    """The newest month that is closed, None when none is. One query."""
    return ProgressReport.objects.filter(project=project_id, state=ReportState.FROZEN).aggregate(
        last=Max("month")
    )["last"]


def open_month(project_id: int, report_month: date) -> date:
    """The month in which a restatement made now is booked: the first one after all closed ones."""
    return next_month(last_frozen(project_id) or report_month)


@dataclass
class Balance:
    """Where the book of a project stands: its newest page (`month` None before the first) with what it
    closed at, in 万元, and the restatements by the month they are booked in."""

    month: date | None = None
    closing: Decimal = ZERO
    restated: dict[date, Decimal] = field(default_factory=dict)

    def write(self, report: ProgressReport) -> dict[str, Decimal]:
        """The fields of the page that freezing `report` writes, the next one of the book. No query."""
        opening = self.closing
        restated = sum(
            (
                change
                for month, change in self.restated.items()
                if month <= report.month and (self.month is None or month > self.month)
            ),
            ZERO,
        )
        self.month, self.closing = report.month, opening + report.invested_month_wan + restated
        return {
            "frozen_wan": report.invested_month_wan,
            "frozen_progress": report.physical_progress,
            "opening_wan": opening,
            "restated_wan": restated,
            "closing_wan": self.closing,
        }


def balances(projects: Collection[int]) -> dict[int, Balance]:
    """The balance of each of `projects` (keys), whose rows the caller has locked. Two queries."""
    found = {key: Balance() for key in projects}
    newest = (
        ProgressReport.objects.filter(project=OuterRef("pk"), state=ReportState.FROZEN)
        .order_by("-month")
        .values("pk")[:1]
    )
    for project, month, closing in ProgressReport.objects.filter(
        pk__in=KeyProject.objects.filter(pk__in=projects).order_by().values(newest=Subquery(newest))
    ).values_list("project", "month", "closing_wan"):
        found[project].month, found[project].closing = month, closing or ZERO
    for project, month, change in (
        Restatement.objects.filter(report__project__in=projects, figure=RestatedFigure.INVESTED)
        .order_by()
        .values_list("report__project", "booked_month")
        .annotate(change=Sum(F("new_value") - F("old_value")))
    ):
        found[project].restated[month] = change
    return found


# --- Reading the book ----------------------------------------------------------------------------
@dataclass
class Page:
    """A month of the book, in 万元. `year` is the year to date at its end; `is_closed` says whether it
    can still change."""

    month: date
    opening: Decimal
    reported: Decimal
    restated: Decimal
    closing: Decimal
    year: Decimal
    physical: Decimal
    is_closed: bool


def book(project: KeyProject) -> list[Page]:
    """Every counted month of `project`, oldest first, open ones as they would close today; a month in
    which only restatements are booked has its page too. Two queries."""
    reports = {r.month: r for r in project.progress_reports.counted().order_by("month")}
    booked: dict[date, list[Restatement]] = defaultdict(list)
    for row in Restatement.objects.filter(
        report__project=project, figure=RestatedFigure.INVESTED
    ).select_related("report"):
        booked[row.booked_month].append(row)
    pages: list[Page] = []
    total = ZERO
    by_year: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for month in sorted({*reports, *booked}):
        report = reports.get(month)
        reported = ZERO
        if report:
            reported = report.invested_month_wan if report.frozen_wan is None else report.frozen_wan
        by_year[month.year] += reported
        restated = ZERO
        for row in booked[month]:
            change = row.new_value - row.old_value
            restated += change
            by_year[row.report.month.year] += change
        pages.append(
            Page(
                month=month,
                opening=total,
                reported=reported,
                restated=restated,
                closing=total + reported + restated,
                year=by_year[month.year],
                physical=report.physical_progress if report else (pages[-1].physical if pages else ZERO),
                is_closed=bool(report and report.state == ReportState.FROZEN),
            )
        )
        total = pages[-1].closing
    return pages


# --- The proof -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Break:
    """Where the books do not hold: project, month (first day) and what is wrong, in words."""

    project: str
    month: date | None
    text: str

    def __str__(self) -> str:
        return f"{self.project} {period_of(self.month) if self.month else ''}：{self.text}"


@dataclass
class Proof:
    projects: int = 0
    months: int = 0
    restatements: int = 0
    breaks: list[Break] = field(default_factory=list)


def prove(projects: Any = None) -> Proof:
    """Checks every project's book (or those of `projects`); four queries for each `AT_ONCE` projects.

    Held: pages follow each other and add up; no month before a closed one is open; each restatement
    starts from the value the last one left, is booked after every month closed by then, and carries the
    figure from what was frozen to what stands today; the totals that pages and reports show
    (`with_totals`) equal the book at every month.
    """
    proof = Proof()
    rows = KeyProject.objects.all() if projects is None else projects
    keys = list(
        rows.order_by("pk").filter(progress_reports__isnull=False).distinct().values_list("pk", flat=True)
    )
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        reports: dict[int, list[ProgressReport]] = defaultdict(list)
        for report in ProgressReport.objects.filter(project__in=part).order_by("project_id", "month"):
            reports[report.project_id].append(report)
        changes: dict[int, list[Restatement]] = defaultdict(list)
        for change in (
            Restatement.objects.filter(report__project__in=part).select_related("report").order_by("pk")
        ):
            changes[change.report.project_id].append(change)
        numbers = dict(KeyProject.objects.filter(pk__in=part).values_list("pk", "number"))
        for key in part:
            proof.projects += 1
            proof.months += len(reports[key])
            proof.restatements += len(changes[key])
            proof.breaks += _breaks(numbers[key], reports[key], changes[key])
        proof.breaks += _wrong_totals(part, reports, changes)
    return proof


def _breaks(number: str, reports: list[ProgressReport], changes: list[Restatement]) -> Iterator[Break]:
    """The pages of one project."""
    closing, last, open_before = ZERO, date.min, None
    for report in reports:
        if report.state != ReportState.FROZEN:
            open_before = open_before or report
            if report.frozen_wan is not None:
                yield Break(number, report.month, "未冻结，却有冻结时的数据")
            continue
        page = (report.opening_wan, report.frozen_wan, report.restated_wan, report.closing_wan)
        if None in page or report.frozen_progress is None:
            yield Break(number, report.month, "已冻结，但没有账页（期初、期末）")
            continue
        opening, reported, restated, end = (Decimal(value or 0) for value in page)
        if open_before:
            yield Break(number, report.month, f"已冻结，但更早的 {period_of(open_before.month)} 尚未冻结")
        if opening != closing:
            yield Break(number, report.month, f"期初 {plain(opening, 4)} 与上期期末 {plain(closing, 4)} 不符")
        booked = sum(
            (
                change.new_value - change.old_value
                for change in changes
                if change.figure == RestatedFigure.INVESTED and last < change.booked_month <= report.month
            ),
            ZERO,
        )
        if restated != booked:
            yield Break(
                number, report.month, f"账页更正 {plain(restated, 4)} 与更正记录合计 {plain(booked, 4)} 不符"
            )
        if opening + reported + restated != end:
            yield Break(
                number,
                report.month,
                f"期初 {plain(opening, 4)} ＋ 本月 {plain(reported, 4)} ＋ 更正 {plain(restated, 4)} 不等于期末 {plain(end, 4)}",
            )
        closing, last = end, report.month
    yield from _broken_chains(number, reports, changes)


def _broken_chains(number: str, reports: list[ProgressReport], changes: list[Restatement]) -> Iterator[Break]:
    """Each figure from what was frozen, restatement by restatement, to what stands today."""
    for report in reports:
        if report.state != ReportState.FROZEN or report.frozen_wan is None:
            continue
        for figure, frozen in (
            (RestatedFigure.INVESTED, report.frozen_wan),
            (RestatedFigure.PROGRESS, report.frozen_progress),
        ):
            value = Decimal(frozen or 0)
            for change in changes:
                if change.report_id != report.pk or change.figure != figure:
                    continue
                if change.old_value != value:
                    yield Break(
                        number,
                        report.month,
                        f"{figure.label}的更正从 {plain(change.old_value, 4)} 起，而更正前是 {plain(value, 4)}",
                    )
                if change.booked_month <= report.month:
                    yield Break(number, report.month, "更正计入了它自己或更早的月份")
                value = change.new_value
            today_value = Decimal(getattr(report, figure.value))
            if today_value != value:
                yield Break(
                    number,
                    report.month,
                    f"{figure.label}现为 {plain(today_value, 4)}，而冻结和更正记录给出 {plain(value, 4)}：有人绕过更正改了数",
                )
    frozen_keys = {report.pk for report in reports if report.state == ReportState.FROZEN}
    for change in changes:
        if change.report_id not in frozen_keys:
            yield Break(number, change.report.month, "有更正记录，但月度进展并未冻结")


def _wrong_totals(
    keys: list[int], reports: dict[int, list[ProgressReport]], changes: dict[int, list[Restatement]]
) -> Iterator[Break]:
    """What pages show against plain sums, at the end of the newest month of each year, then and now."""
    ends: dict[int, date] = {}
    for report in (report for rows in reports.values() for report in rows):
        ends[report.month.year] = max(ends.get(report.month.year, date.min), report.month)
    for year, end in sorted(ends.items()):
        for until in (end, None):
            shown: Any = KeyProject.objects.filter(pk__in=keys).with_totals(year, until)
            for key, number, total in shown.values_list("pk", "number", "invested_year_wan"):
                expected = _plain_sum(reports[key], changes[key], year, until)
                if Decimal(total) != expected:
                    when = f"截至 {period_of(until)}" if until else "至今"
                    yield Break(
                        number,
                        end,
                        f"{year} 年{when}合计显示 {plain(total, 4)}，按账应为 {plain(expected, 4)}",
                    )


def _plain_sum(
    reports: Iterable[ProgressReport], changes: Iterable[Restatement], year: int, until: date | None
) -> Decimal:
    limit = month_of(until) if until else date.max
    total = ZERO
    for report in reports:
        if report.month.year == year and report.month <= limit and report.state in ReportState.counted():
            total += report.invested_month_wan if report.frozen_wan is None else report.frozen_wan
    for change in changes:
        concerned = change.figure == RestatedFigure.INVESTED and change.report.month.year == year
        if concerned and change.booked_month <= limit and change.report.month <= limit:
            total += change.new_value - change.old_value
    return total
