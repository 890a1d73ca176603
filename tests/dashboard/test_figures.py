"""Figures that the cockpit keeps: right, repeatable, and cheap."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from projects.choices import ConfidenceLevel, ReportState, Stage
from projects.models import KeyProject, ProgressReport, ProjectMilestone
from services.choices_cases import CaseOutcome, CaseState, MaterialState
from services.models import Case
from tests.factories.cases import Hall
from tests.factories.licences import LicenceFactory
from tuoxian_portal.core.calendar import WorkingCalendar, today
from tuoxian_portal.core.months import next_month
from tuoxian_portal.dashboard import figures
from tuoxian_portal.dashboard.models import HallMonth, ProjectRating

DAY = timedelta(days=1)
dates = st.dates(date(2024, 1, 1), date(2026, 12, 31))


def project(number: str, **fields):
    return KeyProject.objects.create(number=number, name=f"测试项目{number}", stage=Stage.BUILDING, **fields)


def reported(target: KeyProject, day: date) -> None:
    report = ProgressReport.objects.create(
        project=target,
        month=day.replace(day=1),
        invested_month_wan=Decimal(100),
        physical_progress=Decimal(10),
        state=ReportState.ACCEPTED,
    )
    ProgressReport.objects.filter(pk=report.pk).update(accepted_at=timezone.now())


# --- arithmetic --------------------------------------------------------------------------------------
@given(dates, dates, st.dictionaries(dates, st.booleans(), max_size=30))
def test_the_index_counts_what_the_calendar_counts(start, end, exceptions):
    calendar = WorkingCalendar(exceptions, {2024, 2025, 2026})
    index = figures.WorkingDayIndex(calendar, date(2023, 12, 1), date(2027, 1, 31))
    assert index.between(start, end) == calendar.between(start, end)


@given(st.lists(st.integers(0, 400), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_covers_its_share(values, share):
    values.sort()
    found = figures.percentile(values, share)
    covered = sum(value <= found for value in values)
    assert covered * 100 >= share * len(values)
    below = [value for value in values if value < found]
    assert len(below) * 100 < share * len(values)


def test_no_values_have_no_percentile():
    assert figures.percentile([], 50) is None


def test_thirteen_months_end_with_this_one():
    months = figures.last_months(date(2026, 3, 31))
    assert len(months) == 13
    assert (months[0], months[-1]) == (date(2025, 3, 1), date(2026, 3, 1))
    assert all(next_month(a) == b for a, b in pairwise(months))


# --- ratings -----------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_ratings_follow_the_rules_and_remember_the_last_level():
    late = project("P1", planned_production=today() + 300 * DAY)
    reported(late, today())
    project("P2")
    figures.refresh_ratings()
    assert dict(ProjectRating.objects.values_list("project__number", "level")) == {
        "P1": ConfidenceLevel.GREEN,
        "P2": ConfidenceLevel.GREY,
    }
    ProjectMilestone.objects.create(project=late, kind="permit", planned_on=today() - 90 * DAY)
    assert figures.refresh_ratings() == 1
    row = ProjectRating.objects.get(project=late)
    assert (row.level, row.previous, row.changed_on) == ("red", "green", today())
    assert "施工许可" in row.text
    assert figures.refresh_ratings() == 0, "a second run changes nothing"
    row.refresh_from_db()
    assert row.previous == "green"


@pytest.mark.django_db
def test_a_project_that_is_no_longer_rated_loses_its_row():
    done = project("P1")
    figures.refresh_ratings()
    KeyProject.objects.filter(pk=done.pk).update(stage=Stage.AT_CAPACITY)
    figures.refresh_ratings()
    assert not ProjectRating.objects.exists()


@pytest.mark.django_db
def test_rating_costs_the_same_queries_for_two_projects_and_for_twenty(django_assert_max_num_queries):
    for n in range(2):
        project(f"A{n}")
    figures.refresh_ratings()
    with django_assert_max_num_queries(14) as few:
        figures.refresh_ratings()
    for n in range(18):
        project(f"B{n}")
    figures.refresh_ratings()
    with django_assert_max_num_queries(14) as many:
        figures.refresh_ratings()
    assert len(many) == len(few)


# --- the hall ----------------------------------------------------------------------------------------
@pytest.fixture
def hall(db):
    return Hall()


def decided(hall: Hall, *, accepted: date, on: date, by: date | None, received: date | None = None) -> Case:
    case = hall.record()
    Case.objects.filter(pk=case.pk).update(
        state=CaseState.COMPLETED,
        outcome=CaseOutcome.APPROVED,
        received_on=received or accepted,
        accepted_on=accepted,
        decided_on=on,
        closed_on=on,
        decide_by=by,
    )
    return case


def test_a_month_is_counted_by_department_and_altogether(hall):
    other = Hall()
    start = date(2026, 9, 1)
    decided(hall, accepted=start, on=date(2026, 9, 4), by=date(2026, 9, 10))
    decided(hall, accepted=start, on=date(2026, 9, 15), by=date(2026, 9, 10))
    decided(other, accepted=start, on=date(2026, 9, 2), by=None)
    decided(other, accepted=date(2026, 8, 31), on=date(2026, 10, 1), by=None, received=date(2026, 8, 31))
    figures.refresh_hall([start])
    rows = {row.department: row for row in HallMonth.objects.filter(month=start)}
    assert set(rows) == {hall.department, other.department, None}
    mine, total = rows[hall.department], rows[None]
    assert (mine.received, mine.decided, mine.with_limit, mine.on_time) == (2, 2, 2, 1)
    assert (mine.p50_days, mine.p90_days) == (3, 10), "September 2026 has no holiday before the 15th"
    assert (total.received, total.decided, total.with_limit, total.on_time) == (3, 3, 2, 1)
    assert total.on_time_percent == Decimal("50.0")
    assert rows[other.department].on_time_percent is None


def test_counting_again_replaces(hall):
    start = date(2026, 9, 1)
    decided(hall, accepted=start, on=date(2026, 9, 4), by=date(2026, 9, 10))
    figures.refresh_hall([start])
    figures.refresh_hall([start])
    assert HallMonth.objects.filter(month=start).count() == 2


def test_a_void_number_is_not_counted(hall):
    case = hall.record()
    Case.objects.filter(pk=case.pk).update(state=CaseState.VOID)
    figures.refresh_hall([today().replace(day=1)])
    assert not HallMonth.objects.exists()


def test_missed_months_are_caught_up(hall):
    shown = figures.last_months(today())
    decided(hall, accepted=shown[3], on=shown[3] + 3 * DAY, by=None)
    assert set(figures.months_to_count()) == {*shown[3:]}
    figures.refresh()
    counted = HallMonth.objects.filter(department=None).values_list("month", flat=True)
    assert shown[3] in counted


def test_materials_that_nobody_had_to_bring_are_counted_with_the_month_of_the_case(hall):
    start = date(2026, 9, 1)
    case = decided(hall, accepted=start, on=date(2026, 9, 4), by=None)
    decided(Hall(), accepted=start, on=date(2026, 9, 4), by=None)
    material = case.materials.first()
    material.state, material.licence = MaterialState.LICENSED, LicenceFactory()
    material.save()
    figures.refresh_hall([start])
    rows = {row.department: row.exempted for row in HallMonth.objects.filter(month=start)}
    assert rows[hall.department] == rows[None] == 1
    assert sum(rows.values()) == 2
