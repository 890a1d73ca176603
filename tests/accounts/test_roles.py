"""Roles as data: what the apps grant is what the groups hold."""

import pytest
import yaml
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from tuoxian_portal.accounts.models import Role
from tuoxian_portal.accounts.reference import RoleSet, granted
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.reference import reference_sets
from tuoxian_portal.core.registries import role_grants

pytestmark = pytest.mark.django_db

CODES = [
    "window",
    "reviewer",
    "approver",
    "issuer",
    "helper",
    "supervisor",
    "project_officer",
    "policy_officer",
    "finance_officer",
    "bank_contact",
    "official",
    "administrator",
]


def held(code):
    return {
        f"{p.content_type.app_label}.{p.codename}"
        for p in Role.objects.get(code=code).group.permissions.select_related("content_type")
    }


def test_every_role_holds_exactly_what_the_apps_grant(no_roles):
    RoleSet().load()
    assert list(Role.objects.values_list("code", flat=True)) == CODES
    for code in CODES:
        assert held(code) == granted()[code]


def test_a_second_load_changes_nothing():
    RoleSet().load()
    outcome = RoleSet().load()
    assert outcome.unchanged == CODES
    assert not outcome.added
    assert not outcome.changed


def test_a_load_restores_name_scope_and_permissions():
    RoleSet().load()
    role = Role.objects.get(code="official")
    role.group.permissions.add(Permission.objects.get(codename="delete_user"))
    role.group.name = "改名"
    role.group.save()
    Role.objects.filter(code="window").update(scope="county")
    assert RoleSet().load().changed == ["window", "official"]
    assert "accounts.delete_user" not in held("official")
    assert Group.objects.filter(name="领导（只读）").exists()
    assert Role.objects.get(code="window").scope == "outlet"


def test_officials_change_nothing():
    verbs = {name.split(".")[1].split("_")[0] for name in granted()["official"]}
    assert verbs <= {"view", "export"}, verbs


def test_an_unknown_permission_is_named(monkeypatch):
    monkeypatch.setitem(role_grants._discover(), "test", {"window": ["services.fly_to_the_moon"]})
    with pytest.raises(PortalError, match=r"角色 window 的权限不存在：services\.fly_to_the_moon"):
        RoleSet().load()
    with pytest.raises(CommandError, match="fly_to_the_moon"):
        call_command("load_reference", "roles")


def test_an_unknown_role_is_named(monkeypatch):
    monkeypatch.setitem(role_grants._discover(), "test", {"emperor": ["auth.view_group"]})
    with pytest.raises(PortalError, match="不存在的角色：emperor"):
        RoleSet().load()


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "roles.yaml"
    path.write_text(yaml.safe_dump([{"code": "window", "name": "窗口", "scope": "moon", "description": ""}]))
    with pytest.raises(PortalError, match=r"roles\.yaml 第 0/scope 处不合格式"):
        RoleSet(path=path).load()


def test_roles_load_after_the_directory_and_before_the_domains():
    assert reference_sets["towns"].order < reference_sets["roles"].order == 20
