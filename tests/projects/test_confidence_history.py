"""红黄绿 by month: kept every night, caught up after missed days, never rewritten."""

from datetime import date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time

from projects import actions
from projects.choices import ConfidenceLevel, Stage
from projects.models import ConfidenceMonth, KeyProject, ProjectProblem
from projects.tasks import keep_confidence
from tests.factories.accounts import UserFactory
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    """Reported since April 2026, each month accepted on the 5th of the next."""
    project = KeyProjectFactory(stage=Stage.BUILDING, annual_plan_wan=None)
    for month in (4, 5, 6):
        AcceptedReportFactory(
            project=project,
            month=date(2026, month, 1),
            accepted_at=timezone.make_aware(datetime(2026, month + 1, 5, 9)),
        )
    KeyProject.objects.update(created_at=timezone.make_aware(datetime(2026, 5, 2)))
    return project


def kept(project):
    return {(row.month.month, row.assessed_on.day): row.level for row in project.confidence_months.all()}


def record(on):
    return actions.record_confidence(on=on)


def test_the_current_month_is_written_anew_each_night(project):
    record(date(2026, 5, 10))
    ProjectProblem.objects.create(
        project=project, text="供电", raised_on=date(2026, 5, 12), due_on=date(2026, 6, 1)
    )
    record(date(2026, 5, 20))
    assert {month for month, _ in kept(project)} == {4, 5}
    row = project.confidence_months.get(month=date(2026, 5, 1))
    assert (row.assessed_on, row.level) == (date(2026, 5, 20), ConfidenceLevel.YELLOW)
    assert "供电" in row.reasons[0]


def test_missed_nights_are_caught_up_for_the_last_day_of_each_month(project):
    record(date(2026, 5, 10))
    record(date(2026, 8, 12))
    assert kept(project) == {
        (4, 30): ConfidenceLevel.GREY,
        (5, 31): ConfidenceLevel.GREEN,
        (6, 30): ConfidenceLevel.GREEN,
        (7, 31): ConfidenceLevel.GREEN,
        (8, 12): ConfidenceLevel.GREY,
    }


def test_a_month_that_is_complete_is_never_rewritten(project):
    record(date(2026, 6, 30))
    record(date(2026, 7, 1))
    ProjectProblem.objects.create(project=project, text="补登的旧问题", raised_on=date(2026, 5, 1))
    record(date(2026, 7, 2))
    assert project.confidence_months.get(month=date(2026, 6, 1)).level == ConfidenceLevel.GREEN
    assert project.confidence_months.get(month=date(2026, 7, 1)).level == ConfidenceLevel.YELLOW


def test_running_twice_changes_nothing(project):
    record(date(2026, 7, 2))
    before = list(ConfidenceMonth.objects.order_by("pk").values_list("pk", "level", "assessed_on"))
    record(date(2026, 7, 2))
    assert list(ConfidenceMonth.objects.order_by("pk").values_list("pk", "level", "assessed_on")) == before


def test_nothing_is_said_of_a_time_before_the_project_was_known(project):
    record(date(2026, 9, 1))
    assert project.confidence_months.order_by("month").first().month == date(2026, 4, 1)
    unrated = KeyProjectFactory(stage=Stage.RESERVE)
    assert not unrated.confidence_months.exists()


def test_an_override_keeps_the_computed_level_reasons_and_person(project, client):
    supervisor = UserFactory(roles=["supervisor"])
    with freeze_time("2026-07-10 02:00"):
        actions.override_confidence(
            project=project, level=ConfidenceLevel.RED, actor=supervisor, reason="业主资金链紧张"
        )
        keep_confidence()
    row = project.confidence_months.get(month=date(2026, 7, 1))
    assert (row.level, row.computed) == (ConfidenceLevel.RED, ConfidenceLevel.GREEN)
    assert (row.override_reason, row.override_by) == ("业主资金链紧张", supervisor)
    assert row.reasons == ["节点、投资和问题均未发现偏差"]
    assert project.confidence_months.get(month=date(2026, 6, 1)).override_reason == ""
    client.force_login(supervisor)
    page = client.get(reverse("admin:projects_keyproject_change", args=[project.pk])).content.decode()
    assert "红黄绿逐月" in page
    assert "业主资金链紧张" in page


@pytest.mark.parametrize("count", [2, 20])
def test_a_night_costs_the_same_for_few_and_many(count, django_assert_max_num_queries):
    for _ in range(count):
        KeyProjectFactory(stage=Stage.BUILDING)
    record(date(2026, 11, 1))
    with django_assert_max_num_queries(14):
        record(date(2026, 11, 2))
