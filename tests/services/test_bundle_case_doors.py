"""`/track/` and the API of a bundle case."""

import pytest

from services.actions import bundle_cases as whole
from services.actions import bundle_children as child
from services.choices_bundles import BundleState
from services.choices_cases import CaseState
from services.models import BundleCase
from services.workflow_bundles import BUNDLE_CASE_WORKFLOW
from tests.factories.bundle_cases import BundleHall
from tests.factories.cases import IDENTITY

pytestmark = pytest.mark.django_db
TRACK = "/track/"
API = "/api/v1/services/bundle-cases/"


@pytest.fixture
def hall():
    return BundleHall()


def ask(client, number, code, **extra):
    return client.post(TRACK, {"number": number, "code": code}, **extra)


def bodies(made, hall):
    """A good body for each act."""
    first = hall.case(made, hall.first)
    return {
        "request_correction": {"missing": [{"case": first.pk, "items": ["缺签字"]}], "days": 5},
        "receive_correction": {"materials": []},
        "hand_in": {"materials": [made.materials.first().pk]},
        "deliver": {"recipient": "测试申请人", "reason": "急用"},
        "withdraw": {"reason": "不办了"},
        "void": {"reason": "录错"},
    }


# --- The public ---------------------------------------------------------------------------------


def test_the_whole_and_each_case_lead_to_one_page(client, hall):
    made = hall.accepted()
    hall.decide(hall.case(made, hall.first))
    numbers = [made.number, *made.children.values_list("case_number", flat=True)]
    for number in (*numbers, made.number.replace("-", " ").lower()):
        response = ask(client, number, made.tracking_code)
        text = response.content.decode()
        assert response.status_code == 200
        for shown in (
            hall.bundle.name,
            "3 个事项中 1 个已有结果",
            "前置许可：受理",
            "后续许可：前置事项已办好",
        ):
            assert shown in text
        for item in hall.items:
            assert item.name in text
        for secret in (IDENTITY, made.phone, "测试申请人", made.tracking_code, hall.clerk.display_name):
            assert secret not in text


def test_every_wrong_pair_gets_the_same_answer(client, hall):
    made = hall.record()
    pages = set()
    for number, code in (
        (made.number, "AAAAAAAA"),
        (made.number[:-1] + "9", made.tracking_code),
        (hall.case(made, hall.first).case_number, "AAAAAAAA"),
        ("150122-20200101-B0001", "AAAAAAAA"),
        ("150122-20200101-B" + "9" * 40, "AAAAAAAA"),
    ):
        response = ask(client, number, code)
        assert response.status_code == 400
        pages.add(str(response.context["form"].errors))
    assert len(pages) == 1


def test_guessing_the_whole_is_slowed(client, hall):
    made = hall.record()
    for n in range(10):
        ask(client, made.number, "AAAAAAAA", REMOTE_ADDR=f"10.0.1.{n}")
    assert ask(client, made.number, made.tracking_code, REMOTE_ADDR="10.0.2.1").status_code == 400


def test_what_is_missing_is_told_by_item(client, hall):
    made = hall.record()
    case = hall.case(made, hall.beside)
    whole.request_collected_correction(
        bundle_case=made, actor=hall.clerk, missing={case.pk: ["平面图不清"]}, days=5
    )
    text = ask(client, made.number, made.tracking_code).content.decode()
    assert "需要补正材料（并行许可）" in text
    assert "平面图不清" in text


def test_a_split_off_case_is_followed_alone_with_the_same_password(client, hall):
    made = hall.record()
    case = child.split_off(case=hall.case(made, hall.beside), actor=hall.clerk, reason="急用")
    assert "已改为单独办理" in ask(client, made.number, made.tracking_code).content.decode()
    text = ask(client, case.case_number, made.tracking_code).content.decode()
    assert "并行许可" in text
    assert "前置许可" not in text


def test_the_page_takes_few_queries_and_offers_the_one_rating(client, hall, django_assert_max_num_queries):
    made = hall.accepted()
    hall.decide(hall.case(made, hall.first))
    whole.accept_bundle(bundle_case=made, actor=hall.clerk)
    hall.decide(hall.case(made, hall.second))
    hall.decide(hall.case(made, hall.beside))
    hall.deliver(BundleCase.objects.get(pk=made.pk))
    ask(client, made.number, made.tracking_code)
    with django_assert_max_num_queries(16):
        text = ask(client, made.number, made.tracking_code).content.decode()
    assert "整件评价一次" in text


# --- The API ------------------------------------------------------------------------------------


