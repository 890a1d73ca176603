"""The key-project ledger: list with stage and confidence, a project's page with everything about it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from projects import actions, ledger
from projects.admin.base import ActionSavedAdmin
from projects.admin.forms import OverrideForm, PlaceStageForm
from projects.admin.ledger_import import LedgerSheetMixin
from projects.choices import ConfidenceLevel, Stage, Status
from projects.commitments import standing
from projects.confidence import assess
from projects.models import FundsReceipt, KeyProject, ProgressReport, ProjectMilestone, ProjectProblem
from projects.path import path_of
from projects.stage_fields import completeness, gaps, missing_for_next, words
from projects.workflow import PROJECT_DESK, STAGE_WORKFLOW
from tuoxian_portal.audit.workflow_admin import (
    ReasonForm,
    Verb,
    VersionedModelForm,
    VersionForm,
    WorkflowAdmin,
)
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, badge, labels_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.codes import clean_phone
from tuoxian_portal.core.crypto import mask_phone
from tuoxian_portal.core.money import format_wan

MONTHS_SHOWN = 13


class KeyProjectForm(VersionedModelForm):
    """Checks the ledger's rules while the form is still open, so that nothing typed is lost.

    The phone number is never shown again; it can only be replaced.
    """

    responsible_phone = forms.CharField(
        label=_("责任领导电话"), required=False, max_length=30, widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = KeyProject
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("responsible_phone"):
            self.kept_phone = self.instance.responsible_phone
            self.initial["responsible_phone"] = ""
            if self.kept_phone:
                field.help_text = f"现为 {mask_phone(self.kept_phone)}，留空不改。"

    def clean_responsible_phone(self) -> str:
        typed = self.cleaned_data["responsible_phone"]
        return clean_phone(typed) if typed else self.kept_phone

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, not in the stubs
        if self.errors:
            return
        before = KeyProject.objects.get(pk=self.instance.pk) if self.instance.pk else None
        try:
            actions.check_project(self.instance, before)
        except ValidationError as error:
            for name, problems in error.message_dict.items():
                self.add_error(name if name in self.fields else None, problems)


class ChildInline(TabularInline):
    extra = 0
    can_delete = False
    hide_title = True


class MilestoneInline(ChildInline):
    model = ProjectMilestone
    fields = ["kind", "planned_on", "actual_on", "note"]
    tab = True


class ProblemInline(ChildInline):
    model = ProjectProblem
    fields = ["text", "owner", "owner_department", "raised_on", "due_on", "resolved_on", "resolution"]
    tab = True


class ReceiptInline(ChildInline):
    """The receipts so far, read-only; each is recorded and voided on its own page."""

    model = FundsReceipt
    fields = ["received_on", "amount_wan", "source_kind", "payer", "evidence", "void_reason"]
    readonly_fields = fields
    show_change_link = True
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReportInline(ChildInline):
    """The months so far, read-only; each opens in its own page."""

    model = ProgressReport
    fields = ["month", "invested_month_wan", "physical_progress", "state"]
    readonly_fields = fields
    show_change_link = True
    tab = True
    ordering = ["-month"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HelperFilter(admin.SimpleListFilter):
    """Projects from signing on that nobody is named for, and the person's own."""

    title = _("服务专员")
    parameter_name = "helper"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("none", "没有服务专员（签约起）"), ("me", "我是服务专员")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "none":
            return queryset.without_helper()
        return queryset.filter(helper=request.user) if self.value() == "me" else queryset


