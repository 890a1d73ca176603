"""帮办 over the API: one door for each verb, roles, scope, masks, filters, errors."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from services.api.entrustments import EntrustmentViewSet
from services.choices_entrustments import EntrustmentState, Power
from services.models import Entrustment
from services.workflow_entrustments import ENTRUSTMENT_WORKFLOW
from tests.factories.accounts import UserFactory
from tests.factories.cases import IDENTITY
from tests.factories.directory import OutletFactory
from tests.factories.entrustments import HelpDesk
from tests.factories.projects import KeyProjectFactory
from tests.services.test_entrustment_workflow import ALLOWED, MOVES, ROLES
from tuoxian_portal.core.calendar import today

pytestmark = pytest.mark.django_db
LIST = "/api/v1/services/entrustments/"
S = EntrustmentState


@pytest.fixture
def desk() -> HelpDesk:
    return HelpDesk()


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def verb_url(entrustment: Entrustment, name: str) -> str:
    return f"{LIST}{entrustment.number}/{name.replace('_', '-')}/"


def body_of(name: str, desk: HelpDesk) -> dict[str, Any]:
    on = today()
    return {
        "assign": {"helper": desk.helper.username},
        "amend": {
            "principal_kind": "person",
            "principal_name": "测试申请人",
            "mode": "on_site",
            "outlet": desk.outlet.name,
        },
        "draw_up": {
            "items": [desk.item.code],
            "powers": [Power.FILL],
            "starts_on": f"{on}",
            "ends_on": f"{on + timedelta(days=9)}",
        },
        "sign": {"signer": "测试申请人"},
        "record_step": {"power": Power.FILL, "item": desk.item.code, "what": "代填申请表"},
        "receive_papers": {"papers": [{"name": "营业执照"}], "handed_by": "测试申请人"},
        "record_visit": {
            "at": timezone.now().isoformat(),
            "address": "某处",
            "visitors": "某人",
            "what": "说明",
            "outcome": "已说明",
            "signer": "测试申请人",
        },
        "renew": {"signer": "测试申请人", "ends_on": f"{on + timedelta(days=99)}"},
        "resume": {"signer": "测试申请人"},
        "sign_off": {"signer": "测试申请人", "result": "已办好"},
        "follow_up": {"grade": "satisfied"},
        "return_papers": {"papers": [1], "returned_to": "测试申请人"},
    }.get(name, {"reason": "测试理由"})


def test_there_is_one_door_for_each_verb() -> None:
    doors = {door.url_path for door in EntrustmentViewSet.get_extra_actions()}
    assert doors == {t.name.replace("_", "-") for t in ENTRUSTMENT_WORKFLOW.transitions if t.permission}


@pytest.mark.parametrize("name", [n for n, (sources, _) in MOVES.items() if sources and n != "link_case"])
def test_each_verb_by_each_role(desk: HelpDesk, name: str) -> None:
    sources, target = MOVES[name]
    source = S.HELPING if S.HELPING in sources else sorted(sources)[0]
    entrustment = desk.entrustment_in(source)
    body = body_of(name, desk)
    for role in ROLES:
        if role in ALLOWED[name]:
            continue
        # Who may not see entrustments at all gets 404, who may see but not do it 403.
        response = client_of(desk.person(role)).post(verb_url(entrustment, name), body, format="json")
        assert response.status_code in {403, 404}, role
    role = sorted(ALLOWED[name])[0]
    response = client_of(desk.person(role)).post(
        verb_url(entrustment, name), {**body, "version": entrustment.version}, format="json"
    )
    assert response.status_code == 200, response.json()
    answer = response.json()
    assert answer["state"] == (target or entrustment.state)
    assert answer["version"] == entrustment.version + 1
    assert answer["history"][0]["action"] == name


def test_a_case_is_linked_and_shown(desk: HelpDesk) -> None:
    entrustment, case = desk.helping(), desk.record()
    client = client_of(desk.helper)
    response = client.post(verb_url(entrustment, "link_case"), {"case_number": case.case_number})
    assert response.json()["cases"][0]["case_number"] == case.case_number
    step = {"power": Power.SUBMIT, "what": "代交材料", "case": case.case_number}
    answer = client.post(verb_url(entrustment, "record_step"), step).json()
    assert answer["steps"][0]["item"] == desk.item.code


def test_nothing_personal_leaves(desk: HelpDesk) -> None:
    entrustment = desk.hand_in(desk.step(desk.helping()))
    client = client_of(desk.supervisor)
    for address in (LIST, f"{LIST}{entrustment.number}/"):
        text = client.get(address).content.decode()
        for hidden in (IDENTITY, "13800005678", "测试申请人", entrustment.tracking_code):
            assert hidden not in text
    assert client.get(f"{LIST}{entrustment.number}/").json()["principal"] == "测***人"


def test_who_sees_what(desk: HelpDesk) -> None:
    entrustment = desk.ask()
    address = f"{LIST}{entrustment.number}/"
    stranger = UserFactory(roles=["helper"], outlet=OutletFactory())
    assert client_of(stranger).get(address).status_code == 404
    assert client_of(desk.official).get(address).status_code == 200
    assert APIClient().get(LIST).status_code in {401, 403}
    assert client_of(desk.reviewer).get(LIST).json()["results"] == []


def test_refusals_are_sentences(desk: HelpDesk) -> None:
    entrustment = desk.helping()
    client = client_of(desk.helper)
    wrong = client.post(verb_url(entrustment, "promise"), {})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "workflow")
    stale = client.post(verb_url(entrustment, "suspend"), {"reason": "外出", "version": 0})
    assert stale.json()["code"] == "edit_conflict"
    lacking = client.post(verb_url(entrustment, "record_step"), {"power": "rob", "what": ""})
    assert set(lacking.json()["fields"]) == {"power", "what"}
    scope = client.post(verb_url(entrustment, "record_step"), {"power": Power.SIGN, "what": "代签"})
    assert "没有授予" in scope.json()["detail"]
    special = client_of(desk.helper).post(
        verb_url(desk.entrustment_in(S.PROMISED), "draw_up"),
        {**body_of("draw_up", desk), "powers": [Power.SIGN]},
        format="json",
    )
    assert "special_confirmed" in special.json()["fields"]


def test_filters(desk: HelpDesk) -> None:
    project = KeyProjectFactory()
    full = desk.ask(mode="full", project=project)
    helping = desk.helping()
    client = client_of(desk.helper)

    def found(**query: str) -> set[str]:
        response = client.get(LIST, query)
        assert response.status_code == 200, response.json()
        return {row["number"] for row in response.json()["results"]}

    assert found(state="helping") == {helping.number}
    assert found(mode="full") == found(project=project.number) == {full.number}
    assert found(queue="consulted") == {full.number}
    assert found(queue="mine") == {helping.number}
    assert client.get(LIST, {"queue": "nonsense"}).status_code == 400
    assert client.get(f"{LIST}{full.number}/").json()["plan"] == []


def test_the_list_costs_the_same_for_many(desk: HelpDesk, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(desk.supervisor)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        return len(queries)

    desk.helping()
    cost()
    before = cost()
    for _ in range(5):
        desk.helping()
    assert cost() == before
