from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from tuoxian_portal.accounts.models import Role, User
from tuoxian_portal.core.admin_site import PortalAdmin

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "display_name", "department", "outlet", "bank", "is_active"]
    list_filter = ["groups", "is_active", "department"]
    search_fields = ["username", "display_name"]
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "email")}),
        (_("单位"), {"fields": ("department", "outlet", "bank")}),
        (_("角色与权限"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    )


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


@admin.register(Role)
class RoleAdmin(PortalAdmin):
    list_display = ["group", "code", "scope", "description"]
