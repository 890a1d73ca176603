"""Feedback from the visitor's side: the form, its protection, the confirmation, the answer."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.feedback import FeedbackFactory, stamp
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.feedback import actions
from tuoxian_portal.feedback.contacts import clean_contact
from tuoxian_portal.feedback.models import Feedback
from tuoxian_portal.feedback.pages import clean_page

pytestmark = pytest.mark.django_db

URL, ASK = "/feedback/", "/feedback/answer/"
TYPED = {"kind": "wrong", "page": "/invest/costs/", "text": "电价的日期写错了。", "contact": "138 0000-1234"}


def send(client: Client, **changes: Any) -> Any:
    data = {**TYPED, "stamp": stamp(), **changes}
    return client.post(URL, {k: v for k, v in data.items() if v is not None})


# --- The form ------------------------------------------------------------------------------------
def test_it_gets_a_number_a_password_and_a_day(client: Client) -> None:
    response = send(client)
    assert response.status_code == 302
    made = Feedback.objects.get()
    assert re.fullmatch(rf"YJ{today():%Y%m%d}-0001", made.number)
    assert made.answer_due == load_calendar().add(today(), 5)
    assert (made.kind, made.page, made.contact, made.contact_kind) == (
        *("wrong", "/invest/costs/", "13800001234", "phone"),
    )
    page = client.get(response["Location"]).content.decode()
    assert made.number in page
    assert f"{made.code[:4]} {made.code[4:]}" in page.replace("\u00a0", " ")
    assert "13800001234" not in page
    assert made.code not in response["Location"]


def test_it_promises_nothing_when_the_county_does_not(client: Client, settings: Any) -> None:
    settings.FEEDBACK_ANSWER_WORKING_DAYS = 0
    assert "工作日内答复" not in client.get(URL).content.decode()
    page = client.get(send(client)["Location"]).content.decode()
    assert "最迟" not in page
    assert Feedback.objects.get().answer_due is None


@pytest.mark.parametrize("contact", ["", "0471-8512345", "Name@Example.com", "name＠example.com"])
def test_a_contact_is_not_needed(client: Client, contact: str) -> None:
    assert send(client, contact=contact, page="").status_code == 302


def test_the_same_form_sent_twice_is_one_record(client: Client) -> None:
    token = stamp()
    first, second = (send(client, stamp=token) for _ in range(2))
    assert Feedback.objects.count() == 1
    pages = [client.get(r["Location"]).content.decode() for r in (first, second)]
    assert all(Feedback.objects.get().number in page for page in pages)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": None}, "请选择是哪一种情况"),
        ({"kind": "nonsense"}, "是哪一种情况"),
        ({"text": ""}, "请写明哪里有问题"),
        ({"text": "   "}, "请写明哪里有问题"),
        ({"text": "长" * 1001}, "1001"),
        ({"contact": "123"}, "电话号码应为"),
        ({"contact": "name@"}, "电子邮箱不完整"),
        ({"website": "http://spam"}, "网址"),
        ({"stamp": "forged"}, "再点一次"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    client: Client, changes: dict[str, Any], words: str
) -> None:
    response = send(client, **changes)
    page = response.content.decode()
    assert response.status_code == 400
    assert words in page
    assert 'class="error-summary"' in page
    assert Feedback.objects.count() == 0
    for name in ("page", "text", "contact"):
        if name not in changes:
            assert TYPED[name] in page


@pytest.mark.parametrize("age", [0, 60 * 60 * 13])
def test_a_form_sent_too_fast_or_too_late_can_be_sent_again(client: Client, age: int) -> None:
    page = send(client, stamp=stamp(age)).content.decode()
    assert TYPED["text"] in page
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found
    with patch("time.time", return_value=timezone.now().timestamp() + 30):
        assert send(client, stamp=found[1]).status_code == 302


def test_an_address_that_sends_too_many_is_asked_to_wait(client: Client) -> None:
    assert [send(client).status_code for _ in range(10)] == [302] * 10
    response = send(client)
    assert response.status_code == 429
    assert TYPED["text"] in response.content.decode()
    assert Feedback.objects.count() == 10


def test_pages_of_feedback_are_never_kept_and_need_their_token(client: Client) -> None:
    for url in (URL, ASK):
        assert "no-store" in client.get(url)["Cache-Control"]
        assert Client(enforce_csrf_checks=True).post(url, TYPED).status_code == 403


def test_it_leads_complaints_to_where_they_belong(client: Client) -> None:
    page = client.get(URL).content.decode()
    for link in ('href="tel:12345"', reverse("services:ratings"), reverse("projects:enquiry")):
        assert link in page


# --- Which page ----------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/", "/invest/costs/", "/help/", "/services/track/none/", "/login/"])
def test_every_page_leads_here_and_carries_its_address(client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    found = re.search(r'<a href="(/feedback/[^"]*)" rel="nofollow">本页有问题？', page)
    assert found
    assert f'value="{path}"' in client.get(found[1]).content.decode()


def test_the_form_does_not_lead_to_itself(client: Client) -> None:
    assert "footer-problem" not in client.get(URL).content.decode()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("/projects/", "/projects/"),
        ("/projects/?q=张三#top", "/projects/"),
        ("https://portal.example.gov.cn/help/?a=1", "/help/"),
        ("/no-such-page/", "/no-such-page/"),
        ("//evil.example/x", "/x"),
        ("办事指南那一页", "办事指南那一页"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("/services/rate/a-key-of-somebody/", ""),
        ("/subscriptions/6f1e0000-0000-4000-8000-000000000000/manage/key/", ""),
        ("http://[", "http://["),
        ("", ""),
    ],
)
def test_what_is_kept_of_an_address(typed: str, kept: str) -> None:
    assert clean_page(typed) == kept


@given(st.text(max_size=700))
def test_any_text_is_a_page_that_fits(typed: str) -> None:
    kept = clean_page(typed)
    assert len(kept) <= 200
    assert kept.isprintable()
    assert not kept.startswith("//")
    assert clean_page(kept) == kept


@given(st.text(max_size=100))
def test_a_contact_is_one_of_two_things_or_refused(typed: str) -> None:
    try:
        value, kind = clean_contact(typed)
    except ValidationError:
        return
    assert kind == ("" if not value else "email" if "@" in value else "phone")


# --- The confirmation and the answer -------------------------------------------------------------
@pytest.mark.parametrize("query", ["", "n=YJ20990101-0001", "n=forged:abc"])
def test_a_confirmation_cannot_be_guessed(client: Client, query: str) -> None:
    FeedbackFactory(number="YJ20990101-0001")
    assert client.get(f"/feedback/received/?{query}").status_code == 404


def test_a_confirmation_is_good_for_an_hour(client: Client) -> None:
    where = send(client)["Location"]
    with patch("time.time", return_value=timezone.now().timestamp() + 3700):
        assert client.get(where).status_code == 404


def test_number_and_password_show_how_far_it_is(client: Client, person: Callable[..., Any]) -> None:
    send(client)
    made, officer = Feedback.objects.get(), person("supervisor", first_name="办事员甲")

    def look() -> str:
        spelled = {"number": made.number.lower().replace("-", " "), "code": f" {made.code.lower()} "}
        answer = client.post(ASK, spelled)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "13800001234" not in page
        assert "办事员甲" not in page
        return page

    assert "已收到，最迟" in look()
    actions.take_feedback(feedback=made, actor=officer)
    assert "正在处理，最迟" in look()
    actions.answer_feedback(feedback=made, actor=officer, answer="<b>已改</b>为 2026 年。")
    page = look()
    assert "已答复，" in page
    assert "&lt;b&gt;已改&lt;/b&gt;为 2026 年。" in page
    actions.reopen_feedback(feedback=made, actor=officer, reason="又错了")
    assert "已改" not in look()
    actions.close_feedback(feedback=made, actor=officer, reason="重复提交")
    assert "重复提交" in look()


def test_every_wrong_pair_gets_the_same_answer(client: Client) -> None:
    made = FeedbackFactory()
    pairs = [
        (made.number, "WRONGONE"),
        ("YJ20000101-0001", made.code),
        ("随便", "写写"),
        (made.number, "密码"),
    ]
    pages = []
    for number, code in pairs:
        answer = client.post(ASK, {"number": number, "code": code})
        assert answer.status_code == 400
        found = re.search(r'class="error-summary".*?</div>', answer.content.decode(), re.DOTALL)
        pages.append(found[0] if found else "")
    assert len(set(pages)) == 1
    assert "没有找到与编号和密码都相符的意见" in pages[0]


def test_passwords_cannot_be_tried_out(client: Client) -> None:
    made = FeedbackFactory()
    answers = [client.post(ASK, {"number": made.number, "code": "x"}).status_code for _ in range(20)]
    assert answers == [400] * 20
    assert client.post(ASK, {"number": made.number, "code": made.code}).status_code == 429


# --- What is kept --------------------------------------------------------------------------------
def test_contact_and_password_are_sealed_and_in_no_log(client: Client) -> None:
    send(client)
    made = Feedback.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact, code FROM feedback_feedback")
        row = str(cursor.fetchone())
    assert "13800001234" not in row
    assert made.code not in row
    entry = history_of(made).get()
    assert "13800001234" not in f"{entry.changes}{entry.object_repr}{entry.reason}"


def test_a_contact_is_erased_when_its_time_is_over(settings: Any) -> None:
    settings.FEEDBACK_CONTACT_DAYS = 30
    long_ago = timezone.now() - timedelta(days=31)
    old = [
        FeedbackFactory(reachable=True, answered=True, ended_at=long_ago),
        FeedbackFactory(reachable=True, closed=True, ended_at=long_ago),
    ]
    kept = [
        FeedbackFactory(reachable=True),
        FeedbackFactory(reachable=True, answered=True, ended_at=timezone.now() - timedelta(days=29)),
    ]
    assert actions.erase_contacts() == 2
    assert actions.erase_contacts() == 0
    for made in old:
        made.refresh_from_db()
        assert (made.contact, made.masked_contact) == ("", "已到期删除")
        assert history_of(made).get().action == "erase_contact"
    for made in kept:
        made.refresh_from_db()
        assert made.contact == "13800001234"
