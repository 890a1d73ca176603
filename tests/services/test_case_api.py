"""Cases over the API: role × verb, scope, filters, errors."""

from datetime import date

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from services.api.cases import CaseSerializer
from services.choices_cases import CaseState
from services.models import Case
from services.workflow import CASE_WORKFLOW
from tests.factories.accounts import UserFactory
from tests.factories.cases import IDENTITY, Hall
from tests.factories.directory import OutletFactory
from tests.rows import assert_shape
from tests.services.test_case_workflow import ALLOWED, MOVES, ROLES

pytestmark = pytest.mark.django_db
CASES = "/api/v1/services/cases/"
BODIES = {
    "request_correction": {"missing": ["缺少公章"], "days": 7},
    "receive_correction": {"materials": []},
    "submit": {"outcome": "approved", "reason": "符合条件"},
    "start_special": {"procedure": "testing", "days": 5, "reason": "需要检测"},
    "extend": {"days": 5, "reason": "复杂"},
    "deliver": {"recipient": "测试人"},
    "supply_deferred": {"materials": [1]},
}


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


@pytest.fixture
def hall():
    return Hall()


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def verb_url(case, name):
    return f"{CASES}{case.case_number}/{name.replace('_', '-')}/"


def test_there_is_one_door_for_each_verb():
    from services.api.cases import CaseViewSet

    files = "attachments"  # what a case holds, not what is done with it
    papers = {"hand-over-papers", "return-papers", "transfer", "link-licence", "unlink-licence"}
    doors = {d.url_path for d in CaseViewSet.get_extra_actions() if not d.url_path.startswith(files)}
    assert doors - papers == {t.name.replace("_", "-") for t in CASE_WORKFLOW.transitions if t.permission}


@pytest.mark.parametrize("name", [n for n, (sources, _) in MOVES.items() if sources])
def test_each_verb_by_each_role(hall, name):
    sources, target = MOVES[name]
    case = hall.case_in(sorted(sources)[0])
    body = BODIES.get(name, {"reason": "测试理由"})
    for role in ROLES:
        if role != ALLOWED[name]:
            response = client_of(hall.person(role)).post(verb_url(case, name), body, format="json")
            assert response.status_code == 403, role
            assert response.json()["code"] == "not_permitted"
    response = client_of(hall.person(ALLOWED[name])).post(
        verb_url(case, name), {**body, "version": case.version}, format="json"
    )
    assert response.status_code == 200, response.json()
    answer = response.json()
    assert answer["state"] == (target or case.state)
    assert answer["version"] > case.version
    assert answer["history"][0]["action"] in {name, "complete"}


def test_a_verb_out_of_turn_is_a_conflict_with_a_sentence(hall):
    case = hall.record()
    response = client_of(hall.issuer).post(verb_url(case, "deliver"), {"recipient": "测试人"}, format="json")
    assert response.status_code == 409
    assert response.json() == {
        "code": "workflow",
        "detail": "当前状态为“待受理”，不能“送达”。请刷新页面查看最新进展。",
        "fields": {},
    }


def test_a_stale_version_is_a_conflict(hall):
    case = hall.record()
    response = client_of(hall.clerk).post(
        verb_url(case, "accept"), {"version": case.version - 1}, format="json"
    )
    assert (response.status_code, response.json()["code"]) == (409, "edit_conflict")


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("request_correction", {"days": 5}, "missing"),
        ("request_correction", {"missing": [], "days": 5}, "missing"),
        ("request_correction", {"missing": ["缺章"], "days": 0}, "days"),
        ("request_correction", {"missing": ["缺章"], "days": "很多"}, "days"),
        ("accept", {"version": "x"}, "version"),
    ],
)
def test_a_bad_body_is_answered_at_its_field(hall, name, body, field):
    response = client_of(hall.clerk).post(verb_url(hall.record(), name), body, format="json")
    assert response.status_code == 400
    assert field in response.json()["fields"]


def test_a_body_that_is_not_json_is_answered(hall):
    client = client_of(hall.clerk)
    url = verb_url(hall.record(), "accept")
    assert client.post(url, "{", content_type="application/json").status_code == 400
    assert client.post(url, "[1]", content_type="application/json").status_code == 400


