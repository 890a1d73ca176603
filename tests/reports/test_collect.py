"""What the monthly project report says: only accepted figures, real and sample apart."""

from datetime import date
from decimal import Decimal

import pytest

from projects.choices import Nature, ReportState, Stage, Status
from projects.models import KeyProject, ProgressReport
from projects.reports import assessed_on, collect, has_data
from tests.reports.conftest import PERIOD

pytestmark = pytest.mark.django_db


def figures(period=PERIOD):
    return collect(period, lambda done, total, message: None)


def headline(found):
    return {item["label"]: item["value"] for item in found["headline"]}


def detail(found):
    return next(t for s in found["sections"] for t in s["tables"] if t["sheet"] == "项目")["rows"]


def test_figures_add_up(ledger):
    ledger(3)
    found = figures()
    assert headline(found) == {
        "纳入月报的项目": 3,
        "总投资": "30000",
        "年度计划投资": "3000",
        "累计完成投资": "300",
        "完成年度计划": "10",
        "当月完成投资": "150",
    }
    rows = detail(found)
    assert sum(Decimal(row["year"]) for row in rows) == 300
    industries = next(t for s in found["sections"] for t in s["tables"] if t["caption"].startswith("分产业"))
    assert industries["rows"][-1]["industry"] == "合计"
    assert industries["rows"][-1]["year"] == "300"


@pytest.mark.parametrize("state", [ReportState.DRAFT, ReportState.SUBMITTED])
def test_what_was_not_accepted_does_not_count(ledger, state):
    ledger(1)
    ledger(1, state=state)
    found = headline(figures())
    assert found["累计完成投资"] == "100"
    # The project stands in the report by its plan, without figures.
    assert found["纳入月报的项目"] == 2


def test_what_came_later_does_not_count(ledger):
    (project,) = ledger(1)
    ProgressReport.objects.create(
        project=project,
        month=date(2026, 11, 1),
        invested_month_wan=999,
        physical_progress=40,
        state=ReportState.ACCEPTED,
    )
    assert headline(figures())["累计完成投资"] == "100"


def test_groups_and_terminated_projects_are_left_out(ledger):
    ledger(1)
    ledger(1, nature=Nature.GROUP)
    ledger(1, status=Status.TERMINATED)
    assert headline(figures())["纳入月报的项目"] == 1


def test_an_unknown_investment_is_said_not_counted_as_nothing(ledger):
    ledger(1)
    ledger(1, total_investment_wan=None)
    total = next(item for item in figures()["headline"] if item["label"] == "总投资")
    assert total["value"] == "10000"
    assert "1 个项目总投资未公布" in total["note"]


def test_without_plans_there_is_no_rate(ledger):
    ledger(1, annual_plan_wan=None, annual_plan_year=None)
    found = figures()
    assert headline(found)["完成年度计划"] is None
    assert "尚未录入" in found["sections"][0]["paragraphs"][0]


def test_real_projects_push_samples_out(ledger):
    ledger(2, is_sample=True)
    assert figures()["has_samples"]
    assert headline(figures())["纳入月报的项目"] == 2
    ledger(1)
    found = figures()
    assert not found["has_samples"]
    assert headline(found)["纳入月报的项目"] == 1


def test_months_without_accepted_reports_have_no_data(ledger):
    ledger(1, state=ReportState.SUBMITTED)
    assert not has_data(PERIOD)
    ledger(1)
    assert has_data(PERIOD)
    assert not has_data("2026-08")


def test_a_month_made_up_later_is_rated_as_it_was():
    assert assessed_on("2026-10") == date(2026, 11, 10)  # today
    assert assessed_on("2026-05") == date(2026, 6, 30)
    assert assessed_on("2025-12") == date(2026, 1, 31)


def test_an_empty_county_has_a_report_that_says_so():
    found = figures()
    assert headline(found)["纳入月报的项目"] == 0
    assert "年度目标尚未录入" in found["sections"][2]["paragraphs"][0]


def test_personal_names_stay_out(ledger):
    ledger(1, responsible="测试领导人")
    assert "测试领导人" not in str(figures())


@pytest.mark.parametrize("count", [2, 20])
def test_queries_do_not_grow(ledger, count, django_assert_max_num_queries):
    ledger(count)
    assert KeyProject.objects.filter(stage=Stage.BUILDING).count() == count
    with django_assert_max_num_queries(9):
        figures()
