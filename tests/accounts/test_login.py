"""Signing in: each person lands where her work is."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-password"


@pytest.mark.parametrize(
    ("role", "door"),
    [("official", "dashboard:cockpit"), ("window", "admin:index"), ("bank_contact", "admin:index")],
)
def test_each_role_lands_where_its_work_is(client, person, role, door):
    user = person(role)
    response = client.post(reverse("login"), {"username": user.username, "password": PASSWORD})
    assert response["Location"] == reverse(door)
    assert client.get(response["Location"]).status_code == 200


def test_the_page_that_was_asked_for_comes_first(client, person):
    user = person("official")
    response = client.post(
        f"{reverse('login')}?next=/dashboard/hall/", {"username": user.username, "password": PASSWORD}
    )
    assert response["Location"] == "/dashboard/hall/"


def test_another_site_is_not_a_next_page(client, person):
    user = person("window")
    response = client.post(
        f"{reverse('login')}?next=https://example.com/", {"username": user.username, "password": PASSWORD}
    )
    assert response["Location"] == reverse("admin:index")


def test_a_wrong_password_says_so_and_keeps_the_name(client, person):
    user = person("window")
    response = client.post(reverse("login"), {"username": user.username, "password": "wrong"})
    page = response.content.decode()
    assert response.status_code == 200
    assert f'value="{user.username}"' in page
    assert "用户名" in page


def test_a_browser_that_asks_for_an_icon_gets_the_mark(client):
    assert client.get("/favicon.ico")["Location"].endswith("mark.svg")


def test_the_workbench_can_ask_whether_it_is_still_signed_in(client, person):
    """Asked before a form is sent, so that nothing typed is lost when the login ran out."""
    answer = client.get("/session/")
    assert "no-store" in answer["Cache-Control"]
    assert answer.json()["signed_in"] is False
    user = person("window")
    door = answer.json()["login"]
    landed = client.post(door, {"username": user.username, "password": PASSWORD}, follow=True)
    assert "回到刚才的表单" in landed.content.decode()
    assert client.get("/session/").json()["signed_in"] is True
