"""The portal's own tables in the workbench, and those of its packages in the same look."""

from typing import Any

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
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

from tuoxian_portal.core.admin_site import PortalAdmin, ReadOnlyAdmin
from tuoxian_portal.core.calendar import announce_change
from tuoxian_portal.core.models import CalendarDay, CalendarYear, Job


class CalendarAdmin(PortalAdmin):
    """Tells whoever stores dates that working days have changed."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        announce_change()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        announce_change()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        super().delete_queryset(request, queryset)
        announce_change()


@admin.register(CalendarYear)
class CalendarYearAdmin(CalendarAdmin):
    list_display = ["year", "status", "source", "updated_at"]


@admin.register(CalendarDay)
class CalendarDayAdmin(CalendarAdmin):
    list_display = ["date", "is_working", "name"]
    list_filter = ["is_working"]
    date_hierarchy = "date"
    search_fields = ["name"]


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ["title", "kind", "state", "attempts", "requested_by", "created_at", "finished_at"]
    list_filter = ["state", "kind"]


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
