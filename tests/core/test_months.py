from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tuoxian_portal.core.months import (
    end_of_month,
    first_day,
    last_day,
    month_of,
    next_month,
    period_of,
    previous_month,
)

DAYS = st.dates(date(2000, 2, 1), date(2099, 11, 30))
ONE_DAY = timedelta(days=1)


@given(DAYS)
def test_a_month_begins_after_the_last_and_ends_before_the_next(day):
    start = month_of(day)
    assert start.day == 1
    assert start <= day <= end_of_month(day)
    assert previous_month(day) == month_of(start - ONE_DAY)
    assert next_month(day) == end_of_month(day) + ONE_DAY
    assert next_month(day).day == 1


@given(DAYS)
def test_a_period_names_its_month(day):
    period = period_of(day)
    assert first_day(period) == month_of(day)
    assert last_day(period) == end_of_month(day)


def test_february_and_the_turn_of_the_year():
    assert end_of_month(date(2028, 2, 3)) == date(2028, 2, 29)
    assert next_month(date(2026, 12, 31)) == date(2027, 1, 1)
    assert previous_month(date(2027, 1, 1)) == date(2026, 12, 1)
    assert period_of(date(2026, 10, 9)) == "2026-10"
