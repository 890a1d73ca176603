"""Months as periods of a report: "2026-10"."""

import re
from datetime import date, timedelta

from django.core.exceptions import ValidationError

PERIOD = re.compile(r"^(20\d{2})-(0[1-9]|1[0-2])$")


def clean_period(text: str) -> str:
    """`text` as a period. Raises `ValidationError` with a sentence that says what is expected."""
    text = (text or "").strip()
    if not PERIOD.match(text):
        raise ValidationError("期别应写作年-月，例如 2026-10。")
    return text


def first_day(period: str) -> date:
    return date(int(period[:4]), int(period[5:]), 1)


def last_day(period: str) -> date:
    return first_day(next_period(period)) - timedelta(days=1)


def period_of(day: date) -> str:
    return f"{day:%Y-%m}"


def previous_period(period: str) -> str:
    return period_of(first_day(period) - timedelta(days=1))


def next_period(period: str) -> str:
    return period_of(first_day(period) + timedelta(days=32))


def months_before(day: date, count: int) -> list[str]:
    """The `count` periods that ended before `day`, newest first."""
    found = []
    period = period_of(day)
    for _ in range(count):
        period = previous_period(period)
        found.append(period)
    return found


def label_of(period: str) -> str:
    """`2026-10` as `2026年10月`."""
    return f"{period[:4]}年{int(period[5:])}月"
