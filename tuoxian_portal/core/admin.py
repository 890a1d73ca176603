from django.contrib import admin

from tuoxian_portal.core.admin_site import PortalAdmin
from tuoxian_portal.core.calendar import forget_calendar
from tuoxian_portal.core.models import CalendarDay, CalendarYear, Job


@admin.register(CalendarYear)
class CalendarYearAdmin(PortalAdmin):
    list_display = ["year", "status", "source", "updated_at"]

    def save_model(self, request, obj, form, change):  # type: ignore[no-untyped-def]
        super().save_model(request, obj, form, change)
        forget_calendar()


@admin.register(CalendarDay)
class CalendarDayAdmin(PortalAdmin):
    list_display = ["date", "is_working", "name"]
    list_filter = ["is_working"]
    date_hierarchy = "date"
    search_fields = ["name"]

    def save_model(self, request, obj, form, change):  # type: ignore[no-untyped-def]
        super().save_model(request, obj, form, change)
        forget_calendar()


@admin.register(Job)
class JobAdmin(PortalAdmin):
    list_display = ["title", "kind", "state", "attempts", "requested_by", "created_at", "finished_at"]
    list_filter = ["state", "kind"]

    def has_add_permission(self, request):  # type: ignore[no-untyped-def]
        return False

    def has_change_permission(self, request, obj=None):  # type: ignore[no-untyped-def]
        return False

    def has_delete_permission(self, request, obj=None):  # type: ignore[no-untyped-def]
        return False
