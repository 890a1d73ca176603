"""Working days of the People's Republic, from the county's editable calendar.

The day of an event does not count (民法典 Art. 201): a deadline of n working days after a day is the
n-th working day that follows it. A year nobody has entered counts weekdays only and is 推算.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from tuoxian_portal.core.models import CalendarDay, CalendarYear

CACHE_KEY = "core.calendar"
ONE_DAY = timedelta(days=1)


class WorkingCalendar:
    """Arithmetic on working days over a fixed set of exceptions to the weekday rule."""

    def __init__(self, exceptions: dict[date, bool], published: Iterable[int]) -> None:
        self.exceptions = exceptions
        self.published = frozenset(published)

    def is_working_day(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < 5)

    def add(self, start: date, days: int) -> date:
        """The `days`-th working day after `start`; `start` itself for 0. Raises ValueError below 0."""
        if days < 0:
            raise ValueError("days must not be negative")
        day = start
        while days:
            day += ONE_DAY
            days -= self.is_working_day(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; 0 when `end` is not later."""
        count, day = 0, start
        while day < end:
            day += ONE_DAY
            count += self.is_working_day(day)
        return count

    @property
    def digest(self) -> str:
        """The same for the same days, another one after any edit."""
        days = repr((sorted(self.exceptions.items()), sorted(self.published)))
        return hashlib.sha256(days.encode()).hexdigest()[:32]

    def is_projected(self, start: date, end: date) -> bool:
        """Whether a span touches a year whose holidays are not yet published."""
        return any(year not in self.published for year in range(start.year, end.year + 1))


def load_calendar() -> WorkingCalendar:
    """The calendar in force. Two queries, then from the cache until somebody edits the table."""
    data = cache.get(CACHE_KEY)
    if data is None:
        data = (
            dict(CalendarDay.objects.values_list("date", "is_working")),
            list(
                CalendarYear.objects.filter(status=CalendarYear.Status.PUBLISHED).values_list(
                    "year", flat=True
                )
            ),
        )
        cache.set(CACHE_KEY, data, 300)
    return WorkingCalendar(*data)


# Called when days or years were edited, after commit. An app that stores dates which rest on them adds
# a function in `ready()`; core knows nothing about who that is.
calendar_listeners: list[Callable[[], None]] = []


def forget_calendar() -> None:
    """Called when the table changed, after commit."""
    cache.delete(CACHE_KEY)


def announce_change() -> None:
    """The table was edited: forgets the cached calendar and tells those whose dates rest on it."""

    def announce() -> None:
        forget_calendar()
        for listener in calendar_listeners:
            listener()

    transaction.on_commit(announce)


def today() -> date:
    """The date in the county (Asia/Shanghai)."""
    return timezone.localdate()


def exceptions_from_package(year: int) -> dict[date, tuple[bool, str]]:
    """What the `holidays` package knows of `year` against the weekday rule, 调休 included."""
    import holidays  # only importing a year needs it

    china = holidays.country_holidays("CN", years=year, language="zh_CN")
    found: dict[date, tuple[bool, str]] = {}
    day = date(year, 1, 1)
    while day.year == year:
        working = china.is_working_day(day)
        if working != (day.weekday() < 5):
            found[day] = (working, china.get(day) or ("调休上班" if working else "休息日"))
        day += ONE_DAY
    return found


def import_year(year: int, *, status: str, source: str = "") -> tuple[int, int]:
    """Replaces `year` in the table by what the package knows; see `replace_year`."""
    return replace_year(year, exceptions_from_package(year), status=status, source=source)


@transaction.atomic
def replace_year(
    year: int, wanted: dict[date, tuple[bool, str]], *, status: str, source: str = ""
) -> tuple[int, int]:
    """Makes the table hold exactly `wanted` (day → works, name) for `year`; returns (added or changed,
    removed).

    Idempotent. Open deadlines are derived from the table, so they follow; `services` lists those
    that moved.
    """
    existing = {d.date: (d.is_working, d.name) for d in CalendarDay.objects.filter(date__year=year)}
    changed = [
        CalendarDay(date=day, is_working=working, name=name)
        for day, (working, name) in wanted.items()
        if existing.get(day) != (working, name)
    ]
    removed = [day for day in existing if day not in wanted]
    CalendarDay.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["date"], update_fields=["is_working", "name"]
    )
    CalendarDay.objects.filter(pk__in=removed).delete()
    CalendarYear.objects.update_or_create(year=year, defaults={"status": status, "source": source})
    if changed or removed:
        announce_change()
    else:
        transaction.on_commit(forget_calendar)
    return len(changed), len(removed)
