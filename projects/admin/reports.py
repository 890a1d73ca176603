"""Monthly reports: a short form, and buttons for handing in, accepting and freezing."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from projects import actions, ledger
from projects.actions.photos import MAX_PHOTOS
from projects.admin import grid
from projects.admin.base import ActionSavedAdmin
from projects.choices import ReportState, RestatedFigure
from projects.models import KeyProject, ProgressPhoto, ProgressReport, ProjectProblem
from projects.photos import Developed, develop
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
from tuoxian_portal.core.errors import PortalError
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


REFUSALS_SHOWN = 10


def _steps(report: ProgressReport) -> list[str]:
    """Who handed the month in, who accepted it, and when it was closed."""
    return [
        f"{localtime(at):%Y-%m-%d} {who or '系统'}{what}"
        for who, at, what in (
            (report.submitted_by, report.submitted_at, "提交"),
            (report.accepted_by, report.accepted_at, "审核通过"),
        )
        if at
    ] + ([f"{localtime(report.frozen_at):%Y-%m-%d} 冻结"] if report.frozen_at else [])


class RestateForm(ReasonForm):
    """The figure of a frozen month, and what it should be."""

    figure = forms.ChoiceField(label="更正项", choices=RestatedFigure.choices, widget=UnfoldAdminSelectWidget)
    value = forms.DecimalField(
        label="更正为",
        max_digits=16,
        decimal_places=4,
        min_value=0,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="填更正后的数，不是差额。",
    )
    field_order = ["figure", "value", "reason"]


class PhotoForm(forms.ModelForm):
    developed: Developed | None = None

    class Meta:
        model = ProgressPhoto
        fields = ["original", "caption", "taken_on"]

    def clean_original(self) -> Any:
        file = self.cleaned_data["original"]
        if file and "original" in self.changed_data:
            self.developed = develop(file)
        return file


class PhotoInline(TabularInline):
    """Photographs are added here and shown in the panel above."""

    model = ProgressPhoto
    form = PhotoForm
    extra = 1
    max_num = MAX_PHOTOS
    tab = True
    hide_title = True
    verbose_name_plural = _("添加照片")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).none()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReportProblemForm(forms.ModelForm):
    class Meta:
        model = ProjectProblem
        fields = ["text", "owner", "owner_department", "due_on"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.has_changed() and not cleaned.get("owner") and not cleaned.get("owner_department"):
            self.add_error("owner", "请写明责任人，或选择责任单位。")
        if self.has_changed() and not cleaned.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", "请填写解决期限。")
        return cleaned


class ReportProblemInline(TabularInline):
    """Problems raised with this month's report; they are followed up on the project's page."""

    model = ProjectProblem
    form = ReportProblemForm
    extra = 1
    tab = True
    hide_title = True
    can_delete = False
    verbose_name_plural = _("本月提出的问题")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ProgressReport)
class ProgressReportAdmin(ActionSavedAdmin, WorkflowAdmin):
    workflow = REPORT_WORKFLOW
    change_form_outer_before_template = "projects/admin/report_panel.html"
    list_before_template = "projects/admin/report_list_before.html"
    inlines = [ReportProblemInline, PhotoInline]
    verbs = {
        "submit": Verb(VersionForm, actions.submit_report, "report"),
        "accept": Verb(VersionForm, actions.accept_report, "report"),
        "send_back": Verb(ReasonForm, actions.send_back_report, "report"),
        "freeze": Verb(VersionForm, actions.freeze_report, "report"),
        "restate": Verb(RestateForm, actions.restate_report, "report"),
    }
    action_labels = {
        "add": "填报月度进展",
        "edit": "修改月度进展",
        "add_photo": "添加照片",
        "publish_photo": "公布照片",
        "withdraw_photo": "撤下照片",
        "raise_problem": "提出问题",
    }
    save_action = actions.save_report
    save_argument = "report"
    actions = ["accept_selected", "freeze_selected"]
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
    search_help_text = _("项目编号或名称")
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

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "grid/",
                lambda request: grid.signing_in_keeps_what_was_typed(self, request),
                name="projects_progressreport_grid",
            ),
            path(
                "photos/<uuid:token>/publish/",
                view(require_POST(self.publish_photo_view)),
                name="projects_progressphoto_publish",
            ),
            path(
                "photos/<uuid:token>/original/",
                view(self.original_view),
                name="projects_progressphoto_original",
            ),
            *super().get_urls(),
        ]

    # --- many at once ---------------------------------------------------------------------------
    def has_accept_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("projects.accept_report")

    def has_freeze_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("projects.freeze_report")

    @admin.action(description=_("审核通过所选"), permissions=["accept"])
    def accept_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, actions.accept_report, "审核通过")

    @admin.action(description=_("冻结所选"), permissions=["freeze"])
    def freeze_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, actions.freeze_report, "冻结")

    def _each(self, request: HttpRequest, queryset: QuerySet, action: Any, word: str) -> None:
        """One action a report, oldest month first; each refusal is said with its reason."""
        done, refused = 0, []
        for report in queryset.select_related("project").order_by("month", "project"):
            try:
                action(report=report, actor=request.user, version=report.version)
            except PortalError as error:
                refused.append(f"{report}：{error.message}")
            else:
                done += 1
        if done:
            messages.success(request, f"已{word} {done} 份。")
        for text in refused[:REFUSALS_SHOWN]:
            messages.error(request, text)
        if len(refused) > REFUSALS_SHOWN:
            messages.error(
                request, f"另有 {len(refused) - REFUSALS_SHOWN} 份没有{word}，请逐份打开查看原因。"
            )

    def publish_photo_view(self, request: HttpRequest, token: Any) -> HttpResponse:
        """Publishes a photograph, or takes it away; back to its report."""
        photo = get_object_or_404(ProgressPhoto.objects.visible_to(request.user), token=token)
        publish = request.POST.get("publish") == "1"
        act = actions.publish_photo if publish else actions.withdraw_photo
        try:
            if photo.is_published != publish:  # the second of two clicks finds it done
                act(photo=photo, actor=request.user)
        except PortalError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "照片已公布。" if publish else "照片已撤下。")
        return HttpResponseRedirect(self.change_url(photo.report))

    def original_view(self, request: HttpRequest, token: Any) -> FileResponse:
        """The photograph as it was uploaded, place and all: staff only."""
        photo = get_object_or_404(ProgressPhoto.objects.visible_to(request.user), token=token)
        return FileResponse(photo.original.open(), as_attachment=True, filename=photo.original_name)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        report = self.get_object(request, object_id) if object_id else None
        if report is not None:
            extra["panel"] = {
                "state": report.get_state_display(),
                "steps": _steps(report),
                "pages": ledger.book(report.project),
                "month": report.month,
                "restatements": list(report.restatements.select_related("restated_by")),
                "photos": list(report.photos.order_by("pk")),
                "may_publish": request.user.has_perm("projects.publish_progressphoto")
                and report.state in ReportState.counted(),
            }
        return super().changeform_view(request, object_id, form_url, extra)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Photographs and problems go through their actions."""
        for row in formset.extra_forms:
            if not row.has_changed():
                continue
            if formset.model is ProgressPhoto:
                data = row.cleaned_data
                actions.add_photo(
                    report=form.instance,
                    file=row.developed,
                    caption=data["caption"],
                    taken_on=data["taken_on"],
                    actor=request.user,
                )
            else:
                actions.raise_problem(problem=row.instance, report=form.instance, actor=request.user)
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Last month, of the project whose page one comes from."""
        return {**super().get_changeform_initial_data(request), "month": previous_month(today())}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "project":
            kwargs["queryset"] = KeyProject.objects.counted()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["project", "month_label"] if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A month that was chosen is shown as a month, not as its first day."""
        if obj is None:
            return self.fieldsets
        ((name, options),) = self.fieldsets
        (project, _month), *others = options["fields"]
        return ((name, {"fields": ((project, "month_label"), *others)}),)

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
