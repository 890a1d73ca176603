"""Which months that a monthly report counts are still open, and why.

A report closes the months it prints (`actions.close_months`); what cannot be closed in its order is named
here, so that the report says which of its figures may still change.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.urls import reverse

from projects.choices import ReportState
from projects.models import KeyProject, ProgressReport
from tuoxian_portal.core.months import first_day
from tuoxian_portal.core.registries import OpenRecord
from tuoxian_portal.core.reporting import Column, table


def reports_samples(until: date) -> bool:
    """Whether the report of the month `until` is one of sample projects: only while no real project has
    a counted figure of that year."""
    counted = ProgressReport.objects.counted().filter(month__year=until.year, month__lte=until)
    return not counted.filter(is_sample=False).exists() and counted.filter(is_sample=True).exists()


def to_close(until: date) -> Any:
    """The accepted months up to `until` that its report counts, in the order in which they close."""
    return ProgressReport.objects.filter(
        state=ReportState.ACCEPTED,
        month__lte=until,
        is_sample=reports_samples(until),
        project__in=KeyProject.objects.counted().order_by().values("pk"),
    ).order_by("project", "month")


def left_open(period: str) -> list[OpenRecord]:
    """One record for each project of which a month up to `period` is counted and not frozen, with the
    reason and the page where it is put right. Four queries."""
    until = first_day(period)
    open_months = list(to_close(until).select_related("project"))
    waiting: dict[int, ProgressReport] = {}
    for report in (
        ProgressReport.objects.exclude(state__in=ReportState.counted())
        .filter(month__lt=until, project__in={report.project_id for report in open_months})
        .order_by("project", "-month")
    ):
        waiting[report.project_id] = report
    return list(_records(open_months, waiting))


def _records(open_months: list[ProgressReport], waiting: dict[int, ProgressReport]) -> Iterator[OpenRecord]:
    months: dict[int, list[ProgressReport]] = {}
    for report in open_months:
        months.setdefault(report.project_id, []).append(report)
    for key, reports in months.items():
        earlier = waiting.get(key)
        blocked = earlier is not None and earlier.month < reports[-1].month
        first = earlier if earlier is not None and blocked else reports[0]
        said = "、".join(f"{report.month:%Y-%m}" for report in reports)
        yield OpenRecord(
            label=f"{reports[0].project.number} {reports[0].project.name}",
            text=f"{said} 已审核、未冻结"
            + (
                f"：更早的 {first.month:%Y-%m} 还是“{first.get_state_display()}”，先审核并冻结它"
                if blocked
                else ""
            ),
            url=reverse("admin:projects_progressreport_change", args=[first.pk]),
        )


def warnings(unfrozen: list[OpenRecord]) -> list[str]:
    """What stands under the title of a report with open months."""
    return [f"未冻结 {len(unfrozen)} 个项目，其数据以后可能变动"] if unfrozen else []


def tables(unfrozen: list[OpenRecord]) -> list[dict[str, Any]]:
    """The projects of those months, each with its reason; none when all are frozen."""
    if not unfrozen:
        return []
    return [
        table(
            "未冻结的项目",
            [Column("project", "项目", width=5), Column("text", "情况", width=7)],
            [{"project": record.label, "text": record.text} for record in unfrozen],
            sheet="未冻结",
            print_rows=40,
            note="这些月份已计入本报告，但还没有冻结，以后可能被退回修改。",
        )
    ]
