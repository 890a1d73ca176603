"""Every scope against rows of one's own, of somebody else's and of nobody's."""

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.factories.accounts import SuperUserFactory, UserFactory
from tests.factories.directory import BankFactory, DepartmentFactory, OutletFactory
from tuoxian_portal.accounts.models import User
from tuoxian_portal.accounts.scoping import scope_rows

pytestmark = pytest.mark.django_db

PATHS = {"department": "department", "outlet": "outlet", "bank": "bank", "own": "pk"}


@pytest.fixture
def rows():
    """Users as rows: one for each unit, and one that belongs to nobody."""
    return {
        "department": UserFactory(department=DepartmentFactory()),
        "outlet": UserFactory(outlet=OutletFactory()),
        "bank": UserFactory(bank=BankFactory()),
        "nobody": UserFactory(),
    }


def seen(user, **changes):
    paths = {**PATHS, **changes.pop("paths", {})}
    visible = scope_rows(User.objects.all(), user, **paths, **changes)
    return set(visible.values_list("pk", flat=True))


def everybody():
    return set(User.objects.values_list("pk", flat=True))


def person(rows, *roles):
    return UserFactory(
        roles=list(roles),
        permissions=["accounts.view_user"],
        department=rows["department"].department,
        outlet=rows["outlet"].outlet,
        bank=rows["bank"].bank,
    )


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["reviewer"], {"department"}),
        (["window"], {"outlet"}),
        (["bank_contact"], {"bank"}),
        (["window", "reviewer"], {"department", "outlet"}),
    ],
)
def test_each_scope_sees_its_own_unit_and_roles_add_up(rows, roles, expected):
    user = person(rows, *roles)
    assert seen(user) - {user.pk} == {rows[name].pk for name in expected}


def test_county_sees_every_row(rows):
    user = person(rows, "official", "window")
    assert seen(user) == everybody()


def test_own_scope_sees_own_rows(rows):
    user = person(rows, "window")
    role = user.groups.get().role
    role.scope = "own"
    role.save()
    assert seen(User.objects.get(pk=user.pk)) == {user.pk}


def test_a_scope_without_a_path_sees_nothing(rows):
    assert seen(person(rows, "window"), paths={"outlet": ""}) == set()


def test_a_person_without_a_unit_does_not_see_rows_without_one(rows):
    user = UserFactory(roles=["reviewer"], permissions=["accounts.view_user"])
    assert seen(user) == set()


def test_without_the_view_permission_a_wide_scope_sees_nothing(rows):
    user = UserFactory(roles=["official"])
    assert not user.has_perm("accounts.view_user")
    assert seen(user) == set()
    assert seen(user, permission=None) == everybody()
    assert seen(user, permission="directory.view_town") == everybody()


def test_nobody_else_sees_anything(rows):
    assert seen(AnonymousUser()) == set()
    assert seen(UserFactory(permissions=["accounts.view_user"])) == set()
    assert seen(SuperUserFactory(is_active=False)) == set()


def test_a_superuser_sees_everything(rows):
    user = SuperUserFactory()
    assert seen(user) == everybody()


def test_scoping_costs_the_same_for_many_querysets(rows, django_assert_num_queries):
    user = User.objects.get(pk=person(rows, "window", "reviewer").pk)
    seen(user)
    with django_assert_num_queries(3):
        for _ in range(3):
            list(scope_rows(User.objects.all(), user, **PATHS))
