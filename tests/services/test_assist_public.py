"""帮您办 for the public: the page, asking for help, following it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.utils import timezone

from services.choices_entrustments import EntrustmentState
from services.forms_assist import AssistForm
from services.models import Entrustment
from services.views.assist import DONE_SALT
from tests.factories.directory import OutletFactory
from tests.factories.entrustments import HelpDesk
from tuoxian_portal.core.calendar import today

pytestmark = pytest.mark.django_db
ABOUT, ASK, TRACK = "/services/help/", "/services/assist/", "/track/"


@pytest.fixture(autouse=True)
def outlet() -> Any:
    return OutletFactory(name="测试大厅甲", level="county")


def stamp(age: float = 30) -> str:
    """A stamp as a form shown `age` seconds ago carries it."""
    import time
    from unittest import mock

    with mock.patch("django.core.signing.time.time", return_value=time.time() - age):
        return AssistForm.new_stamp()


def answers(**changes: Any) -> dict[str, Any]:
    return {
        "principal_kind": "person",
        "principal_name": "测试老人",
        "phone": "138 0000 1234",
        "needs": "腿脚不便，想办居住证明",
        "mode": "window",
        "consent": "on",
        "stamp": stamp(),
        **changes,
    }


def test_the_page_says_free_voluntary_and_how(client: Any, reference: None) -> None:
    text = client.get(ABOUT).content.decode()
    for told in ("自愿", "不收", "委托书", "特别授权", "提出帮办需求", "44", "42"):
        assert told in text
    assert "工作日内" not in text  # no answer time is promised unless the county sets one


def test_an_answer_time_is_stated_once_set(client: Any, settings: Any) -> None:
    settings.ASSIST_ANSWER_WORKING_DAYS = 2
    assert "2 个工作日内联系您" in client.get(ASK).content.decode()
    client.post(ASK, answers())
    assert Entrustment.objects.get().answer_due > today()


def test_asking_gives_a_number_and_a_password(client: Any, outlet: Any) -> None:
    response = client.post(ASK, answers())
    assert response.status_code == 302
    made = Entrustment.objects.get()
    assert (made.state, made.channel, made.outlet) == (EntrustmentState.CONSULTED, "web", outlet)
    assert made.consented_at
    assert made.answer_due is None
    text = client.get(response.url).content.decode()
    assert made.number in text
    assert made.tracking_code[:4] in text
    assert "13800001234" not in text


def test_the_same_form_twice_is_one_request(client: Any) -> None:
    data = answers()
    first, second = client.post(ASK, data), client.post(ASK, data)
    assert first.status_code == second.status_code == 302
    assert Entrustment.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"phone": "12"}, "电话号码应为"),
        ({"consent": ""}, "请先同意"),
        ({"needs": ""}, "请写明想办什么事"),
        ({"principal_kind": ""}, "请选择为个人还是为单位办"),
        ({"principal_name": "长" * 200}, "120"),
        ({"mode": "teleport"}, "id_mode"),
        ({"mode": "on_site"}, "请填写上门地址"),
        ({"outlet": "999999"}, "id_outlet"),
        ({"website": "http://spam.example"}, "自动程序"),
        ({"stamp": "forged"}, "请再点一次"),
        ({"needs": "办" * 1001}, "1000"),
    ],
)
def test_bad_answers_keep_the_rest(client: Any, changes: dict[str, str], told: str) -> None:
    response = client.post(ASK, answers(**changes))
    text = response.content.decode()
    assert response.status_code == 400
    assert told in text
    assert changes.get("principal_name", "测试老人") in text
    assert not Entrustment.objects.exists()


def test_robots_are_slowed_down(client: Any, settings: Any) -> None:
    assert client.post(ASK, answers(stamp=stamp(0))).status_code == 400
    assert client.post(ASK, answers(stamp=stamp(60 * 60 * 24))).status_code == 400
    for _ in range(10):
        assert client.post(ASK, answers()).status_code == 302
    refused = client.post(ASK, answers())
    assert refused.status_code == 429
    assert "测试老人" in refused.content.decode()
    assert Entrustment.objects.count() == 10


def test_a_form_that_came_back_can_be_sent_again(client: Any) -> None:
    text = client.post(ASK, answers(stamp="")).content.decode()
    found = re.search(r'name="stamp" value="([^"]+)"', text)
    assert found
    assert found[1] != ""


def test_the_confirmation_cannot_be_guessed_and_does_not_last(client: Any) -> None:
    assert client.get("/services/assist/done/").status_code == 404
    assert client.get("/services/assist/done/?n=BB-20261124-0001").status_code == 404
    client.post(ASK, answers())
    import time
    from unittest import mock

    with mock.patch("django.core.signing.time.time", return_value=time.time() - 4000):
        old = signing.dumps(Entrustment.objects.get().number, salt=DONE_SALT)
    assert client.get("/services/assist/done/", {"n": old}).status_code == 404


# --- Following it ----------------------------------------------------------------------------------


def test_the_principal_follows_it_with_number_and_password(client: Any) -> None:
    desk = HelpDesk()
    entrustment = desk.hand_in(desk.step(desk.helping()))
    case = desk.linked_case(entrustment)
    pair = {"number": entrustment.number.replace("-", " "), "code": entrustment.tracking_code.lower()}
    text = client.post(TRACK, pair).content.decode()
    for told in ("正在帮办", "委托书签署，开始帮办", case.case_number, "营业执照", "测***人"):
        assert told in text
    for hidden in ("测试申请人", "13800005678", str(desk.helper), entrustment.principal_number):
        assert hidden not in text


def test_every_wrong_pair_gets_the_same_answer(client: Any) -> None:
    entrustment = HelpDesk().ask()

    def told(number: str, code: str) -> str:
        response = client.post(TRACK, {"number": number, "code": code})
        assert response.status_code == 400
        found = re.search(r"没有找到[^<]+", response.content.decode())
        return found[0] if found else ""

    wrong = told(entrustment.number, "AAAA2222")
    assert wrong
    assert wrong == told("BB-20200101-0001", "AAAA2222") == told("BB-0", "AAAA2222")
    assert entrustment.number not in wrong


def test_guessing_a_password_is_stopped(client: Any) -> None:
    entrustment = HelpDesk().ask()
    for _ in range(11):
        client.post(TRACK, {"number": entrustment.number, "code": "AAAA2222"}, REMOTE_ADDR="10.0.0.9")
    right = client.post(TRACK, {"number": entrustment.number, "code": entrustment.tracking_code})
    assert right.status_code == 400


@pytest.mark.parametrize("state", EntrustmentState.values)
def test_every_state_has_its_sentence(client: Any, state: str) -> None:
    entrustment = HelpDesk().entrustment_in(state)
    response = client.post(TRACK, {"number": entrustment.number, "code": entrustment.tracking_code})
    assert response.status_code == 200
    assert "{" not in response.content.decode().split("<main")[1].split("</main")[0]


def test_the_period_being_over_is_said_at_once(client: Any) -> None:
    entrustment = HelpDesk().helping()
    yesterday = timezone.localdate() - timedelta(days=1)
    Entrustment.objects.filter(pk=entrustment.pk).update(starts_on=yesterday, ends_on=yesterday)
    response = client.post(TRACK, {"number": entrustment.number, "code": entrustment.tracking_code})
    assert "届满" in response.content.decode()
