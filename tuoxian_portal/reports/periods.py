"""Months as periods of a report: "2026-10"."""

import re
from datetime import date

from django.core.exceptions import ValidationError

from tuoxian_portal.core.months import period_of, previous_month

PERIOD = re.compile(r"^(20\d{2})-(0[1-9]|1[0-2])$")


def clean_period(text: str) -> str:
    """`text` as a period. Raises `ValidationError` with a sentence that says what is expected."""
    text = (text or "").strip()
    if not PERIOD.match(text):
        raise ValidationError("期别应写作年-月，例如 2026-10。")
    return text


def months_before(day: date, count: int) -> list[str]:
    """The `count` periods that ended before `day`, newest first."""
    found = []
    for _ in range(count):
        day = previous_month(day)
        found.append(period_of(day))
    return found


def label_of(period: str) -> str:
    """`2026-10` as `2026年10月`."""
    return f"{period[:4]}年{int(period[5:])}月"
