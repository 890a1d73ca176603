"""Feedback at the same moment, on PostgreSQL: one form sent twice, one record answered by two."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.factories.accounts import UserFactory
from tests.factories.feedback import FeedbackFactory, stamp
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.feedback import actions
from tuoxian_portal.feedback.models import Feedback

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

FORM = "/feedback/"


def at_once(function: Callable[[Any], Any], arguments: Iterable[Any]) -> list[Any]:
    """Runs `function` for all of `arguments` in threads with a connection each."""

    def run(argument: Any) -> Any:
        try:
            return function(argument)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(run, arguments))


def sent(shown: str) -> str:
    """Where the form with the stamp `shown` leads."""
    answer = Client().post(FORM, {"kind": "wrong", "text": "电话打不通", "stamp": shown, "contact": ""})
    assert answer.status_code == 302, answer.content.decode()
    return Client().get(answer.url).content.decode()


def test_one_form_sent_twice_at_once_is_one_record() -> None:
    pages = at_once(sent, [stamp()] * 2)
    row = Feedback.objects.get()
    assert all(row.number in page for page in pages)
    assert [entry.action for entry in history_of(row)] == ["receive"]
    # What was rolled back took no number.
    at_once(sent, [stamp() for _ in range(3)])
    serials = sorted(int(number[-4:]) for number in Feedback.objects.values_list("number", flat=True))
    assert serials == [1, 2, 3, 4]


@pytest.mark.parametrize("versioned", [True, False], ids=["version told", "version not told"])
def test_of_two_who_answer_at_once_one_is_told(versioned: bool) -> None:
    row = FeedbackFactory()
    officers = [UserFactory(roles=["supervisor"]) for _ in range(2)]

    def answer(officer: Any) -> Feedback | PortalError:
        version = row.version if versioned else None
        try:
            fresh = Feedback.objects.get(pk=row.pk)
            return actions.answer_feedback(
                feedback=fresh, actor=officer, answer=f"{officer.username} 已改", version=version
            )
        except PortalError as error:
            return error

    results = dict(zip(officers, at_once(answer, officers), strict=True))
    (first,) = [officer for officer, result in results.items() if isinstance(result, Feedback)]
    row.refresh_from_db()
    assert row.answer == f"{first.username} 已改"
    assert row.owner == first
    assert [entry.actor for entry in history_of(row)] == [first]
