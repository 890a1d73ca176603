"""The portal's own tables in the workbench, and those of its packages in the same look."""

from typing import Any, cast

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt, AccessLog
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
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
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from tuoxian_portal.core.admin_record import Recorded
from tuoxian_portal.core.admin_site import PortalAdmin, ReadOnlyAdmin
from tuoxian_portal.core.calendar import announce_change, replace_year, today
from tuoxian_portal.core.holiday_notice import parse_notice
from tuoxian_portal.core.models import CalendarDay, CalendarYear, Job


class CalendarAdmin(Recorded, PortalAdmin):
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


class NoticeForm(forms.Form):
    """The State Council's notice, pasted."""

    year = forms.IntegerField(
        label="年份", min_value=2008, max_value=2100, widget=UnfoldAdminIntegerFieldWidget
    )
    source = forms.CharField(
        label="文号或出处",
        max_length=200,
        help_text="例如：国务院办公厅关于 2027 年部分节假日安排的通知（国办发明电〔2026〕×号）。",
        widget=UnfoldAdminTextInputWidget,
    )
    text = forms.CharField(
        label="通知正文",
        max_length=5000,
        help_text="从“一、元旦”起粘贴到最后一个节日。",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 10}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "text" in cleaned and "year" in cleaned:
            try:
                cleaned["notice"] = parse_notice(cleaned["text"], cleaned["year"])
            except ValidationError as error:
                self.add_error("text", error)
        return cleaned


@admin.register(CalendarYear)
class CalendarYearAdmin(CalendarAdmin):
    list_display = ["year", "status", "source", "updated_at"]
    list_before_template = "admin/core/calendaryear/enter.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.notice_view)
        return [path("notice/", view, name="core_calendaryear_notice"), *super().get_urls()]

    def notice_view(self, request: HttpRequest) -> HttpResponse:
        """Enters a year from the notice: first what was read, then, confirmed, the table and the
        deadlines that rest on it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = NoticeForm(request.POST or None, initial={"year": today().year + 1})
        read: list[tuple[Any, str, str]] = []
        if request.method == "POST" and form.is_valid():
            days = form.cleaned_data["notice"].days
            if "confirmed" in request.POST:
                return self._enter(request, form.cleaned_data)
            read = [(day, "上班" if works else "放假", name) for day, (works, name) in sorted(days.items())]
        context = {
            **self.admin_site.each_context(request),
            "title": "录入放假通知",
            "opts": self.opts,
            "form": form,
            "adminform": AdminForm(
                cast(Any, form), [(None, {"fields": list(form.fields)})], {}, model_admin=self
            ),
            "read": read,
            "media": self.media + form.media,
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/core/calendaryear/notice.html", context, status=status)

    def _enter(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        year, source = data["year"], data["source"]
        changed, removed = replace_year(
            year, data["notice"].days, status=CalendarYear.Status.PUBLISHED, source=source
        )
        self.log_change(
            request,
            CalendarYear.objects.get(pk=year),
            f"按通知录入：更新 {changed} 天，删除 {removed} 天。{source}",
        )
        messages.success(
            request,
            f"{year} 年已录入并标为“已公布”：更新 {changed} 天，删除 {removed} 天。"
            "在办办件的期限正在重新推算，变动清单见“后台任务”。",
        )
        return HttpResponseRedirect(reverse("admin:core_calendaryear_changelist"))


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
    readonly_fields = ["moved"]

    @display(description=_("期限变动清单"))
    def moved(self, job: Job) -> str:
        """The deadlines that a change of the calendar moved, one a line."""
        return format_html_join("", "{}<br>", ((line,) for line in job.payload.get("moved", []))) or "—"


# What packages register in their own look, or what the portal does not use: the job row is the truth
# about background work, and nothing is scheduled by the sun.
for _model in (TaskResult, GroupResult, SolarSchedule, ClockedSchedule, AccessLog):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
admin.site.unregister([PeriodicTask, CrontabSchedule, IntervalSchedule, AccessAttempt])


@admin.register(PeriodicTask)
class ScheduleAdmin(Recorded, PeriodicTaskAdmin, ModelAdmin):
    list_display = ["name", "enabled", "interval", "crontab", "last_run_at"]
    list_filter = ["enabled"]
    search_fields = ["name"]


@admin.register(CrontabSchedule)
class CrontabAdmin(Recorded, ModelAdmin):
    list_display = ["__str__", "human_readable"]


@admin.register(IntervalSchedule)
class IntervalAdmin(Recorded, ModelAdmin):
    pass


@admin.register(AccessAttempt)
class LockAdmin(Recorded, AccessAttemptAdmin, ModelAdmin):
    """Deleting a row unlocks the account."""
