"""Policies in the search box."""

from datetime import timedelta

import pytest

from tests.factories.policies import PolicyFactory
from tuoxian_portal.core.calendar import today
from tuoxian_portal.search.index import rebuild

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("days", "over"),
    [
        ({"expires_on": -1}, True),
        ({"expires_on": 0}, False),
        ({"expires_on": 400, "repealed_on": 0}, True),
        ({"expires_on": 400, "repealed_on": 1}, False),
        ({"repealed_on": -9}, True),
    ],
)
def test_what_is_over_comes_last_and_says_so(client, days, over):
    """However well its title fits; the last day itself still counts."""
    day = today()
    dates = {name: day + timedelta(days=count) for name, count in days.items()}
    start = {"issued_on": day - timedelta(days=90), "in_force_from": None}
    old = PolicyFactory(published=True, title="仓储补贴", **({"expires_on": None} | start | dates))
    other = PolicyFactory(published=True, title="支持若干产业的措施", summary="另有仓储补贴一条。")
    rebuild()
    found = client.get("/search/", {"q": "仓储补贴"})
    titles = [
        str(card["title"]).replace("<mark>", "").replace("</mark>", "") for card in found.context["cards"]
    ]
    assert titles == ([other.title, old.title] if over else [old.title, other.title])
    assert ("已失效" in found.content.decode()) is over
