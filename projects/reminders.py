"""When somebody must be reminded of a lead: by a threshold that has passed, never by an equal date.

A task that did not run for some days still finds every threshold of those days.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from projects.choices import LeadState
from projects.choices_pipeline import ReminderKind

SILENT_DAYS = 30
STEP_LATE_DAYS = 7
ENDED = frozenset({LeadState.CONVERTED, LeadState.CLOSED})


def thresholds(lead: Any) -> Iterator[tuple[ReminderKind, date]]:
    """Every reminder that `lead` will need as it stands, each with its day. `lead` comes from
    `with_last_visit()`; no queries."""
    if lead.state in ENDED:
        return
    if lead.state == LeadState.NEW and lead.answered_at is None:
        yield ReminderKind.ANSWER_DUE, lead.answer_due
        yield ReminderKind.ANSWER_LATE, lead.answer_due + timedelta(days=1)
    if lead.next_on:
        yield ReminderKind.STEP_DUE, lead.next_on
        yield ReminderKind.STEP_LATE, lead.next_on + timedelta(days=STEP_LATE_DAYS)
    if lead.state != LeadState.NEW:
        touched = timezone.localdate(lead.updated_at)
        last = max(touched, lead.last_visit_on) if lead.last_visit_on else touched
        yield ReminderKind.SILENT, last + timedelta(days=SILENT_DAYS)


def passed(lead: Any, on: date) -> list[tuple[ReminderKind, date]]:
    """The thresholds of `lead` that lie on or before `on`."""
    return [(kind, day) for kind, day in thresholds(lead) if day <= on]
