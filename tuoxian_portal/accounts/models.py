"""People who sign in, their roles as data, and how far each role sees."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType

from django.contrib.auth.models import AbstractUser, Group
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.statements import Slot, Statements
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


# What a person holds, as two texts that come with her own row: every signed-in request begins with it, and
# five queries through the ORM would cost more than most pages. `{lists}` joins texts in this database.
ROLES = """
    (SELECT {lists}(r.code || ' ' || r.scope, %s)
       FROM accounts_user_groups m JOIN accounts_role r ON r.group_id = m.group_id
      WHERE m.user_id = accounts_user.id)
"""
PERMISSIONS = """
    (SELECT {lists}(t.app_label || '.' || p.codename, %s)
       FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
      WHERE p.id IN (SELECT g.permission_id FROM accounts_user_groups m
                       JOIN auth_group_permissions g ON g.group_id = m.group_id
                      WHERE m.user_id = accounts_user.id)
         OR p.id IN (SELECT permission_id FROM accounts_user_user_permissions
                      WHERE user_id = accounts_user.id))
"""
LISTS = {"sqlite": "group_concat", "postgresql": "string_agg"}
statements = Statements()


@lru_cache(maxsize=512)
def grants_of(roles: str, permissions: str) -> Grants:
    """What `ROLES` and `PERMISSIONS` read, taken apart. The same texts are the same grants, so that
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

    def get_full_name(self) -> str:
        """What pages call a person by; the name in two parts is not asked for."""
        return self.display_name

    @cached_property
    def grants(self) -> Grants:
        """Roles, their scopes and all permissions, kept for the request; no query on a person that
        `with_grants` read, one on another."""
        person = User.with_grants(self.pk)
        return person.grants if person else grants_of("", "")

    @classmethod
    def with_grants(cls, pk: int) -> "User | None":
        """The person `pk` and what she holds now, in one query; None when there is nobody."""
        columns = [field.attname for field in cls._meta.concrete_fields]
        for *own, roles, permissions in statements.get("person", cls._with_texts).rows(pk):
            person: User = cls.from_db(connection.alias, columns, own)
            person.__dict__["grants"] = grants_of(roles or "", permissions or "")
            return person
        return None

    @classmethod
    def _with_texts(cls) -> models.QuerySet:
        texts = [
            RawSQL(text.format(lists=LISTS[connection.vendor]), ["\n"], models.TextField())  # noqa: S611  (constants)
            for text in (ROLES, PERMISSIONS)
        ]
        columns = [field.attname for field in cls._meta.concrete_fields]
        return cls.objects.filter(pk=Slot()).values_list(*columns, *texts)

    @property
    def standing(self) -> Hashable:
        """All that decides which rows this person sees: the key of a statement that was put together for
        her (`core.statements`). Whoever is given or loses a right has another standing."""
        grants, units = self.grants, (self.department_id, self.outlet_id, self.bank_id)
        roles = frozenset(grants.roles.items())
        return (self.pk, self.is_active, self.is_superuser, units, roles, grants.permissions)

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
