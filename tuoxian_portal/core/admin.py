from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django_celery_beat.admin import PeriodicTaskAdmin
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from django_celery_results.models import GroupResult, TaskResult
from unfold.admin import ModelAdmin

from tuoxian_portal.core.admin_site import PortalAdmin
from tuoxian_portal.core.calendar import announce_change
from tuoxian_portal.core.models import CalendarDay, CalendarYear, Job


@admin.register(CalendarYear)
class CalendarYearAdmin(PortalAdmin):
    list_display = ["year", "status", "source", "updated_at"]

    def save_model(self, request, obj, form, change):  # type: ignore[no-untyped-def]
        super().save_model(request, obj, form, change)
        announce_change()

    def delete_model(self, request, obj):  # type: ignore[no-untyped-def]
        super().delete_model(request, obj)
        announce_change()

    def delete_queryset(self, request, queryset):  # type: ignore[no-untyped-def]
        super().delete_queryset(request, queryset)
        announce_change()


@admin.register(CalendarDay)
class CalendarDayAdmin(PortalAdmin):
    list_display = ["date", "is_working", "name"]
    list_filter = ["is_working"]
    date_hierarchy = "date"
    search_fields = ["name"]

    def save_model(self, request, obj, form, change):  # type: ignore[no-untyped-def]
        super().save_model(request, obj, form, change)
        announce_change()

    def delete_model(self, request, obj):  # type: ignore[no-untyped-def]
        super().delete_model(request, obj)
        announce_change()

    def delete_queryset(self, request, queryset):  # type: ignore[no-untyped-def]
        super().delete_queryset(request, queryset)
        announce_change()


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


admin.site.index_title = "工作台"

# What packages register in their own look, or what the portal does not use: the job row is the truth
# about background work, and nothing is scheduled by the sun.
for _model in (TaskResult, GroupResult, SolarSchedule, ClockedSchedule, AccessLog):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
admin.site.unregister([PeriodicTask, CrontabSchedule, IntervalSchedule, AccessAttempt])


@admin.register(PeriodicTask)
class ScheduleAdmin(PeriodicTaskAdmin, ModelAdmin):
    list_display = ["name", "enabled", "interval", "crontab", "last_run_at"]
    list_filter = ["enabled"]
    search_fields = ["name"]


@admin.register(CrontabSchedule)
class CrontabAdmin(ModelAdmin):
    list_display = ["__str__", "human_readable"]


@admin.register(IntervalSchedule)
class IntervalAdmin(ModelAdmin):
    pass


@admin.register(AccessAttempt)
class LockAdmin(AccessAttemptAdmin, ModelAdmin):
    """Deleting a row unlocks the account."""
