"""Leads, opportunities and targets."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from projects import actions
from projects.admin.base import ActionSavedAdmin
from projects.admin.forms import ConvertForm, FollowUpForm
from projects.choices import LeadState
from projects.models import InvestmentLead, Opportunity, PortfolioFact, Target
from projects.targets import Actual, actuals
from projects.workflow import LEAD_WORKFLOW, OPPORTUNITY_EVENTS
from tuoxian_portal.audit.reveal_admin import RevealMixin
from tuoxian_portal.audit.workflow_admin import (
    ReasonForm,
    Verb,
    VersionedModelForm,
    VersionForm,
    WorkflowAdmin,
)
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, PortalAdmin, ReadOnlyAdmin, badge
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.codes import clean_phone
from tuoxian_portal.core.money import format_wan, plain


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
        "convert": Verb(ConvertForm, actions.convert_lead, "lead"),
        "close": Verb(ReasonForm, actions.close_lead, "lead"),
        "reopen": Verb(ReasonForm, actions.reopen_lead, "lead"),
    }
    action_labels = {
        "receive": "收到咨询",
        "assign": "分派线索",
        "edit": "修改线索",
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
    list_filter = ["state", "source", "industry", "owner", "is_sample"]
    list_filter_submit = True
    search_fields = ["number", "enterprise_name", "needs"]
    date_hierarchy = "created_at"
    list_select_related = ["industry", "owner"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        about: Any = (
            ("enterprise_name", "credit_code"),
            ("industry", "intended_investment_wan"),
            ("opportunity", "project"),
            "needs",
        )
        if obj is None:
            return ((None, {"fields": ("source", ("contact_name", "phone"), *about)}),)
        return (
            (None, {"fields": (("number", "source"), ("contact_masked", "phone_masked"), *about)}),
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
            return
        data = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "seen_version"}
        credit_code = data.pop("credit_code", "")
        saved = actions.record_enquiry(actor=request.user, credit_code=credit_code, **data)
        obj.__dict__.update(saved.__dict__)

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


@admin.register(Opportunity)
class OpportunityAdmin(ActionSavedAdmin, WorkflowAdmin):
    workflow = OPPORTUNITY_EVENTS
    verbs = {
        "publish": Verb(VersionForm, actions.publish, "record"),
        "withdraw": Verb(ReasonForm, actions.withdraw, "record"),
    }
    action_labels = {"add": "新增招商项目", "edit": "修改招商项目"}
    save_action = actions.save_opportunity
    save_argument = "opportunity"
    list_display = ["number", "name", "industry", "park", "total", "is_published", "sample"]
    list_display_links = ["number", "name"]
    list_filter = ["industry", "park", "is_published", "is_sample"]
    search_fields = ["number", "name", "summary"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    ("industry", "chain"),
                    ("park", "site"),
                    "summary",
                    "conditions",
                    ("cooperation", "scale"),
                    "total_investment_wan",
                    "department",
                )
            },
        ),
        (
            _("来源"),
            {
                "fields": (
                    *SOURCE_FIELDS,
                    "seen_version",
                )
            },
        ),
    )

    @display(description=_("估算总投资"), ordering="total_investment_wan")
    def total(self, opportunity: Opportunity) -> str:
        return format_wan(opportunity.total_investment_wan)


@admin.register(Target)
class TargetAdmin(PortalAdmin):
    """Targets and what the portal computes for them, by which 口径."""

    deletable = False
    list_display = ["indicator", "year", "scope", "aim", "actual", "actual_percent", "category", "is_sample"]
    list_filter = ["category", "year", "scope", "industry", "is_sample"]
    search_fields = ["indicator", "note"]
    readonly_fields = ["computed"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "indicator",
                    ("year", "period"),
                    ("scope", "industry", "park"),
                    ("category", "comparison"),
                    ("value", "unit"),
                    "note",
                    "computed",
                )
            },
        ),
        (
            _("填报实际值（没有计算口径时）"),
            {"fields": (("typed_actual", "typed_actual_on"), "typed_actual_source")},
        ),
        (
            _("来源"),
            {"fields": SOURCE_FIELDS},
        ),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changed = form.changed_data if change else []
        saved = actions.save_target(target=obj, actor=request.user, changed=changed)
        obj.__dict__.update(saved.__dict__)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Computes the actuals of the page's targets together."""
        changelist = super().get_changelist_instance(request)
        found = actuals(changelist.result_list)
        for target in changelist.result_list:
            target.computed_actual = found[target.pk]
        return changelist

    @display(description=_("目标或数值"), ordering="value")
    def aim(self, target: Target) -> str:
        return f"{plain(target.value)} {target.unit}" if target.value is not None else "、".join(target.words)

    @display(description=_("实际"), empty_value="无数据来源")
    def actual(self, target: Any) -> str | None:
        found: Actual = target.computed_actual
        return f"{plain(found.value)} {target.unit}" if found.value is not None else None

    @display(description=_("完成率"))
    def actual_percent(self, target: Any) -> str:
        found: Actual = target.computed_actual
        return f"{plain(found.percent, 1)}%" if found.percent is not None else ""

    @display(description=_("门户计算"))
    def computed(self, target: Target) -> str:
        """What the portal computes for the target as it is kept: after an error the form's own values
        stand on the record. Unfold asks more than once for a page."""
        if target.pk is None:
            return ""
        if not hasattr(target, "_computed"):
            kept = Target.objects.get(pk=target.pk)
            found = actuals([kept])[kept.pk]
            value = f"{plain(found.value)} {kept.unit}。" if found.value is not None else ""
            target._computed = f"{value}{found.text}"  # type: ignore[attr-defined]
        return target._computed  # type: ignore[attr-defined]


@admin.register(PortfolioFact)
class PortfolioFactAdmin(ReadOnlyAdmin):
    """Published figures about all projects together; they come with the reference data."""

    list_display = ["text", "year", "source_publisher", "source_date"]
