"""口径: what is computed, from which rows, and what is said when nothing can be."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from projects import actions
from projects.choices import Comparison, Nature, ProjectType, Stage, Status, TargetCategory
from projects.models import FundsReceipt, Target
from projects.targets import RULES, actuals, is_met
from tests.factories.accounts import UserFactory
from tests.factories.directory import IndustryFactory
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory, ProgressReportFactory

pytestmark = pytest.mark.django_db


def target(rule="", **fields):
    values = {
        "indicator": "指标",
        "year": 2026,
        "category": TargetCategory.TARGET,
        "value": 100,
        "unit": "个",
    }
    return Target.objects.create(rule=rule, **{**values, **fields})


def actual(row):
    return actuals([row])[row.pk]


def test_without_any_record_of_the_year_the_actual_is_unknown_not_zero():
    for rule in RULES:
        found = actual(target(rule, year=2023))
        assert found.value is None
        assert "2023 年" in found.text


def test_projects_of_500_and_investment_come_from_accepted_reports():
    big = KeyProjectFactory(stage=Stage.BUILDING, total_investment_wan=500)
    small = KeyProjectFactory(stage=Stage.BUILDING, total_investment_wan=499)
    group = KeyProjectFactory(stage=Stage.BUILDING, nature=Nature.GROUP)
    gone = KeyProjectFactory(stage=Stage.BUILDING, status=Status.TERMINATED)
    for month in (1, 2):
        AcceptedReportFactory(project=big, month=date(2026, month, 1), invested_month_wan=4000)
    for project in (small, group, gone):
        AcceptedReportFactory(project=project, invested_month_wan=1000)
    ProgressReportFactory(project=big, month=date(2026, 3, 1), invested_month_wan=9999)
    AcceptedReportFactory(project=big, month=date(2025, 12, 1), invested_month_wan=9999)
    assert actual(target("projects_500")).value == 1
    assert actual(target("invested")).value == Decimal("0.9")


def test_introduced_projects_are_signed_in_the_year_and_of_one_yi():
    KeyProjectFactory(stage=Stage.SIGNED, signed_on=date(2026, 5, 1), total_investment_wan=10_000)
    KeyProjectFactory(stage=Stage.SIGNED, signed_on=date(2026, 5, 1), total_investment_wan=9_999)
    KeyProjectFactory(stage=Stage.SIGNED, signed_on=date(2025, 5, 1), total_investment_wan=50_000)
    assert actual(target("introduced_1yi")).value == 1
    assert actual(target("signed")).value == 2


def test_received_funds_are_those_of_projects_of_one_yi():
    for total, amount in ((20_000, 3_000), (9_000, 5_000)):
        FundsReceipt.objects.create(
            project=KeyProjectFactory(stage=Stage.SIGNED, total_investment_wan=total),
            received_on=date(2026, 2, 2),
            amount_wan=amount,
            evidence="回单",
        )
    found = actual(target("received", value=Decimal("0.6"), unit="亿元"))
    assert (found.value, found.percent) == (Decimal("0.3"), Decimal("50.0"))


def test_an_industrys_target_counts_its_own_projects():
    energy, chemicals = IndustryFactory(), IndustryFactory()
    for industry, kind in ((energy, ProjectType.NEW), (energy, ProjectType.CONTINUING), (chemicals, "")):
        KeyProjectFactory(
            stage=Stage.IN_PRODUCTION,
            industry=industry,
            project_type=kind,
            actual_start=date(2026, 1, 5),
            actual_production=date(2026, 9, 9),
        )
    assert actual(target("started", industry=energy)).value == 2
    assert actual(target("started_new", industry=energy)).value == 1
    assert actual(target("produced")).value == 3
    assert actual(target("started", industry=IndustryFactory())).value == 0


def test_sample_and_real_figures_never_mix():
    AcceptedReportFactory(invested_month_wan=10_000)
    sample = KeyProjectFactory(stage=Stage.BUILDING, is_sample=True)
    AcceptedReportFactory(project=sample, invested_month_wan=70_000, is_sample=True)
    assert actual(target("invested")).value == 1
    assert actual(target("invested", is_sample=True)).value == 7


def test_what_has_no_rule_says_that_the_portal_has_no_source():
    found = actual(target())
    assert found.value is None
    assert "没有该指标的数据来源" in found.text


def test_a_typed_actual_needs_its_source():
    officer = UserFactory(roles=["project_officer"])
    row = target(value=200)
    row.typed_actual = Decimal(150)
    with pytest.raises(ValidationError, match="来源"):
        actions.save_target(target=row, actor=officer, changed=["typed_actual"])
    row.typed_actual_source, row.typed_actual_on = "统计公报", date(2026, 3, 1)
    changed = ["typed_actual", "typed_actual_source", "typed_actual_on"]
    saved = actions.save_target(target=row, actor=officer, changed=changed)
    found = actual(saved)
    assert (found.value, found.percent, found.source) == (150, Decimal("75.0"), "统计公报")


@pytest.mark.parametrize(
    ("comparison", "value", "met"),
    [
        (Comparison.AT_LEAST, 100, True),
        (Comparison.AT_LEAST, 99, False),
        (Comparison.AT_MOST, 100, True),
        (Comparison.AT_MOST, 101, False),
        (Comparison.EQUAL, 120, True),
        (Comparison.AT_LEAST, None, None),
    ],
)
def test_whether_a_target_is_met(comparison, value, met):
    row = target(
        comparison=comparison,
        typed_actual=value,
        typed_actual_source="公报" if value else "",
        typed_actual_on=date(2026, 3, 1),
    )
    assert is_met(row, actual(row)) is met


@pytest.mark.parametrize("count", [2, 20])
def test_many_targets_of_a_year_cost_three_queries(count, django_assert_num_queries):
    AcceptedReportFactory()
    rows = [target(rule) for _ in range(count) for rule in RULES]
    with django_assert_num_queries(3):
        actuals(rows)
