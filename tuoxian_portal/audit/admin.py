from django.contrib import admin

from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.admin_site import PortalAdmin


@admin.register(LogEntry)
class LogEntryAdmin(PortalAdmin):
    list_display = ["at", "actor", "action", "object_repr", "reason", "address"]
    list_filter = ["action"]
    date_hierarchy = "at"
    search_fields = ["object_repr", "actor__username"]

    def has_add_permission(self, request):  # type: ignore[no-untyped-def]
        return False

    def has_change_permission(self, request, obj=None):  # type: ignore[no-untyped-def]
        return False

    def has_delete_permission(self, request, obj=None):  # type: ignore[no-untyped-def]
        return False
