from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from tuoxian_portal.accounts.models import Role, User
from tuoxian_portal.core.admin_record import Recorded
from tuoxian_portal.core.admin_site import ReadOnlyAdmin

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(Recorded, DjangoUserAdmin, ModelAdmin):
    """Administrators keep people, units and roles. Only a superuser makes, sees or changes another
    superuser, so that keeping accounts is not a way to power over everything."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "display_name", "role_names", "department", "outlet", "bank", "is_active"]
    list_filter = ["groups", "is_active", "is_staff", "department"]
    search_fields = ["username", "display_name"]
    list_select_related = ["department", "outlet", "bank"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "email")}),
        (
            _("单位"),
            {
                "fields": ("department", "outlet", "bank"),
                "description": _("决定“本部门、本网点、本机构”的角色能看到什么。"),
            },
        ),
        (_("角色与权限"), {"fields": ("groups", "is_active", "is_staff", "is_superuser")}),
        (_("登录"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "display_name", "usable_password", "password1", "password2"),
            },
        ),
    )

    @admin.display(description=_("角色"))
    def role_names(self, user: User) -> str:
        return "、".join(group.name for group in user.groups.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        users = super().get_queryset(request).prefetch_related("groups")
        return users if request.user.is_superuser else users.filter(is_superuser=False)  # type: ignore[union-attr]  # staff only: never AnonymousUser

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        own = [] if request.user.is_superuser else ["is_superuser"]  # type: ignore[union-attr]  # staff only: never AnonymousUser
        return [*super().get_readonly_fields(request, obj), *own]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups" and field is not None:
            field.label = _("角色")
            field.help_text = _("可以有多个角色，权限和可见范围相加。")
            field.queryset = Group.objects.order_by("role__order", "name")
            field.widget = forms.CheckboxSelectMultiple()
            field.widget.choices = field.choices
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # the audit log points at people; an account is switched off instead


@admin.register(Group)
class GroupAdmin(Recorded, DjangoGroupAdmin, ModelAdmin):
    """Groups beside the roles, for exceptions. A role's own group is kept by `roles.py`."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and hasattr(obj, "role"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and hasattr(obj, "role"))


@admin.register(Role)
class RoleAdmin(ReadOnlyAdmin):
    """Roles are reference data: read here, changed in `roles.yaml` and `roles.py`."""

    list_display = ["group", "code", "scope", "description"]
    list_filter = ["scope"]
