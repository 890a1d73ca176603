"""Who is asking is read anew for every request: no right and no session outlives its end."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.cases import Hall
from tuoxian_portal.accounts.models import Role, User

CASES = "/api/v1/services/cases/"


@pytest.fixture
def clerk(client, person):
    user = person("window")
    client.force_login(user)
    return user


def test_signing_out_ends_it_in_the_database_and_at_once(client, clerk):
    assert client.get(CASES).status_code == 200
    cookie = client.cookies["sessionid"].value
    client.post("/logout/")
    client.cookies["sessionid"] = cookie  # somebody kept the cookie
    assert client.get(CASES).status_code == 403
    assert not Session.objects.exists()


def test_a_session_that_has_expired_is_none(client, clerk):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get(CASES).status_code == 403


@pytest.mark.parametrize("cookie", ["x" * 32, "'; --", "", "a" * 5000])
def test_a_cookie_that_names_no_session_is_nobody(client, db, cookie):
    client.cookies["sessionid"] = cookie
    assert client.get(CASES).status_code == 403


def test_what_was_written_into_the_session_is_read_again(client, clerk):
    session = client.session
    session["seen"] = "旧"
    session.save()
    assert client.session["seen"] == "旧"


def test_who_was_deactivated_or_given_another_password_is_signed_out(client, clerk):
    clerk.set_password("another-long-password")
    clerk.save()
    assert client.get(CASES).status_code == 403
    client.force_login(clerk)
    assert client.get(CASES).status_code == 200
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    assert client.get(CASES).status_code == 403


def test_a_right_that_was_taken_away_is_gone_with_the_next_request(client, db):
    hall = Hall()
    hall.record()
    clerk = hall.clerk
    client.force_login(clerk)
    assert len(client.get(CASES).json()["results"]) == 1
    view = Permission.objects.get(codename="view_case", content_type__app_label="services")
    group = Role.objects.get(code="window").group
    group.permissions.remove(view)
    assert client.get(CASES).json()["results"] == []
    clerk.user_permissions.add(view)
    assert len(client.get(CASES).json()["results"]) == 1
    clerk.groups.clear()  # the permission of her own is left, the role's scope is not
    assert client.get(CASES).json()["results"] == []


def test_signing_in_takes_two_queries_whatever_one_holds(client, person):
    counts = []
    for roles in (["supervisor"], ["supervisor", "window", "administrator"]):
        client.force_login(person(*roles))
        with CaptureQueriesContext(connection) as queries:
            client.get(CASES)
        counts.append(len(queries))
    assert counts == [3, 3]  # the session, the person with what she holds, the rows


@pytest.mark.django_db
def test_a_person_read_for_a_request_holds_what_any_other_reading_finds(person):
    user = person("window", "supervisor", permissions=["audit.reveal_personal"])
    read = User.with_grants(user.pk)
    assert read == user
    assert read.grants == User.objects.get(pk=user.pk).grants
    assert read.grants.roles.keys() == {"window", "supervisor"}
    assert read.has_perm("audit.reveal_personal")
    assert read.grants.permissions == {
        f"{p.content_type.app_label}.{p.codename}"
        for p in Permission.objects.filter(group__user=user).select_related("content_type")
    } | {"audit.reveal_personal"}
    assert User.with_grants(0) is None
    assert User.with_grants(person().pk).grants.permissions == frozenset()
