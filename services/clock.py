"""The clocks of a case: every deadline is derived from recorded intervals and the calendar.

Nothing here reads the database or the time, so that the arithmetic can be tested on its own.

Rules:

- The day of an event does not count (民法典 Art. 201); a limit of n working days ends on the n-th
  working day after the event.
- Days spent in a special procedure do not count (行政许可法 Art. 45). It begins with an event on one
  day and ends with an event on another: the days after the first up to and including the last are
  given back. While it runs the deadline is projected with the planned days.
- An extension adds its days (Art. 42).
- A limit in calendar days that ends on a day off ends on the next working day (民法典 Art. 203).
- Both the statutory and the promised limit bind the office; the earlier one is the deadline.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.choices import DayUnit
from services.choices_cases import CaseState, ClockKind
from tuoxian_portal.core.calendar import WorkingCalendar

INTAKE_DAYS = 5  # 行政许可法 Art. 32
LICENCE_DAYS = 20  # Art. 42, where no other statute says otherwise
EXTENSION_DAYS = 10  # Art. 42
DELIVERY_DAYS = 10  # Art. 44
DUE_SOON_DAYS = 2  # working days before a deadline in which a case is 将到期


@dataclass(frozen=True)
class Span:
    """One interval of the ledger. `days` is its planned length, None when no law or promise says."""

    kind: str
    started_on: date
    ended_on: date | None = None
    days: int | None = None
    unit: str = DayUnit.WORKING


@dataclass(frozen=True)
class Due:
    """The next deadline of a case and the clock it belongs to."""

    on: date
    kind: str


class CaseClock:
    """The deadlines that follow from a case's `spans`."""

    def __init__(self, spans: Iterable[Span], calendar: WorkingCalendar) -> None:
        self.spans = sorted(spans, key=lambda span: span.started_on)
        self.calendar = calendar

    def deadline(self, span: Span) -> date | None:
        """The last day of `span`'s limit; None when it has none. For the statutory and promised
        clocks, days given back by special procedures and added by extensions are in it."""
        if span.days is None:
            return None
        if span.kind not in {ClockKind.STATUTORY, ClockKind.PROMISED}:
            return self._add(span.started_on, span.days, span.unit)
        extra = sum(
            other.days or 0
            for other in self.spans
            if other.kind == ClockKind.EXTENSION and other.started_on >= span.started_on
        )
        due = self._walk(span.started_on, span.days, span.unit)
        # An extension is in working days whatever the unit of the limit (行政许可法 Art. 82).
        due = self._walk(due, extra, DayUnit.WORKING)
        for pause_start, pause_end in self._pauses(span):
            last = self._round(due, span.unit)
            if pause_start > last:
                break  # the limit had run out before the procedure began
            if pause_start > due:
                due = last  # begun on the days by which a day off had moved the limit
            due = self._walk(due, self._between(pause_start, pause_end, span.unit), span.unit)
        return self._round(due, span.unit)

    def used(self, span: Span, on: date) -> int:
        """Days of `span` that have counted up to the end of `on`."""
        last = min(on, span.ended_on) if span.ended_on else on
        counted = self._between(span.started_on, last, span.unit)
        if span.kind in {ClockKind.STATUTORY, ClockKind.PROMISED}:
            for start, end in self._pauses(span):
                counted -= self._between(min(start, last), min(end, last), span.unit)
        return max(counted, 0)

    def remaining(self, due: date, on: date) -> int:
        """Working days from `on` to `due`: 0 on the last day, negative once it has passed."""
        if due >= on:
            return self.calendar.between(on, due)
        return -max(self.calendar.between(due, on), 1)

    @property
    def decide_by(self) -> date | None:
        """The earlier of the statutory and the promised deadline."""
        limits = [
            self.deadline(span)
            for span in self.spans
            if span.kind in {ClockKind.STATUTORY, ClockKind.PROMISED}
        ]
        return min((limit for limit in limits if limit), default=None)

    def due(self, state: str) -> Due | None:
        """The next deadline of a case in `state`; None when no clock runs."""
        if state in {CaseState.ACCEPTED, CaseState.REVIEWING, CaseState.DECIDING}:
            limits = [
                Due(limit, span.kind)
                for span in self.spans
                if span.kind in {ClockKind.STATUTORY, ClockKind.PROMISED} and (limit := self.deadline(span))
            ]
            return min(limits, key=lambda due: due.on, default=None)
        kind = {
            CaseState.RECEIVED: ClockKind.INTAKE,
            CaseState.CORRECTING: ClockKind.CORRECTION,
            CaseState.SPECIAL: ClockKind.SPECIAL,
            CaseState.COLLECTING: ClockKind.DELIVERY,
        }.get(CaseState(state))
        running = [span for span in self.spans if span.kind == kind and span.ended_on is None]
        if not running:
            return None
        limit = self.deadline(running[-1])
        return Due(limit, running[-1].kind) if limit else None

    def is_projected(self, due: date) -> bool:
        """Whether `due` rests on a year whose holidays are not yet published."""
        return bool(self.spans) and self.calendar.is_projected(self.spans[0].started_on, due)

    def _pauses(self, span: Span) -> list[tuple[date, date]]:
        """Special procedures within `span`, each with the day it ended or is planned to end."""
        return [
            (other.started_on, other.ended_on or self._add(other.started_on, other.days or 0, other.unit))
            for other in self.spans
            if other.kind == ClockKind.SPECIAL and other.started_on >= span.started_on
        ]

    def _add(self, start: date, days: int, unit: str) -> date:
        return self._round(self._walk(start, days, unit), unit)

    def _walk(self, start: date, days: int, unit: str) -> date:
        return self.calendar.add(start, days) if unit == DayUnit.WORKING else start + timedelta(days)

    def _between(self, start: date, end: date, unit: str) -> int:
        if unit == DayUnit.WORKING:
            return self.calendar.between(start, end)
        return max((end - start).days, 0)

    def _round(self, due: date, unit: str) -> date:
        if unit == DayUnit.CALENDAR and not self.calendar.is_working_day(due):
            return self.calendar.add(due, 1)
        return due


def limits_of(snapshot: dict[str, Any]) -> list[tuple[str, int, str, str]]:
    """The clocks that acceptance starts, as (kind, days, unit, legal ground), from an item's snapshot.

    A licence whose statute names no limit has the 20 working days of 行政许可法 Art. 42. Where
    neither statute nor promise is known no clock is invented.
    """
    found = []
    statutory, promised = snapshot.get("statutory") or {}, snapshot.get("promised") or {}
    if statutory.get("days"):
        ground = statutory.get("basis") or "事项实施清单载明的法定时限"
        found.append(
            (ClockKind.STATUTORY, statutory["days"], statutory.get("unit") or DayUnit.WORKING, ground)
        )
    elif snapshot.get("item_type") == "licence":
        ground = "《中华人民共和国行政许可法》第四十二条"
        found.append((ClockKind.STATUTORY, LICENCE_DAYS, DayUnit.WORKING, ground))
    if promised.get("days"):
        unit = promised.get("unit") or DayUnit.WORKING
        found.append((ClockKind.PROMISED, promised["days"], unit, "事项实施清单公布的承诺时限"))
    return [(str(kind), days, str(unit), ground) for kind, days, unit, ground in found]
