"""绿黄红灰 and their reasons, on days chosen by the test."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from projects import confidence
from projects.choices import ConfidenceLevel, MilestoneKind, Nature, Stage, Status
from projects.confidence import assess, counts
from projects.models import KeyProject, ProjectMilestone, ProjectProblem
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory, ProgressReportFactory

pytestmark = pytest.mark.django_db

DAY = date(2026, 7, 20)
GREEN, YELLOW, RED, GREY = ConfidenceLevel


def at(day):
    return timezone.make_aware(datetime(day.year, day.month, day.day, 9))


def rated(project, on=DAY):
    return assess(KeyProject.objects.with_confidence_inputs(on).get(pk=project.pk), on=on)


@pytest.fixture
def project():
    """A project that builds on time: half the plan done by the end of June, reported in July."""
    project = KeyProjectFactory(stage=Stage.BUILDING, annual_plan_wan=6000, annual_plan_year=2026)
    for month in range(1, 7):
        AcceptedReportFactory(
            project=project,
            month=date(2026, month, 1),
            invested_month_wan=500,
            physical_progress=month * 5,
            accepted_at=at(date(2026, month, 5) + timedelta(days=30)),
        )
    return project


def test_a_project_on_time_is_green(project):
    result = rated(project)
    assert (result.level, result.reasons) == (GREEN, ["节点、投资和问题均未发现偏差"])


@pytest.mark.parametrize(("days", "level"), [(35, GREEN), (36, GREY), (400, GREY)])
def test_no_accepted_update_in_35_days_is_grey(project, days, level):
    last = date(2026, 7, 5)
    KeyProject.objects.filter(pk=project.pk).update(annual_plan_wan=None)
    assert rated(project, on=last + timedelta(days=days)).level == level


def test_without_any_accepted_report_it_is_grey():
    project = KeyProjectFactory(stage=Stage.BUILDING)
    ProgressReportFactory(project=project, month=date(2026, 7, 1))
    result = rated(project)
    assert result.level == GREY
    assert result.reasons[0] == "尚无已审核的月度进展"


def test_a_report_accepted_later_does_not_count_on_an_earlier_day(project):
    assert rated(project, on=date(2026, 1, 20)).level == GREY


@pytest.mark.parametrize(("late", "level"), [(0, GREEN), (1, YELLOW), (60, YELLOW), (61, RED), (200, RED)])
def test_a_missed_milestone_is_never_green(project, late, level):
    ProjectMilestone.objects.create(
        project=project, kind=MilestoneKind.LAND, planned_on=DAY - timedelta(days=late)
    )
    result = rated(project)
    assert result.level == level
    if late:
        assert f"用地计划 {DAY - timedelta(days=late)}，已逾期 {late} 天" in result.reasons


def test_a_milestone_reached_late_is_past_but_was_missed_on_the_day_between(project):
    planned = date(2026, 7, 10)
    ProjectMilestone.objects.create(
        project=project, kind=MilestoneKind.PERMIT, planned_on=planned, actual_on=date(2026, 7, 22)
    )
    assert rated(project, on=date(2026, 7, 15)).level == YELLOW
    assert rated(project, on=date(2026, 7, 23)).level == GREEN


def test_the_projects_own_planned_date_counts_once(project):
    KeyProject.objects.filter(pk=project.pk).update(planned_production=date(2026, 7, 10))
    ProjectMilestone.objects.create(
        project=project, kind=MilestoneKind.PRODUCTION, planned_on=date(2026, 7, 10)
    )
    assert len([r for r in rated(project).reasons if "投产" in r]) == 1


@pytest.mark.parametrize(
    ("due", "level"),
    [(None, YELLOW), (10, YELLOW), (0, YELLOW), (-1, YELLOW), (-30, YELLOW), (-31, RED)],
)
def test_an_open_problem(project, due, level):
    ProjectProblem.objects.create(
        project=project,
        text="供电专线未批",
        raised_on=date(2026, 5, 1),
        due_on=None if due is None else DAY + timedelta(days=due),
    )
    assert rated(project).level == level


def test_a_resolved_problem_is_past(project):
    ProjectProblem.objects.create(
        project=project, text="已解决", raised_on=date(2026, 5, 1), resolved_on=date(2026, 7, 18)
    )
    assert rated(project).level == GREEN
    assert rated(project, on=date(2026, 7, 17)).level == YELLOW


@pytest.mark.parametrize(("plan", "level"), [(7500, GREEN), (7600, YELLOW), (11900, YELLOW), (12100, RED)])
def test_investment_behind_the_months_reported(project, plan, level):
    """3000 done by June: expected 50%; behind by 10, 25 and more points."""
    KeyProject.objects.filter(pk=project.pk).update(annual_plan_wan=plan)
    assert rated(project).level == level


def test_the_plan_is_spread_from_the_start_of_works(project):
    KeyProject.objects.filter(pk=project.pk).update(
        annual_plan_wan=6000, actual_start=date(2026, 4, 1), planned_start=date(2026, 4, 1)
    )
    assert rated(project).level == GREEN
    KeyProject.objects.filter(pk=project.pk).update(annual_plan_wan=20000)
    assert "按月应为 33.3%" in rated(project).text


@pytest.mark.parametrize("year", [None, 2025])
def test_a_plan_for_another_year_says_nothing(project, year):
    KeyProject.objects.filter(pk=project.pk).update(annual_plan_wan=60000, annual_plan_year=year)
    assert rated(project).level == GREEN


def test_standing_still_is_red(project):
    KeyProject.objects.filter(pk=project.pk).update(status=Status.STALLED)
    assert rated(project).level == RED


def test_without_a_planned_production_it_cannot_be_green(project):
    KeyProject.objects.filter(pk=project.pk).update(planned_production=None)
    result = rated(project)
    assert result.level == YELLOW
    assert "未填计划投产日期" in result.text


def test_the_worst_reason_comes_first(project):
    ProjectProblem.objects.create(project=project, text="小问题", raised_on=date(2026, 5, 1))
    ProjectMilestone.objects.create(
        project=project, kind=MilestoneKind.LAND, planned_on=DAY - timedelta(days=90)
    )
    result = rated(project)
    assert result.level == RED
    assert result.reasons[0].startswith("用地")


def test_an_override_shows_its_colour_and_keeps_the_computed_one(project):
    KeyProject.objects.filter(pk=project.pk).update(
        override_level="red", override_reason="业主资金紧张", override_at=at(date(2026, 7, 10))
    )
    result = rated(project)
    assert (result.level, result.computed) == (RED, GREEN)
    assert result.text.startswith("人工评定：业主资金紧张（计算结果：绿 可按期）")
    assert rated(project, on=date(2026, 7, 9)).level == GREEN


@pytest.mark.parametrize(
    "change",
    [
        {"stage": ""},
        {"stage": Stage.NEGOTIATING},
        {"stage": Stage.AT_CAPACITY},
        {"status": Status.TERMINATED},
        {"nature": Nature.GROUP},
    ],
)
def test_what_is_not_rated(project, change):
    KeyProject.objects.filter(pk=project.pk).update(**change)
    assert rated(project) is None
    assert not KeyProject.objects.assessed().filter(pk=project.pk).exists()


def test_the_row_and_the_queryset_agree_on_who_is_rated():
    for stage in ["", *Stage.values]:
        for status in ["", *Status.values]:
            for nature in Nature.values:
                KeyProjectFactory(stage=stage, status=status, nature=nature)
    rows = {p.pk for p in KeyProject.objects.all() if confidence.is_assessed(p)}
    assert rows == set(KeyProject.objects.assessed().values_list("pk", flat=True))


def test_reading_a_row_without_its_inputs_is_refused(project):
    with pytest.raises(AttributeError):
        assess(KeyProject.objects.get(pk=project.pk), on=DAY)


@pytest.mark.parametrize("count", [2, 20])
def test_a_list_costs_three_queries(count, django_assert_num_queries):
    for _ in range(count):
        built = KeyProjectFactory(stage=Stage.BUILDING)
        AcceptedReportFactory(project=built)
        ProjectMilestone.objects.create(project=built, kind=MilestoneKind.LAND, planned_on=DAY)
        ProjectProblem.objects.create(project=built, text="问题", raised_on=DAY)
    with django_assert_num_queries(3):
        total = counts(KeyProject.objects.assessed().with_confidence_inputs(DAY), on=DAY)
    assert sum(total.values()) == count


@settings(max_examples=60, deadline=None)
@given(
    late=st.lists(st.integers(1, 300), max_size=4),
    overdue=st.lists(st.integers(-100, 100), max_size=4),
    done=st.integers(0, 8000),
    age=st.integers(0, 80),
)
def test_any_mixture_obeys_the_rules(late, overdue, done, age):
    """Grey exactly when stale; otherwise never green with a missed milestone or an open problem."""
    project = KeyProject(
        nature=Nature.PROJECT,
        stage=Stage.BUILDING,
        status=Status.NORMAL,
        annual_plan_wan=Decimal(6000),
        annual_plan_year=2026,
        planned_production=date(2099, 1, 1),
    )
    project.assessed_last_update = at(DAY - timedelta(days=age))
    project.assessed_last_month = date(2026, 6, 1)
    project.assessed_invested_wan = Decimal(done)
    project.assessed_milestones = [
        ProjectMilestone(kind=MilestoneKind.LAND, planned_on=DAY - timedelta(days=d)) for d in late
    ]
    project.assessed_problems = [
        ProjectProblem(text="问题", raised_on=DAY - timedelta(days=200), due_on=DAY - timedelta(days=d))
        for d in overdue
    ]
    result = assess(project, on=DAY)
    assert (result.level == GREY) == (age > confidence.STALE_AFTER)
    if result.level != GREY:
        clean = not late and not overdue and done * 100 / 6000 >= 40
        assert (result.level == GREEN) == clean
        worst = max([*late, 0]) > 60 or max([*overdue, 0]) > 30 or done * 100 / 6000 < 25
        assert (result.level == RED) == worst
    assert result.reasons
