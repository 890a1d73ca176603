"""Roles as reference data: groups whose permissions are gathered from every app's `roles.py`."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from tuoxian_portal.accounts.models import Role
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.reference import Outcome, reference_sets
from tuoxian_portal.core.registries import role_grants

SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["code", "name", "scope", "description"],
        "properties": {
            "code": {"type": "string", "pattern": "^[a-z_]{1,40}$"},
            "name": {"type": "string", "minLength": 1},
            "scope": {"enum": list(Role.Scope.values)},
            "description": {"type": "string"},
        },
    },
}


def granted() -> dict[str, set[str]]:
    """What every app grants, by role: `{code: {"app_label.codename", …}}`."""
    grants: dict[str, set[str]] = defaultdict(set)
    for app_grants in role_grants:
        for code, names in app_grants.items():
            grants[code].update(names)
    return grants


@dataclass(frozen=True)
class RoleSet:
    """`roles.yaml`, loaded like any other reference set.

    A role's group holds exactly what the apps grant: a permission added to it by hand is taken away
    by the next load. An exception for some people is a group of its own.
    """

    name: str = "roles"
    order: int = 20
    path: Path = field(default=Path(__file__).parent / "roles.yaml")

    def records(self) -> list[dict[str, Any]]:
        data = yaml.safe_load(self.path.read_text(encoding="utf-8")) or []
        try:
            jsonschema.validate(data, SCHEMA)
        except jsonschema.ValidationError as error:
            where = "/".join(str(part) for part in error.absolute_path) or "（文件顶层）"
            raise PortalError(f"参考数据 {self.path.name} 第 {where} 处不合格式：{error.message}") from error
        return data

    @transaction.atomic
    def load(self) -> Outcome:
        """Five queries, and more only for roles that differ. Raises `PortalError` for a grant to an
        unknown role or of an unknown permission."""
        outcome = Outcome()
        records = self.records()
        grants = _grants({record["code"] for record in records})
        roles = {
            role.code: role
            for role in Role.objects.select_related("group").prefetch_related("group__permissions")
        }
        for order, record in enumerate(records, start=1):
            code, name = record["code"], record["name"]
            fields = {"scope": record["scope"], "description": record["description"], "order": order}
            if role := roles.get(code):
                changed = _bring_up_to_date(role, name, fields, grants[code])
                (outcome.changed if changed else outcome.unchanged).append(code)
                continue
            group, _ = Group.objects.get_or_create(name=name)
            Role.objects.create(code=code, group=group, **fields)
            group.permissions.set(grants[code])
            outcome.added.append(code)
        return outcome


def _grants(known: set[str]) -> dict[str, set[int]]:
    """The keys of the permissions that the apps' `roles.py` grant, by role. Raises `PortalError` for a role
    that is not `known` or a permission that does not exist."""
    grants = granted()
    if unknown := set(grants) - known:
        raise PortalError(f"roles.py 授权给了不存在的角色：{'、'.join(sorted(unknown))}。")
    permissions = {
        f"{p.content_type.app_label}.{p.codename}": p.pk
        for p in Permission.objects.select_related("content_type")
    }
    for code, names in grants.items():
        if missing := names - set(permissions):
            raise PortalError(
                f"角色 {code} 的权限不存在：{'、'.join(sorted(missing))}。"
                "请核对该应用的 roles.py，并先执行 migrate。"
            )
    return defaultdict(set, {code: {permissions[name] for name in names} for code, names in grants.items()})


def _bring_up_to_date(role: Role, name: str, fields: dict[str, Any], wanted: set[int]) -> bool:
    """Whether anything of `role`, its group or its permissions had to be changed."""
    changed = any(getattr(role, field) != value for field, value in fields.items())
    if changed:
        for field, value in fields.items():
            setattr(role, field, value)
        role.save(update_fields=list(fields))
    if role.group.name != name:
        role.group.name, changed = name, True
        role.group.save(update_fields=["name"])
    if {p.pk for p in role.group.permissions.all()} != wanted:
        role.group.permissions.set(wanted)
        changed = True
    return changed


reference_sets.register("roles", RoleSet())
