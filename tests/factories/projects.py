"""Projects for tests. `KeyProjectFactory(stage=…)` has everything that its stage requires."""

from datetime import date
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from projects import models
from projects.choices import ProjectType, ReportState, Stage, Status
from projects.names import enterprise_key
from projects.stage_fields import STAGE_FIELDS
from tests.factories.directory import (
    DepartmentFactory,
    IndustryChainFactory,
    IndustryFactory,
    ParkFactory,
)

# A value for every field of the stage table.
FILLED: dict[str, Any] = {
    "enterprise_name": "测试企业有限公司",
    "summary": "测试项目简介",
    "total_investment_wan": Decimal(12_000),
    "signed_on": date(2024, 3, 1),
    "responsible": "测试领导",
    "project_code": "2401-150122-04-01-123456",
    "project_type": ProjectType.NEW,
    "planned_start": date(2024, 9, 1),
    "planned_production": date(2099, 6, 1),
    "land_mu": Decimal(120),
    "actual_start": date(2024, 9, 10),
    "annual_plan_wan": Decimal(6_000),
    "annual_plan_year": 2026,
    "actual_production": date(2025, 6, 1),
    "at_capacity_on": date(2026, 1, 1),
}


class KeyProjectFactory(DjangoModelFactory):
    class Meta:
        model = models.KeyProject

    number = factory.Sequence(lambda n: f"TX2099-{n:04d}")
    name = factory.Sequence(lambda n: f"测试项目{n}")
    industry = factory.SubFactory(IndustryFactory)
    department = factory.SubFactory(DepartmentFactory)
    stage = Stage.RESERVE
    status = Status.NORMAL

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        stage = kwargs.get("stage")
        if stage:
            rank = Stage(stage).rank
            for field in STAGE_FIELDS:
                name = field.names[-1] if field.names[0] == "enterprise" else field.names[0]
                if field.stage.rank <= rank and name in FILLED:
                    kwargs.setdefault(name, FILLED[name])
            if rank >= Stage.SIGNED.rank and "park" not in kwargs:
                kwargs["park"] = ParkFactory()
        return kwargs


class ProgressReportFactory(DjangoModelFactory):
    class Meta:
        model = models.ProgressReport

    project = factory.SubFactory(KeyProjectFactory, stage=Stage.BUILDING)
    month = date(2026, 1, 1)
    invested_month_wan = Decimal(100)
    physical_progress = Decimal(10)


class AcceptedReportFactory(ProgressReportFactory):
    state = ReportState.ACCEPTED
    accepted_at = factory.LazyFunction(timezone.now)


class OpportunityFactory(DjangoModelFactory):
    class Meta:
        model = models.Opportunity

    number = factory.Sequence(lambda n: f"ZS2099-{n:04d}")
    name = factory.Sequence(lambda n: f"测试招商项目{n}")
    industry = factory.SubFactory(IndustryFactory)


class LeadFactory(DjangoModelFactory):
    class Meta:
        model = models.InvestmentLead

    number = factory.Sequence(lambda n: f"XS20990101-{n:04d}")
    enterprise_name = factory.Sequence(lambda n: f"测试意向企业{n}")
    name_key = factory.LazyAttribute(lambda o: enterprise_key(o.enterprise_name))
    contact_name = "测试联系人"
    phone = "13800001234"
    needs = "想了解厂房"
    answer_due = date(2099, 1, 10)


class ChainNodeFactory(DjangoModelFactory):
    class Meta:
        model = models.ChainNode

    chain = factory.SubFactory(IndustryChainFactory)
    name = factory.Sequence(lambda n: f"环节{n}")
    position = factory.Sequence(lambda n: n % 90 + 1)


class PromotionTargetFactory(DjangoModelFactory):
    class Meta:
        model = models.PromotionTarget

    kind = "enterprise"
    name = factory.Sequence(lambda n: f"目标企业{n}")
