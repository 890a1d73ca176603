"""Computing the figures that the cockpit keeps. Every function may run at any time, any number of times."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from projects import confidence
from projects.models import KeyProject
from services.models import Case
from tuoxian_portal.core.calendar import WorkingCalendar, load_calendar, today
from tuoxian_portal.core.months import end_of_month, month_of, previous_month
from tuoxian_portal.dashboard.models import FigureRefresh, HallMonth, ProjectRating

Progress = Callable[[int, int, str], None]
RATINGS_AT_ONCE = 500
MONTHS_SHOWN = 13


def _silent(done: int, total: int, message: str = "") -> None:
    return None


def last_months(on: date, count: int = MONTHS_SHOWN) -> list[date]:
    """The first days of the `count` months that end with the month of `on`, oldest first."""
    months = [month_of(on)]
    while len(months) < count:
        months.append(previous_month(months[-1]))
    return months[::-1]


def refresh_ratings(on: date | None = None, progress: Progress = _silent) -> int:
    """Rates every project anew; returns how many levels changed.

    Four queries for each `RATINGS_AT_ONCE` projects, one write for what changed.
    """
    on = on or today()
    changed = 0
    rated: set[int] = set()
    projects = KeyProject.objects.assessed().order_by("pk")
    total = projects.count()
    last = 0
    while batch := list(projects.filter(pk__gt=last).with_confidence_inputs(on)[:RATINGS_AT_ONCE]):
        last = batch[-1].pk
        changed += _rate(batch, on)
        rated.update(project.pk for project in batch)
        progress(len(rated), total, "评定项目把握")
    ProjectRating.objects.exclude(project__in=projects.values("pk")).delete()
    return changed


@transaction.atomic
def _rate(projects: Sequence[KeyProject], on: date) -> int:
    known = ProjectRating.objects.in_bulk([project.pk for project in projects])
    new, old, changed = [], [], 0
    for project in projects:
        assessment = confidence.assess(project, on=on)
        if assessment is None:
            continue
        row = known.get(project.pk)
        if row is None:
            row = ProjectRating(project=project, level=assessment.level)
            new.append(row)
        else:
            old.append(row)
            if row.level != assessment.level:
                row.previous, row.changed_on = row.level, on
                changed += 1
        row.level, row.computed = assessment.level, assessment.computed
        row.text, row.assessed_on = assessment.text, on
    ProjectRating.objects.bulk_create(new)
    ProjectRating.objects.bulk_update(
        old, ["level", "computed", "text", "previous", "changed_on", "assessed_on"]
    )
    return changed


class WorkingDayIndex:
    """Working days between two days in constant time over a fixed span, for millions of cases."""

    def __init__(self, calendar: WorkingCalendar, start: date, end: date) -> None:
        days = (start + timedelta(days=n) for n in range((end - start).days + 1))
        self._ordinals = [day.toordinal() for day in days if calendar.is_working_day(day)]

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`."""
        return max(
            0,
            bisect_right(self._ordinals, end.toordinal()) - bisect_right(self._ordinals, start.toordinal()),
        )


def percentile(values: Sequence[int], share: int) -> int | None:
    """The nearest-rank percentile of sorted `values`; None for none."""
    if not values:
        return None
    return values[max(0, -(-len(values) * share // 100) - 1)]


def refresh_hall(months: Iterable[date] | None = None, progress: Progress = _silent) -> int:
    """Counts the hall's months anew; by default the current and the last one, which may still change.

    Reads only the cases received or decided in those months (both dates are indexed). Returns the
    number of rows written.
    """
    on = today()
    wanted = sorted(months) if months is not None else last_months(on, 2)
    written = 0
    for done, month in enumerate(wanted, start=1):
        written += _count_month(month)
        progress(done, len(wanted), f"统计 {month:%Y 年 %m 月}")
    return written


@dataclass
class _Tally:
    """One department's month, or the whole county's."""

    received: int = 0
    decided: int = 0
    with_limit: int = 0
    on_time: int = 0
    exempted: int = 0
    days: list[int] = field(default_factory=list)


@transaction.atomic
def _count_month(month: date) -> int:
    end = end_of_month(month)
    tallies: dict[int | None, _Tally] = defaultdict(_Tally)
    received = Case.objects.order_by().received_between(month, end)
    for (department,) in received.values_list("department").iterator():
        for key in (department, None):
            tallies[key].received += 1
    for department, count in received.exempted_by_department():
        for key in (department, None):
            tallies[key].exempted += count
    decisions = Case.objects.order_by().decided_between(month, end)
    first = decisions.aggregate(first=Min("accepted_on"))["first"] or month
    index = WorkingDayIndex(load_calendar(), first, end)
    rows = decisions.values_list("department", "accepted_on", "decided_on", "decide_by")
    for department, accepted_on, decided_on, decide_by in rows.iterator():
        for key in (department, None):
            tally = tallies[key]
            tally.decided += 1
            if decide_by and decided_on:
                tally.with_limit += 1
                tally.on_time += decided_on <= decide_by
            if accepted_on and decided_on:
                tally.days.append(index.between(accepted_on, decided_on))
    HallMonth.objects.filter(month=month).delete()
    return len(
        HallMonth.objects.bulk_create(
            HallMonth(
                month=month,
                department_id=department,
                received=tally.received,
                decided=tally.decided,
                with_limit=tally.with_limit,
                on_time=tally.on_time,
                exempted=tally.exempted,
                p50_days=percentile(sorted(tally.days), 50),
                p90_days=percentile(sorted(tally.days), 90),
            )
            for department, tally in tallies.items()
        )
    )


def months_to_count() -> list[date]:
    """The current and the last month, and every shown month that has cases but was never counted."""
    on = today()
    shown = last_months(on)
    counted = set(HallMonth.objects.filter(month__gte=shown[0]).values_list("month", flat=True))
    span = Case.objects.aggregate(first=Min("received_on"), last=Max("received_on"))
    missing = [
        month
        for month in shown
        if month not in counted and span["first"] and month_of(span["first"]) <= month
    ]
    return sorted({*last_months(on, 2), *missing})


def refresh(progress: Progress = _silent) -> None:
    """Everything the cockpit keeps."""
    refresh_ratings(progress=progress)
    refresh_hall(months_to_count(), progress=progress)
    FigureRefresh.objects.update_or_create(name="cockpit", defaults={"at": timezone.now()})
