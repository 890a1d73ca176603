"""Months, stored as their first day and written as periods: "2026-10"."""

from datetime import date, timedelta


def month_of(day: date) -> date:
    """The first day of `day`'s month, which is how a month is stored."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after `day`'s."""
    return month_of(month_of(day) + timedelta(days=32))


def previous_month(day: date) -> date:
    """The first day of the month before `day`'s."""
    return month_of(month_of(day) - timedelta(days=1))


def end_of_month(day: date) -> date:
    """The last day of `day`'s month."""
    return next_month(day) - timedelta(days=1)


def period_of(day: date) -> str:
    """`day`'s month as a period."""
    return f"{day:%Y-%m}"


def first_day(period: str) -> date:
    return date(int(period[:4]), int(period[5:]), 1)


def last_day(period: str) -> date:
    return end_of_month(first_day(period))
