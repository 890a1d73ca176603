"""Keeping people: no way from there to power over everything."""

import pytest
from django.urls import reverse

from tests.factories.accounts import SuperUserFactory, UserFactory
from tuoxian_portal.accounts.models import Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    user = UserFactory(roles=["administrator"])
    client.force_login(user)
    return user


def change(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def form(user, **changes):
    return {"username": user.username, "display_name": "改名", "email": "", "is_active": "on", **changes}


def test_an_administrator_gives_roles(client, administrator):
    person = UserFactory()
    group = Role.objects.get(code="window").group
    response = client.post(change(person), form(person, groups=[group.pk], is_staff="on"))
    assert response.status_code == 302
    assert User.objects.get(pk=person.pk).role_codes == {"window"}


def test_an_administrator_makes_nobody_a_superuser(client, administrator):
    for person in (UserFactory(), administrator):
        client.post(change(person), form(person, is_superuser="on", is_staff="on"))
        assert not User.objects.get(pk=person.pk).is_superuser


def test_a_superuser_does_not_exist_for_an_administrator(client, administrator):
    chief = SuperUserFactory()
    assert chief.username not in client.get(reverse("admin:accounts_user_changelist")).content.decode()
    assert client.get(change(chief)).status_code == 302
    password = reverse("admin:auth_user_password_change", args=[chief.pk])
    before = User.objects.get(pk=chief.pk).password
    client.post(password, {"password1": "another-long-secret", "password2": "another-long-secret"})
    assert User.objects.get(pk=chief.pk).password == before


def test_nobody_deletes_people_or_the_groups_of_roles(client):
    client.force_login(SuperUserFactory())
    person = UserFactory(roles=["window"])
    group = person.groups.get()
    assert (
        client.post(reverse("admin:accounts_user_delete", args=[person.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert (
        client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"}).status_code == 403
    )
    assert client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "x"}).status_code == 403


def test_the_list_shows_roles_at_a_constant_cost(client, django_assert_max_num_queries):
    client.force_login(SuperUserFactory())
    for _ in range(15):
        UserFactory(roles=["window", "helper"])
    with django_assert_max_num_queries(18):
        page = client.get(reverse("admin:accounts_user_changelist")).content.decode()
    assert "窗口受理、帮办员" in page


@pytest.mark.parametrize("role", ["window", "official", "project_officer", "supervisor"])
def test_others_do_not_keep_people(client, role):
    client.force_login(UserFactory(roles=[role]))
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403
