"""Loan intents: every state with every action, who may, and that money stays within its bounds."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finance import actions
from finance.choices import DropReason, IntentState
from finance.models import FinancingDemand, LoanIntent
from finance.workflow import INTENT_WORKFLOW
from tests.factories.accounts import UserFactory
from tests.factories.directory import BankFactory, EnterpriseFactory
from tests.factories.finance import (
    DrawdownFactory,
    FinancingDemandFactory,
    LoanIntentFactory,
    LoanProductFactory,
)
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import EditConflict, NotPermitted, PortalError, WorkflowError

pytestmark = pytest.mark.django_db


def officer():
    return UserFactory(roles=["finance_officer"])


def contact(bank):
    return UserFactory(roles=["bank_contact"], bank=bank)


def do(intent, verb, actor):
    """`verb` with arguments that are right wherever the verb itself is."""
    match verb:
        case "approve_credit":
            actions.approve_credit(intent=intent, actor=actor, amount_wan=Decimal(500))
        case "sign_contract":
            actions.sign_contract(intent=intent, actor=actor, amount_wan=Decimal(500))
        case "record_drawdown":
            actions.record_drawdown(intent=intent, actor=actor, amount_wan=Decimal(100))
        case "void_drawdown":
            drawdown = intent.drawdowns.first() or DrawdownFactory(intent=intent)
            actions.void_drawdown(drawdown=drawdown, actor=actor, reason="录错")
        case "drop_intent":
            actions.drop_intent(intent=intent, actor=actor, drop_reason=DropReason.CREDIT)
        case "correct_intent":
            actions.correct_intent(
                intent=intent, actor=actor, values={"amount_wan": Decimal(900)}, reason="录错"
            )


STATES = list(IntentState)
VERBS = [t.name for t in INTENT_WORKFLOW.transitions if t.permission]
EXPECTED = {
    ("intent", "approve_credit"): "credit_approved",
    ("intent", "drop_intent"): "dropped",
    ("credit_approved", "sign_contract"): "contracted",
    ("credit_approved", "drop_intent"): "dropped",
    ("contracted", "record_drawdown"): "drawn",
    ("contracted", "drop_intent"): "dropped",
    ("drawn", "record_drawdown"): "drawn",
    ("drawn", "void_drawdown"): "contracted",
    **{(state.value, "correct_intent"): state.value for state in STATES},
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_with_every_action(state, verb):
    intent = LoanIntentFactory.at(state)
    target = EXPECTED.get((state.value, verb))
    entries = LogEntry.objects.count()
    if target is None:
        with pytest.raises(WorkflowError):
            do(intent, verb, officer())
        assert LoanIntent.objects.get().state == state
        assert LogEntry.objects.count() == entries
    else:
        do(intent, verb, officer())
        fresh = LoanIntent.objects.get()
        assert fresh.state == target
        assert fresh.version == 1
        assert list(LogEntry.objects.values_list("action", flat=True)) == [verb]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("finance_officer", set(VERBS)),
        ("bank_contact", {"approve_credit", "sign_contract", "record_drawdown", "drop_intent"}),
        ("official", set()),
        ("project_officer", set()),
        ("window", set()),
        ("administrator", set()),
    ],
)
@pytest.mark.parametrize("verb", VERBS)
def test_who_may_do_what(role, allowed, verb):
    state = next(s for (s, v) in EXPECTED if v == verb)
    bank = BankFactory()
    intent = LoanIntentFactory.at(state, bank=bank)
    actor = UserFactory(roles=[role], bank=bank)
    if verb in allowed:
        do(intent, verb, actor)
    else:
        with pytest.raises(NotPermitted):
            do(intent, verb, actor)


def test_buttons_are_what_the_actions_accept():
    for state in STATES:
        intent = LoanIntentFactory.at(state)
        names = {t.name for t in INTENT_WORKFLOW.available(intent, officer())}
        assert names == {verb for (s, verb) in EXPECTED if s == state}


def test_another_banks_contact_can_do_nothing():
    intent = LoanIntentFactory.at(IntentState.INTENT)
    with pytest.raises(NotPermitted):
        do(intent, "approve_credit", contact(BankFactory()))


class TestRecording:
    def test_numbers_are_unbroken_within_the_year(self):
        who, bank, firm = officer(), BankFactory(), EnterpriseFactory()
        year = today().year

        def record(**values):
            return actions.record_intent(
                actor=who, enterprise=firm, bank=bank, **{"amount_wan": Decimal(10), **values}
            )

        first = record()
        with pytest.raises(ValidationError):
            record(amount_wan=Decimal(0))
        second = record()
        assert [first.number, second.number] == [f"DK{year}-0001", f"DK{year}-0002"]

    def test_a_contact_records_for_the_own_bank_only(self):
        bank = BankFactory()
        who = contact(bank)
        common = {"actor": who, "enterprise": EnterpriseFactory(), "amount_wan": Decimal(10)}
        actions.record_intent(bank=bank, **common)
        with pytest.raises(NotPermitted):
            actions.record_intent(bank=BankFactory(), **common)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("demand", lambda: FinancingDemandFactory()),
            ("demand", lambda: FinancingDemandFactory(state="met")),
            ("product", lambda: LoanProductFactory()),
            ("intent_on", lambda: today() + timedelta(days=1)),
        ],
    )
    def test_what_does_not_fit_is_named(self, field, value):
        found = value()
        firm = found.enterprise if getattr(found, "state", "") == "met" else EnterpriseFactory()
        with pytest.raises(ValidationError) as error:
            actions.record_intent(
                actor=officer(),
                enterprise=firm,
                bank=BankFactory(),
                amount_wan=Decimal(10),
                **{field: found},
            )
        assert field in error.value.message_dict
        assert not LoanIntent.objects.exists()


class TestDates:
    def test_a_step_is_not_before_the_one_it_follows(self):
        intent = LoanIntentFactory.at(IntentState.INTENT)
        with pytest.raises(ValidationError, match="不能早于意向日期"):
            actions.approve_credit(
                intent=intent,
                actor=officer(),
                amount_wan=Decimal(10),
                on=intent.intent_on - timedelta(days=1),
            )

    def test_a_step_is_not_in_the_future(self):
        intent = LoanIntentFactory.at(IntentState.INTENT)
        with pytest.raises(ValidationError, match="不能晚于今天"):
            actions.approve_credit(
                intent=intent, actor=officer(), amount_wan=Decimal(10), on=today() + timedelta(days=1)
            )


class TestMoney:
    def test_the_contract_stays_within_the_credit(self):
        intent = LoanIntentFactory.at(IntentState.CREDIT_APPROVED)
        with pytest.raises(ValidationError, match="不能超过授信金额"):
            actions.sign_contract(intent=intent, actor=officer(), amount_wan=Decimal(801))

    def test_the_database_holds_it_too(self):
        intent = LoanIntentFactory.at(IntentState.CREDIT_APPROVED)
        with pytest.raises(IntegrityError), transaction.atomic():
            LoanIntent.objects.filter(pk=intent.pk).update(contract_wan=801)

    def test_nothing_is_left_to_draw_after_the_whole_contract(self):
        intent = LoanIntentFactory.at(IntentState.CONTRACTED)
        actions.record_drawdown(intent=intent, actor=officer(), amount_wan=Decimal(800))
        with pytest.raises(WorkflowError, match="全部放款"):
            do(intent, "record_drawdown", officer())

    @pytest.mark.parametrize("amount", ["0", "-1"])
    def test_a_payment_is_above_nothing(self, amount):
        intent = LoanIntentFactory.at(IntentState.CONTRACTED)
        with pytest.raises(ValidationError):
            actions.record_drawdown(intent=intent, actor=officer(), amount_wan=Decimal(amount))

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.decimals("0.0001", "500", places=4), max_size=8))
    def test_payments_never_exceed_the_contract(self, amounts):
        intent = LoanIntentFactory.at(IntentState.CONTRACTED)
        accepted = Decimal(0)
        for amount in amounts:
            try:
                actions.record_drawdown(intent=intent, actor=None, amount_wan=amount)
            except (ValidationError, WorkflowError):
                assert accepted + amount > 800
            else:
                accepted += amount
        assert intent.drawdowns.valid().total_wan() == accepted <= 800

    def test_a_voided_payment_can_be_drawn_again(self):
        intent = LoanIntentFactory.at(IntentState.CONTRACTED)
        who = officer()
        paid = actions.record_drawdown(intent=intent, actor=who, amount_wan=Decimal(800))
        actions.void_drawdown(drawdown=paid, actor=who, reason="金额多写一位")
        actions.record_drawdown(intent=intent, actor=who, amount_wan=Decimal(80))
        fresh = LoanIntent.objects.with_drawn().get()
        assert (fresh.state, fresh.drawn_wan, fresh.undrawn_wan) == ("drawn", 80, 720)
        with pytest.raises(WorkflowError, match="已经作废"):
            actions.void_drawdown(drawdown=paid, actor=who, reason="再来一次")

    def test_voiding_one_of_two_payments_keeps_the_state(self):
        intent = LoanIntentFactory.at(IntentState.DRAWN)
        second = actions.record_drawdown(intent=intent, actor=officer(), amount_wan=Decimal(50))
        actions.void_drawdown(drawdown=second, actor=officer(), reason="录错")
        assert LoanIntent.objects.get().state == IntentState.DRAWN


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_payments_at_once_cannot_both_fit():
    """800 are contracted; of eight payments of 300 at the same moment two fit, whoever wins."""
    intent = LoanIntentFactory.at(IntentState.CONTRACTED)
    barrier, outcomes = threading.Barrier(8), []

    def pay():
        try:
            barrier.wait()
            actions.record_drawdown(intent=intent, actor=None, amount_wan=Decimal(300))
            outcomes.append("paid")
        except (PortalError, ValidationError):
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=pay) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["paid"] * 2 + ["refused"] * 6
    assert intent.drawdowns.total_wan() == 600


class TestDropping:
    def test_other_needs_words(self):
        intent = LoanIntentFactory.at(IntentState.INTENT)
        with pytest.raises(ValidationError, match="写明原因"):
            actions.drop_intent(intent=intent, actor=officer(), drop_reason=DropReason.OTHER)

    def test_an_unknown_reason_is_refused(self):
        intent = LoanIntentFactory.at(IntentState.INTENT)
        with pytest.raises(ValidationError, match="请选择未成原因"):
            actions.drop_intent(intent=intent, actor=officer(), drop_reason="bored")

    def test_the_database_refuses_a_dropped_intent_without_reason(self):
        intent = LoanIntentFactory.at(IntentState.INTENT)
        with pytest.raises(IntegrityError), transaction.atomic():
            LoanIntent.objects.filter(pk=intent.pk).update(state=IntentState.DROPPED)


class TestCorrecting:
    def test_both_values_and_the_reason_stay_on_record(self):
        intent = LoanIntentFactory.at(IntentState.CONTRACTED)
        actions.correct_intent(
            intent=intent, actor=officer(), values={"contract_wan": Decimal(700)}, reason="合同写的是 700"
        )
        entry = LogEntry.objects.get()
        assert entry.changes == {"contract_wan": ["800.0000", "700"]}
        assert entry.reason == "合同写的是 700"

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"contract_wan": Decimal(200)}, "不能低于已放款"),
            ({"contract_wan": Decimal(900)}, "不能超过授信金额"),
            ({"contract_wan": None}, "不能清空"),
            ({"state": "dropped"}, "不能更正"),
            ({"contracted_on": today()}, "不能晚于首次放款"),
            ({"credit_on": today() - timedelta(days=300)}, "不能早于意向日期"),
            ({"amount_wan": Decimal(1000)}, "没有需要更正"),
            ({"intent_on": today() + timedelta(days=2)}, "不能晚于今天"),
        ],
    )
    def test_what_is_refused(self, values, message):
        intent = LoanIntentFactory.at(IntentState.DRAWN)
        with pytest.raises(ValidationError, match=message):
            actions.correct_intent(intent=intent, actor=officer(), values=values, reason="录错")

    def test_a_step_not_reached_has_nothing_to_correct(self):
        intent = LoanIntentFactory.at(IntentState.INTENT)
        with pytest.raises(ValidationError, match="尚未办到这一步"):
            actions.correct_intent(
                intent=intent, actor=officer(), values={"credit_wan": Decimal(1)}, reason="录错"
            )


def test_the_second_of_two_editors_is_told():
    intent = LoanIntentFactory.at(IntentState.INTENT)
    actions.approve_credit(intent=intent, actor=officer(), amount_wan=Decimal(1), version=0)
    with pytest.raises(EditConflict):
        actions.sign_contract(intent=intent, actor=officer(), amount_wan=Decimal(1), version=0)


class TestEditing:
    def test_links_and_words(self):
        intent = LoanIntentFactory.at(IntentState.INTENT)
        actions.edit_record(record=intent, actor=officer(), values={"note": "已催"}, version=0)
        assert LoanIntent.objects.get().note == "已催"

    @pytest.mark.parametrize("name", ["amount_wan", "state", "enterprise", "credit_on"])
    def test_what_has_a_verb_is_not_edited(self, name):
        intent = LoanIntentFactory.at(IntentState.INTENT)
        with pytest.raises(ValidationError, match="办理按钮"):
            actions.edit_record(record=intent, actor=officer(), values={name: "x"})

    def test_not_without_permission(self):
        intent = LoanIntentFactory.at(IntentState.INTENT)
        with pytest.raises(NotPermitted):
            actions.edit_record(record=intent, actor=UserFactory(roles=["official"]), values={"note": "看看"})


# --- Whose bank, whose demand ---------------------------------------------------------------------
def test_a_contact_whose_bank_is_gone_records_for_none():
    with pytest.raises(NotPermitted, match="本机构"):
        actions.record_intent(
            actor=contact(None), enterprise=EnterpriseFactory(), bank=BankFactory(), amount_wan=Decimal(1)
        )


def test_a_demand_that_was_not_shared_cannot_be_linked_and_so_read():
    demand, bank = FinancingDemandFactory(), BankFactory()
    banker = contact(bank)
    given = {"enterprise": demand.enterprise, "bank": bank, "amount_wan": Decimal(1)}
    with pytest.raises(ValidationError, match="没有找到"):
        actions.record_intent(actor=banker, demand=demand, **given)
    intent = actions.record_intent(actor=banker, **given)
    with pytest.raises(ValidationError, match="没有找到"):
        actions.edit_record(record=intent, actor=banker, values={"demand": demand})
    assert not FinancingDemand.objects.visible_to(banker).exists()
    actions.edit_record(record=intent, actor=officer(), values={"demand": demand})
    assert FinancingDemand.objects.visible_to(banker).get() == demand


# --- Rubbish is told where it was typed -----------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "act"),
    [
        (IntentState.INTENT, actions.approve_credit),
        (IntentState.CREDIT_APPROVED, actions.sign_contract),
        (IntentState.CONTRACTED, actions.record_drawdown),
    ],
)
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount_wan": Decimal(0)}, "amount_wan"),
        ({"amount_wan": Decimal(-5)}, "amount_wan"),
        ({"on": today() + timedelta(days=1)}, "on"),
    ],
)
def test_what_is_wrong_stands_at_the_field_that_was_sent(state, act, values, field):
    intent = LoanIntentFactory.at(state)
    with pytest.raises(ValidationError) as refused:
        act(intent=intent, actor=officer(), **{"amount_wan": Decimal(5), **values})
    assert list(refused.value.message_dict) == [field]


def test_a_correction_keeps_the_steps_before_the_end():
    intent = LoanIntentFactory.at(IntentState.DROPPED)
    after = intent.dropped_on + timedelta(days=1)
    with pytest.raises(ValidationError, match="登记未成的日期"):
        actions.correct_intent(intent=intent, actor=officer(), values={"intent_on": after}, reason="录错")
