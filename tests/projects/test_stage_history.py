"""Stage and status of a past day, read back from the transitions."""

from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects import actions
from projects.choices import Stage, Status
from projects.models import KeyProject
from projects.stage_history import rewind
from tests.factories.accounts import UserFactory
from tests.factories.projects import FILLED, AcceptedReportFactory, KeyProjectFactory
from tuoxian_portal.core.errors import PortalError

pytestmark = pytest.mark.django_db
START = date(2026, 1, 1)
VERBS = {
    "on": actions.advance_stage,
    "back": actions.set_back_stage,
    "stall": actions.stall_project,
    "resume": actions.resume_project,
}


def full_project(**values):
    return KeyProjectFactory(**{**FILLED, "stage": Stage.SIGNED, **values})


def at(day, hour=4):
    return freeze_time(datetime(day.year, day.month, day.day, hour))


def state_on(project, day):
    row = KeyProject.objects.get(pk=project.pk)
    rewind([row], day)
    return row.stage, row.status


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(sorted(VERBS))), max_size=10))
def test_every_day_is_what_it_was_when_it_was_today(moves):
    """Whatever moves follow, on the same day or later, a day keeps the state in which it ended."""
    project = full_project(helper=UserFactory())
    day, ended = START, {}

    def end_of_day():
        row = KeyProject.objects.get(pk=project.pk)
        ended[day] = (row.stage, row.status)

    for gap, verb in moves:
        for _ in range(gap):
            end_of_day()
            day += timedelta(days=1)
        with at(day):
            project.refresh_from_db()
            with suppress(PortalError):
                VERBS[verb](project=project, actor=None, reason="依据来文")
    end_of_day()
    with at(day + timedelta(days=1)):
        assert {known: state_on(project, known) for known in ended} == ended


def test_today_costs_no_query(django_assert_num_queries):
    project = full_project()
    with at(START), django_assert_num_queries(0):
        rewind([project], START)


def test_the_day_ends_at_midnight_here():
    project = full_project()
    with freeze_time("2026-03-10 15:59:00"):  # 23:59 in Hohhot
        actions.stall_project(project=project, actor=None, reason="停工")
    with freeze_time("2026-03-10 16:00:00"):
        actions.resume_project(project=project, actor=None, reason="复工")
    with at(date(2026, 3, 20)):
        assert state_on(project, date(2026, 3, 9))[1] == Status.NORMAL
        assert state_on(project, date(2026, 3, 10))[1] == Status.STALLED
        assert state_on(project, date(2026, 3, 11))[1] == Status.NORMAL


def test_a_stage_that_nobody_knew_then_stays_unknown():
    project = KeyProjectFactory(stage="", status="")
    with at(date(2026, 3, 10)):
        actions.place_stage(project=project, stage=Stage.BUILDING, actor=None, reason="现场核实")
    with at(date(2026, 3, 20)):
        assert state_on(project, date(2026, 3, 9)) == ("", "")


class TestConfidence:
    @pytest.fixture
    def project(self):
        project = full_project(stage=Stage.BUILDING, annual_plan_year=2025)
        AcceptedReportFactory(
            project=project,
            month=date(2026, 4, 1),
            accepted_at=timezone.make_aware(datetime(2026, 4, 28)),
        )
        KeyProject.objects.update(created_at=timezone.make_aware(datetime(2026, 4, 2)))
        return project

    def levels(self, project):
        return {row.month.month: row.level for row in project.confidence_months.all()}

    def test_a_project_that_reached_capacity_keeps_the_months_before(self, project):
        with at(date(2026, 6, 10)):
            project = actions.advance_stage(project=project, actor=None)
            actions.advance_stage(project=project, actor=None)
            assert KeyProject.objects.get(pk=project.pk).stage == Stage.AT_CAPACITY
        with at(date(2026, 7, 2)):
            actions.record_confidence()
        assert self.levels(project) == {4: "green", 5: "green"}

    def test_a_stop_does_not_turn_earlier_months_red(self, project):
        with at(date(2026, 6, 1)):
            actions.stall_project(project=project, actor=None, reason="资金")
        with at(date(2026, 6, 2)):
            actions.record_confidence()
        assert self.levels(project) == {4: "green", 5: "green", 6: "red"}

    def test_many_projects_cost_as_much_as_few(self, project, django_assert_max_num_queries):
        for _ in range(20):
            full_project(stage=Stage.BUILDING)
        with at(date(2026, 5, 2)):
            actions.record_confidence()
        with at(date(2026, 6, 2)), django_assert_max_num_queries(24):
            actions.record_confidence()
