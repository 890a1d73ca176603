"""Monthly reports: a short form, and buttons for handing in, accepting and freezing."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from projects import actions
from projects.admin.base import ActionSavedAdmin
from projects.choices import ReportState
from projects.models import KeyProject, ProgressReport
from projects.workflow import REPORT_WORKFLOW
from tuoxian_portal.audit.workflow_admin import (
    ReasonForm,
    Verb,
    VersionedModelForm,
    VersionForm,
    WorkflowAdmin,
)
from tuoxian_portal.core.admin_site import badge
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.money import format_wan
from tuoxian_portal.core.months import month_of, previous_month


class ProgressReportForm(VersionedModelForm):
    class Meta:
        model = ProgressReport
        fields = "__all__"
        help_texts = {"month": _("选该月任意一天。"), "invested_month_wan": _("只填本月，全年累计自动计算。")}

    def clean_month(self) -> date:
        """Any day stands for its month."""
        return month_of(self.cleaned_data["month"])


@admin.register(ProgressReport)
class ProgressReportAdmin(ActionSavedAdmin, WorkflowAdmin):
    workflow = REPORT_WORKFLOW
    verbs = {
        "submit": Verb(VersionForm, actions.submit_report, "report"),
        "accept": Verb(VersionForm, actions.accept_report, "report"),
        "send_back": Verb(ReasonForm, actions.send_back_report, "report"),
        "freeze": Verb(VersionForm, actions.freeze_report, "report"),
    }
    action_labels = {"add": "填报月度进展", "edit": "修改月度进展"}
    save_action = actions.save_report
    save_argument = "report"
    form = ProgressReportForm
    state_badge = badge(ReportState)
    list_display = [
        "month_label",
        "project",
        "invested",
        "invested_year",
        "progress",
        "state_badge",
        "submitted_by",
        "accepted_by",
        "sample",
    ]
    list_display_links = ["month_label", "project"]
    list_filter = ["state", "month", "project__industry", "is_sample"]
    list_filter_submit = True
    search_fields = ["project__number", "project__name"]
    list_select_related = ["project", "submitted_by", "accepted_by"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("project", "month"),
                    ("invested_month_wan", "physical_progress"),
                    "progress_text",
                    "problems_text",
                    "regress_reason",
                    "seen_version",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_year_to_date()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Last month, of the project whose page one comes from."""
        return {**super().get_changeform_initial_data(request), "month": previous_month(today())}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "project":
            kwargs["queryset"] = KeyProject.objects.visible_to(request.user).counted()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["project", "month"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        draft = obj is None or obj.state == ReportState.DRAFT
        return draft and super().has_change_permission(request, obj)

    @display(description=_("月份"), ordering="month")
    def month_label(self, report: ProgressReport) -> str:
        return f"{report.month:%Y-%m}"

    @display(description=_("本月完成"), ordering="invested_month_wan")
    def invested(self, report: ProgressReport) -> str:
        return format_wan(report.invested_month_wan)

    @display(description=_("全年累计"))
    def invested_year(self, report: Any) -> str:
        return format_wan(report.invested_year_wan)

    @display(description=_("形象进度"), ordering="physical_progress")
    def progress(self, report: ProgressReport) -> str:
        return f"{report.physical_progress:g}%"
