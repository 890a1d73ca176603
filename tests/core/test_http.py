"""Public pages: validators, and a cache that never mixes people or displays."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client

from tests.factories.accounts import UserFactory
from tuoxian_portal.core.display import COOKIE
from tuoxian_portal.core.http import public_page


@pytest.fixture
def page():
    """A page that counts how often it is made."""
    made = []

    @public_page
    def view(request):
        made.append(request.get_full_path())
        return HttpResponse(f"第 {len(made)} 次" if request.GET.get("fresh") else "内容")

    view.made = made
    return view


@pytest.fixture
def get(rf):
    def make(view, path="/", *, user=None, **headers):
        cookies = headers.pop("cookies", {})
        request = rf.get(path, headers=headers)
        request.COOKIES.update(cookies)
        request.user = user or AnonymousUser()
        if user:
            request.COOKIES["sessionid"] = "x"
        return view(request)

    return make


def test_an_unchanged_page_is_not_sent_again(page, get):
    first = get(page)
    assert first.status_code == 200
    for seen in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}'):
        again = get(page, **{"if-none-match": seen})
        assert again.status_code == 304
        assert again.content == b""
        assert again["ETag"] == first["ETag"]
    assert get(page, **{"if-none-match": '"other"'}).status_code == 200


def test_without_seconds_nothing_is_kept(page, get, settings):
    settings.PUBLIC_PAGE_SECONDS = 0
    get(page), get(page)
    assert len(page.made) == 2
    assert get(page)["Cache-Control"] == "no-cache"


def test_with_seconds_a_page_is_made_once_for_each_address_and_display(page, get, settings):
    settings.PUBLIC_PAGE_SECONDS = 60
    for _ in range(3):
        response = get(page)
    assert len(page.made) == 1
    assert response["Cache-Control"] == "public, max-age=60"
    assert "Cookie" in response["Vary"]
    get(page, "/?q=1")
    get(page, cookies={COOKIE: "elder.normal.auto"})
    get(page, cookies={COOKIE: "elder.high.dark"})
    assert len(page.made) == 4
    get(page, cookies={COOKIE: "nonsense"})
    assert len(page.made) == 4


@pytest.mark.django_db
def test_a_signed_in_person_gets_a_fresh_page_that_nobody_keeps(page, get, settings):
    settings.PUBLIC_PAGE_SECONDS = 60
    get(page)
    user = UserFactory()
    for _ in range(2):
        assert get(page, user=user)["Cache-Control"] == "private, no-cache"
    assert len(page.made) == 3


def test_only_a_page_that_succeeded_is_kept(get, settings):
    settings.PUBLIC_PAGE_SECONDS = 60
    statuses = iter([404, 200])

    @public_page
    def view(request):
        return HttpResponse("x", status=next(statuses))

    assert get(view).status_code == 404
    assert get(view).status_code == 200


def test_a_form_that_is_sent_goes_through(rf, settings):
    settings.PUBLIC_PAGE_SECONDS = 60

    @public_page
    def view(request):
        return HttpResponse(request.method)

    assert view(rf.post("/")).content == b"POST"


@pytest.mark.django_db
def test_a_message_left_from_a_form_is_shown_to_nobody_else(client, settings):
    """It outlives the session, and would stand on the page that everybody gets."""
    settings.PUBLIC_PAGE_SECONDS = 60
    client.force_login(UserFactory(roles=["supervisor"]))
    client.post("/reports/produce/nothing/", {"period": "2026-01"})
    del client.cookies["sessionid"]
    before = client.get("/")
    assert "没有名为“nothing”的报告" in before.content.decode()
    assert before["Cache-Control"] == "private, no-cache"
    assert "没有名为" not in Client().get("/").content.decode()
