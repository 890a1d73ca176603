"""`/api/v1/services/cases/`: cases for staff, masked, with one verb for each act."""

from collections.abc import Callable
from functools import partial
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from services import custody
from services.actions import bundle_children as child
from services.actions import cases as do
from services.actions import custody as move
from services.actions import licences
from services.api import case_rows
from services.api.acted import HistoryMixin, PrintedSerializer
from services.api.attachments import AttachmentRoutes
from services.api.case_details import detail
from services.api.custody import (
    GiveBackSerializer,
    HandOverPapersSerializer,
    LinkLicenceSerializer,
    PaperSerializer,
    TransferSerializer,
    UnlinkLicenceSerializer,
)
from services.choices_cases import (
    CaseOutcome,
    CaseState,
    DeliveryMethod,
    SpecialProcedure,
)
from services.clock import EXTENSION_DAYS
from services.models.cases import Case, CaseDocument, CaseMaterial, ClockInterval, CorrectionNotice
from services.progress import label_of, status_sentence
from services.workflow import CASE_WORKFLOW, projected
from tuoxian_portal.core.api.filters import ChoicesFilter
from tuoxian_portal.core.api.pagination import UncountedPagination
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.verbs import verb
from tuoxian_portal.core.api.viewsets import KeptRowList, PortalViewSet, ReasonSerializer
from tuoxian_portal.core.calendar import today

# --- What is shown -----------------------------------------------------------------------------


class CaseSerializer(PortalModelSerializer):
    """A line of the list. The applicant is masked; the API never gives a number in full."""

    item = serializers.CharField(source="item.code", read_only=True)
    item_name = serializers.CharField(read_only=True)
    department = serializers.CharField(source="department.name", read_only=True)
    outlet = serializers.CharField(source="outlet.name", read_only=True)
    applicant = serializers.CharField(source="masked_name", read_only=True)
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    is_overdue = serializers.BooleanField(read_only=True)

    class Meta:
        model = Case
        fields = [
            "case_number",
            "state",
            "state_label",
            "outcome",
            "item",
            "item_name",
            "department",
            "outlet",
            "applicant_kind",
            "applicant",
            "is_instant",
            "received_on",
            "accepted_on",
            "decided_on",
            "closed_on",
            "due_on",
            "due_kind",
            "decide_by",
            "is_overdue",
            "is_sample",
            "version",
        ]
        read_only_fields = fields


class CaseMaterialSerializer(PortalModelSerializer):
    licence = serializers.CharField(source="licence.caption", read_only=True, default=None)

    class Meta:
        model = CaseMaterial
        fields = [
            "id",
            "name",
            "necessity",
            "condition",
            "state",
            "originals",
            "copies",
            "received_at",
            "promised_on",
            "licence",
        ]
        read_only_fields = fields


class ClockIntervalSerializer(PortalModelSerializer):
    class Meta:
        model = ClockInterval
        fields = ["kind", "procedure", "started_on", "ended_on", "days", "unit", "ground", "note"]
        read_only_fields = fields


class CorrectionSerializer(PortalModelSerializer):
    items = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = CorrectionNotice
        fields = ["items", "told_on", "due_on", "answered_on", "override_reason"]
        read_only_fields = fields


class CaseDocumentSerializer(PrintedSerializer):
    class Meta(PrintedSerializer.Meta):
        model = CaseDocument


class CaseDetailSerializer(HistoryMixin, CaseSerializer):
    workflow = CASE_WORKFLOW
    label_of = staticmethod(label_of)
    applicant_number = serializers.CharField(source="masked_number", read_only=True)
    phone = serializers.CharField(source="masked_phone", read_only=True)
    sentence = serializers.SerializerMethodField()
    due_is_projected = serializers.SerializerMethodField()
    materials = CaseMaterialSerializer(many=True, read_only=True)
    intervals = ClockIntervalSerializer(many=True, read_only=True)
    corrections = CorrectionSerializer(many=True, read_only=True)
    documents = CaseDocumentSerializer(many=True, read_only=True)
    handling_outlet = serializers.CharField(read_only=True, default=None, help_text="转交到的网点")
    papers = serializers.SerializerMethodField(help_text="纸质材料现在在谁手里")

    class Meta(CaseSerializer.Meta):
        fields = [
            *CaseSerializer.Meta.fields,
            "applicant_number",
            "phone",
            "deemed_accepted",
            "proposed_outcome",
            "opinion",
            "decision_reason",
            "delivered_on",
            "delivery_method",
            "sentence",
            "due_is_projected",
            "handling_outlet",
            "materials",
            "papers",
            "intervals",
            "corrections",
            "documents",
            "history",
            "available_actions",
        ]
        read_only_fields = fields

    def get_sentence(self, case: Case) -> str:
        return status_sentence(case)

    def get_due_is_projected(self, case: Case) -> bool:
        return projected(case.due_on, case)

    @extend_schema_field(PaperSerializer(many=True))
    def get_papers(self, case: Case) -> Any:
        return PaperSerializer(custody.whereabouts(case), many=True).data


