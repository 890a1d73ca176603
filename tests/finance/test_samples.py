"""Sample loans obey every rule that real ones obey, and leave without a trace."""

import random

import pytest

from finance.choices import IntentState
from finance.models import Drawdown, FinancingDemand, LoanIntent, LoanProduct, MatchmakingEvent
from tests.factories.finance import LoanIntentFactory
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.samples import SampleContext, clear_samples, sample_makers

pytestmark = pytest.mark.django_db


def make():
    for name in ("directory", "finance"):
        context = SampleContext(random=random.Random(name), scale=1, today=today(), say=print)
        sample_makers[name].make(context)


def test_sixty_loans_in_every_state_over_thirteen_months():
    make()
    intents = LoanIntent.objects.with_drawn()
    assert intents.count() == 60
    assert set(intents.values_list("state", flat=True)) == set(IntentState.values)
    days = sorted(intents.values_list("intent_on", flat=True))
    assert (days[-1] - days[0]).days > 330
    for intent in intents.select_related("demand", "product"):
        intent.full_clean()
        assert intent.is_sample
        assert intent.drawn_wan <= (intent.contract_wan or 0)
        assert (intent.drawn_wan > 0) == (intent.state == IntentState.DRAWN)


def test_the_same_seed_makes_the_same_loans():
    make()
    first = list(LoanIntent.objects.order_by("number").values_list("number", "amount_wan", "state"))
    clear_samples()
    make()
    assert list(LoanIntent.objects.order_by("number").values_list("number", "amount_wan", "state")) == first


def test_clearing_leaves_what_is_real():
    real = LoanIntentFactory.at(IntentState.DRAWN)
    make()
    clear_samples()
    assert list(LoanIntent.objects.all()) == [real]
    assert Drawdown.objects.count() == 1
    assert not any(m.objects.exists() for m in (LoanProduct, MatchmakingEvent, FinancingDemand))
