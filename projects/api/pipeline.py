"""Conflicts between leads, targets of promotion (staff only), and the links of industry chains."""

from typing import Any

import django_filters as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from projects import actions
from projects.choices_pipeline import ConflictDecision, NodeStanding, PursuitState, TargetKind
from projects.models import ChainNode, LeadConflict, PromotionTarget
from projects.workflow_pipeline import CONFLICT_EVENTS, PURSUIT_WORKFLOW
from tuoxian_portal.core.api.filters import ChoicesFilter
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.verbs import verb
from tuoxian_portal.core.api.viewsets import PortalViewSet, ReasonSerializer


# --- Conflicts -----------------------------------------------------------------------------------
class ConflictFilter(filters.FilterSet):
    undecided = filters.BooleanFilter(method="only_undecided", label="尚未裁定")

    class Meta:
        model = LeadConflict
        fields = ["is_sample"]

    def only_undecided(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(decision="") if value else queryset.exclude(decision="")


class ConflictSerializer(PortalModelSerializer):
    first = serializers.SlugRelatedField("number", read_only=True)
    later = serializers.SlugRelatedField("number", read_only=True)
    decided_by = serializers.StringRelatedField()
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = LeadConflict
        fields = [
            "id",
            "first",
            "later",
            "ground",
            "decision",
            "reason",
            "decided_by",
            "decided_at",
            "created_at",
            "version",
            "is_sample",
            "available_actions",
        ]

    def get_available_actions(self, conflict: LeadConflict) -> list[str]:
        return [t.name for t in CONFLICT_EVENTS.available(conflict, self.context["request"].user)]


class ResolveSerializer(ReasonSerializer):
    decision = serializers.ChoiceField(ConflictDecision.choices)


@extend_schema_view(list=extend_schema(summary="撞单"), retrieve=extend_schema(summary="撞单详情"))
class ConflictViewSet(PortalViewSet):
    """Leads of the same enterprise, settled or not."""

    staff_only = True
    queryset = LeadConflict.objects.select_related("first", "later", "decided_by")
    serializer_class = ConflictSerializer
    filterset_class = ConflictFilter
    ordering = ["-id"]

    resolve_conflict = verb(actions.resolve_conflict, "conflict", body=ResolveSerializer, path="resolve")


# --- Targets of promotion -------------------------------------------------------------------------
class PromotionTargetFilter(filters.FilterSet):
    kind = ChoicesFilter(choices=TargetKind.choices)
    state = ChoicesFilter(choices=PursuitState.choices)

    class Meta:
        model = PromotionTarget
        fields = ["is_sample"]


class PromotionTargetSerializer(PortalModelSerializer):
    industry = serializers.SlugRelatedField("slug", read_only=True)
    chain_node = serializers.StringRelatedField()
    owner = serializers.StringRelatedField()
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = PromotionTarget
        fields = [
            "id",
            "kind",
            "name",
            "industry",
            "chain_node",
            "why",
            "owner",
            "next_step",
            "next_on",
            "state",
            "drop_reason",
            "version",
            "is_sample",
            "available_actions",
        ]

    def get_available_actions(self, target: PromotionTarget) -> list[str]:
        return [t.name for t in PURSUIT_WORKFLOW.available(target, self.context["request"].user)]


@extend_schema_view(list=extend_schema(summary="招商目标"), retrieve=extend_schema(summary="招商目标详情"))
class PromotionTargetViewSet(PortalViewSet):
    """Whom the county goes after."""

    staff_only = True
    queryset = PromotionTarget.objects.select_related("industry", "chain_node__chain", "owner")
    serializer_class = PromotionTargetSerializer
    filterset_class = PromotionTargetFilter
    ordering = ["-id"]

    contact_target = verb(actions.contact_target, "target", path="make-contact")
    talk_target = verb(actions.talk_target, "target", path="start-talks")
    land_target = verb(actions.land_target, "target", path="land")
    drop_target = verb(actions.drop_target, "target", path="drop")
    resume_target = verb(actions.resume_target, "target", path="resume")


# --- Chains --------------------------------------------------------------------------------------
class ChainNodeFilter(filters.FilterSet):
    chain = filters.CharFilter("chain__name", label="产业链名称")
    standing = ChoicesFilter(choices=NodeStanding.choices)

    class Meta:
        model = ChainNode
        fields = ["is_sample"]


class ChainNodeSerializer(PortalModelSerializer):
    """The public fields of a link; a project is named only while it is published itself."""

    chain = serializers.StringRelatedField()
    enterprise = serializers.CharField(source="owner_name", read_only=True)
    project = serializers.SerializerMethodField()
    standing_label = serializers.CharField(source="get_standing_display", read_only=True)

    class Meta:
        model = ChainNode
        fields = [
            "id",
            "chain",
            "position",
            "name",
            "standing",
            "standing_label",
            "enterprise",
            "project",
            "note",
            "is_sample",
            "source_title",
            "source_publisher",
            "source_date",
            "source_where",
            "confidence",
        ]

    def get_project(self, node: ChainNode) -> str | None:
        return node.project.number if node.project and node.project.is_published else None


@extend_schema_view(
    list=extend_schema(summary="产业链环节"), retrieve=extend_schema(summary="产业链环节详情")
)
class ChainNodeViewSet(PortalViewSet):
    """Published links for everybody, from upstream to downstream."""

    queryset = ChainNode.objects.select_related("chain", "enterprise", "project")
    serializer_class = ChainNodeSerializer
    filterset_class = ChainNodeFilter
    ordering = ["chain", "position"]