@admin.register(KeyProject)
class KeyProjectAdmin(LedgerSheetMixin, ActionSavedAdmin, WorkflowAdmin):
    workflow: Any = PROJECT_DESK
    verbs = {
        **{
            name: Verb(
                ReasonForm,
                actions.advance_stage if name.startswith("advance") else actions.set_back_stage,
                "project",
            )
            for name in STAGE_WORKFLOW.by_name
        },
        "stall": Verb(ReasonForm, actions.stall_project, "project"),
        "resume": Verb(ReasonForm, actions.resume_project, "project"),
        "terminate": Verb(ReasonForm, actions.terminate_project, "project"),
        "place_stage": Verb(PlaceStageForm, actions.place_stage, "project"),
        "override_confidence": Verb(OverrideForm, actions.override_confidence, "project"),
        "clear_override": Verb(VersionForm, actions.clear_override, "project"),
        "publish": Verb(VersionForm, actions.publish, "record"),
        "withdraw": Verb(ReasonForm, actions.withdraw, "record"),
    }
    action_labels = {
        "add": "新增项目",
        "from_lead": "由线索转入",
        "edit": "修改台账",
        "edit_children": "修改节点、问题或到位资金",
    }
    save_action = actions.save_project
    save_argument = "project"
    form = KeyProjectForm
    change_form_outer_before_template = "projects/admin/panel.html"

    stage_badge = badge(Stage, "stage", _("阶段"))
    status_badge = badge(Status, "status")
    list_display = [
        "number",
        "name",
        "industry",
        "stage_badge",
        "status_badge",
        "confidence_badge",
        "total",
        "published",
        "sample",
    ]
    list_display_links = ["number", "name"]
    list_filter = [
        "stage",
        "status",
        "industry",
        "park",
        "project_type",
        "nature",
        "department",
        HelperFilter,
        "is_published",
        "is_sample",
    ]
    list_filter_submit = True
    search_fields = ["number", "name", "enterprise_name", "enterprise__name", "project_code"]
    search_help_text = _("项目编号、名称、企业或投资项目代码")
    list_select_related = ["industry", "department"]
    inlines = [MilestoneInline, ProblemInline, ReceiptInline, ReportInline]

    # --- list -----------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_confidence_inputs(today())

    @display(
        description=_("红黄绿"),
        label=labels_of(ConfidenceLevel),
        empty_value="不评定",
    )
    def confidence_badge(self, project: KeyProject) -> str | None:
        assessment = assess(project, on=today())
        return assessment.label if assessment else None

    @display(description=_("对外"), ordering="is_published", label={"已公布": "success"})
    def published(self, project: KeyProject) -> str | None:
        return "已公布" if project.is_published else None

    @display(description=_("总投资"), ordering="total_investment_wan")
    def total(self, project: KeyProject) -> str:
        return format_wan(project.total_investment_wan)

    # --- page -----------------------------------------------------------------------------------
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (
                None,
                {
                    "fields": (
                        *(() if obj else ("stage",)),
                        "name",
                        ("enterprise", "enterprise_name"),
                        ("industry", "chain"),
                        ("park", "town"),
                        "location",
                        ("project_type", "project_code"),
                        ("nature", "is_chain_leader"),
                        "capacity",
                        "summary",
                    )
                },
            ),
            (
                _("投资与用地"),
                {
                    "fields": (
                        ("total_investment_wan", "investment_note"),
                        ("annual_plan_wan", "annual_plan_year"),
                        "land_mu",
                    )
                },
            ),
            (
                _("责任（不对外）"),
                {"fields": (("department", "helper"), ("responsible", "responsible_phone"))},
            ),
            (
                _("日期"),
                {
                    "fields": (
                        "signed_on",
                        ("planned_start", "actual_start"),
                        ("planned_production", "actual_production"),
                        ("planned_capacity_on", "at_capacity_on"),
                    )
                },
            ),
            (
                _("来源"),
                {
                    "classes": ["collapse"],
                    "fields": (
                        ("stage_note", "stage_as_of"),
                        *SOURCE_FIELDS,
                        "seen_version",
                    ),
                },
            ),
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "helper":
            from tuoxian_portal.accounts.models import User

            kwargs["queryset"] = User.objects.filter(is_active=True, is_staff=True).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return self.inlines if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        alive = obj is None or obj.status != Status.TERMINATED
        return alive and super().has_change_permission(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        project = self.get_object(request, object_id) if object_id else None
        if project is not None:
            extra["panel"] = self.panel(request, project)
        return super().changeform_view(request, object_id, form_url, extra)

    def panel(self, request: HttpRequest, project: KeyProject) -> dict[str, Any]:
        """What an officer sees before the form: where the project stands and what it lacks."""
        on = today()
        totals: Any = KeyProject.objects.with_totals(on.year).get(pk=project.pk)
        following = Stage(project.stage).next if project.stage else Stage.RESERVE
        missing = missing_for_next(project)
        alive = project.status != Status.TERMINATED
        links = [
            (label, f"{reverse(f'admin:projects_{model}_add')}?project={project.pk}")
            for label, model in (
                ("填报月度进展", "progressreport"),
                ("登记到位资金", "fundsreceipt"),
                ("登记承诺", "commitment"),
                ("发出督办", "supervisionnotice"),
            )
            if alive and request.user.has_perm(f"projects.add_{model}")
        ]
        return {
            "stage": project.stage_label,
            "status": project.status_label,
            "assessment": assess(project, on=on),
            "next_stage": following.label if following else "",
            "missing": words(missing),
            "gaps": words(gaps(project)),
            "completeness": completeness(project),
            "figures": [
                ("总投资", format_wan(project.total_investment_wan)),
                ("年度计划", format_wan(project.annual_plan_wan)),
                (f"{on.year} 年完成", format_wan(totals.invested_year_wan)),
                ("累计到位", format_wan(totals.received_total_wan)),
                ("形象进度", f"{totals.latest_progress:g}%" if totals.latest_progress is not None else ""),
            ],
            # The address only: the page that joins a project with its permits lies in a higher layer.
            "whole_url": reverse("dashboard:project", args=[project.number])
            if request.user.has_perm("dashboard.view_cockpit")
            else "",
            "path": path_of(project, on),
            "lead": (lead := getattr(project, "lead", None)),
            "visits": lead.visits.count() if lead else 0,
            "public_url": project.get_absolute_url(),
            "is_published": project.is_published,
            "links": links,
            "pages": ledger.book(project),
            "months": list(project.confidence_months.select_related("override_by")[:MONTHS_SHOWN]),
            "commitments": [(row, standing(row, on=on)) for row in project.commitments.all().with_measures()],
            "notices": list(project.notices.select_related("owner", "owner_department")),
        }

    # --- saving ---------------------------------------------------------------------------------
    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Children belong to their project's data set, and their change is one audit entry."""
        for row in formset.save(commit=False):
            row.is_sample = form.instance.is_sample
            row.save()
        formset.save_m2m()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        what = [
            f"{formset.model._meta.verbose_name} {len(rows)} 条"
            for formset in formsets
            if (rows := [*formset.new_objects, *formset.changed_objects])
        ]
        if what:
            actions.note_children_changed(project=form.instance, actor=request.user, what=what)
