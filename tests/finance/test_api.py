"""The API: public lists, scoped staff lists, verbs that answer with what may be done next."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from finance.choices import IntentState
from finance.models import LoanIntent
from tests.factories.accounts import UserFactory
from tests.factories.directory import BankFactory, EnterpriseFactory
from tests.factories.finance import (
    DrawdownFactory,
    FinancingDemandFactory,
    LoanIntentFactory,
    LoanProductFactory,
    MatchmakingEventFactory,
)
from tuoxian_portal.core.calendar import today

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/finance"


def client_of(role=None, **values):
    client = APIClient()
    if role:
        client.force_login(UserFactory(roles=[role], **values))
    return client


def test_products_and_events_are_public():
    LoanProductFactory(slug="good-loan")
    LoanProductFactory(state="draft")
    MatchmakingEventFactory(slug="meeting", enterprises=54, intention_wan=475800)
    client = client_of()
    assert client.get(f"{ROOT}/products/").json()["count"] == 1
    assert client.get(f"{ROOT}/products/good-loan/").json()["source_title"] == "测试来源"
    event = client.get(f"{ROOT}/events/meeting/").json()
    assert (event["intention_wan"], event["average_intention_wan"]) == ("475800.0000", "8811.1")


@pytest.mark.parametrize("path", ["intents/", "demands/", "intents/pipeline/"])
def test_staff_lists_are_closed_to_the_public(path):
    response = client_of().get(f"{ROOT}/{path}")
    assert response.status_code in {401, 403}
    assert set(response.json()) == {"code", "detail", "fields"}


def test_rows_outside_the_scope_do_not_exist():
    other = LoanIntentFactory()
    client = client_of("bank_contact", bank=BankFactory())
    assert client.get(f"{ROOT}/intents/").json()["count"] == 0
    assert client.get(f"{ROOT}/intents/{other.number}/").status_code == 404
    assert client.post(f"{ROOT}/intents/{other.number}/drop/", {}).status_code == 404


def test_a_loan_from_record_to_payment():
    client = client_of("bank_contact", bank=BankFactory())
    body = {"enterprise": EnterpriseFactory().name, "amount_wan": "500"}
    created = client.post(f"{ROOT}/intents/", body)
    assert created.status_code == 201
    number = created.json()["number"]
    assert [a["name"] for a in created.json()["available_actions"]] == ["approve_credit", "drop_intent"]
    for verb, amount in (("approve-credit", "400"), ("sign-contract", "300"), ("record-drawdown", "100.5")):
        answer = client.post(f"{ROOT}/intents/{number}/{verb}/", {"amount_wan": amount})
        assert answer.status_code == 200, answer.json()
    assert answer.json()["drawn_wan"] == "100.5000"
    assert answer.json()["drawdowns"][0]["drawn_on"] == today().isoformat()
    over = client.post(f"{ROOT}/intents/{number}/record-drawdown/", {"amount_wan": "199.6"})
    assert over.status_code == 400
    assert "199.5" in over.json()["fields"]["amount_wan"][0]


def test_an_officer_names_the_bank():
    client = client_of("finance_officer")
    body = {"enterprise": EnterpriseFactory().name, "amount_wan": "500"}
    assert "bank" in client.post(f"{ROOT}/intents/", body).json()["fields"]
    assert client.post(f"{ROOT}/intents/", {**body, "bank": BankFactory().name}).status_code == 201


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("sign-contract", {"amount_wan": "1"}, 409),
        ("approve-credit", {"amount_wan": "-1"}, 400),
        ("approve-credit", {"amount_wan": "many"}, 400),
        ("approve-credit", {}, 400),
        ("approve-credit", {"amount_wan": "1", "version": 7}, 409),
        ("approve-credit", {"amount_wan": "1", "on": "2999-01-01"}, 400),
        ("drop", {"drop_reason": "bored"}, 400),
        ("drop", {"drop_reason": "other"}, 400),
        ("correct", {"values": {"amount_wan": "5"}, "reason": ""}, 409),
        ("correct", {"values": {"amount_wan": "5"}, "reason": "录错"}, 200),
        ("drop", {"drop_reason": "price"}, 200),
    ],
)
def test_verbs_say_what_is_wrong(verb, body, status):
    intent = LoanIntentFactory()
    response = client_of("finance_officer").post(f"{ROOT}/intents/{intent.number}/{verb}/", body)
    assert response.status_code == status, response.json()
    if status != 200:
        assert set(response.json()) == {"code", "detail", "fields"}
        assert LoanIntent.objects.get().state == "intent"


def test_a_body_that_is_not_json():
    intent = LoanIntentFactory()
    response = client_of("finance_officer").post(
        f"{ROOT}/intents/{intent.number}/approve-credit/", "{no", content_type="application/json"
    )
    assert response.json()["code"] == "parse_error"


def test_void_only_a_payment_of_this_loan():
    intent, foreign = LoanIntentFactory.at(IntentState.DRAWN), DrawdownFactory()
    client, url = client_of("finance_officer"), f"{ROOT}/intents/{intent.number}/void-drawdown/"
    assert client.post(url, {"drawdown": foreign.pk, "reason": "录错"}).status_code == 400
    mine = intent.drawdowns.get()
    assert client.post(url, {"drawdown": mine.pk, "reason": "录错"}).json()["state"] == "contracted"


@pytest.mark.parametrize("role", ["official", "bank_contact"])
def test_reading_is_not_correcting(role):
    intent = LoanIntentFactory(bank=BankFactory())
    client = client_of(role, bank=intent.bank)
    body = {"values": {"amount_wan": "5"}, "reason": "录错"}
    assert client.post(f"{ROOT}/intents/{intent.number}/correct/", body).status_code == 403


def test_demands():
    client = client_of("finance_officer")
    body = {"enterprise": EnterpriseFactory().name, "purpose": "working", "amount_wan": "50"}
    number = client.post(f"{ROOT}/demands/", body).json()["number"]
    assert client.post(f"{ROOT}/demands/{number}/close/", {}).status_code == 409
    assert client.post(f"{ROOT}/demands/{number}/meet/", {}).json()["state"] == "met"
    FinancingDemandFactory()
    contact = client_of("bank_contact", bank=BankFactory())
    assert contact.get(f"{ROOT}/demands/").json()["count"] == 0


def test_what_a_person_cannot_see_cannot_be_pointed_at():
    demand = FinancingDemandFactory()  # not shared with banks
    client = client_of("bank_contact", bank=BankFactory())
    body = {"enterprise": demand.enterprise.name, "amount_wan": "5", "demand": demand.number}
    assert "demand" in client.post(f"{ROOT}/intents/", body).json()["fields"]


def test_filters_and_the_pipeline():
    LoanIntentFactory.at(IntentState.DRAWN)
    LoanIntentFactory.at(IntentState.INTENT, amount_wan=Decimal(5))
    client = client_of("official")
    assert client.get(f"{ROOT}/intents/?state=drawn&state=dropped").json()["count"] == 1
    assert client.get(f"{ROOT}/intents/?amount_max=10").json()["count"] == 1
    assert client.get(f"{ROOT}/intents/?colour=red").status_code == 400
    steps = client.get(f"{ROOT}/intents/pipeline/").json()["steps"]
    assert [s["count"] for s in steps] == [2, 1, 1, 1]
    assert client.get(f"{ROOT}/intents/pipeline/?state=intent").json()["steps"][0]["amount_wan"] == "5.0000"


@pytest.mark.parametrize("rows", [2, 20])
@pytest.mark.parametrize(("name", "limit"), [("intents", 7), ("demands", 7), ("products", 7)])
def test_list_queries_do_not_grow(name, limit, rows, django_assert_max_num_queries):
    for _ in range(rows):
        LoanIntentFactory.at(IntentState.DRAWN)
        FinancingDemandFactory()
        LoanProductFactory()
    client = client_of("official")
    with django_assert_max_num_queries(limit):
        client.get(f"{ROOT}/{name}/")
