"""Opportunities and targets."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from projects import actions
from projects.admin.base import ActionSavedAdmin
from projects.models import Opportunity, PortfolioFact, Target
from projects.targets import Actual, actuals
from projects.workflow import OPPORTUNITY_EVENTS
from tuoxian_portal.audit.workflow_admin import (
    ReasonForm,
    Verb,
    VersionForm,
    WorkflowAdmin,
)
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, PortalAdmin, ReadOnlyAdmin
from tuoxian_portal.core.money import format_wan, plain


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
    list_filter = ["industry", "chain_node__chain", "park", "is_published", "is_sample"]
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
                    "chain_node",
                    ("department", "contact"),
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
    list_display = ["indicator", "year", "scope", "aim", "actual", "actual_percent", "category", "sample"]
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
            target._computed = f"{value}{found.text}"  # type: ignore[attr-defined]  # kept for this row of the list
        return target._computed  # type: ignore[attr-defined]  # kept for this row of the list


@admin.register(PortfolioFact)
class PortfolioFactAdmin(ReadOnlyAdmin):
    """Published figures about all projects together; they come with the reference data."""

    list_display = ["text", "year", "source_publisher", "source_date"]
