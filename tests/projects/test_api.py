"""The API: scopes, filters, verbs with their errors in one shape, enquiries from outside."""

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from projects.api.serializers import KeyProjectSerializer
from projects.choices import ReportState, Stage
from projects.models import InvestmentLead, KeyProject, ProgressReport
from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory, EnterpriseFactory, IndustryFactory, ParkFactory
from tests.factories.projects import (
    AcceptedReportFactory,
    KeyProjectFactory,
    LeadFactory,
    OpportunityFactory,
    ProgressReportFactory,
)
from tests.rows import assert_shape

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/projects"


@pytest.fixture
def officer(api_client):
    user = UserFactory(roles=["project_officer"])
    api_client.force_authenticate(user)
    return user


def numbers(response):
    return {row["number"] for row in response.json()["results"]}


# --- Reading -------------------------------------------------------------------------------------
def test_everybody_reads_what_is_published(api_client):
    shown = KeyProjectFactory(is_published=True)
    KeyProjectFactory()
    assert numbers(api_client.get(f"{ROOT}/key-projects/")) == {shown.number}


def test_scopes(api_client):
    own = DepartmentFactory()
    rows = {
        "published": KeyProjectFactory(is_published=True),
        "own": KeyProjectFactory(department=own),
        "other": KeyProjectFactory(),
    }
    for roles, expected in (
        (["project_officer"], {"published", "own", "other"}),
        (["official"], {"published", "own", "other"}),
        (["reviewer"], {"published", "own"}),
        (["window"], {"published"}),
        (["bank_contact"], {"published"}),
    ):
        api_client.force_authenticate(UserFactory(roles=roles, department=own))
        assert numbers(api_client.get(f"{ROOT}/key-projects/")) == {rows[name].number for name in expected}
        hidden = api_client.get(f"{ROOT}/key-projects/{rows['other'].number}/").status_code
        assert hidden == (200 if "other" in expected else 404)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stage=building", {"a"}),
        ("stage=building&stage=signed", {"a", "b"}),
        ("industry=energy", {"a"}),
        ("investment_min=10000", {"a"}),
        ("investment_max=9999", {"b"}),
        ("investment_band=unknown", {"c"}),
        ("search=石墨", {"b"}),
        ("is_sample=true", {"c"}),
        ("page_size=1&ordering=-total_investment_wan&investment_min=1", {"a"}),
    ],
)
def test_filters(api_client, query, expected):
    rows = {
        "a": KeyProjectFactory(
            is_published=True,
            stage=Stage.BUILDING,
            total_investment_wan=20_000,
            industry=IndustryFactory(slug="energy"),
        ),
        "b": KeyProjectFactory(
            is_published=True, stage=Stage.SIGNED, total_investment_wan=900, capacity="石墨"
        ),
        "c": KeyProjectFactory(is_published=True, is_sample=True),
    }
    found = numbers(api_client.get(f"{ROOT}/key-projects/?{query}"))
    assert found == {rows[name].number for name in expected}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("key-projects/?colour=red", 400),
        ("key-projects/?stage=sold", 400),
        ("key-projects/?investment_min=viel", 400),
        ("key-projects/?page=99", 404),
        ("key-projects/NOPE/", 404),
        ("key-projects/?search=%00", 400),
        ("opportunities/NOPE/", 404),
        ("leads/", 403),
        ("progress-reports/", 403),
    ],
)
def test_errors_have_one_shape(api_client, path, status):
    response = api_client.get(f"{ROOT}/{path}")
    assert response.status_code == status
    assert set(response.json()) == {"code", "detail", "fields"}


@pytest.mark.parametrize("count", [2, 20])
@pytest.mark.parametrize("path", ["key-projects", "opportunities", "progress-reports", "leads", "targets"])
def test_a_list_costs_the_same_for_few_and_many(
    api_client, officer, path, count, django_assert_max_num_queries
):
    for n in range(count):
        AcceptedReportFactory(month=date(2026, n % 12 + 1, 1))
        OpportunityFactory()
        LeadFactory(industry=IndustryFactory(), owner=officer)
    api_client.get(f"{ROOT}/{path}/")
    with django_assert_max_num_queries(6):
        assert api_client.get(f"{ROOT}/{path}/").status_code == 200


