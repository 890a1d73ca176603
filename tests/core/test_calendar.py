"""Working days, held against a slow and obvious model."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from tuoxian_portal.core import calendar
from tuoxian_portal.core.models import CalendarDay, CalendarYear

YEARS = range(2023, 2028)
EXCEPTIONS = {
    day: working for year in YEARS for day, (working, _) in calendar.exceptions_from_package(year).items()
}
CALENDAR = calendar.WorkingCalendar(EXCEPTIONS, [2023, 2024, 2025, 2026])
DAYS = [date(2023, 1, 1) + timedelta(days=n) for n in range(5 * 365 + 1)]
WORKING = [day for day in DAYS if EXCEPTIONS.get(day, day.weekday() < 5)]

starts = st.dates(date(2023, 1, 1), date(2027, 6, 30))


@given(starts, st.integers(1, 60))
def test_a_deadline_is_the_nth_working_day_that_follows(start, days):
    assert CALENDAR.add(start, days) == [day for day in WORKING if day > start][days - 1]


@given(starts, starts)
def test_between_counts_the_working_days_after_the_first_up_to_the_last(start, end):
    assert CALENDAR.between(start, end) == len([day for day in WORKING if start < day <= end])


@given(starts, st.integers(0, 60))
def test_adding_and_counting_agree(start, days):
    assert CALENDAR.between(start, CALENDAR.add(start, days)) == days


@given(starts, st.integers(1, 60))
def test_a_deadline_falls_on_a_working_day(start, days):
    assert CALENDAR.is_working_day(CALENDAR.add(start, days))


def test_no_days_is_the_day_itself_and_less_is_refused():
    saturday = date(2026, 11, 28)
    assert CALENDAR.add(saturday, 0) == saturday
    with pytest.raises(ValueError, match="negative"):
        CALENDAR.add(saturday, -1)


def test_an_item_of_twenty_days_in_december_crosses_into_a_year_not_yet_published():
    start = date(2026, 12, 4)
    end = CALENDAR.add(start, 20)
    assert end.year == 2027
    assert CALENDAR.is_projected(start, end)
    assert not CALENDAR.is_projected(start, date(2026, 12, 31))


def test_moved_working_days_count():
    national_day_weekend = [day for day, working in EXCEPTIONS.items() if working and day.weekday() >= 5]
    assert national_day_weekend
    assert all(CALENDAR.is_working_day(day) for day in national_day_weekend)


@pytest.mark.django_db
def test_importing_a_year_twice_changes_nothing_the_second_time():
    changed, removed = calendar.import_year(2026, status=CalendarYear.Status.PUBLISHED)
    assert changed > 10
    assert removed == 0
    assert calendar.import_year(2026, status=CalendarYear.Status.PUBLISHED) == (0, 0)


@pytest.mark.django_db
def test_importing_corrects_what_differs():
    calendar.import_year(2026, status=CalendarYear.Status.PUBLISHED)
    CalendarDay.objects.create(date=date(2026, 3, 11), is_working=False, name="误")
    CalendarDay.objects.filter(date=date(2026, 1, 1)).update(name="改名")
    assert calendar.import_year(2026, status=CalendarYear.Status.PUBLISHED) == (1, 1)


@pytest.mark.django_db
def test_the_calendar_comes_from_the_cache_until_somebody_edits_it(
    django_assert_num_queries, django_capture_on_commit_callbacks
):
    with django_assert_num_queries(2):
        calendar.load_calendar()
    with django_assert_num_queries(0):
        calendar.load_calendar()
    with django_capture_on_commit_callbacks(execute=True):
        calendar.import_year(2026, status=CalendarYear.Status.PUBLISHED)
    assert not calendar.load_calendar().is_working_day(date(2026, 10, 1))


@pytest.mark.django_db
def test_the_command_marks_a_year_not_yet_published_and_keeps_what_staff_confirmed(capsys):
    call_command("import_calendar", "2026", "2027")
    assert CalendarYear.objects.get(pk=2026).status == "published"
    assert CalendarYear.objects.get(pk=2027).status == "projected"
    CalendarYear.objects.filter(pk=2027).update(status="published")
    call_command("import_calendar", "2027")
    assert "保留不动" in capsys.readouterr().out
    assert CalendarYear.objects.get(pk=2027).status == "published"