# --- What is sent ------------------------------------------------------------------------------


class RequestCorrectionSerializer(ReasonSerializer):
    missing = serializers.ListField(
        child=serializers.CharField(max_length=300),
        min_length=1,
        max_length=50,
        help_text="需要补正的全部内容",
    )
    days = serializers.IntegerField(min_value=1, max_value=do.MAX_CORRECTION_DAYS, help_text="工作日")


class ProposalSerializer(ReasonSerializer):
    missing = serializers.ListField(
        child=serializers.CharField(max_length=300),
        min_length=1,
        max_length=50,
        help_text="需要补正的内容，汇总后一次告知",
    )


class HandInSerializer(ReasonSerializer):
    materials = serializers.ListField(
        child=serializers.IntegerField(), max_length=200, help_text="本件材料的 id", default=list
    )


class OpinionSerializer(ReasonSerializer):
    outcome = serializers.ChoiceField(choices=CaseOutcome.choices)


class StartSpecialSerializer(ReasonSerializer):
    procedure = serializers.ChoiceField(choices=SpecialProcedure.choices)
    days = serializers.IntegerField(min_value=1, max_value=do.MAX_SPECIAL_DAYS, help_text="工作日")


class ExtendSerializer(ReasonSerializer):
    days = serializers.IntegerField(min_value=1, max_value=EXTENSION_DAYS, help_text="工作日")


class DeliverSerializer(ReasonSerializer):
    recipient = serializers.CharField(max_length=60)
    method = serializers.ChoiceField(choices=DeliveryMethod.choices, default=DeliveryMethod.WINDOW)


class FinishInstantlySerializer(ReasonSerializer):
    recipient = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)


# --- Filters -----------------------------------------------------------------------------------


class CaseFilter(django_filters.FilterSet):
    state = ChoicesFilter(choices=CaseState.choices)
    outcome = django_filters.ChoiceFilter(choices=CaseOutcome.choices)
    item = django_filters.CharFilter("item__code", label="事项编号")
    department = django_filters.CharFilter("department__name", label="办理部门")
    outlet = django_filters.CharFilter("outlet__name", label="收件网点")
    received_from = django_filters.DateFilter("received_on", "gte", label="收件日期不早于")
    received_to = django_filters.DateFilter("received_on", "lte", label="收件日期不晚于")
    decided_from = django_filters.DateFilter("decided_on", "gte", label="决定日期不早于")
    decided_to = django_filters.DateFilter("decided_on", "lte", label="决定日期不晚于")
    due_to = django_filters.DateFilter("due_on", "lte", label="期限不晚于")
    overdue = django_filters.BooleanFilter(method="filter_overdue", label="超期")
    due_soon = django_filters.BooleanFilter(method="filter_due_soon", label="将到期")
    is_sample = django_filters.BooleanFilter()

    class Meta:
        model = Case
        fields: list[str] = []

    def filter_overdue(self, queryset: Any, name: str, value: bool) -> QuerySet:
        late = queryset.overdue()
        return late if value else queryset.exclude(pk__in=late.values("pk"))

    def filter_due_soon(self, queryset: Any, name: str, value: bool) -> QuerySet:
        soon = queryset.due_soon()
        return soon if value else queryset.exclude(pk__in=soon.values("pk"))


# --- Doors -------------------------------------------------------------------------------------


