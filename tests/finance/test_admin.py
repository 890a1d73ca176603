"""The workbench: one form to record, buttons that call actions, nothing lost on an error."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finance.choices import IntentState
from finance.models import FinancingDemand, LoanIntent, LoanProduct
from tests.factories.accounts import UserFactory
from tests.factories.directory import BankFactory, EnterpriseFactory
from tests.factories.finance import (
    DrawdownFactory,
    FinancingDemandFactory,
    LoanIntentFactory,
    LoanProductFactory,
)
from tuoxian_portal.core.calendar import today

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client):
    user = UserFactory(roles=["finance_officer"])
    client.force_login(user)
    return user


def change_url(record):
    return reverse(f"admin:finance_{record._meta.model_name}_change", args=[record.pk])


def verb_url(record, verb):
    return reverse(f"admin:finance_{record._meta.model_name}_do", args=[record.pk, verb])


NO_ROWS = {"drawdowns-TOTAL_FORMS": 0, "drawdowns-INITIAL_FORMS": 0}


def test_an_officer_records_an_intent_on_one_form(officer, client):
    firm, bank = EnterpriseFactory(), BankFactory()
    data = {"enterprise": firm.pk, "bank": bank.pk, "amount_wan": "500", "intent_on": today()}
    response = client.post(reverse("admin:finance_loanintent_add"), data, follow=True)
    intent = LoanIntent.objects.get()
    assert (intent.enterprise, intent.bank, intent.amount_wan) == (firm, bank, 500)
    assert intent.number == f"DK{today().year}-0001"
    assert response.status_code == 200


def test_a_contact_is_not_asked_for_the_bank(client):
    bank = BankFactory()
    client.force_login(UserFactory(roles=["bank_contact"], bank=bank))
    assert 'name="bank"' not in client.get(reverse("admin:finance_loanintent_add")).content.decode()
    product = LoanProductFactory()  # another bank's
    data = {"enterprise": EnterpriseFactory().pk, "amount_wan": "500", "intent_on": today()}
    refused = client.post(reverse("admin:finance_loanintent_add"), {**data, "product": product.pk})
    assert "贷款产品不属于这家金融机构" in refused.content.decode()
    client.post(reverse("admin:finance_loanintent_add"), data)
    assert LoanIntent.objects.get().bank == bank


def test_a_contact_does_not_see_another_banks_loan(client):
    client.force_login(UserFactory(roles=["bank_contact"], bank=BankFactory()))
    other = LoanIntentFactory()
    assert client.get(verb_url(other, "approve_credit")).status_code == 404
    assert client.get(change_url(other)).status_code == 302  # the admin says so on its index
    assert other.number not in client.get(reverse("admin:finance_loanintent_changelist")).content.decode()


def test_only_the_buttons_that_state_and_role_allow(officer, client):
    text = client.get(change_url(LoanIntentFactory.at(IntentState.CREDIT_APPROVED))).content.decode()
    assert "登记签约" in text
    assert "登记授信" not in text
    client.force_login(UserFactory(roles=["official"]))
    text = client.get(change_url(LoanIntentFactory.at(IntentState.CREDIT_APPROVED))).content.decode()
    assert "登记签约" not in text


def test_a_loan_walks_through_its_buttons(officer, client):
    intent = LoanIntentFactory()
    for verb, amount in (("approve_credit", 900), ("sign_contract", 800), ("record_drawdown", 300)):
        form = client.get(verb_url(intent, verb))
        assert form.status_code == 200
        version = form.context["form"]["version"].value()
        response = client.post(
            verb_url(intent, verb), {"amount_wan": amount, "on": today(), "version": version}
        )
        assert response.status_code == 302, response.context["form"].errors
    fresh = LoanIntent.objects.with_drawn().get()
    assert (fresh.state, fresh.drawn_wan) == ("drawn", 300)
    text = client.get(change_url(intent)).content.decode()
    assert all(word in text for word in ("登记授信", "登记签约", "登记放款", str(officer)))


def test_a_refusal_keeps_what_was_typed(officer, client):
    intent = LoanIntentFactory.at(IntentState.CREDIT_APPROVED)
    response = client.post(verb_url(intent, "sign_contract"), {"amount_wan": "950", "on": today()})
    text = response.content.decode()
    assert "签约金额不能超过授信金额" in text
    assert 'value="950"' in text


def test_an_old_page_is_told(officer, client):
    intent = LoanIntentFactory(version=3)
    data = {"amount_wan": "5", "on": today(), "version": 2}
    assert "已被他人修改" in client.post(verb_url(intent, "approve_credit"), data).content.decode()
    saved = client.post(change_url(intent), {"note": "x", "seen_version": 2, **NO_ROWS})
    assert "已被他人修改" in saved.content.decode()
    assert LoanIntent.objects.get().note == ""
    client.post(change_url(intent), {"note": "x", "seen_version": 3, **NO_ROWS})
    assert (LoanIntent.objects.get().note, LoanIntent.objects.get().version) == ("x", 4)


def test_voiding_correcting_and_dropping(officer, client):
    intent = LoanIntentFactory.at(IntentState.DRAWN)
    foreign = DrawdownFactory()
    data = {"drawdown": foreign.pk, "reason": "录错"}
    assert client.post(verb_url(intent, "void_drawdown"), data).status_code == 200
    data["drawdown"] = intent.drawdowns.get().pk
    assert client.post(verb_url(intent, "void_drawdown"), data).status_code == 302
    form = client.get(verb_url(intent, "correct_intent")).context["form"]
    data = {name: form[name].value() for name in form.fields}
    data |= {"amount_wan": "990", "reason": "多写"}
    response = client.post(verb_url(intent, "correct_intent"), data)
    assert response.status_code == 302, response.context["form"].errors
    assert LoanIntent.objects.get(pk=intent.pk).amount_wan == Decimal(990)
    data = {"drop_reason": "price", "on": today()}
    assert client.post(verb_url(intent, "drop_intent"), data).status_code == 302
    assert LoanIntent.objects.get(pk=intent.pk).state == IntentState.DROPPED


def test_an_unknown_verb_is_not_found(officer, client):
    assert client.get(verb_url(LoanIntentFactory(), "return_to_contract")).status_code == 404


def test_demands(officer, client):
    data = {
        "enterprise": EnterpriseFactory().pk,
        "purpose": "working",
        "amount_wan": "80",
        "registered_on": today(),
    }
    client.post(reverse("admin:finance_financingdemand_add"), data)
    demand = FinancingDemand.objects.get()
    assert demand.number == f"XQ{today().year}-0001"
    assert client.post(verb_url(demand, "close_demand"), {"reason": ""}).status_code == 200
    assert client.post(verb_url(demand, "meet_demand"), {"reason": ""}).status_code == 302
    done = client.get(change_url(FinancingDemandFactory(state="met")))
    assert 'name="note"' not in done.content.decode()


def test_products(officer, client):
    data = {"bank": BankFactory().pk, "name": "测试贷", "slug": "test-loan", "audience": "企业"}
    client.post(reverse("admin:finance_loanproduct_add"), data)
    product = LoanProduct.objects.get()
    assert product.state == "draft"
    assert client.get(change_url(product)).context["verb_buttons"] == []
    assert "来源" in client.post(verb_url(product, "publish_product"), {}).content.decode()
    data |= {"source_title": "产品页", "source_date": "2026-10", "seen_version": 0}
    client.post(change_url(product), data)
    assert client.post(verb_url(product, "publish_product"), {"version": 1}).status_code == 302
    assert LoanProduct.objects.published().exists()


@pytest.mark.parametrize("model", ["loanproduct", "matchmakingevent", "financingdemand", "loanintent"])
@pytest.mark.parametrize(
    ("role", "sees"),
    [("finance_officer", True), ("bank_contact", True), ("official", True), ("window", False)],
)
def test_who_opens_the_lists(client, model, role, sees):
    client.force_login(UserFactory(roles=[role], bank=BankFactory()))
    response = client.get(reverse(f"admin:finance_{model}_changelist"))
    assert response.status_code == (200 if sees else 403)


def test_list_queries_do_not_grow(officer, client):
    url = reverse("admin:finance_loanintent_changelist")

    def queries(rows):
        for _ in range(rows):
            LoanIntentFactory.at(IntentState.DRAWN)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    queries(1)  # what the first page of a session asks once
    assert queries(1) == queries(18)


@pytest.mark.parametrize("key", ["abc", "²", "9" * 40, "a\x00b", "<script>"])
@pytest.mark.parametrize("model", ["financingdemand", "loanintent"])
def test_rubbish_for_a_record_to_choose_is_an_error_of_the_form(client, person, model, key):
    client.force_login(person("finance_officer"))
    response = client.post(f"/admin/finance/{model}/add/", {"enterprise": key})
    assert response.status_code == 200
    assert "enterprise" in response.context["adminform"].form.errors


def test_a_met_demand_is_refused_on_the_form(officer, client):
    demand = FinancingDemandFactory(state="met", closed_on=today())
    data = {"enterprise": demand.enterprise.pk, "bank": BankFactory().pk, "amount_wan": "5"}
    refused = client.post(
        reverse("admin:finance_loanintent_add"), {**data, "intent_on": today(), "demand": demand.pk}
    )
    assert "该融资需求已了结" in refused.content.decode()
    assert not LoanIntent.objects.exists()


def test_a_contact_cannot_send_the_key_of_a_demand_that_was_not_shared(client):
    demand, bank = FinancingDemandFactory(), BankFactory()
    client.force_login(UserFactory(roles=["bank_contact"], bank=bank))
    data = {"enterprise": demand.enterprise.pk, "amount_wan": "5", "intent_on": today()}
    refused = client.post(reverse("admin:finance_loanintent_add"), {**data, "demand": demand.pk})
    assert refused.status_code == 200
    assert "demand" in refused.context["adminform"].form.errors
    assert not LoanIntent.objects.exists()


def test_names_at_an_event_are_written_one_a_line(officer, client):
    typed = {"slug": "a", "name": "某活动", "kind": "event", "level": "county", "held_on": "2026-01-01"}
    names = {"bank_names": "甲银行\n乙银行", "enterprise_names": '{"a": 1}'}
    client.post(reverse("admin:finance_matchmakingevent_add"), {**typed, **names})
    page = client.get(reverse("finance:list")).content.decode()
    assert "甲银行、乙银行" in page
