"""Whom the county goes after, and the links of its industry chains."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from projects import actions
from projects.admin.base import ActionSavedAdmin
from projects.choices_pipeline import NodeStanding, PursuitState
from projects.models import ChainNode, PromotionTarget
from projects.workflow import CHAIN_NODE_EVENTS
from projects.workflow_pipeline import PURSUIT_WORKFLOW
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionForm, WorkflowAdmin
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, badge
from tuoxian_portal.core.calendar import today


class NextStepFilter(admin.SimpleListFilter):
    """Targets still pursued whose next step has come, or that have none."""

    title = _("下一步")
    parameter_name = "next"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("due", "到了日期的"), ("mine", "我的、到了日期的"), ("none", "没有安排的")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        if self.value() not in {"due", "mine", "none"}:
            return queryset
        pursued = queryset.pursued()
        if self.value() == "none":
            return pursued.filter(next_on__isnull=True)
        due = pursued.filter(next_on__lte=today())
        return due.filter(owner=request.user) if self.value() == "mine" else due


@admin.register(PromotionTarget)
class PromotionTargetAdmin(ActionSavedAdmin, WorkflowAdmin):
    workflow = PURSUIT_WORKFLOW
    verbs = {
        "make_contact": Verb(ReasonForm, actions.contact_target, "target"),
        "start_talks": Verb(ReasonForm, actions.talk_target, "target"),
        "land": Verb(ReasonForm, actions.land_target, "target"),
        "drop": Verb(ReasonForm, actions.drop_target, "target"),
        "resume": Verb(ReasonForm, actions.resume_target, "target"),
    }
    action_labels = {"add": "新增招商目标", "edit": "修改招商目标"}
    save_action = actions.save_promotion_target
    save_argument = "target"
    state_badge = badge(PursuitState)
    list_display = [
        "name",
        "kind",
        "industry",
        "chain_node",
        "state_badge",
        "owner",
        "next_step",
        "next_on",
        "lead_count",
        "sample",
    ]
    list_filter = [NextStepFilter, "state", "kind", "industry", "owner", "is_sample"]
    list_filter_submit = True
    search_fields = ["name", "why"]
    search_help_text = _("地区、企业或方向的名称，招引理由")
    list_select_related = ["industry", "chain_node__chain", "owner"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("kind", "name"),
                    ("industry", "chain_node"),
                    "why",
                    "owner",
                    ("next_step", "next_on"),
                    "seen_version",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(leads_found=Count("leads"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        over = obj is not None and obj.state in (PursuitState.LANDED, PursuitState.DROPPED)
        return not over and super().has_change_permission(request, obj)

    @display(description=_("线索"), ordering="leads_found")
    def lead_count(self, target: Any) -> int:
        return target.leads_found


@admin.register(ChainNode)
class ChainNodeAdmin(ActionSavedAdmin, WorkflowAdmin):
    workflow = CHAIN_NODE_EVENTS
    verbs = {
        "publish": Verb(VersionForm, actions.publish, "record"),
        "withdraw": Verb(ReasonForm, actions.withdraw, "record"),
    }
    action_labels = {"add": "新增环节", "edit": "修改环节"}
    save_action = actions.save_chain_node
    save_argument = "node"
    standing_badge = badge(NodeStanding, "standing", _("县内情况"))
    list_display = [
        "name",
        "chain",
        "position",
        "standing_badge",
        "owner_name",
        "attached",
        "is_published",
        "sample",
    ]
    list_filter = ["chain", "standing", "is_published", "is_sample"]
    search_fields = ["name", "enterprise_name", "enterprise__name"]
    search_help_text = _("环节或企业名称")
    list_select_related = ["chain", "enterprise"]
    autocomplete_fields = ["project"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("chain", "position"),
                    ("name", "standing"),
                    ("enterprise", "enterprise_name"),
                    "project",
                    "note",
                    "internal_note",
                )
            },
        ),
        (_("来源"), {"fields": (*SOURCE_FIELDS, "seen_version")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_attached()

    @display(description=_("企业"))
    def owner_name(self, node: ChainNode) -> str | None:
        return node.owner_name or None

    @display(description=_("挂接"))
    def attached(self, node: Any) -> str | None:
        """“线索 2，招商项目 1”."""
        parts = (
            ("线索", node.lead_count),
            ("招商项目", node.opportunity_count),
            ("招商目标", node.target_count),
        )
        return "，".join(f"{label} {count}" for label, count in parts if count) or None
