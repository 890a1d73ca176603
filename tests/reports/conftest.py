"""A small ledger with accepted reports, seen from 10 November 2026."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time

from projects.choices import ReportState, Stage
from projects.models import KeyProject, ProgressReport
from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory, IndustryFactory

KIND = "monthly-projects"
PERIOD = "2026-10"


@pytest.fixture(autouse=True)
def november():
    with freeze_time("2026-11-10 02:00:00"):
        yield


@pytest.fixture
def ledger():
    """`ledger(n)` adds n projects of 1亿元 with a plan of 1000万元 and 50万元 accepted in each of
    September and October 2026; returns them."""
    industry, department = IndustryFactory(name="测试新材料"), DepartmentFactory()
    made = []

    def add(count=1, *, state=ReportState.ACCEPTED, is_sample=False, **values):
        start = len(made)
        projects = KeyProject.objects.bulk_create(
            KeyProject(
                number=f"TX2026-{start + number:05d}",
                name=f"测试项目{start + number}",
                industry=industry,
                department=department,
                stage=Stage.BUILDING,
                is_sample=is_sample,
                **{
                    "total_investment_wan": Decimal(10_000),
                    "annual_plan_wan": Decimal(1000),
                    "annual_plan_year": 2026,
                    "planned_production": date(2027, 6, 1),
                    **values,
                },
            )
            for number in range(count)
        )
        accepted = datetime(2026, 11, 3, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
        ProgressReport.objects.bulk_create(
            ProgressReport(
                project=project,
                month=date(2026, month, 1),
                invested_month_wan=Decimal(50),
                physical_progress=Decimal(30),
                state=state,
                accepted_at=accepted if state == ReportState.ACCEPTED else None,
                is_sample=is_sample,
            )
            for project in projects
            for month in (9, 10)
        )
        made.extend(projects)
        return projects

    return add


@pytest.fixture
def officer():
    return UserFactory(roles=["project_officer"])


@pytest.fixture
def supervisor():
    return UserFactory(roles=["supervisor"])


@pytest.fixture
def reader():
    return UserFactory(roles=["official"])
