"""Receipts of money over the API: list, detail, record, void. Staff only."""

from typing import Any

import django_filters as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from projects import actions
from projects.choices import FundsSource
from projects.models import FundsReceipt, KeyProject
from projects.workflow import RECEIPT_EVENTS
from tuoxian_portal.core.api.filters import ChoicesFilter
from tuoxian_portal.core.api.parsers import PortalJSONParser
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.verbs import verb
from tuoxian_portal.core.api.viewsets import PortalViewSet


class FundsReceiptFilter(filters.FilterSet):
    project = filters.CharFilter("project__number", label="项目编号")
    source_kind = ChoicesFilter(choices=FundsSource.choices)
    received_from = filters.DateFilter("received_on", lookup_expr="gte")
    received_to = filters.DateFilter("received_on", lookup_expr="lte")
    voided = filters.BooleanFilter("voided_at", lookup_expr="isnull", exclude=True, label="已作废")

    class Meta:
        model = FundsReceipt
        fields = ["is_sample"]


class FundsReceiptSerializer(PortalModelSerializer):
    """Amounts in 万元. The file itself is opened in the workbench."""

    project = serializers.SlugRelatedField("number", read_only=True)
    recorded_by = serializers.StringRelatedField()
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = FundsReceipt
        fields = [
            "id",
            "project",
            "received_on",
            "amount_wan",
            "source_kind",
            "payer",
            "evidence",
            "evidence_name",
            "evidence_sha256",
            "recorded_by",
            "voided_at",
            "void_reason",
            "version",
            "is_sample",
            "available_actions",
        ]

    def get_available_actions(self, receipt: FundsReceipt) -> list[str]:
        return [t.name for t in RECEIPT_EVENTS.available(receipt, self.context["request"].user)]


class FundsReceiptInputSerializer(PortalModelSerializer):
    project = serializers.SlugRelatedField("number", queryset=KeyProject.objects.all())
    evidence_file = serializers.FileField(required=False, allow_null=True)

    class Meta:
        model = FundsReceipt
        fields = [
            "project",
            "received_on",
            "amount_wan",
            "source_kind",
            "payer",
            "evidence",
            "evidence_file",
        ]


@extend_schema_view(list=extend_schema(summary="到位资金"), retrieve=extend_schema(summary="到位资金详情"))
class FundsReceiptViewSet(PortalViewSet):
    staff_only = True
    queryset = FundsReceipt.objects.select_related("project", "recorded_by")
    serializer_class = FundsReceiptSerializer
    filterset_class = FundsReceiptFilter
    parser_classes = [PortalJSONParser, MultiPartParser]
    ordering_fields = ["received_on", "amount_wan"]
    ordering = ["-received_on", "-pk"]

    @extend_schema(
        request=FundsReceiptInputSerializer,
        responses={201: FundsReceiptSerializer},
        summary="登记一笔到位资金",
    )
    def create(self, request: Request) -> Response:
        data = FundsReceiptInputSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(data.validated_data)
        file = values.pop("evidence_file", None)
        receipt = actions.record_receipt(receipt=FundsReceipt(**values), file=file, actor=request.user)
        return Response(self.get_serializer(receipt).data, status=status.HTTP_201_CREATED)

    void = verb(actions.void_receipt, "receipt", name="void", path="void")
