"""Loans for tests, in any state. States are set directly; actions are tested as actions."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from finance.choices import DropReason, IntentState, ProductState
from finance.models import Drawdown, FinancingDemand, LoanIntent, LoanProduct, MatchmakingEvent
from tests.factories.directory import BankFactory, EnterpriseFactory
from tuoxian_portal.core.calendar import today


class LoanProductFactory(DjangoModelFactory):
    class Meta:
        model = LoanProduct

    bank = factory.SubFactory(BankFactory)
    slug = factory.Sequence(lambda n: f"product-{n}")
    name = factory.Sequence(lambda n: f"测试产品{n}")
    audience = "测试企业"
    source_title = "测试来源"
    source_date = "2026-01-01"
    state = ProductState.PUBLISHED
    published_at = factory.LazyFunction(timezone.now)


class MatchmakingEventFactory(DjangoModelFactory):
    class Meta:
        model = MatchmakingEvent

    slug = factory.Sequence(lambda n: f"event-{n}")
    name = factory.Sequence(lambda n: f"测试对接会{n}")
    held_on = date(2026, 3, 1)


class FinancingDemandFactory(DjangoModelFactory):
    class Meta:
        model = FinancingDemand

    number = factory.Sequence(lambda n: f"XQT-{n:05d}")
    enterprise = factory.SubFactory(EnterpriseFactory)
    purpose = "working"
    amount_wan = Decimal(300)
    registered_on = factory.LazyFunction(lambda: today() - timedelta(days=30))


STEPS = (IntentState.INTENT, IntentState.CREDIT_APPROVED, IntentState.CONTRACTED, IntentState.DRAWN)


class LoanIntentFactory(DjangoModelFactory):
    """An intent of 1000万元 made 100 days ago; `at(state)` gives one at that step, 800万元 granted and
    contracted, 300万元 drawn."""

    class Meta:
        model = LoanIntent

    number = factory.Sequence(lambda n: f"DKT-{n:05d}")
    enterprise = factory.SubFactory(EnterpriseFactory)
    bank = factory.SubFactory(BankFactory)
    amount_wan = Decimal(1000)
    intent_on = factory.LazyFunction(lambda: today() - timedelta(days=100))

    @classmethod
    def at(cls, state: str, **values: Any) -> LoanIntent:
        start = values.get("intent_on", today() - timedelta(days=100))
        reached = STEPS.index(state) if state in STEPS else 0
        if reached >= 1:
            values.setdefault("credit_wan", Decimal(800))
            values.setdefault("credit_on", start + timedelta(days=10))
        if reached >= 2:
            values.setdefault("contract_wan", Decimal(800))
            values.setdefault("contracted_on", start + timedelta(days=30))
        if state == IntentState.DROPPED:
            values.setdefault("drop_reason", DropReason.PRICE)
            values.setdefault("dropped_on", start + timedelta(days=20))
        intent = cls(state=state, **values)
        if reached == 3:
            DrawdownFactory(intent=intent, drawn_on=start + timedelta(days=50))
        return intent


class DrawdownFactory(DjangoModelFactory):
    class Meta:
        model = Drawdown

    intent = factory.SubFactory(LoanIntentFactory)
    amount_wan = Decimal(300)
    drawn_on = factory.LazyFunction(today)
