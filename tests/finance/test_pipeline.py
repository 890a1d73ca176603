"""The pipeline's figures, and what the public may read of them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from finance.choices import IntentState
from finance.models import LoanIntent
from tests.factories.directory import BankFactory, EnterpriseFactory
from tests.factories.finance import DrawdownFactory, LoanIntentFactory
from tuoxian_portal.core.calendar import today

pytestmark = pytest.mark.django_db


def figures(pipeline):
    return [(s.count, s.enterprises, s.amount_wan) for s in pipeline.steps]


def test_a_step_counts_everything_that_reached_it():
    firm = EnterpriseFactory()
    LoanIntentFactory.at(IntentState.INTENT, enterprise=firm)
    LoanIntentFactory.at(IntentState.CREDIT_APPROVED, enterprise=firm)
    LoanIntentFactory.at(IntentState.DRAWN)
    LoanIntentFactory.at(
        IntentState.DROPPED,
        credit_wan=Decimal(800),
        credit_on=today() - timedelta(days=90),
        dropped_on=today() - timedelta(days=80),
    )
    pipeline = LoanIntent.objects.pipeline()
    assert figures(pipeline) == [(4, 3, 4000), (3, 3, 2400), (1, 1, 800), (1, 1, 300)]
    assert [s.waiting for s in pipeline.steps] == [1, 1, 0, 1]
    assert [s.median_days for s in pipeline.steps] == [None, 10, 20, 20]
    assert [(d.reason, d.count, d.amount_wan) for d in pipeline.drops] == [("price", 1, 1000)]


def test_stuck_is_more_than_ninety_days_at_a_step():
    LoanIntentFactory.at(IntentState.INTENT, intent_on=today() - timedelta(days=91))
    LoanIntentFactory.at(IntentState.INTENT, intent_on=today() - timedelta(days=90))
    LoanIntentFactory.at(IntentState.DRAWN, intent_on=today() - timedelta(days=300))
    assert [s.stuck for s in LoanIntent.objects.pipeline().steps] == [1, 0, 0, 0]


def test_void_payments_do_not_count():
    intent = LoanIntentFactory.at(IntentState.DRAWN)
    DrawdownFactory(intent=intent, voided_at="2026-01-01T00:00:00Z", amount_wan=Decimal(5))
    assert LoanIntent.objects.pipeline().steps[3].amount_wan == 300


def test_banks_are_ordered_by_money_paid_out():
    small, large = BankFactory(name="测试甲行"), BankFactory(name="测试乙行")
    LoanIntentFactory.at(IntentState.CONTRACTED, bank=small)
    LoanIntentFactory.at(IntentState.DRAWN, bank=large)
    banks = LoanIntent.objects.pipeline().banks
    assert [(b.name, b.reached, b.drawn_wan) for b in banks] == [
        ("测试乙行", (1, 1, 1, 1), 300),
        ("测试甲行", (1, 1, 1, 0), 0),
    ]


@pytest.mark.parametrize(("firms", "hidden"), [(1, True), (2, True), (3, False)])
def test_cells_under_three_enterprises_are_not_public(firms, hidden):
    for _ in range(firms):
        firm = EnterpriseFactory()
        # Several loans of one enterprise are still one enterprise.
        LoanIntentFactory(enterprise=firm)
        LoanIntentFactory(enterprise=firm)
    step = LoanIntent.objects.pipeline().for_public()[0]
    assert step.suppressed is hidden
    assert (step.count is None, step.amount_wan is None) == (hidden, hidden)


def test_an_empty_step_is_public_as_nothing():
    for _ in range(3):
        LoanIntentFactory()
    assert LoanIntent.objects.pipeline().for_public()[3].count == 0


def test_the_public_learns_nothing_about_waiting_and_banks():
    for _ in range(3):
        LoanIntentFactory()
    step = LoanIntent.objects.pipeline().for_public()[0]
    assert (step.waiting, step.stuck, step.median_days) == (None, None, None)


@pytest.mark.parametrize("rows", [0, 2, 20])
def test_one_query_whatever_the_number(rows, django_assert_num_queries):
    for _ in range(rows):
        LoanIntentFactory.at(IntentState.DRAWN)
    with django_assert_num_queries(1):
        LoanIntent.objects.pipeline()


def test_samples_are_marked():
    LoanIntentFactory(is_sample=True)
    assert LoanIntent.objects.pipeline().has_samples
