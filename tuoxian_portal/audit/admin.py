from django.contrib import admin

from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.admin_site import ReadOnlyAdmin


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "action", "object_repr", "reason", "address"]
    list_filter = ["action"]
    date_hierarchy = "at"
    search_fields = ["object_repr", "actor__username"]
