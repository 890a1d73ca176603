"""`/track/`: what an applicant sees, and what a stranger does not."""

import pytest
from django.core.cache import cache
from freezegun import freeze_time

from services.choices_cases import CaseState
from services.papers.render import qr_of, tracking_address
from tests.factories.cases import IDENTITY, Hall

pytestmark = pytest.mark.django_db
URL = "/track/"


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def hall():
    return Hall()


def ask(client, number, code, **extra):
    return client.post(URL, {"number": number, "code": code}, **extra)


@pytest.mark.parametrize("state", CaseState.values)
def test_every_state_is_told_in_a_sentence_without_names(client, hall, state):
    case = hall.case_in(state)
    response = ask(client, case.case_number, case.tracking_code)
    text = response.content.decode()
    assert response.status_code == 200
    assert case.item_name in text
    assert "测***人" in text
    for secret in (IDENTITY, case.phone, "测试申请人", case.tracking_code):
        assert secret not in text
    for person in (hall.clerk, hall.reviewer, hall.approver):
        assert person.display_name not in text


def test_spaces_hyphens_case_and_full_width_are_forgiven(client, hall):
    case = hall.record()
    code = case.tracking_code
    typed = f" {code[:4].lower()} - {code[4:].lower()} "
    number = case.case_number.replace("-", " ").translate({ord("1"): "１"})
    assert ask(client, number, typed).status_code == 200


def test_every_wrong_pair_gets_the_same_answer(client, hall):
    case = hall.record()
    pages = set()
    for number, code in (
        (case.case_number, "AAAAAAAA"),
        (case.case_number[:-1] + "9", case.tracking_code),
        ("150122-20200101-0001", "AAAAAAAA"),
        ("随便写的", "密码"),
        ("1" * 60, "2" * 40),
    ):
        response = ask(client, number, code)
        assert response.status_code == 400
        pages.add(str(response.context["form"].errors))
    assert len(pages) == 1
    assert "没有找到" in pages.pop()


@pytest.mark.parametrize("data", [{}, {"number": ""}, {"number": "9" * 999, "code": "x"}])
def test_empty_and_overlong_input_is_answered_at_the_field(client, data):
    assert client.post(URL, data).status_code == 400


def test_guessing_is_slowed_by_address_and_by_case(client, hall):
    case = hall.record()
    for _ in range(20):
        assert ask(client, "150122-20200101-0001", "AAAAAAAA").status_code == 400
    response = ask(client, case.case_number, case.tracking_code)
    assert response.status_code == 429
    assert "频繁" in response.content.decode()
    assert ask(client, case.case_number, case.tracking_code, REMOTE_ADDR="10.0.0.2").status_code == 200
    for n in range(10):
        ask(client, case.case_number, "AAAAAAAA", REMOTE_ADDR=f"10.0.1.{n}")
    assert ask(client, case.case_number, case.tracking_code, REMOTE_ADDR="10.0.0.9").status_code == 400


def test_number_and_password_never_stand_in_an_address(client, hall):
    case = hall.record()
    address = tracking_address(case)
    assert case.tracking_code not in address.split("#")[0]
    response = client.get(URL, {"number": case.case_number, "code": case.tracking_code})
    assert case.item_name not in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    # With `no-referrer` browsers would send `Origin: null`, and the form would be refused as forged.
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_what_is_missing_is_listed_while_the_applicant_corrects(client, hall):
    case = hall.case_in(CaseState.CORRECTING)
    text = ask(client, case.case_number, case.tracking_code).content.decode()
    assert "营业执照复印件不清晰" in text
    assert "告知补正材料" in text


def test_an_overdue_case_says_so(client, hall):
    with freeze_time("2026-11-02 02:00:00") as frozen:
        case = hall.case_in(CaseState.REVIEWING)
        frozen.move_to("2026-12-02 02:00:00")
        assert "已超过期限" in ask(client, case.case_number, case.tracking_code).content.decode()


def test_the_page_takes_few_queries(client, hall, django_assert_max_num_queries):
    case = hall.case_in(CaseState.COMPLETED)
    ask(client, case.case_number, case.tracking_code)
    with django_assert_max_num_queries(8):
        ask(client, case.case_number, case.tracking_code)


def test_every_paper_of_a_case_leads_to_its_progress_and_only_slips_with_the_password(hall):
    case = hall.case_in("special")
    for document in case.documents.all():
        address, caption = qr_of(document)
        assert caption
        assert f"#{case.case_number}" in address
        assert (case.tracking_code in address) is document.content["slip"]
