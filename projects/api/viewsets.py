"""Projects, opportunities, targets, reports, leads: lists, details, and the verbs that call actions."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from projects import actions
from projects.api import project_rows, serializers
from projects.api.filters import (
    KeyProjectFilter,
    LeadFilter,
    OpportunityFilter,
    ProgressReportFilter,
    TargetFilter,
)
from projects.choices import LeadSource
from projects.models import InvestmentLead, KeyProject, Opportunity, ProgressReport, Target
from projects.targets import actuals
from projects.throttling import EnquiryThrottle
from tuoxian_portal.core.api.verbs import answered, verb
from tuoxian_portal.core.api.viewsets import PortalViewSet, RowList
from tuoxian_portal.core.calendar import today

NUMBER = "[A-Za-z0-9-]{1,24}"


@extend_schema_view(list=extend_schema(summary="重点项目"), retrieve=extend_schema(summary="重点项目详情"))
class KeyProjectViewSet(RowList, PortalViewSet):
    """Published projects for everybody; staff see what their scope covers."""

    queryset = KeyProject.objects.select_related("industry", "enterprise", "park", "town", "department")
    lookup_field = "number"
    lookup_value_regex = NUMBER
    filterset_class = KeyProjectFilter
    row_columns = project_rows.COLUMNS
    ordering_fields = ["number", "total_investment_wan", "updated_at"]
    ordering = ["is_sample", "number"]

    def row_finisher(self) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return project_rows.finish

    def get_serializer_class(self) -> Any:
        if self.action == "list":
            return serializers.KeyProjectSerializer
        return serializers.KeyProjectDetailSerializer

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action == "list":
            return rows
        return rows.with_confidence_inputs(today()).prefetch_related("source_facts")

    advance_stage = verb(actions.advance_stage, "project", path="advance")
    set_back_stage = verb(actions.set_back_stage, "project", path="set-back")
    place_stage = verb(
        actions.place_stage, "project", body=serializers.PlaceStageSerializer, path="place-stage"
    )
    stall_project = verb(actions.stall_project, "project", path="stall")
    resume_project = verb(actions.resume_project, "project", path="resume")
    terminate_project = verb(actions.terminate_project, "project", path="terminate")
    override_confidence = verb(
        actions.override_confidence,
        "project",
        body=serializers.OverrideSerializer,
        path="override-confidence",
    )
    clear_override = verb(actions.clear_override, "project", path="clear-override")
    publish = verb(actions.publish, "record", path="publish")
    withdraw = verb(actions.withdraw, "record", path="withdraw")


@extend_schema_view(list=extend_schema(summary="招商项目"), retrieve=extend_schema(summary="招商项目详情"))
class OpportunityViewSet(PortalViewSet):
    queryset = Opportunity.objects.select_related("industry", "park", "department")
    serializer_class = serializers.OpportunitySerializer
    lookup_field = "number"
    lookup_value_regex = NUMBER
    filterset_class = OpportunityFilter
    ordering_fields = ["number", "total_investment_wan"]
    ordering = ["is_sample", "number"]


@extend_schema_view(list=extend_schema(summary="目标与结果"), retrieve=extend_schema(summary="目标详情"))
class TargetViewSet(PortalViewSet):
    """Targets with their source; what the portal computed for them only for staff."""

    queryset = Target.objects.select_related("industry", "park")
    serializer_class = serializers.TargetSerializer
    filterset_class = TargetFilter
    ordering_fields = ["year", "order"]
    ordering = ["order", "pk"]

    def _with_actuals(self, targets: list[Target], *, many: bool) -> Any:
        context: dict[str, Any] = {**self.get_serializer_context()}
        if self.request.user.has_perm("projects.view_progressreport"):
            context["actuals"] = actuals(targets)
        return serializers.TargetSerializer(targets if many else targets[0], many=many, context=context).data

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self._with_actuals(list(page or []), many=True))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self._with_actuals([self.get_object()], many=False))


@extend_schema_view(list=extend_schema(summary="月度进展"), retrieve=extend_schema(summary="月度进展详情"))
class ProgressReportViewSet(PortalViewSet):
    """Monthly reports, for staff."""

    staff_only = True
    queryset = ProgressReport.objects.select_related("project", "submitted_by", "accepted_by")
    serializer_class = serializers.ProgressReportSerializer
    filterset_class = ProgressReportFilter
    ordering_fields = ["month", "project__number"]
    ordering = ["-month", "project__number"]

    def get_queryset(self) -> Any:
        return super().get_queryset().with_year_to_date().prefetch_related("restatements__restated_by")

    @extend_schema(
        request=serializers.ProgressReportInputSerializer,
        responses={201: serializers.ProgressReportSerializer},
        summary="填报一个月的进展（草稿）",
    )
    def create(self, request: Request) -> Response:
        data = serializers.ProgressReportInputSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        values = data.validated_data
        report = actions.save_report(report=ProgressReport(**values), actor=request.user, changed=[])
        return answered(self, report, status.HTTP_201_CREATED)

    submit_report = verb(actions.submit_report, "report", path="submit")
    accept_report = verb(actions.accept_report, "report", path="accept")
    send_back_report = verb(actions.send_back_report, "report", path="send-back")
    freeze_report = verb(actions.freeze_report, "report", path="freeze")
    restate_report = verb(
        actions.restate_report, "report", body=serializers.RestateSerializer, path="restate"
    )


@extend_schema_view(list=extend_schema(summary="招商线索"), retrieve=extend_schema(summary="招商线索详情"))
class LeadViewSet(PortalViewSet):
    """Leads, for staff; contacts masked."""

    staff_only = True
    queryset = InvestmentLead.objects.select_related(
        "industry", "opportunity", "project", "converted_project", "owner", "chain_node"
    ).prefetch_related("conflicts_as_later__first")
    serializer_class = serializers.LeadSerializer
    lookup_field = "number"
    lookup_value_regex = NUMBER
    filterset_class = LeadFilter
    ordering_fields = ["created_at", "answer_due"]
    ordering = ["-created_at"]

    contact_lead = verb(actions.contact_lead, "lead", path="contact")
    follow_up_lead = verb(
        actions.follow_up_lead, "lead", body=serializers.FollowUpSerializer, path="follow-up"
    )
    record_visit = verb(actions.record_visit, "lead", body=serializers.LeadVisitSerializer, path="visit")
    convert_lead = verb(actions.convert_lead, "lead", body=serializers.ConvertSerializer, path="convert")
    close_lead = verb(actions.close_lead, "lead", path="close")
    reopen_lead = verb(actions.reopen_lead, "lead", path="reopen")


class EnquiryViewSet(mixins.CreateModelMixin, viewsets.GenericViewSet):
    """Enquiries from outside: open to everybody, limited for each address."""

    open_to_public = True
    queryset = InvestmentLead.objects.none()
    serializer_class = serializers.EnquirySerializer
    throttle_classes = [EnquiryThrottle]
    filterset_class = None

    @extend_schema(
        request=serializers.EnquirySerializer,
        responses={201: serializers.EnquiryReceiptSerializer},
        summary="提交投资咨询",
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        values = {k: v for k, v in data.validated_data.items() if k != "consent"}
        lead = actions.record_enquiry(source=LeadSource.API, **values)
        receipt = {
            "number": lead.number,
            "answer_due": lead.answer_due,
            "answer_working_days": settings.ENQUIRY_ANSWER_WORKING_DAYS,
        }
        return Response(serializers.EnquiryReceiptSerializer(receipt).data, status=status.HTTP_201_CREATED)
