"""Links between key projects and cases over the API."""

import pytest

from projects.choices import Stage
from services.choices_cases import CaseState
from services.models import Case, ProjectCase
from tests.factories.accounts import UserFactory
from tests.factories.cases import Hall
from tests.factories.projects import KeyProjectFactory
from tuoxian_portal.audit.actions import history_of

pytestmark = pytest.mark.django_db
URL = "/api/v1/services/project-cases/"


@pytest.fixture
def hall():
    return Hall()


@pytest.fixture
def project():
    return KeyProjectFactory(stage=Stage.FILED)


@pytest.fixture
def officer(api_client):
    user = UserFactory(roles=["project_officer"])
    api_client.force_login(user)
    return user


def link(client, project, number):
    return client.post(URL, {"project": project.number, "case_number": number}, format="json")


def test_a_case_is_linked_listed_and_unlinked(api_client, officer, hall, project):
    case = hall.case_in(CaseState.REVIEWING)
    made = link(api_client, project, f" {case.case_number.lower()} ")
    assert made.status_code == 201, made.json()
    row = made.json()
    assert (row["project"], row["case_number"], row["state"]) == (
        project.number,
        case.case_number,
        CaseState.REVIEWING,
    )
    assert hall.applicant().name not in made.content.decode()
    assert link(api_client, project, case.case_number).status_code == 201
    assert ProjectCase.objects.count() == 1
    listed = api_client.get(URL, {"project": project.number}).json()["results"]
    assert [found["case_number"] for found in listed] == [case.case_number]
    one = f"{URL}{case.case_number}/"
    assert api_client.post(f"{one}unlink/", {}, format="json").status_code == 400
    assert api_client.post(f"{one}unlink/", {"reason": "填错了"}, format="json").status_code == 204
    assert not ProjectCase.objects.exists()
    assert api_client.get(one).status_code == 404
    assert [e.action for e in history_of(project)] == ["unlink_case", "link_case"]


def test_what_is_wrong_is_said_by_field(api_client, officer, hall, project):
    case = hall.case_in(CaseState.REVIEWING)
    assert "没有这个编号" in link(api_client, project, "2026-NONE").json()["fields"]["case_number"][0]
    assert link(api_client, project, case.case_number).status_code == 201
    other = KeyProjectFactory(stage=Stage.FILED)
    assert project.number in link(api_client, other, case.case_number).json()["fields"]["case_number"][0]
    void = hall.case_in(CaseState.RECEIVED)
    Case.objects.filter(pk=void.pk).update(state=CaseState.VOID)
    assert "已作废" in link(api_client, project, void.case_number).json()["fields"]["case_number"][0]
    unknown = api_client.post(URL, {"project": "TX0", "case_number": case.case_number}, format="json")
    assert "project" in unknown.json()["fields"]


def test_who_sees_and_who_links(api_client, hall, project):
    case = hall.case_in(CaseState.REVIEWING)
    api_client.force_login(UserFactory(roles=["project_officer"]))
    link(api_client, project, case.case_number)
    api_client.force_login(UserFactory(roles=["official"]))
    (row,) = api_client.get(URL).json()["results"]
    assert row["available_actions"] == []
    assert link(api_client, project, case.case_number).status_code == 403
    one = f"{URL}{case.case_number}/unlink/"
    assert api_client.post(one, {"reason": "试试"}, format="json").status_code == 403
    project.is_published = True
    project.save()
    api_client.force_login(UserFactory(roles=["window"]))
    assert api_client.get(URL).json()["results"] == []
    assert api_client.post(one, {"reason": "试试"}, format="json").status_code == 404
    api_client.logout()
    assert api_client.get(URL).status_code == 403


def test_the_list_costs_the_same_for_many(api_client, officer, hall, project, django_assert_max_num_queries):
    for _ in range(5):
        link(api_client, project, hall.case_in(CaseState.RECEIVED).case_number)
    with django_assert_max_num_queries(8):
        assert len(api_client.get(URL).json()["results"]) == 5