def test_list_and_detail_are_masked_and_scoped(api_client, hall, person, django_assert_max_num_queries):
    made = hall.record()
    api_client.force_authenticate(hall.clerk)
    row = api_client.get(API).json()["results"][0]
    assert (row["number"], row["state"], row["case_total"], row["case_done"]) == (
        made.number,
        "received",
        3,
        0,
    )
    detail = api_client.get(f"{API}{made.number}/").json()
    assert [c["state"] for c in detail["children"]] == ["received", "waiting", "received"]
    assert detail["children"][1]["waits_for"] == [detail["children"][0]["case_number"]]
    assert {a["name"] for a in detail["available_actions"]} == {
        "accept",
        "request_correction",
        "withdraw",
        "void",
    }
    assert len(detail["materials"][0]["cases"]) >= 1
    for secret in (IDENTITY, made.phone, made.tracking_code):
        assert secret not in str(detail)
    for _ in range(5):
        hall.record()
    with django_assert_max_num_queries(8):
        api_client.get(API)
    api_client.force_authenticate(person("window"))
    assert api_client.get(f"{API}{made.number}/").status_code == 404
    assert api_client.get(API).json()["results"] == []
    api_client.force_authenticate(None)
    assert api_client.get(API).status_code in {200, 401, 403}
    assert made.number not in str(api_client.get(API).json())


def test_the_list_filters(api_client, hall):
    received, accepted = hall.record(), hall.accepted()
    api_client.force_authenticate(hall.clerk)

    def numbers(**query):
        return [row["number"] for row in api_client.get(API, query).json()["results"]]

    assert numbers(state="received") == [received.number]
    assert numbers(state="in_progress") == [accepted.number]
    assert numbers(overdue="true") == []
    assert len(numbers(overdue="false", bundle=hall.bundle.slug)) == 2
    assert api_client.get(API, {"state": "nonsense"}).status_code == 400


def test_every_act_has_its_address(api_client, hall):
    for name in BUNDLE_CASE_WORKFLOW.by_name:
        made = hall.record(
            materials=hall.handed_in(hall.identity.pk) if name == "hand_in" else None or hall.handed_in()
        )
        actor = hall.clerk
        if name == "receive_correction":
            missing = {hall.case(made, hall.first).pk: ["甲"]}
            whole.request_collected_correction(bundle_case=made, actor=actor, missing=missing, days=5)
        elif name in {"hand_over", "deliver"}:
            whole.accept_bundle(bundle_case=made, actor=actor)
        if name == "deliver":
            hall.decide(hall.case(made, hall.beside))
            actor = hall.issuer
        body = bodies(made, hall).get(name, {})
        if name == "hand_in":
            body = {"materials": [made.materials.get(material=hall.identity).pk]}
        api_client.force_authenticate(hall.official)
        url = f"{API}{made.number}/{name.replace('_', '-')}/"
        assert api_client.post(url, body).status_code == 403, name
        api_client.force_authenticate(actor)
        response = api_client.post(url, body)
        assert response.status_code == 200, (name, response.json())
        assert response.json()["number"] == made.number


def test_bad_input_is_answered_in_chinese(api_client, hall):
    made = hall.record()
    api_client.force_authenticate(hall.clerk)
    url = f"{API}{made.number}/request-correction/"
    for body in (
        {},
        {"missing": [], "days": 5},
        {"missing": [{"case": 1, "items": []}], "days": 5},
        {"days": 0},
    ):
        assert api_client.post(url, body).status_code == 400, body
    stale = {**bodies(made, hall)["withdraw"], "version": 99}
    assert api_client.post(f"{API}{made.number}/withdraw/", stale).json()["code"] == "edit_conflict"
    assert made.state == BundleState.RECEIVED


def test_a_cases_own_bundle_verbs_have_addresses(api_client, hall):
    made = hall.record()
    first, second = hall.case(made, hall.first), hall.case(made, hall.second)
    api_client.force_authenticate(hall.clerk)
    base = "/api/v1/services/cases/"
    assert (
        api_client.post(f"{base}{first.case_number}/propose-correction/", {"missing": ["缺签字"]}).status_code
        == 200
    )
    refused = api_client.post(
        f"{base}{first.case_number}/request-correction/", {"missing": ["缺签字"], "days": 5}
    )
    assert refused.status_code == 409
    assert made.number in refused.json()["detail"]
    answer = api_client.post(f"{base}{second.case_number}/split-off-waiting/", {"reason": "不等了"})
    assert answer.status_code == 200
    assert hall.case(made, hall.second).state == CaseState.REGISTERED
