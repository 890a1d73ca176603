"""Leads in the workbench: whom to follow up, whose the enterprise is, visits, and how to a project."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from projects import actions
from projects.admin.base import ActionSavedAdmin
from projects.admin.forms import ConvertForm, FollowUpForm, ResolveForm, VisitForm
from projects.choices import LeadSource, LeadState
from projects.choices_pipeline import ConflictDecision
from projects.models import InvestmentLead, KeyProject, LeadConflict
from projects.reminders import passed
from projects.workflow import LEAD_WORKFLOW
from projects.workflow_pipeline import CONFLICT_EVENTS
from tuoxian_portal.audit.reveal_admin import RevealMixin
from tuoxian_portal.audit.workflow_admin import (
    ReasonForm,
    Verb,
    VersionedModelForm,
    WorkflowAdmin,
)
from tuoxian_portal.core.admin_site import badge
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.codes import clean_phone


class FollowUpFilter(admin.SimpleListFilter):
    """该跟进的线索, by the same rule as the reminders."""

    title = _("跟进")
    parameter_name = "follow"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("due", "该跟进的"), ("mine", "该我跟进的"), ("late", "逾期未答复的")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        if self.value() == "due":
            return queryset.to_follow_up(today())
        if self.value() == "mine":
            return queryset.to_follow_up(today()).filter(owner=request.user)
        if self.value() == "late":
            return queryset.overdue(today())
        return None


class LeadForm(VersionedModelForm):
    class Meta:
        model = InvestmentLead
        fields = "__all__"

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])


@admin.register(InvestmentLead)
class LeadAdmin(ActionSavedAdmin, RevealMixin, WorkflowAdmin):
    revealable = ("contact_name", "phone")
    workflow = LEAD_WORKFLOW
    verbs = {
        "contact": Verb(ReasonForm, actions.contact_lead, "lead"),
        "follow_up": Verb(FollowUpForm, actions.follow_up_lead, "lead"),
        "visit": Verb(VisitForm, actions.record_visit, "lead"),
        "convert": Verb(ConvertForm, actions.convert_lead, "lead"),
        "close": Verb(ReasonForm, actions.close_lead, "lead"),
        "reopen": Verb(ReasonForm, actions.reopen_lead, "lead"),
    }
    action_labels = {
        "receive": "收到咨询",
        "assign": "分派线索",
        "edit": "修改线索",
        "conflict": "发现撞单",
        "reveal": "查看个人信息",
    }
    save_action = actions.save_lead
    save_argument = "lead"
    form = LeadForm
    change_form_outer_before_template = "projects/admin/lead.html"
    state_badge = badge(LeadState)
    list_display = [
        "number",
        "created_at",
        "who",
        "industry",
        "phone_masked",
        "state_badge",
        "due",
        "owner",
        "sample",
    ]
    list_filter = [FollowUpFilter, "state", "source", "industry", "owner", "is_sample"]
    list_filter_submit = True
    search_fields = ["number", "enterprise_name", "needs"]
    date_hierarchy = "created_at"
    list_select_related = ["industry", "owner"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        about: Any = (
            ("enterprise_name", "credit_code"),
            ("industry", "chain_node"),
            ("intended_investment_wan", "intended_land_mu"),
            ("intended_jobs", "intended_energy"),
            ("opportunity", "project"),
            "promotion_target",
            "needs",
        )
        if obj is None:
            step: Any = ("owner", ("next_step", "next_on"))
            return (
                (None, {"fields": (("source", "source_note"), ("contact_name", "phone"), *about)}),
                (_("办理"), {"fields": step}),
            )
        who = (("number", "source"), "source_note", ("contact_masked", "phone_masked"))
        return (
            (None, {"fields": (*who, *about)}),
            (
                _("办理"),
                {
                    "fields": (
                        "owner",
                        ("next_step", "next_on"),
                        ("answer_due", "answered_at"),
                        ("converted_project", "close_reason"),
                        "seen_version",
                    )
                },
            ),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        return [
            "number",
            "source",
            "contact_masked",
            "phone_masked",
            "needs",
            "answer_due",
            "answered_at",
            "converted_project",
            "close_reason",
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        closed = obj is not None and obj.state in (LeadState.CONVERTED, LeadState.CLOSED)
        return not closed and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            if {"enterprise_name", "credit_code"} & set(form.changed_data):
                self.warn_of_conflicts(request, obj)
            return
        data = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "seen_version"}
        credit_code = data.pop("credit_code", "")
        saved = actions.record_enquiry(actor=request.user, credit_code=credit_code, **data)
        obj.__dict__.update(saved.__dict__)
        self.warn_of_conflicts(request, saved)

    def warn_of_conflicts(self, request: HttpRequest, lead: InvestmentLead) -> None:
        """Says at once that somebody else was there before."""
        for conflict in lead.conflicts_as_later.undecided().select_related("first__owner"):
            first = conflict.first
            messages.warning(
                request,
                f"撞单：{first.number} 已于 {timezone.localtime(first.created_at):%Y-%m-%d} 登记同一企业"
                f"（{conflict.get_ground_display()}，{first.get_state_display()}，"
                f"负责人{first.owner or '未定'}）。线索已保存，裁定之前不能转为项目。",
            )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None and "source" in form.base_fields:
            # What the public sends has its own doors.
            form.base_fields["source"].choices = [
                choice for choice in LeadSource.choices if choice[0] not in (LeadSource.WEB, LeadSource.API)
            ]
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "owner":
            from tuoxian_portal.accounts.models import User

            kwargs["queryset"] = User.objects.filter(is_active=True, is_staff=True).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        lead = self.get_object(request, unquote(object_id)) if object_id else None
        if lead is not None and self.may_reveal(request):
            extra["reveal_url"] = reverse("admin:projects_investmentlead_reveal", args=[lead.pk])
        if lead is not None:
            extra["panel"] = lead_panel(lead)
        return super().changeform_view(request, object_id, form_url, extra)

    @display(description=_("企业或来人"), ordering="enterprise_name")
    def who(self, lead: InvestmentLead) -> str:
        return lead.enterprise_name or lead.masked_contact

    @display(description=_("联系人"))
    def contact_masked(self, lead: InvestmentLead) -> str:
        return lead.masked_contact

    @display(description=_("电话"))
    def phone_masked(self, lead: InvestmentLead) -> str:
        return lead.masked_phone

    @display(
        description=_("答复期限"), ordering="answer_due", label={"已答复": "success", "逾期未答复": "danger"}
    )
    def due(self, lead: InvestmentLead) -> str:
        if lead.answered_at:
            return "已答复"
        overdue = lead.answer_due < today() and lead.state == LeadState.NEW
        return "逾期未答复" if overdue else f"{lead.answer_due}"


def lead_panel(lead: InvestmentLead) -> dict[str, Any]:
    """What an officer sees before the form: reminders, conflicts, visits, projects of the enterprise.
    Six queries."""
    on = today()
    seen = InvestmentLead.objects.with_last_visit().get(pk=lead.pk)
    conflicts = LeadConflict.objects.select_related("first__owner", "later__owner")
    same = KeyProject.objects.none()
    if lead.enterprise_name or lead.credit_code:
        same = KeyProject.objects.of_enterprise(lead.enterprise_name, lead.credit_code)
    return {
        "due": [kind.label for kind, _ in passed(seen, on)],
        "conflicts": [
            *((row, row.first) for row in conflicts.filter(later=lead)),
            *((row, row.later) for row in conflicts.filter(first=lead)),
        ],
        "visits": list(lead.visits.select_related("recorded_by")),
        "reminders": list(lead.reminders.all()[:20]),
        "projects": [row for row in same[:10] if row.pk != lead.converted_project_id],
    }


@admin.register(LeadConflict)
class LeadConflictAdmin(WorkflowAdmin):
    """Conflicts are found by the portal; here they are settled."""

    workflow = CONFLICT_EVENTS
    verbs = {"resolve": Verb(ResolveForm, actions.resolve_conflict, "conflict")}
    deletable = False
    view_on_site = False
    decision_badge = badge(ConflictDecision, "decision", _("裁定"))
    list_display = ["later", "first", "ground", "decision_badge", "created_at", "sample"]
    list_filter = [("decision", admin.EmptyFieldListFilter), "decision", "ground", "is_sample"]
    search_fields = ["first__number", "later__number", "first__enterprise_name"]
    list_select_related = ["first", "later"]
    change_form_outer_before_template = "projects/admin/conflict_panel.html"
    fieldsets = ((None, {"fields": (("ground", "decision"), "reason", ("decided_by", "decided_at"))}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("first__owner", "later__owner")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
