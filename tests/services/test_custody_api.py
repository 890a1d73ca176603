"""Papers, outlets and licences over the API: the same acts as in the workbench, by whom, within what one sees."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from services.choices import Necessity
from services.choices_cases import CaseState, MaterialState
from services.models import Case, CustodyEvent, Handover
from tests.factories.accounts import UserFactory
from tests.factories.cases import Hall
from tests.factories.directory import OutletFactory
from tests.factories.licences import LicenceFactory
from tuoxian_portal.audit.actions import history_of

pytestmark = pytest.mark.django_db
CASES = "/api/v1/services/cases/"
HANDOVERS = "/api/v1/services/handovers/"
VERBS = ("hand-over-papers", "return-papers", "transfer", "link-licence", "unlink-licence")


@pytest.fixture
def hall() -> Hall:
    return Hall(materials=[Necessity.REQUIRED] * 3)


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def post(user, url: str, body: object = None):
    return client_of(user).post(url, body or {}, format="json")


def url_of(case: Case, verb: str) -> str:
    return f"{CASES}{case.case_number}/{verb}/"


def pks(case: Case) -> list[int]:
    return [m.pk for m in case.materials.all()]


def to_department(hall: Hall, case: Case, **more) -> dict:
    return {
        "materials": pks(case),
        "receiver_kind": "department",
        "receiver": hall.department.name,
        **more,
    }


def test_papers_go_to_the_department_and_are_signed_for(hall) -> None:
    case = hall.record()
    answer = post(hall.clerk, url_of(case, "hand-over-papers"), to_department(hall, case, note="请尽快"))
    assert answer.status_code == 200, answer.json()
    assert [p["in_transit"] for p in answer.json()["papers"]] == [True] * 3
    handover = client_of(hall.reviewer).get(HANDOVERS, {"waiting_for_me": True}).json()["results"][0]
    assert (handover["case"], handover["receiver"]) == (case.case_number, str(hall.department))
    assert [a["name"] for a in handover["available_actions"]] == ["sign"]
    kept, refused = handover["lines"][:2], handover["lines"][2]
    body = {"refused": [{"line": refused["id"], "reason": "复印件不清"}]}
    signed = post(hall.reviewer, f"{HANDOVERS}{handover['id']}/sign/", body)
    assert signed.status_code == 200, signed.json()
    assert [line["answer"] for line in signed.json()["lines"]] == ["received", "received", "refused"]
    papers = client_of(hall.clerk).get(f"{CASES}{case.case_number}/").json()["papers"]
    assert [p["holder"] for p in papers] == [str(hall.department)] * len(kept) + [str(hall.outlet)]
    assert history_of(case)[0].action == "sign_papers"


def test_what_nobody_signed_for_is_recalled_with_a_reason(hall) -> None:
    case = hall.record()
    post(hall.clerk, url_of(case, "hand-over-papers"), to_department(hall, case))
    url = f"{HANDOVERS}{Handover.objects.get().pk}/recall/"
    assert (refused := post(hall.clerk, url)).status_code == 409
    assert "reason" in refused.json()["fields"]
    assert post(hall.reviewer, url, {"reason": "x"}).status_code == 403
    assert post(hall.clerk, url, {"reason": "拿错了"}).json()["is_open"] is False
    assert post(hall.clerk, url, {"reason": "拿错了"}).status_code == 409


def test_papers_go_back_to_the_applicant(hall) -> None:
    case = hall.record()
    body = {"materials": pks(case)[:1], "recipient": "测试申请人"}
    answer = post(hall.clerk, url_of(case, "return-papers"), body)
    assert [p["holder_kind"] for p in answer.json()["papers"]] == ["applicant", "outlet", "outlet"]


def test_a_case_passes_to_another_outlet_and_out_of_sight_on_its_way_back(hall) -> None:
    town = OutletFactory()
    clerk = UserFactory(roles=["window"], outlet=town)
    case = hall.record()
    assert client_of(clerk).get(f"{CASES}{case.case_number}/").status_code == 404
    answer = post(hall.clerk, url_of(case, "transfer"), {"outlet": town.name, "reason": "就近办理"})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["handling_outlet"] == str(town)
    assert client_of(clerk).get(f"{CASES}{case.case_number}/").status_code == 200
    back = post(clerk, url_of(case, "transfer"), {"outlet": hall.outlet.name, "reason": "回县里领取"})
    assert back.status_code == 204, "the town does not see it any more"
    assert Case.objects.get().handling_outlet is None


def test_a_licence_is_linked_and_taken_back(hall) -> None:
    case = hall.record(materials=hall.handed_in(MaterialState.MISSING))
    first = case.materials.first()
    body = {"material": first.pk}
    assert post(hall.clerk, url_of(case, "link-licence"), body).status_code == 409, "none in the register"
    licence = LicenceFactory(kind__materials=[first.material])
    linked = post(hall.clerk, url_of(case, "link-licence"), body).json()
    assert linked["materials"][0]["state"] == "licensed"
    assert linked["materials"][0]["licence"] == licence.caption
    assert licence.number not in str(linked)
    assert post(hall.clerk, url_of(case, "unlink-licence"), body).status_code == 400
    taken = post(hall.clerk, url_of(case, "unlink-licence"), {**body, "reason": "与申请人不符"}).json()
    assert (taken["materials"][0]["state"], taken["materials"][0]["licence"]) == ("missing", None)
    stale = post(hall.clerk, url_of(case, "link-licence"), {**body, "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "edit_conflict")


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_refused_to_others_and_hidden_from_strangers(hall, verb) -> None:
    case = hall.record()
    body = {
        "hand-over-papers": to_department(hall, case),
        "return-papers": {"materials": pks(case), "recipient": "x"},
        "transfer": {"outlet": OutletFactory().name, "reason": "x"},
        "link-licence": {"material": pks(case)[0]},
        "unlink-licence": {"material": pks(case)[0], "reason": "x"},
    }[verb]
    for role in ("supervisor", "official", "helper"):
        assert post(hall.person(role), url_of(case, verb), body).status_code == 403, role
    stranger = UserFactory(roles=["window"], outlet=OutletFactory())
    assert post(stranger, url_of(case, verb), body).status_code == 404
    assert APIClient().post(url_of(case, verb), body, format="json").status_code in {401, 403}
    assert CustodyEvent.objects.count() == 3


@pytest.mark.parametrize(
    ("verb", "change", "field"),
    [
        ("hand-over-papers", {"receiver": "没有这个部门"}, "receiver"),
        ("hand-over-papers", {"receiver_kind": "applicant"}, "receiver_kind"),
        ("hand-over-papers", {"receiver": "a\x00b"}, "receiver"),
        ("hand-over-papers", {"due_back_on": "2020-01-01"}, "due_back_on"),
        ("hand-over-papers", {"due_back_on": "2026-02-31"}, "due_back_on"),
        ("hand-over-papers", {"materials": []}, "materials"),
        ("hand-over-papers", {"materials": [10**30]}, "materials"),
        ("return-papers", {"recipient": "长" * 61}, "recipient"),
        ("return-papers", {"recipient": " "}, "recipient"),
        ("transfer", {"outlet": "没有这个网点"}, "outlet"),
        ("transfer", {"outlet": "a\x00b"}, "outlet"),
        ("transfer", {"reason": ""}, "reason"),
        ("link-licence", {"material": 10**30}, "material"),
        ("unlink-licence", {"reason": "长" * 201}, "reason"),
    ],
)
def test_rubbish_is_answered_at_its_field(hall, verb, change, field) -> None:
    case = hall.record()
    good = {
        **to_department(hall, case),
        "recipient": "x",
        "outlet": OutletFactory().name,
        "reason": "x",
        "material": pks(case)[0],
    }
    response = post(hall.clerk, url_of(case, verb), {**good, **change})
    assert response.status_code == 400, response.json()
    assert field in response.json()["fields"]


def test_the_papers_of_a_closed_case_still_move_but_the_case_does_not(hall) -> None:
    case = hall.case_in(CaseState.COMPLETED)
    body = {"materials": pks(case), "recipient": "测试申请人"}
    assert post(hall.reviewer, url_of(case, "return-papers"), body).status_code == 200
    moved = post(hall.clerk, url_of(case, "transfer"), {"outlet": OutletFactory().name, "reason": "x"})
    assert moved.status_code == 409


def test_handovers_are_scoped_and_filtered(hall) -> None:
    case = hall.record()
    post(hall.clerk, url_of(case, "hand-over-papers"), to_department(hall, case))

    def found(user, **query) -> int:
        return len(client_of(user).get(HANDOVERS, query).json()["results"])

    assert found(UserFactory(roles=["window"], outlet=OutletFactory())) == 0
    assert found(hall.clerk) == found(hall.supervisor) == 1
    assert found(hall.clerk, waiting_for_me=True) == 0
    assert found(hall.reviewer, waiting_for_me=True, in_transit=True) == 1
    assert found(hall.clerk, in_transit=False) == found(hall.clerk, not_returned=True) == 0
    assert found(hall.clerk, case=case.case_number, not_returned=False) == 1
    assert client_of(hall.clerk).get(HANDOVERS, {"colour": "red"}).status_code == 400
    assert APIClient().get(HANDOVERS).status_code in {401, 403}


def test_the_list_of_handovers_costs_the_same_for_two_and_for_twenty(hall) -> None:
    counts = []
    client = client_of(hall.clerk)
    for wanted in (2, 20):
        while Handover.objects.count() < wanted:
            case = hall.record()
            post(hall.clerk, url_of(case, "hand-over-papers"), to_department(hall, case))
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(HANDOVERS).json()["results"]) == wanted
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5
