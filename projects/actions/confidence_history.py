"""Keeping the confidence of each month."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, Q
from django.utils import timezone

from projects.choices import Nature, ReportState
from projects.confidence import assess
from projects.models import ConfidenceMonth, KeyProject
from projects.stage_history import rewind
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.months import end_of_month, month_of, next_month, previous_month

AT_ONCE = 500
CATCH_UP_MONTHS = 12


def record_confidence(*, actor: None = None, on: date | None = None, projects: Any = None) -> int:
    """Writes the current month as it stands on `on`, and every past month whose last day was missed.

    Safe to run at any time, any number of times; a month once written for its last day is never written
    again. Returns how many rows were written. Eight queries for each `AT_ONCE` projects and month.

    A month that is caught up is computed from dated records, with the stage and status of its last day.
    """
    on = on or today()
    rows = KeyProject.objects.all() if projects is None else projects
    written = 0
    for month in _months_due(on, rows):
        day = min(on, end_of_month(month))
        reporting = rows.filter(nature=Nature.PROJECT) if day < today() else rows.assessed()
        last = 0
        while batch := list(
            reporting.filter(pk__gt=last)
            .order_by("pk")
            .with_confidence_inputs(day)
            .annotate(
                first_month=Min(
                    "progress_reports__month",
                    filter=Q(progress_reports__state__in=ReportState.counted()),
                )
            )[:AT_ONCE]
        ):
            last = batch[-1].pk
            rewind(batch, day)
            written += _record(batch, month, day)
    return written


def _months_due(on: date, rows: Any) -> list[date]:
    """Oldest first, the current one last; two queries, and one for each past month."""
    current = month_of(on)
    kept = ConfidenceMonth.objects.filter(project__in=rows.values("pk"))
    newest = kept.filter(month__lt=current).aggregate(last=Max("month"))["last"]
    earliest = current
    for _ in range(CATCH_UP_MONTHS):
        earliest = previous_month(earliest)
    if newest is None:  # nothing kept yet: from the first month that the portal knows anything of
        known = rows.filter(nature=Nature.PROJECT).aggregate(
            created=Min("created_at"),
            reported=Min(
                "progress_reports__month", filter=Q(progress_reports__state__in=ReportState.counted())
            ),
        )
        firsts = [month_of(timezone.localdate(known["created"]))] if known["created"] else [current]
        newest = min([*firsts, *([known["reported"]] if known["reported"] else [])])
    month = max(newest, earliest)
    due = []
    while month < current:
        if not kept.filter(month=month, assessed_on__gte=end_of_month(month)).exists():
            due.append(month)
        month = next_month(month)
    return [*due, current]


@transaction.atomic
def _record(projects: Sequence[Any], month: date, day: date) -> int:
    rows = []
    for project in projects:
        # Before the portal knew the project there is nothing to say about it.
        known_since = month_of(timezone.localdate(project.created_at))
        if project.first_month:
            known_since = min(known_since, project.first_month)
        if month < known_since:
            continue
        assessment = assess(project, on=day)
        if assessment is None:
            continue
        rows.append(
            ConfidenceMonth(
                project=project,
                month=month,
                level=assessment.level,
                computed=assessment.computed,
                reasons=assessment.reasons,
                override_reason=assessment.override_reason,
                override_by_id=project.override_by_id if assessment.is_overridden else None,
                assessed_on=day,
                is_sample=project.is_sample,
            )
        )
    ConfidenceMonth.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["project", "month"],
        update_fields=[
            "level",
            "computed",
            "reasons",
            "override_reason",
            "override_by",
            "assessed_on",
            "updated_at",
        ],
    )
    return len(rows)
