"""`/api/v1/services/project-cases/`: which case was linked to which key project, for staff.

Of a case only item, department, state and deadline are shown, nothing of its applicant.
"""

from typing import Any

import django_filters as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import KeyProject
from services.actions.project_cases import LINK, link_case, unlink_case
from services.choices_cases import CaseState
from services.models import ProjectCase
from tuoxian_portal.core.api.filters import ChoicesFilter
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.viewsets import PortalViewSet


class ProjectCaseFilter(filters.FilterSet):
    project = filters.CharFilter("project__number", label="项目编号")
    state = ChoicesFilter("case__state", choices=CaseState.choices)
    is_sample = filters.BooleanFilter("project__is_sample", label="示例数据")

    class Meta:
        model = ProjectCase
        fields: list[str] = []


class ProjectCaseSerializer(PortalModelSerializer):
    project: Any = serializers.SlugRelatedField("number", read_only=True)
    case_number = serializers.CharField(source="case.case_number", read_only=True)
    item = serializers.CharField(source="case.item.code", read_only=True)
    item_name = serializers.CharField(source="case.item.name", read_only=True)
    department = serializers.CharField(source="case.department.name", read_only=True)
    state = serializers.CharField(source="case.state", read_only=True)
    state_label = serializers.CharField(source="case.get_state_display", read_only=True)
    outcome = serializers.CharField(source="case.outcome", read_only=True)
    due_on = serializers.DateField(source="case.due_on", read_only=True, allow_null=True)
    decided_on = serializers.DateField(source="case.decided_on", read_only=True, allow_null=True)
    linked_by: Any = serializers.StringRelatedField()
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = ProjectCase
        fields = [
            *["project", "case_number", "item", "item_name", "department", "state", "state_label", "outcome"],
            *["due_on", "decided_on", "linked_by", "linked_at", "available_actions"],
        ]
        read_only_fields = fields

    def get_available_actions(self, link: ProjectCase) -> list[str]:
        return ["unlink"] if self.context["request"].user.has_perm(LINK) else []


@extend_schema_field(OpenApiTypes.STR)
class VisibleProjectField(serializers.SlugRelatedField):
    def get_queryset(self) -> Any:
        return KeyProject.objects.visible_to(self.context["request"].user)


class LinkSerializer(serializers.Serializer):
    project = VisibleProjectField("number", help_text="项目编号")
    case_number = serializers.CharField(max_length=40, help_text="接收回执上的编号，空格不影响")


class UnlinkSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


@extend_schema_view(
    list=extend_schema(summary="项目关联的办件"), retrieve=extend_schema(summary="项目关联的一件办件")
)
class ProjectCaseViewSet(PortalViewSet):
    """Links made by hand; what 帮办 handles belongs to a project through its entrustment."""

    staff_only = True
    queryset = ProjectCase.objects.select_related("project", "case__item", "case__department", "linked_by")
    serializer_class = ProjectCaseSerializer
    filterset_class = ProjectCaseFilter
    lookup_field = "case__case_number"
    lookup_url_kwarg = "case_number"
    lookup_value_regex = "[A-Za-z0-9-]{1,40}"
    ordering_fields = ["linked_at", "case__due_on"]
    ordering = ["-linked_at", "-pk"]

    @extend_schema(request=LinkSerializer, responses={201: ProjectCaseSerializer}, summary="关联办件")
    def create(self, request: Request) -> Response:
        """把一件办件关联到项目。再次关联到同一项目不变。"""
        data = LinkSerializer(data=request.data, context=self.get_serializer_context())
        data.is_valid(raise_exception=True)
        link = link_case(actor=request.user, **data.validated_data)
        shown = self.queryset.get(pk=link.pk)
        return Response(self.get_serializer(shown).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=UnlinkSerializer, responses={204: None}, summary="取消关联")
    @action(detail=True, methods=["post"])
    def unlink(self, request: Request, case_number: str) -> Response:
        """取消关联，须写明理由。"""
        link = self.get_object()
        data = UnlinkSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        unlink_case(
            project=link.project,
            case_number=link.case.case_number,
            actor=request.user,
            **data.validated_data,
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
