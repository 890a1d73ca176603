"""Feedback from the staff's side: who sees it, every state and verb, the queue, the API."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.accounts import UserFactory
from tests.factories.feedback import FeedbackFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError
from tuoxian_portal.feedback import actions
from tuoxian_portal.feedback.choices import FeedbackState
from tuoxian_portal.feedback.models import Feedback
from tuoxian_portal.feedback.workflow import FEEDBACK_WORKFLOW

pytestmark = pytest.mark.django_db

LIST = "/admin/feedback/feedback/"
API = "/api/v1/feedback/"
VERBS: dict[str, Callable[[Feedback, Any], Feedback]] = {
    "take": lambda row, who: actions.take_feedback(feedback=row, actor=who),
    "answer": lambda row, who: actions.answer_feedback(feedback=row, actor=who, answer="已改"),
    "close": lambda row, who: actions.close_feedback(feedback=row, actor=who, reason="重复"),
    "reopen": lambda row, who: actions.reopen_feedback(feedback=row, actor=who, reason="又来信"),
}


def in_state(state: str) -> Feedback:
    traits = {"answered": {"answered": True}, "closed": {"closed": True}}
    return FeedbackFactory(**traits.get(state, {"state": state}))


@pytest.mark.parametrize("state", list(FeedbackState))
@pytest.mark.parametrize("verb", list(VERBS))
def test_every_state_and_verb(state: FeedbackState, verb: str) -> None:
    officer, row = UserFactory(roles=["supervisor"]), in_state(state)
    transition = FEEDBACK_WORKFLOW.by_name[verb]
    if state not in transition.sources:
        with pytest.raises(WorkflowError, match="当前状态为"):
            VERBS[verb](row, officer)
        return
    after = VERBS[verb](row, officer)
    assert after.state == transition.target
    assert after.owner == officer
    assert (after.ended_at is None) == after.is_open
    assert [entry.action for entry in history_of(row)] == [verb]


@pytest.mark.parametrize("role", ["official", "administrator", "window", "project_officer"])
def test_only_the_one_role_handles(role: str) -> None:
    who = UserFactory(roles=[role])
    for verb, transition in FEEDBACK_WORKFLOW.by_name.items():
        with pytest.raises(NotPermitted):
            VERBS[verb](in_state(sorted(transition.sources)[0]), who)


def test_words_are_needed() -> None:
    officer, row = UserFactory(roles=["supervisor"]), FeedbackFactory()
    with pytest.raises(ValidationError, match="请填写答复"):
        actions.answer_feedback(feedback=row, actor=officer, answer="  ")
    for verb in (actions.close_feedback, actions.reopen_feedback):
        target = row if verb is actions.close_feedback else in_state("answered")
        with pytest.raises(WorkflowError, match="须写明理由"):
            verb(feedback=target, actor=officer, reason=" ")


def test_an_older_page_overwrites_nothing() -> None:
    officer, row = UserFactory(roles=["supervisor"]), FeedbackFactory()
    seen = row.version
    actions.take_feedback(feedback=row, actor=officer)
    with pytest.raises(EditConflict):
        actions.answer_feedback(feedback=row, actor=officer, answer="已改", version=seen)


# --- The queue -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "sees"),
    [("supervisor", True), ("official", True), ("administrator", True), ("window", False), ("helper", False)],
)
def test_who_sees_the_queue(client: Client, role: str, sees: bool) -> None:
    row = FeedbackFactory(reachable=True)
    client.force_login(UserFactory(roles=[role]))
    assert client.get(LIST).status_code == (200 if sees else 403)
    page = client.get(f"{LIST}{row.pk}/change/")
    assert (page.status_code == 200) == sees
    assert "13800001234" not in page.content.decode()
    assert row.code not in page.content.decode()


def test_the_queue_finds_what_is_late(client: Client) -> None:
    late = FeedbackFactory(text="逾期的那条", answer_due=today() - timedelta(days=1))
    FeedbackFactory(text="没到期的那条", answer_due=today())
    FeedbackFactory(text="没有期限的那条", answer_due=None)
    FeedbackFactory(text="办完的那条", answered=True, answer_due=date(2020, 1, 1))
    officer = UserFactory(roles=["supervisor"])
    client.force_login(officer)
    page = client.get(LIST, {"answer": "late"}).content.decode()
    assert "逾期的那条" in page
    assert not any(text in page for text in ("没到期的那条", "没有期限的那条", "办完的那条"))
    actions.take_feedback(feedback=late, actor=officer)
    assert "逾期的那条" in client.get(LIST, {"answer": "mine"}).content.decode()
    assert "办完的那条" not in client.get(LIST, {"answer": "open"}).content.decode()


def test_the_first_page_names_what_waits(client: Client) -> None:
    FeedbackFactory(answer_due=today() - timedelta(days=1))
    FeedbackFactory()
    client.force_login(UserFactory(roles=["supervisor"]))
    tasks = {task["title"]: task for task in client.get("/admin/").context["portal_tasks"]}
    assert tasks["新收的意见建议"]["count"] == "2"
    assert tasks["超期未答复的意见建议"]["count"] == "1"
    assert all(client.get(tasks[name]["url"]).status_code == 200 for name in tasks if "意见" in name)


def test_it_is_answered_with_buttons(client: Client) -> None:
    row = FeedbackFactory()
    client.force_login(UserFactory(roles=["supervisor"]))
    page = client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert f"{LIST}{row.pk}/do/answer/" in page
    assert 'href="/projects/"' in page
    refused = client.post(f"{LIST}{row.pk}/do/close/", {"version": row.version, "reason": ""})
    assert refused.status_code == 200
    done = client.post(f"{LIST}{row.pk}/do/answer/", {"version": row.version, "answer": "已改"})
    assert done.status_code == 302
    row.refresh_from_db()
    assert (row.state, row.answer) == ("answered", "已改")


def test_nobody_adds_changes_or_deletes_by_hand(client: Client) -> None:
    row = FeedbackFactory()
    client.force_login(UserFactory(roles=["supervisor"]))
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"{LIST}{row.pk}/change/", {"text": "改掉"})
    row.refresh_from_db()
    assert row.text == "这一页的日期不对。"


def test_a_contact_is_shown_once_for_a_reason(client: Client) -> None:
    row = FeedbackFactory(reachable=True)
    client.force_login(UserFactory(roles=["supervisor"]))
    url = f"{LIST}{row.pk}/reveal/"
    assert url in client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "13800001234" in client.post(url, {"reason": "核对地址"}).content.decode()
    assert history_of(row).get().action == "reveal"
    client.force_login(UserFactory(roles=["official"]))
    assert url not in client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "13800001234" not in client.post(url, {"reason": "看看"}, follow=True).content.decode()


@pytest.mark.parametrize("page", ["//evil.example/", "javascript:alert(1)", "<script>x</script>"])
def test_a_page_that_is_no_path_is_no_link(client: Client, page: str) -> None:
    row = FeedbackFactory(page=page)
    client.force_login(UserFactory(roles=["supervisor"]))
    html = client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert f'href="{page}"' not in html
    assert "<script>x" not in html


# --- The API -------------------------------------------------------------------------------------
def test_the_api_is_for_staff(api_client: Any) -> None:
    row = FeedbackFactory(reachable=True)
    assert api_client.get(API).status_code in (401, 403)
    api_client.force_authenticate(UserFactory(roles=["window"]))
    assert api_client.get(API).json()["results"] == []
    assert api_client.get(f"{API}{row.number}/").status_code == 404
    api_client.force_authenticate(UserFactory(roles=["official"]))
    shown = api_client.get(f"{API}{row.number}/").json()
    assert shown["contact"] == "138****1234"
    assert "code" not in shown
    assert shown["available_actions"] == []
    assert api_client.post(f"{API}{row.number}/take/").status_code == 403


def test_the_verbs_of_the_api(api_client: Any) -> None:
    row = FeedbackFactory(answer_due=today() - timedelta(days=1))
    api_client.force_authenticate(UserFactory(roles=["supervisor"]))
    assert [r["number"] for r in api_client.get(API, {"overdue": "true"}).json()["results"]] == [row.number]
    assert api_client.post(f"{API}{row.number}/take/").json()["state"] == "in_hand"
    assert api_client.post(f"{API}{row.number}/answer/", {}).status_code == 400
    assert api_client.post(f"{API}{row.number}/answer/", {"answer": "已改"}).json()["answer"] == "已改"
    assert api_client.post(f"{API}{row.number}/close/", {"reason": "x"}).status_code == 409
    assert api_client.post(f"{API}{row.number}/reopen/", {"reason": "又来信"}).json()["state"] == "in_hand"
    assert api_client.post(f"{API}{row.number}/close/", {"reason": "重复"}).json()["close_reason"] == "重复"


@pytest.mark.parametrize("url", [LIST, API])
def test_rows_cost_no_queries(client: Client, url: str) -> None:
    client.force_login(UserFactory(roles=["supervisor"]))

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    FeedbackFactory(owner=UserFactory(), reachable=True)
    cost()
    few = cost()
    for _ in range(10):
        FeedbackFactory(owner=UserFactory(), reachable=True)
    assert cost() == few
