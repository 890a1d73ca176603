"""The counter for a bundle: typeahead, questions, one set, one save; nothing typed is lost."""

from uuid import uuid4

import pytest

from services.choices_bundles import BundleState
from services.choices_cases import MaterialState
from services.models import BundleCase, BundleMember
from tests.factories.bundle_cases import BundleHall
from tests.factories.cases import IDENTITY
from tests.factories.catalogue import yes_or_no

pytestmark = pytest.mark.django_db
ADD = "/admin/services/case/add/"


@pytest.fixture
def hall():
    return BundleHall(name="开测试店“一件事”", aliases="开店")


@pytest.fixture
def clerk(client, hall):
    client.force_login(hall.clerk)
    return client


def url(hall):
    return f"{ADD}{hall.bundle.slug}/"


def sheet(hall, **changes):
    data = {
        "submission": str(uuid4()),
        "kind": "person",
        "number": IDENTITY,
        "name": "测试申请人",
        "phone": "138-0000-5678",
        "agent_name": "",
        "agent_phone": "",
        "note": "",
        "paper_form": "1",
    }
    for pk in hall.papers():
        data |= {f"material_{pk}": "1", f"originals_{pk}": "1", f"copies_{pk}": "1"}
    return {name: value for name, value in {**data, **changes}.items() if value is not None}


def test_the_typeahead_offers_bundles_beside_items(clerk, hall):
    found = clerk.get("/admin/services/case/items/", {"q": "开店"}).json()["items"]
    assert (found[0]["name"], found[0]["url"]) == (hall.bundle.name, url(hall))
    assert url(hall) in clerk.get(ADD, {"q": "kaidian"}).content.decode() or hall.bundle.aliases
    assert url(hall) in clerk.get(ADD, {"q": "开店"}).content.decode()


def test_it_opens_and_saves_within_its_budget(clerk, hall, django_assert_max_num_queries):
    clerk.get(url(hall))
    with django_assert_max_num_queries(30):
        text = clerk.get(url(hall)).content.decode()
    assert text.count("身份证") >= 1
    assert "前一事项的许可证" not in text
    with django_assert_max_num_queries(55):
        response = clerk.post(url(hall), sheet(hall))
    made = BundleCase.objects.get()
    assert response.url == f"{made.get_absolute_url()}?recorded=1"
    assert made.state == BundleState.RECEIVED
    assert "打印接收回执" in clerk.get(response.url).content.decode()


def test_a_double_click_records_once(clerk, hall):
    data = sheet(hall)
    assert clerk.post(url(hall), data).url == clerk.post(url(hall), data).url
    assert BundleCase.objects.count() == 1


def test_an_answer_recomputes_the_list_and_keeps_everything(clerk, hall):
    answers = yes_or_no(hall.bundle, "sign")
    BundleMember.objects.get(bundle=hall.bundle, item=hall.beside).answers.add(answers["yes"])
    own = hall.beside.materials.exclude(material=hall.identity).first().material
    assert own.name not in clerk.get(url(hall)).content.decode()
    data = sheet(hall, question_sign="yes", recompute="1", note="带了样品", number="12")
    text = clerk.post(url(hall), data).content.decode()
    assert own.name in text
    for kept in ("带了样品", 'value="12"', "测试申请人", data["submission"]):
        assert kept in text
    assert not BundleCase.objects.exists()
    assert clerk.post(url(hall), sheet(hall, question_sign="yes")).status_code == 302


def test_errors_stand_at_their_places_and_nothing_is_lost(clerk, hall):
    yes_or_no(hall.bundle, "sign")
    own = hall.beside.materials.exclude(material=hall.identity).first().material_id
    data = sheet(hall, number="110105194912310021", phone="12", note="带了样品")
    response = clerk.post(url(hall), data)
    text = response.content.decode()
    assert response.status_code == 400
    for shown in (
        "请回答“是否sign？”",
        "校验位不符",
        "#id_question_sign",
        "#id_applicant_number",
        "带了样品",
    ):
        assert shown in text
    response = clerk.post(url(hall), {**data, f"originals_{own}": "x"})
    assert "份数应为 0 到 999" in response.content.decode()
    assert not BundleCase.objects.exists()


def test_a_duplicate_asks_once(clerk, hall):
    clerk.post(url(hall), sheet(hall))
    data = sheet(hall)
    response = clerk.post(url(hall), data)
    assert "已核对，不是重复登记" in response.content.decode()
    assert clerk.post(url(hall), {**data, "confirmed": "1"}).status_code == 302


def test_unticked_required_papers_are_missing(clerk, hall):
    data = sheet(hall)
    del data[f"material_{hall.identity.pk}"]
    clerk.post(url(hall), data)
    assert BundleCase.objects.get().materials.get(material=hall.identity).state == MaterialState.MISSING


@pytest.mark.parametrize("slug", ["no-such", "x"])
def test_an_unknown_bundle_is_said_so(clerk, slug):
    response = clerk.get(f"{ADD}{slug}/")
    assert response.status_code == 400
    assert "没有这个一次办" in response.content.decode()


def test_who_may_not_record_sees_no_counter(client, hall):
    client.force_login(hall.issuer)
    assert client.get(url(hall)).status_code == 403