def test_the_list_is_what_its_serializer_describes(api_client):
    published = timezone.now()
    KeyProjectFactory(is_published=True, published_at=published, stage=Stage.BUILDING, park=ParkFactory())
    KeyProjectFactory(is_published=True, enterprise=EnterpriseFactory(), enterprise_name="")
    results = api_client.get(f"{ROOT}/key-projects/").json()["results"]
    assert_shape(results, KeyProjectSerializer, KeyProject.objects.order_by("is_sample", "number"))


def test_staff_see_the_internal_side_and_what_they_may_do(api_client, officer):
    project = KeyProjectFactory(stage=Stage.NEGOTIATING)
    body = api_client.get(f"{ROOT}/key-projects/{project.number}/").json()
    assert body["internal"]["missing_for_next"] == ["总投资", "签约日期", "园区或乡镇", "责任领导"]
    assert body["internal"]["confidence"] is None
    assert "set_back_stage" in body["available_actions"]
    assert "advance_stage" not in body["available_actions"]
    assert "responsible_phone" not in str(body)


def test_the_public_sees_no_internal_side(api_client):
    project = KeyProjectFactory(is_published=True)
    body = api_client.get(f"{ROOT}/key-projects/{project.number}/").json()
    assert (body["internal"], body["available_actions"]) == (None, [])


# --- Verbs ---------------------------------------------------------------------------------------
def test_advancing_through_the_api(api_client, officer):
    project = KeyProjectFactory(stage=Stage.BUILDING, actual_production=date(2026, 1, 1))
    url = f"{ROOT}/key-projects/{project.number}/advance/"
    response = api_client.post(url, {"version": 0})
    assert response.status_code == 200
    assert response.json()["stage"] == "in_production"
    stale = api_client.post(url, {"version": 0})
    assert (stale.status_code, stale.json()["code"]) == (409, "edit_conflict")


def test_a_gap_is_a_409_that_names_it(api_client, officer):
    project = KeyProjectFactory(stage=Stage.NEGOTIATING)
    response = api_client.post(f"{ROOT}/key-projects/{project.number}/advance/", {})
    assert response.status_code == 409
    assert "总投资" in response.json()["detail"]


@pytest.mark.parametrize(
    ("verb", "body", "changed"),
    [
        ("set-back", {"reason": "解约"}, {"stage": "negotiating"}),
        ("stall", {"reason": "资金"}, {}),
        ("terminate", {"reason": "撤资"}, {}),
        ("publish", {}, {}),
    ],
)
def test_each_verb_answers_with_the_record(api_client, officer, verb, body, changed):
    project = KeyProjectFactory(stage=Stage.SIGNED)
    response = api_client.post(f"{ROOT}/key-projects/{project.number}/{verb}/", body)
    assert response.status_code == 200
    assert changed.items() <= response.json().items()


@pytest.mark.parametrize("body", ["not json", "[1]", '{"reason": {"a": 1}}'])
def test_a_body_that_is_nothing_is_a_400(api_client, officer, body):
    project = KeyProjectFactory(stage=Stage.SIGNED)
    url = f"{ROOT}/key-projects/{project.number}/set-back/"
    response = api_client.post(url, body, content_type="application/json")
    assert response.status_code == 400
    assert set(response.json()) == {"code", "detail", "fields"}


def test_a_stranger_does_nothing(api_client):
    project = KeyProjectFactory(is_published=True, stage=Stage.SIGNED)
    assert api_client.post(f"{ROOT}/key-projects/{project.number}/stall/", {"reason": "x"}).status_code == 403
    api_client.force_authenticate(UserFactory(roles=["official"]))
    response = api_client.post(f"{ROOT}/key-projects/{project.number}/stall/", {"reason": "x"})
    assert (response.status_code, response.json()["code"]) == (403, "not_permitted")


