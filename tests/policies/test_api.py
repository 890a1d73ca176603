"""The API: what it shows to whom, its filters, its verbs, its errors."""

import pytest

from policies.choices import Level, PriceKind, Publication
from tests.factories.policies import ClauseFactory, PolicyFactory, PriceFactory

pytestmark = pytest.mark.django_db
POLICIES, PRICES = "/api/v1/policies/policies/", "/api/v1/policies/factor-prices/"


@pytest.mark.parametrize("state", [Publication.DRAFT, Publication.REVIEWED, Publication.WITHDRAWN])
def test_the_public_sees_what_is_published(api_client, state):
    hidden = PolicyFactory(state=state, title="不该出现")
    PolicyFactory(published=True)
    assert [row["title"] != "不该出现" for row in api_client.get(POLICIES).json()["results"]] == [True]
    assert api_client.get(f"{POLICIES}{hidden.slug}/").status_code == 404
    assert api_client.get(POLICIES, {"state": state}).json()["count"] == 0
    assert api_client.get(POLICIES, {"search": "不该"}).json()["count"] == 0


def test_hidden_prices_do_not_exist(api_client):
    hidden, shown = PriceFactory(is_public=False), PriceFactory(item="乙")
    assert [row["code"] for row in api_client.get(PRICES).json()["results"]] == [shown.code]
    assert api_client.get(f"{PRICES}{hidden.code}/").status_code == 404
    assert api_client.get(f"{PRICES}{shown.code}/").json()["value"] == "0.4200"


def test_a_detail_tells_status_reason_clauses_and_nothing_for_staff_only(api_client):
    policy = PolicyFactory(published=True)
    ClauseFactory(policy=policy, text="按纳税额奖励")
    data = api_client.get(f"{POLICIES}{policy.slug}/").json()
    assert data["status"] == "unverified"
    assert data["status_reason"].startswith("尚未核实")
    assert data["clauses"][0]["tied_to_tax"] is True
    assert (data["missing_for_force"], data["available_actions"]) == ([], [])


def test_staff_see_what_is_missing_and_what_can_be_done(api_client, person):
    policy = PolicyFactory()
    api_client.force_authenticate(person("policy_officer"))
    data = api_client.get(f"{POLICIES}{policy.slug}/").json()
    assert "文号" in data["missing_for_force"]
    assert data["available_actions"] == ["review"]


def test_filters_and_their_errors(api_client):
    PolicyFactory(published=True, level=Level.CITY, title="市级")
    PolicyFactory(in_force=True, title="县级")
    PriceFactory(kind=PriceKind.THRESHOLD)

    def titles(**query):
        return [row["title"] for row in api_client.get(POLICIES, query).json()["results"]]

    assert titles(level="city") == ["市级"]
    assert titles(status="in_force") == ["县级"]
    assert titles(issued_from="2026-01-01") == ["县级"]
    assert titles(search="市") == ["市级"]
    assert api_client.get(PRICES, {"kind": "threshold"}).json()["count"] == 1
    for query in ({"level": "moon"}, {"colour": "red"}, {"issued_from": "昨天"}, {"status": "x"}):
        response = api_client.get(POLICIES, query)
        assert response.status_code == 400
        assert set(response.json()) == {"code", "detail", "fields"}
    assert api_client.get(POLICIES, {"page": 99}).status_code == 404


def test_verbs_go_through_the_action(api_client, person):
    policy = PolicyFactory()
    api_client.force_authenticate(person("policy_officer"))
    url = f"{POLICIES}{policy.slug}/"
    assert api_client.post(f"{url}review/").json()["state"] == "reviewed"
    refused = api_client.post(f"{url}publish/")
    assert refused.status_code == 409
    assert "文号" in refused.json()["detail"]
    assert api_client.post(f"{url}publish-unverified/").json()["status"] == "unverified"
    assert api_client.post(f"{url}withdraw/").json()["fields"] == {"reason": ["请填写理由。"]}
    successor = PolicyFactory(published=True)
    body = {"reason": "新办法施行", "on": "2026-06-01", "replaced_by": successor.slug}
    repealed = api_client.post(f"{url}repeal/", body, format="json").json()
    assert (repealed["status"], repealed["replaced_by"]) == ("repealed", successor.slug)
    stale = api_client.post(f"{url}withdraw/", {"reason": "理由", "version": 0}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "edit_conflict")
    assert (
        api_client.post(f"{url}withdraw/", {"reason": "理由"}, format="json").json()["state"] == "withdrawn"
    )
    assert api_client.post(f"{url}revise/").json()["state"] == "draft"


def test_the_remaining_verbs(api_client, person):
    api_client.force_authenticate(person("policy_officer"))
    reviewed = PolicyFactory(complete=True, state=Publication.REVIEWED)
    url = f"{POLICIES}{reviewed.slug}/"
    assert api_client.post(f"{url}publish/").json()["status"] == "in_force"
    assert api_client.post(f"{url}unverify/", {"reason": "复核"}).json()["status"] == "unverified"
    assert api_client.post(f"{url}verify/").json()["status"] == "in_force"
    other = PolicyFactory(state=Publication.REVIEWED)
    assert api_client.post(f"{POLICIES}{other.slug}/return-to-draft/", {"reason": "改"}).status_code == 200


def test_verbs_are_refused_to_strangers_and_to_other_roles(api_client, person):
    policy = PolicyFactory(published=True)
    url = f"{POLICIES}{policy.slug}/withdraw/"
    assert api_client.post(url, {"reason": "理由"}).status_code in {401, 403}
    api_client.force_authenticate(person("window"))
    assert api_client.post(url, {"reason": "理由"}).status_code == 403
    assert api_client.post(f"{POLICIES}{PolicyFactory().slug}/review/").status_code == 404


def test_a_body_that_is_not_json_is_a_clear_400(api_client, person):
    api_client.force_authenticate(person("policy_officer"))
    policy = PolicyFactory(published=True)
    response = api_client.post(
        f"{POLICIES}{policy.slug}/withdraw/", data="{oops", content_type="application/json"
    )
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_the_number_of_queries_does_not_grow(api_client, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count():
        with CaptureQueriesContext(connection) as queries:
            api_client.get(POLICIES)
        return len(queries)

    PolicyFactory.create_batch(2, in_force=True)
    few = count()
    PolicyFactory.create_batch(18, in_force=True)
    assert count() == few <= 3
    policy = ClauseFactory(policy=PolicyFactory(published=True)).policy
    with django_assert_max_num_queries(4):
        api_client.get(f"{POLICIES}{policy.slug}/")