def test_strangers_are_asked_to_sign_in_and_others_find_nothing(hall):
    case = hall.record()
    assert APIClient().get(CASES).status_code in {401, 403}
    assert APIClient().post(verb_url(case, "accept")).status_code in {401, 403}
    elsewhere = client_of(UserFactory(roles=["window"], outlet=OutletFactory()))
    assert elsewhere.get(CASES).json()["results"] == []
    assert elsewhere.get(f"{CASES}{case.case_number}/").status_code == 404
    assert elsewhere.post(verb_url(case, "accept")).status_code == 404


def test_the_detail_is_masked_and_lists_what_may_be_done(hall):
    case = hall.record()
    text = client_of(hall.clerk).get(f"{CASES}{case.case_number}/").content.decode()
    for secret in (IDENTITY, case.phone, case.tracking_code, "测试申请人"):
        assert secret not in text
    detail = client_of(hall.clerk).get(f"{CASES}{case.case_number}/").json()
    assert [a["name"] for a in detail["available_actions"]] == [
        t.name for t in CASE_WORKFLOW.available(case, hall.clerk)
    ]
    assert client_of(hall.official).get(f"{CASES}{case.case_number}/").json()["available_actions"] == []
    assert detail["intervals"][0]["kind"] == "intake"


def test_filters_find_their_rows_and_unknown_ones_are_refused(hall):
    received, deciding = hall.record(), hall.case_in(CaseState.DECIDING)
    client = client_of(hall.supervisor)

    def numbers(**query):
        return {row["case_number"] for row in client.get(CASES, query).json()["results"]}

    assert numbers(state="deciding") == {deciding.case_number}
    assert numbers(item=hall.item.code) == {received.case_number, deciding.case_number}
    assert numbers(department=hall.department.name, overdue="false") == {
        received.case_number,
        deciding.case_number,
    }
    assert numbers(overdue="true") == set()
    assert numbers(received_from="2999-01-01") == set()
    assert client.get(CASES, {"colour": "red"}).status_code == 400
    assert client.get(CASES, {"state": "dancing"}).status_code == 400
    assert client.get(CASES, {"page": 99}).status_code == 404


def test_the_list_takes_the_same_queries_for_two_rows_and_for_twenty(hall, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    client = client_of(hall.supervisor)
    for wanted in (2, 20):
        while len(client.get(CASES).json()["results"]) < wanted:
            hall.record(materials={})
        with CaptureQueriesContext(connection) as queries:
            client.get(CASES)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 2  # the person's grants, the rows


def test_the_list_is_what_its_serializer_describes(hall):
    hall.record()
    for state in (CaseState.DECIDING, CaseState.COMPLETED):
        hall.case_in(state)
    Case.objects.filter(state=CaseState.DECIDING).update(due_on=date(2020, 1, 2))
    results = client_of(hall.supervisor).get(CASES).json()["results"]
    assert_shape(results, CaseSerializer, Case.objects.order_by("-pk"))
    assert {row["is_overdue"] for row in results} == {True, False}


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "1001", "9" * 5000])
def test_a_page_that_is_none_is_not_found(hall, page):
    response = client_of(hall.supervisor).get(CASES, {"page": page})
    assert response.status_code == 404
    assert response.json()["detail"] == "页码超出范围。"


def test_pages_lead_on_and_back_without_a_count(hall):
    cases = [hall.record(materials={}) for _ in range(3)]
    client = client_of(hall.supervisor)
    first = client.get(CASES, {"page_size": 1}).json()
    second = client.get(first["next"]).json()
    last = client.get(second["next"]).json()
    assert [r["case_number"] for p in (first, second, last) for r in p["results"]] == [
        case.case_number for case in reversed(cases)
    ]
    assert (first["previous"], last["next"]) == (None, None)
    assert client.get(second["previous"]).json() == first
    assert client.get(last["previous"]).json() == second
    assert "count" not in first
    for page in ("0", "-1", "x", "²", "1001", "99999999999"):
        assert client.get(CASES, {"page": page}).status_code == 404
