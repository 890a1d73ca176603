"""The path after signing: what waits for what, and what a delay does to the end."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.choices import MilestoneKind as Kind
from projects.choices import Stage
from projects.models import ProjectMilestone
from projects.path import AFTER, Days, forecast, path_of
from tests.factories.projects import KeyProjectFactory

PLAN = {
    Kind.FILING: date(2026, 1, 10),
    Kind.LAND: date(2026, 4, 1),
    Kind.ENERGY: date(2026, 3, 1),
    Kind.ENVIRONMENT: date(2026, 4, 15),
    Kind.PERMIT: date(2026, 5, 15),
    Kind.START: date(2026, 6, 1),
    Kind.STATISTICS: date(2026, 7, 1),
    Kind.PRODUCTION: date(2027, 1, 20),
    Kind.CAPACITY: None,
}
ON = date(2026, 4, 20)


def days(actual=None, **plan):
    actual = actual or {}
    planned = {**PLAN, **{Kind(k): v for k, v in plan.items()}}
    return {kind: Days(planned[kind], actual.get(kind)) for kind in planned}


EARLY = {Kind.FILING: date(2026, 1, 8), Kind.LAND: date(2026, 3, 20), Kind.ENERGY: date(2026, 2, 20)}


def test_a_late_approval_moves_the_end_along_the_longest_path():
    late = {**EARLY, Kind.ENVIRONMENT: PLAN[Kind.ENVIRONMENT] + timedelta(days=45)}
    path = forecast(days(late), date(2026, 6, 2))
    assert path.words == "环评批复晚 45 天，投产顺延到 2027-03"
    assert path.slip == 45
    assert path.step(Kind.PERMIT).words == "顺延 45 天到 2026-06-29"
    assert path.step(Kind.STATISTICS).slip == 45


def test_what_is_not_reached_is_late_by_the_day():
    path = forecast(days({**EARLY}), ON)
    assert path.step(Kind.ENVIRONMENT).words == "已逾期 5 天"
    assert path.words == "环评批复已晚 5 天，投产顺延到 2027-01"


def test_slack_swallows_a_delay():
    late = {**EARLY, Kind.ENERGY: PLAN[Kind.ENERGY] + timedelta(days=40), Kind.LAND: date(2026, 4, 1)}
    path = forecast(days(late), date(2026, 4, 12))
    assert path.step(Kind.ENERGY).slip == 40
    assert path.slip == 0
    assert path.words == "按计划推进，投产预计 2027-01"


def test_a_delay_in_the_slack_is_said():
    path = forecast(days({Kind.FILING: date(2026, 1, 8), Kind.LAND: date(2026, 4, 1)}), date(2026, 3, 20))
    assert path.words == "能评批复已晚 19 天，计划中有余量，投产仍可望在 2027-01"


def test_what_is_not_planned_is_passed_through():
    sparse = {Kind.FILING: Days(date(2026, 1, 1), date(2026, 2, 1)), Kind.PRODUCTION: Days(date(2027, 1, 1))}
    path = forecast(sparse, date(2026, 2, 1))
    assert path.words == "备案晚 31 天，投产顺延到 2027-02"


@pytest.mark.parametrize(
    ("actual", "words"), [(date(2027, 1, 20), "投产按期"), (date(2027, 2, 1), "投产晚 12 天")]
)
def test_the_end_that_was_reached(actual, words):
    assert forecast(days({Kind.PRODUCTION: actual}), date(2027, 3, 1)).words == words


def test_the_goal_itself_is_late():
    done = {kind: day for kind, day in PLAN.items() if day and kind != Kind.PRODUCTION}
    path = forecast(days(done), date(2027, 1, 30))
    assert path.words == "投产已晚 10 天，原计划 2027-01"


def test_nothing_planned_says_nothing():
    path = forecast({}, ON)
    assert (path.words, path.slip, path.cause) == ("", 0, None)


def test_capacity_is_the_goal_once_it_is_planned():
    path = forecast(days({**EARLY, Kind.ENVIRONMENT: ON}, capacity=date(2027, 9, 1)), ON)
    assert path.words == "环评批复晚 5 天，达产顺延到 2027-09"


def test_a_plan_that_contradicts_itself_does_not_break():
    path = forecast(days(permit=date(2025, 1, 1)), ON)
    assert path.step(Kind.PERMIT).slip >= 0


# --- Properties ----------------------------------------------------------------------------------
day = st.dates(date(2025, 1, 1), date(2028, 12, 31))
plans = st.fixed_dictionaries({kind: st.none() | day for kind in AFTER})


@given(plans, st.data())
def test_nobody_slips_when_everybody_is_early(plan, data):
    known = {}
    for kind, planned in plan.items():
        early = data.draw(st.integers(0, 200)) if planned else 0
        known[kind] = Days(planned, planned - timedelta(days=early) if planned else None)
    path = forecast(known, date(2029, 1, 1))
    assert all(step.slip == 0 for step in path.steps)
    assert path.cause is None


@given(plans, st.dictionaries(st.sampled_from(list(AFTER)), day), day)
def test_a_slip_is_never_negative_and_has_a_cause(plan, actual, on):
    path = forecast({kind: Days(plan[kind], actual.get(kind)) for kind in AFTER}, on)
    assert all(step.slip >= 0 for step in path.steps)
    assert bool(path.slip) == (path.cause is not None)
    assert path.cause is None or path.cause.actual or path.cause.overdue or path.cause.slip
    assert isinstance(path.words, str)


@given(plans, st.sampled_from(list(AFTER)), day, st.integers(0, 400))
def test_a_longer_delay_never_helps(plan, kind, actual, more):
    on = date(2031, 1, 1)

    def slips(reached):
        known = {k: Days(planned) for k, planned in plan.items()}
        known[kind] = Days(plan[kind], reached)
        return [step.slip for step in forecast(known, on).steps]

    assert all(a <= b for a, b in zip(slips(actual), slips(actual + timedelta(days=more)), strict=True))


@given(plans, day, st.integers(0, 400))
def test_waiting_never_helps(plan, on, more):
    known = {kind: Days(planned) for kind, planned in plan.items()}
    before, after = forecast(known, on), forecast(known, on + timedelta(days=more))
    assert all(a.slip <= b.slip for a, b in zip(before.steps, after.steps, strict=True))


# --- A project's own dates -----------------------------------------------------------------------
@pytest.mark.django_db
def test_a_milestone_is_completed_by_the_projects_own_dates(django_assert_num_queries):
    project = KeyProjectFactory(
        stage=Stage.FILED, planned_start=date(2026, 6, 1), planned_production=date(2027, 1, 1)
    )
    ProjectMilestone.objects.create(project=project, kind=Kind.START, actual_on=date(2026, 7, 1))
    with django_assert_num_queries(1):
        path = path_of(project, date(2026, 7, 2))
    assert path.step(Kind.START).slip == 30
    assert path.words == "开工晚 30 天，投产顺延到 2027-01"
