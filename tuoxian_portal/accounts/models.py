"""People who sign in, their roles as data, and how far each role sees."""

from functools import cached_property

from django.contrib.auth.models import AbstractUser, Group
from django.db import models
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


class User(AbstractUser):
    """A member of staff, an official, or a bank's contact."""

    display_name = models.CharField(_("姓名"), max_length=60, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, verbose_name=_("部门"))
    outlet = models.ForeignKey(Outlet, models.PROTECT, null=True, blank=True, verbose_name=_("服务网点"))
    # A contact whose bank is gone sees nothing, which is safe; sample banks can be cleared.
    bank = models.ForeignKey(Bank, models.SET_NULL, null=True, blank=True, verbose_name=_("金融机构"))

    class Meta(AbstractUser.Meta):
        verbose_name = verbose_name_plural = _("用户")  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.display_name or self.username

    @cached_property
    def scopes(self) -> frozenset[str]:
        """How far this person sees, over all roles; one query, kept for the request."""
        if not self.is_active:
            return frozenset()
        if self.is_superuser:
            return frozenset({Role.Scope.COUNTY})
        return frozenset(Role.objects.filter(group__user=self).values_list("scope", flat=True))

    def has_role(self, code: str) -> bool:
        """Whether one of the person's roles is `code`."""
        return code in self.role_codes

    @cached_property
    def role_codes(self) -> frozenset[str]:
        return frozenset(Role.objects.filter(group__user=self).values_list("code", flat=True))
