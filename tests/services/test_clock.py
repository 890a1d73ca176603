"""Deadlines against a slow, obviously right model over 2023–2027."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.choices_cases import CaseState, ClockKind
from services.clock import CaseClock, Span, limits_of
from tuoxian_portal.core.calendar import WorkingCalendar, exceptions_from_package

EXCEPTIONS = {
    day: working
    for year in range(2023, 2028)
    for day, (working, _name) in exceptions_from_package(year).items()
}
CALENDAR = WorkingCalendar(EXCEPTIONS, published=range(2023, 2027))
ONE_DAY = timedelta(days=1)
DAYS = st.dates(date(2023, 1, 1), date(2026, 9, 30))


def slow_deadline(start: date, days: int, pauses: list[tuple[date, date]], extra: int = 0) -> date:
    """Walks day by day. A working day counts unless the clock stood still on it; the deadline is the
    last working day on which not more than the limit has been used."""
    used, day, deadline = 0, start, start
    while True:
        day += ONE_DAY
        if not CALENDAR.is_working_day(day):
            continue
        if not any(begin < day <= end for begin, end in pauses):
            used += 1
        if used > days + extra:
            return deadline
        deadline = day


@given(DAYS, st.integers(1, 60))
def test_a_plain_limit_is_the_nth_working_day_after_the_event(start, days):
    clock = CaseClock([Span(ClockKind.STATUTORY, start, days=days)], CALENDAR)
    assert clock.decide_by == slow_deadline(start, days, [])
    assert CALENDAR.is_working_day(clock.decide_by)
    assert CALENDAR.between(start, clock.decide_by) == days


@settings(max_examples=300)
@given(
    DAYS,
    st.integers(1, 40),
    st.lists(st.tuples(st.integers(0, 25), st.integers(0, 40)), max_size=3),
    st.integers(0, 10),
)
def test_special_procedures_give_their_days_back_and_an_extension_adds(start, days, steps, extra):
    pauses, day = [], start
    for gap, length in steps:
        begin = day + timedelta(days=gap)
        end = begin + timedelta(days=length)
        pauses.append((begin, end))
        day = end + ONE_DAY
    # What the workflow cannot do: a procedure that begins after the limit has run out.
    kept: list[tuple[date, date]] = []
    for begin, end in pauses:
        if begin <= slow_deadline(start, days, kept, extra):
            kept.append((begin, end))
    spans = [Span(ClockKind.STATUTORY, start, days=days)]
    spans += [Span(ClockKind.SPECIAL, begin, end, days=5) for begin, end in kept]
    if extra:
        spans.append(Span(ClockKind.EXTENSION, start, start, days=extra))
    clock = CaseClock(spans, CALENDAR)
    assert clock.decide_by == slow_deadline(start, days, kept, extra)


@given(DAYS, st.integers(1, 30), st.integers(1, 30))
def test_the_earlier_of_the_two_limits_binds(start, statutory, promised):
    clock = CaseClock(
        [
            Span(ClockKind.STATUTORY, start, days=statutory),
            Span(ClockKind.PROMISED, start, days=promised),
        ],
        CALENDAR,
    )
    assert clock.decide_by == CALENDAR.add(start, min(statutory, promised))
    due = clock.due(CaseState.REVIEWING)
    assert due is not None
    assert due.on == clock.decide_by


@given(DAYS, st.integers(1, 40), st.integers(0, 90))
def test_used_and_left_add_up_to_the_limit(start, days, later):
    span = Span(ClockKind.STATUTORY, start, days=days)
    clock = CaseClock([span], CALENDAR)
    on = start + timedelta(days=later)
    due = clock.decide_by
    assert due is not None
    if on <= due:
        assert clock.used(span, on) + clock.remaining(due, on) == days
    else:
        assert clock.remaining(due, on) < 0


@given(DAYS, st.integers(1, 40), st.integers(1, 10), st.integers(1, 10))
def test_days_in_a_special_procedure_are_not_used(start, days, before, length):
    begin = CALENDAR.add(start, before)
    end = CALENDAR.add(begin, length)
    span = Span(ClockKind.STATUTORY, start, days=days)
    clock = CaseClock([span, Span(ClockKind.SPECIAL, begin, end, days=length)], CALENDAR)
    assert clock.used(span, end) == before


def test_while_a_procedure_runs_the_planned_days_project_the_deadline():
    start = date(2026, 11, 2)
    clock = CaseClock(
        [
            Span(ClockKind.STATUTORY, start, days=20),
            Span(ClockKind.SPECIAL, date(2026, 11, 10), days=15),
        ],
        CALENDAR,
    )
    assert clock.decide_by == CALENDAR.add(start, 35)
    due = clock.due(CaseState.SPECIAL)
    assert due is not None
    assert (due.on, due.kind) == (CALENDAR.add(date(2026, 11, 10), 15), ClockKind.SPECIAL)


def test_a_calendar_day_limit_that_ends_on_a_holiday_ends_on_the_next_working_day():
    # 30 days after 2026-09-03 is Saturday 2026-10-03, in the National Day holiday.
    clock = CaseClock([Span(ClockKind.STATUTORY, date(2026, 9, 3), days=30, unit="calendar")], CALENDAR)
    assert clock.decide_by is not None
    assert CALENDAR.is_working_day(clock.decide_by)
    assert clock.decide_by == date(2026, 10, 8)


def test_a_deadline_that_crosses_into_an_unpublished_year_is_flagged():
    clock = CaseClock([Span(ClockKind.STATUTORY, date(2026, 12, 4), days=20)], CALENDAR)
    assert clock.decide_by is not None
    assert clock.decide_by.year == 2027
    assert clock.is_projected(clock.decide_by)
    assert not CaseClock([Span(ClockKind.STATUTORY, date(2026, 11, 4), days=10)], CALENDAR).is_projected(
        date(2026, 11, 18)
    )


def test_the_five_days_after_a_long_holiday():
    # Received on the last working day before National Day 2025 (1–8 October off).
    clock = CaseClock([Span(ClockKind.INTAKE, date(2025, 9, 30), days=5)], CALENDAR)
    due = clock.due(CaseState.RECEIVED)
    assert due is not None
    assert due.on == slow_deadline(date(2025, 9, 30), 5, [])
    assert due.on == date(2025, 10, 14)


def test_no_clock_is_invented_where_no_limit_is_known():
    assert limits_of({"item_type": "filing", "statutory": {"days": None}, "promised": {"days": None}}) == []
    (limit,) = limits_of({"item_type": "licence", "statutory": {}, "promised": {}})
    assert limit[:3] == ("statutory", 20, "working")
    both = limits_of(
        {
            "statutory": {"days": 30, "unit": "calendar", "basis": "甲法"},
            "promised": {"days": 3, "unit": "working"},
        }
    )
    assert [limit[:3] for limit in both] == [("statutory", 30, "calendar"), ("promised", 3, "working")]


def test_a_procedure_begun_on_the_day_off_after_the_last_day_gives_nothing_back():
    clock = CaseClock(
        [
            Span(ClockKind.STATUTORY, date(2026, 11, 2), days=4),  # Friday the 6th
            Span(ClockKind.SPECIAL, date(2026, 11, 7), date(2026, 11, 20), days=10),
        ],
        CALENDAR,
    )
    assert clock.decide_by == date(2026, 11, 6)


def test_a_procedure_begun_on_the_day_to_which_a_day_off_moved_the_limit_is_in_time():
    # Five calendar days after Monday the 2nd end on Saturday the 7th, and so on Monday the 9th.
    limit = Span(ClockKind.STATUTORY, date(2026, 11, 2), days=5, unit="calendar")
    assert CaseClock([limit], CALENDAR).decide_by == date(2026, 11, 9)
    for begins, due in ((date(2026, 11, 9), date(2026, 11, 18)), (date(2026, 11, 10), date(2026, 11, 9))):
        procedure = Span(ClockKind.SPECIAL, begins, date(2026, 11, 18), days=7)
        assert CaseClock([limit, procedure], CALENDAR).decide_by == due
