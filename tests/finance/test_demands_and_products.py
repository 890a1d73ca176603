"""Demands and products: their states, their actions, who sees them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError

from finance import actions
from finance.models import FinancingDemand, LoanIntent, LoanProduct
from finance.workflow import DEMAND_WORKFLOW, PRODUCT_WORKFLOW
from tests.factories.accounts import SuperUserFactory, UserFactory
from tests.factories.directory import BankFactory, EnterpriseFactory
from tests.factories.finance import FinancingDemandFactory, LoanIntentFactory, LoanProductFactory
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db


def officer():
    return UserFactory(roles=["finance_officer"])


DEMAND_VERBS = {
    "meet_demand": lambda d, who: actions.meet_demand(demand=d, actor=who),
    "close_demand": lambda d, who: actions.close_demand(demand=d, actor=who, reason="企业搬走"),
}


@pytest.mark.parametrize("verb", DEMAND_VERBS)
@pytest.mark.parametrize("state", DEMAND_WORKFLOW.states)
def test_demand_states_and_actions(state, verb):
    demand = FinancingDemandFactory(state=state)
    if state == "open":
        done = DEMAND_VERBS[verb](demand, officer())
        assert done.state == DEMAND_WORKFLOW.by_name[verb].target
        assert done.closed_on == today()
    else:
        with pytest.raises(WorkflowError):
            DEMAND_VERBS[verb](demand, officer())


def test_closing_a_demand_needs_a_reason():
    with pytest.raises(WorkflowError, match="理由"):
        actions.close_demand(demand=FinancingDemandFactory(), actor=officer(), reason=" ")


def test_a_finished_demand_is_not_edited():
    demand = FinancingDemandFactory(state="met")
    with pytest.raises(WorkflowError, match="已了结"):
        actions.edit_record(record=demand, actor=officer(), values={"note": "x"})


def test_registering_a_demand():
    demand = actions.register_demand(
        actor=officer(), enterprise=EnterpriseFactory(), purpose="working", amount_wan=Decimal(50)
    )
    assert demand.number == f"XQ{today().year}-0001"
    with pytest.raises(ValidationError, match="不能早于登记日期"):
        actions.register_demand(
            actor=officer(),
            enterprise=EnterpriseFactory(),
            purpose="working",
            amount_wan=Decimal(50),
            needed_by=today() - timedelta(days=1),
        )
    with pytest.raises(NotPermitted):
        actions.register_demand(
            actor=UserFactory(roles=["official"]),
            enterprise=EnterpriseFactory(),
            purpose="working",
            amount_wan=Decimal(50),
        )


PRODUCT_VERBS = {
    "publish_product": lambda p, who: actions.publish_product(product=p, actor=who),
    "withdraw_product": lambda p, who: actions.withdraw_product(product=p, actor=who, reason="停办"),
}
ALLOWED = {
    ("draft", "publish_product"),
    ("withdrawn", "publish_product"),
    ("published", "withdraw_product"),
}


@pytest.mark.parametrize("verb", PRODUCT_VERBS)
@pytest.mark.parametrize("state", PRODUCT_WORKFLOW.states)
def test_product_states_and_actions(state, verb):
    product = LoanProductFactory(state=state)
    if (state.value, verb) in ALLOWED:
        assert PRODUCT_VERBS[verb](product, officer()).state == PRODUCT_WORKFLOW.by_name[verb].target
    else:
        with pytest.raises(WorkflowError):
            PRODUCT_VERBS[verb](product, officer())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"source_title": ""}, "来源"),
        ({"source_date": ""}, "来源"),
        ({"valid_until": today() - timedelta(days=1)}, "有效期已过"),
    ],
)
def test_what_keeps_a_product_from_being_published(values, message):
    with pytest.raises(WorkflowError, match=message):
        actions.publish_product(product=LoanProductFactory(state="draft", **values), actor=officer())


def test_a_published_product_cannot_lose_its_source():
    product = LoanProductFactory()
    with pytest.raises(ValidationError, match="来源"):
        actions.edit_record(record=product, actor=officer(), values={"source_title": ""})


def test_the_public_sees_published_products_within_their_date():
    shown = LoanProductFactory(valid_until=today())
    LoanProductFactory(valid_until=today() - timedelta(days=1))
    LoanProductFactory(state="draft")
    LoanProductFactory(state="withdrawn")
    assert list(LoanProduct.objects.visible_to(AnonymousUser())) == [shown]
    assert LoanProduct.objects.visible_to(officer()).count() == 4
    mine = LoanProductFactory(state="draft", bank=BankFactory())
    seen = LoanProduct.objects.visible_to(UserFactory(roles=["bank_contact"], bank=mine.bank))
    assert set(seen) == {shown, mine}


class TestScopes:
    @pytest.fixture(autouse=True)
    def rows(self):
        self.bank = BankFactory()
        self.mine = LoanIntentFactory(bank=self.bank)
        self.other = LoanIntentFactory()
        self.shared = FinancingDemandFactory(shared_with_banks=True)
        self.private = FinancingDemandFactory()
        self.done = FinancingDemandFactory(shared_with_banks=True, state="met")
        self.answered = FinancingDemandFactory(state="met")
        LoanIntent.objects.filter(pk=self.mine.pk).update(demand=self.answered)

    @pytest.mark.parametrize("role", ["finance_officer", "official"])
    def test_the_county_sees_everything(self, role):
        user = UserFactory(roles=[role])
        assert LoanIntent.objects.visible_to(user).count() == 2
        assert FinancingDemand.objects.visible_to(user).count() == 4

    def test_a_contact_sees_the_own_bank_and_shared_demands(self):
        user = UserFactory(roles=["bank_contact"], bank=self.bank)
        assert list(LoanIntent.objects.visible_to(user)) == [self.mine]
        assert set(FinancingDemand.objects.visible_to(user)) == {self.shared, self.answered}

    def test_a_contact_without_a_bank_sees_nothing(self):
        user = UserFactory(roles=["bank_contact"])
        assert not LoanIntent.objects.visible_to(user).exists()
        assert not FinancingDemand.objects.visible_to(user).exists()

    @pytest.mark.parametrize("role", ["window", "supervisor", "project_officer", "administrator"])
    def test_other_roles_see_nothing(self, role):
        user = UserFactory(roles=[role])
        assert not LoanIntent.objects.visible_to(user).exists()
        assert not FinancingDemand.objects.visible_to(user).exists()

    def test_nobody_sees_nothing_and_root_everything(self):
        assert not LoanIntent.objects.visible_to(AnonymousUser()).exists()
        assert LoanIntent.objects.visible_to(SuperUserFactory()).count() == 2
