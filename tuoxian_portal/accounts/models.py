"""People who sign in, their roles as data, and how far each role sees."""

from dataclasses import dataclass
from functools import cached_property

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

    roles: dict[str, str]
    permissions: frozenset[str]


# One statement instead of three queries through the ORM: every signed-in request begins with it.
GRANTS = """
    SELECT 'role', r.code, r.scope
      FROM accounts_user_groups m JOIN accounts_role r ON r.group_id = m.group_id
     WHERE m.user_id = %(person)s
    UNION ALL
    SELECT 'permission', t.app_label, p.codename
      FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
     WHERE p.id IN (SELECT g.permission_id FROM accounts_user_groups m
                      JOIN auth_group_permissions g ON g.group_id = m.group_id
                     WHERE m.user_id = %(person)s)
        OR p.id IN (SELECT permission_id FROM accounts_user_user_permissions WHERE user_id = %(person)s)
"""


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
        """Roles, their scopes and all permissions; one query, kept for the request."""
        with connection.cursor() as cursor:
            cursor.execute(GRANTS, {"person": self.pk})
            rows = cursor.fetchall()
        return Grants(
            roles={code: scope for kind, code, scope in rows if kind == "role"},
            permissions=frozenset(f"{app}.{name}" for kind, app, name in rows if kind == "permission"),
        )

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
