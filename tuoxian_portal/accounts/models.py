"""People who sign in, their roles as data, and how far each role sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType

from django.contrib.auth.models import AbstractUser, Group
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.directory.models import Bank, Department, Outlet


class Role(models.Model):
    """A role: a Django group with a code and the rows it may see.

    Roles are reference data (`accounts/reference/roles.yaml`); permissions are the group's.
    """

    class Scope(models.TextChoices):
        COUNTY = "county", _("全县")
        DEPARTMENT = "department", _("本部门")
        OUTLET = "outlet", _("本网点")
        BANK = "bank", _("本机构")
        OWN = "own", _("本人")

    code = models.SlugField(_("标识"), max_length=40, unique=True)
    group = models.OneToOneField(Group, models.CASCADE, related_name="role", verbose_name=_("权限组"))
    description = models.CharField(_("说明"), max_length=200, blank=True)
    scope = models.CharField(_("可见范围"), max_length=12, choices=Scope.choices)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    class Meta:
        verbose_name = verbose_name_plural = _("角色")
        ordering = ["order", "code"]

    def __str__(self) -> str:
        return self.group.name


@dataclass(frozen=True)
class Grants:
    """What a person holds: roles with their scopes, and permissions as `app.codename`."""

    roles: Mapping[str, str]
    permissions: frozenset[str]


# The person and everything she holds, in one statement: every signed-in request begins with it, and five
# queries through the ORM would cost more than most pages. `{lists}` joins texts in this database.
PERSON = """
    SELECT person.*,
           (SELECT {lists}(r.code || ' ' || r.scope, %(line)s)
              FROM accounts_user_groups m JOIN accounts_role r ON r.group_id = m.group_id
             WHERE m.user_id = person.id) AS held_roles,
           (SELECT {lists}(t.app_label || '.' || p.codename, %(line)s)
              FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
             WHERE p.id IN (SELECT g.permission_id FROM accounts_user_groups m
                              JOIN auth_group_permissions g ON g.group_id = m.group_id
                             WHERE m.user_id = person.id)
                OR p.id IN (SELECT permission_id FROM accounts_user_user_permissions
                             WHERE user_id = person.id)) AS held_permissions
      FROM accounts_user person WHERE person.id = %(person)s
"""
LISTS = {"sqlite": "group_concat", "postgresql": "string_agg"}


@lru_cache(maxsize=512)
def grants_of(roles: str, permissions: str) -> Grants:
    """The two texts that `PERSON` reads, taken apart. The same texts are the same grants, so that
    remembering them can serve nobody an old right: the database is asked each time."""
    pairs = (line.split(" ") for line in roles.splitlines())
    return Grants(MappingProxyType(dict(pairs)), frozenset(permissions.splitlines()))  # type: ignore[arg-type]  # pairs


class User(AbstractUser):
    """A member of staff, an official, or a bank's contact."""

    display_name = models.CharField(_("姓名"), max_length=60, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, verbose_name=_("部门"))
    outlet = models.ForeignKey(Outlet, models.PROTECT, null=True, blank=True, verbose_name=_("服务网点"))
    # A contact whose bank is gone sees nothing, which is safe; sample banks can be cleared.
    bank = models.ForeignKey(Bank, models.SET_NULL, null=True, blank=True, verbose_name=_("金融机构"))

    class Meta(AbstractUser.Meta):
        verbose_name = verbose_name_plural = _("用户")  # type: ignore[assignment]  # AbstractUser has lazy texts

    def __str__(self) -> str:
        return self.display_name or self.username

    @cached_property
    def grants(self) -> Grants:
        """Roles, their scopes and all permissions, kept for the request; no query on a person that
        `with_grants` read, one on another."""
        person = User.with_grants(self.pk)
        return person.grants if person else grants_of("", "")

    @classmethod
    def with_grants(cls, pk: int) -> "User | None":
        """The person `pk` and what she holds now, in one query; None when there is nobody."""
        statement = PERSON.format(lists=LISTS[connection.vendor])
        for person in cls.objects.raw(statement, {"person": pk, "line": "\n"}):
            held = person.__dict__.pop("held_roles"), person.__dict__.pop("held_permissions")
            person.__dict__["grants"] = grants_of(held[0] or "", held[1] or "")
            return person
        return None

    @property
    def scopes(self) -> frozenset[str]:
        """How far this person sees, over all roles."""
        if not self.is_active:
            return frozenset()
        if self.is_superuser:
            return frozenset({Role.Scope.COUNTY})
        return frozenset(self.grants.roles.values())

    def has_role(self, code: str) -> bool:
        """Whether one of the person's roles is `code`."""
        return code in self.role_codes

    @property
    def role_codes(self) -> frozenset[str]:
        return frozenset(self.grants.roles)
