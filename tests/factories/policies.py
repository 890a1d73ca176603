"""Policies and prices for tests. `PolicyFactory(complete=True)` has all that the gate asks for."""

from datetime import date
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from policies import models
from policies.choices import Factor, Level, PriceKind, Publication, Theme
from services.models import Material


class PolicyFactory(DjangoModelFactory):
    class Meta:
        model = models.IncentivePolicy

    class Params:
        published = factory.Trait(state=Publication.PUBLISHED)
        complete = factory.Trait(
            document_number=factory.Sequence(lambda n: f"测政发〔2026〕{n}号"),
            legal_basis="测试法律依据",
            fair_competition_reviewed_on=date(2026, 1, 5),
            fair_competition_reviewed_by="测试审查机关",
            issued_on=date(2026, 1, 10),
            expires_on=date(2030, 12, 31),
        )
        in_force = factory.Trait(complete=True, published=True, verified_on=date(2026, 1, 12))

    title = factory.Sequence(lambda n: f"测试政策{n}")
    slug = factory.Sequence(lambda n: f"policy-{n}")
    level = Level.COUNTY
    theme = Theme.INVESTMENT
    summary = "测试解读"


class ClauseFactory(DjangoModelFactory):
    """`papers` are names of materials, which are made when the catalogue lacks them."""

    class Meta:
        model = models.PolicyClause
        skip_postgeneration_save = True

    policy = factory.SubFactory(PolicyFactory)
    order = factory.Sequence(lambda n: n % 1000 + 1)
    text = "给予一次性补贴。"

    @factory.post_generation
    def papers(self, create, extracted, **kwargs):
        for order, name in enumerate(extracted or (), start=1):
            material, _ = Material.objects.get_or_create(name=name)
            self.materials.create(material=material, order=order)


class PriceFactory(DjangoModelFactory):
    class Meta:
        model = models.FactorPrice

    code = factory.Sequence(lambda n: f"T-{n}")
    factor = Factor.POWER
    item = "测试电价"
    kind = PriceKind.ACTUAL
    value = Decimal("0.42")
    unit = "元/度"
    as_of_date = date(2026, 10, 1)


def claimable(**fields):
    """A clause in force with an envelope of 100 万元, open to claims."""
    defaults = {
        "heading": "设备补贴",
        "benefit": "subsidy",
        "condition": {"all": [{"fact": "investment", "is": "gte", "value": "1000"}]},
        "formula": "设备投入 × 5%",
        "cap_wan": Decimal(50),
        "budget_wan": Decimal(100),
        "mode": "auto",
        "pay_within_days": 10,
    }
    return ClauseFactory(policy=PolicyFactory(in_force=True), **{**defaults, **fields})


class ClaimFactory(DjangoModelFactory):
    class Meta:
        model = models.PolicyClaim

    number = factory.Sequence(lambda n: f"DX2026-{n:05d}")
    clause = factory.LazyFunction(claimable)
    enterprise = factory.SubFactory("tests.factories.directory.EnterpriseFactory")
    year = 2026
    filed_on = date(2026, 11, 2)
    verdict = "yes"
    estimate_yuan = Decimal(300_000)