def case_verb(
    name: str, function: Callable[..., Case], body: type[serializers.Serializer] = ReasonSerializer
) -> Any:
    """The POST for the transition `name`."""
    label = CASE_WORKFLOW.by_name[name].label
    return verb(function, "case", body=body, name=name, summary=label, answer=CaseDetailSerializer)


@extend_schema_view(list=extend_schema(summary="办件"), retrieve=extend_schema(summary="一个办件"))
@extend_schema(tags=["services"])
class CaseViewSet(AttachmentRoutes, KeptRowList, PortalViewSet):
    """办件。仅工作人员可读，按本人职责范围；申请人信息一律脱敏。"""

    queryset = Case.objects.all()
    filterset_class = CaseFilter
    pagination_class = UncountedPagination
    row_columns = case_rows.COLUMNS
    lookup_field = "case_number"
    lookup_value_regex = r"[0-9-]+"
    staff_only = True
    ordering_fields = ["case_number", "received_on", "due_on", "decided_on"]

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        # An act reads its case anew, under a lock.
        return rows if self.action == "list" else rows.only("case_number", "bundle_case")

    def row_finisher(self) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return partial(case_rows.finish, on=today())

    def retrieve(self, request: Request, case_number: str) -> Response:
        if (found := detail(case_number, request.user)) is None:
            raise Http404
        return Response(found)

    def shown(self, record: Case) -> Any:
        return detail(record.case_number, self.request.user)

    def get_serializer_class(self) -> Any:
        return CaseSerializer if self.action == "list" else CaseDetailSerializer

    receive = case_verb("receive", do.receive_case)
    accept = case_verb("accept", do.accept_case)
    finish_instantly = case_verb("finish_instantly", do.finish_instantly, FinishInstantlySerializer)
    request_correction = case_verb("request_correction", do.request_correction, RequestCorrectionSerializer)
    allow_second_correction = case_verb("allow_second_correction", do.allow_second_correction)
    propose_correction = case_verb("propose_correction", child.propose_correction, ProposalSerializer)
    advise_correction = case_verb("advise_correction", child.advise_correction, ProposalSerializer)
    split_off = case_verb("split_off", child.split_off)
    split_off_waiting = case_verb("split_off_waiting", child.stop_waiting)
    receive_correction = case_verb("receive_correction", do.receive_correction, HandInSerializer)
    return_case = case_verb("return_case", do.return_case)
    propose_decline = case_verb("propose_decline", do.propose_decline)
    decline = case_verb("decline", do.decline_case)
    void = case_verb("void", do.void_case)
    hand_over = case_verb("hand_over", do.hand_over)
    sign_in = case_verb("sign_in", do.sign_in)
    supply_deferred = case_verb("supply_deferred", do.supply_deferred, HandInSerializer)
    submit = case_verb("submit", do.submit_opinion, OpinionSerializer)
    start_special = case_verb("start_special", do.start_special, StartSpecialSerializer)
    end_special = case_verb("end_special", do.end_special)
    extend = case_verb("extend", do.extend_case, ExtendSerializer)
    approve = case_verb("approve", do.approve_case)
    refuse = case_verb("refuse", do.refuse_case)
    return_to_review = case_verb("return_to_review", do.return_to_review)
    deliver = case_verb("deliver", do.deliver_case, DeliverSerializer)
    withdraw = case_verb("withdraw", do.withdraw_case)
    terminate = case_verb("terminate", do.terminate_case)

    # No steps of the workflow: the papers of a closed case are still somewhere.
    hand_over_papers = verb(move.hand_over_papers, "case", body=HandOverPapersSerializer, summary="移交材料")
    return_papers = verb(move.return_papers, "case", body=GiveBackSerializer, summary="退还材料")
    transfer = verb(
        move.transfer_case,
        "case",
        body=TransferSerializer,
        name="transfer",
        summary="转交网点",
        answer={200: CaseDetailSerializer, 204: None},
    )
    link_licence = verb(
        licences.link_licence,
        "case",
        body=LinkLicenceSerializer,
        summary="用电子证照免交材料",
    )
    unlink_licence = verb(
        licences.unlink_licence,
        "case",
        body=UnlinkLicenceSerializer,
        summary="取消关联电子证照",
    )