def test_a_month_goes_from_draft_to_accepted(api_client, officer):
    project = KeyProjectFactory(stage=Stage.BUILDING)
    body = {
        "project": project.number,
        "month": "2026-03-01",
        "invested_month_wan": "120.5",
        "physical_progress": "12.5",
    }
    created = api_client.post(f"{ROOT}/progress-reports/", body)
    assert created.status_code == 201
    assert created.json()["invested_year_wan"] == "120.5000"
    again = api_client.post(f"{ROOT}/progress-reports/", body)
    assert again.status_code == 400
    assert "本月已有" in again.json()["detail"]
    url = f"{ROOT}/progress-reports/{created.json()['id']}"
    assert api_client.post(f"{url}/submit/", {}).json()["state"] == "submitted"
    assert api_client.post(f"{url}/accept/", {}).status_code == 409
    api_client.force_authenticate(UserFactory(roles=["supervisor"]))
    assert api_client.post(f"{url}/accept/", {}).json()["state"] == "accepted"
    assert ProgressReport.objects.get().state == ReportState.ACCEPTED


def test_a_department_reads_the_reports_of_its_projects_only_with_the_permission(api_client):
    department = DepartmentFactory()
    own = ProgressReportFactory(project=KeyProjectFactory(stage=Stage.BUILDING, department=department))
    ProgressReportFactory()
    user = UserFactory(
        roles=["reviewer"], department=department, permissions=["projects.view_progressreport"]
    )
    api_client.force_authenticate(user)
    found = api_client.get(f"{ROOT}/progress-reports/").json()["results"]
    assert [row["id"] for row in found] == [own.pk]
    api_client.force_authenticate(UserFactory(roles=["reviewer"], department=department))
    assert api_client.get(f"{ROOT}/progress-reports/").json()["results"] == []


# --- Leads ---------------------------------------------------------------------------------------
def test_a_lead_is_masked_even_for_its_officer(api_client, officer):
    lead = LeadFactory(contact_name="王小明", phone="13922223333")
    row = api_client.get(f"{ROOT}/leads/{lead.number}/").json()
    assert (row["contact_name"], row["phone"]) == ("王*明", "139****3333")
    assert row["available_actions"] == ["contact", "visit", "close"]


def test_the_way_of_a_lead(api_client, officer):
    lead = LeadFactory()
    url = f"{ROOT}/leads/{lead.number}"
    assert api_client.post(f"{url}/contact/", {}).json()["state"] == "contacted"
    follow = api_client.post(f"{url}/follow-up/", {"next_step": "考察", "next_on": "2026-12-01"})
    assert follow.json()["next_step"] == "考察"
    converted = api_client.post(f"{url}/convert/", {"name": "考察后立项"}).json()
    assert converted["state"] == "converted"
    assert converted["converted_project"].startswith("TX")
    assert api_client.post(f"{url}/close/", {"reason": "晚了"}).status_code == 409


# --- Enquiries from outside ----------------------------------------------------------------------
BODY = {"contact_name": "张三", "phone": "0471-8512345", "needs": "咨询", "consent": True}


def test_anybody_may_enquire(api_client):
    IndustryFactory(slug="energy")
    response = api_client.post(f"{ROOT}/enquiries/", {**BODY, "industry": "energy"})
    assert response.status_code == 201
    lead = InvestmentLead.objects.get()
    assert response.json()["number"] == lead.number
    assert (lead.source, lead.industry.slug) == ("api", "energy")


def test_the_same_token_is_one_enquiry(api_client):
    body = {**BODY, "token": str(uuid4())}
    first, second = (api_client.post(f"{ROOT}/enquiries/", body).json() for _ in range(2))
    assert first == second
    assert InvestmentLead.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "1"}, "phone"),
        ({"consent": False}, "consent"),
        ({"needs": ""}, "needs"),
        ({"industry": "nope"}, "industry"),
        ({"token": "x"}, "token"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(api_client, changes, field):
    response = api_client.post(f"{ROOT}/enquiries/", {**BODY, **changes})
    assert response.status_code == 400
    assert field in response.json()["fields"]


def test_an_address_is_limited(api_client):
    for _ in range(10):
        assert api_client.post(f"{ROOT}/enquiries/", BODY).status_code == 201
    response = api_client.post(f"{ROOT}/enquiries/", BODY)
    assert (response.status_code, response.json()["code"]) == (429, "throttled")


def test_enquiries_are_written_not_read(api_client):
    assert api_client.get(f"{ROOT}/enquiries/").status_code == 405
