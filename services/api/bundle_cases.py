"""`/api/v1/services/bundle-cases/`: bundle cases for staff, masked, with one verb for each act."""

from collections.abc import Callable
from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from services.actions import bundle_cases as do
from services.actions.cases import MAX_CORRECTION_DAYS
from services.api.acted import ActionsMixin, PrintedSerializer
from services.api.cases import CaseSerializer, DeliverSerializer
from services.choices_bundles import BundleState
from services.models import BundleCase, BundleDocument, BundleMaterial
from services.progress_bundles import bundle_sentence
from services.workflow_bundles import BUNDLE_CASE_WORKFLOW
from tuoxian_portal.core.api.filters import ChoicesFilter
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.verbs import verb
from tuoxian_portal.core.api.viewsets import PortalViewSet, ReasonSerializer

# --- What is shown -----------------------------------------------------------------------------


class BundleCaseSerializer(PortalModelSerializer):
    """A line of the list. `state` is derived from the cases; the applicant is masked."""

    state = serializers.ChoiceField(choices=BundleState.choices, read_only=True)
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    bundle = serializers.CharField(source="bundle.slug", read_only=True)
    bundle_name = serializers.CharField(source="name", read_only=True)
    outlet = serializers.CharField(source="outlet.name", read_only=True)
    applicant = serializers.CharField(source="masked_name", read_only=True)
    case_total = serializers.IntegerField(read_only=True)
    case_done = serializers.IntegerField(read_only=True)
    is_overdue = serializers.BooleanField(read_only=True)

    class Meta:
        model = BundleCase
        fields = [
            "number",
            "state",
            "state_label",
            "bundle",
            "bundle_name",
            "outlet",
            "applicant_kind",
            "applicant",
            "case_total",
            "case_done",
            "received_on",
            "accepted_on",
            "promised_by",
            "closed_on",
            "is_overdue",
            "is_sample",
            "version",
        ]
        read_only_fields = fields


class BundleMaterialSerializer(PortalModelSerializer):
    state = serializers.CharField(read_only=True)
    cases = serializers.SerializerMethodField(help_text="哪些办件要用")

    class Meta:
        model = BundleMaterial
        fields = [
            "id",
            "name",
            "necessity",
            "condition",
            "state",
            "originals",
            "copies",
            "received_at",
            "cases",
        ]
        read_only_fields = fields

    def get_cases(self, material: BundleMaterial) -> list[str]:
        return [case.case_number for case in material.wanted_by]


class BundleDocumentSerializer(PrintedSerializer):
    class Meta(PrintedSerializer.Meta):
        model = BundleDocument


class BundleChildSerializer(CaseSerializer):
    id = serializers.IntegerField(read_only=True)
    waits_for = serializers.SerializerMethodField(help_text="还在等哪些办件")
    is_split_off = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields = ["id", *CaseSerializer.Meta.fields, "waits_for", "is_split_off", "correction_proposal"]
        read_only_fields = fields

    def get_waits_for(self, case: Any) -> list[str]:
        return [other.case_number for other in case.waits_for.all() if not other.is_granted]

    def get_is_split_off(self, case: Any) -> bool:
        return not case.in_bundle


class BundleCaseDetailSerializer(ActionsMixin, BundleCaseSerializer):
    workflow = BUNDLE_CASE_WORKFLOW
    case_total = serializers.SerializerMethodField()
    case_done = serializers.SerializerMethodField()
    applicant_number = serializers.CharField(source="masked_number", read_only=True)
    phone = serializers.CharField(source="masked_phone", read_only=True)
    sentence = serializers.SerializerMethodField()
    answers = serializers.DictField(child=serializers.CharField(), read_only=True)
    children = BundleChildSerializer(many=True, read_only=True)
    materials = BundleMaterialSerializer(many=True, read_only=True)
    documents = BundleDocumentSerializer(many=True, read_only=True)

    class Meta(BundleCaseSerializer.Meta):
        fields = [
            *BundleCaseSerializer.Meta.fields,
            "applicant_number",
            "phone",
            "sentence",
            "answers",
            "promised_days",
            "children",
            "materials",
            "documents",
            "available_actions",
        ]
        read_only_fields = fields

    def get_case_total(self, record: BundleCase) -> int:
        return len(record.cases)

    def get_case_done(self, record: BundleCase) -> int:
        return sum(not case.is_open for case in record.cases)

    def get_sentence(self, record: BundleCase) -> str:
        return bundle_sentence(record)


# --- What is sent ------------------------------------------------------------------------------


class MissingOfCaseSerializer(serializers.Serializer):
    case = serializers.IntegerField(help_text="办件的 id")
    items = serializers.ListField(
        child=serializers.CharField(max_length=300),
        min_length=1,
        max_length=50,
        help_text="需要补正的全部内容",
    )


class CollectedCorrectionSerializer(ReasonSerializer):
    missing = MissingOfCaseSerializer(many=True)
    days = serializers.IntegerField(min_value=1, max_value=MAX_CORRECTION_DAYS, help_text="工作日")

    def validate_missing(self, rows: list[dict[str, Any]]) -> dict[int, list[str]]:
        merged: dict[int, list[str]] = {}
        for row in rows:
            merged.setdefault(row["case"], []).extend(row["items"])
        return merged


class MaterialsSerializer(ReasonSerializer):
    materials = serializers.ListField(
        child=serializers.IntegerField(), max_length=200, help_text="一套材料的 id", default=list
    )


class CollectedAnswerSerializer(MaterialsSerializer):
    cases = serializers.ListField(
        child=serializers.IntegerField(),
        max_length=60,
        allow_null=True,
        default=None,
        help_text="已补正的办件 id；不填为全部",
    )


class SomeCasesSerializer(ReasonSerializer):
    cases = serializers.ListField(
        child=serializers.IntegerField(),
        max_length=60,
        allow_null=True,
        default=None,
        help_text="办件 id；不填为全部",
    )


# --- Doors -------------------------------------------------------------------------------------


class BundleCaseFilter(django_filters.FilterSet):
    state = ChoicesFilter(choices=BundleState.choices, method="filter_state")
    bundle = django_filters.CharFilter("bundle__slug", label="一次办标识")
    outlet = django_filters.CharFilter("outlet__name", label="收件网点")
    received_from = django_filters.DateFilter("received_on", "gte", label="收件日期不早于")
    received_to = django_filters.DateFilter("received_on", "lte", label="收件日期不晚于")
    overdue = django_filters.BooleanFilter(method="filter_overdue", label="超过承诺")
    is_sample = django_filters.BooleanFilter()

    class Meta:
        model = BundleCase
        fields: list[str] = []

    def filter_state(self, queryset: Any, name: str, value: Any) -> Any:
        states = [value] if isinstance(value, str) else list(value)
        return queryset.in_state(*states) if states else queryset

    def filter_overdue(self, queryset: Any, name: str, value: bool) -> Any:
        late = queryset.overdue()
        return late if value else queryset.exclude(pk__in=late.values("pk"))


def bundle_verb(
    name: str, function: Callable[..., Any], body: type[serializers.Serializer] = ReasonSerializer
) -> Any:
    """The POST for the act `name` of the whole."""
    label = BUNDLE_CASE_WORKFLOW.by_name[name].label
    return verb(
        function, "bundle_case", body=body, name=name, summary=label, answer=BundleCaseDetailSerializer
    )


@extend_schema_view(
    list=extend_schema(summary="一次办办件"), retrieve=extend_schema(summary="一个一次办办件")
)
@extend_schema(tags=["services"])
class BundleCaseViewSet(PortalViewSet):
    """一次办办件。仅工作人员可读，按本人职责范围；状态由各事项的办件推得，申请人信息一律脱敏。"""

    queryset = BundleCase.objects.select_related("bundle", "outlet", "department")
    filterset_class = BundleCaseFilter
    lookup_field = "number"
    lookup_value_regex = r"[0-9B-]+"
    staff_only = True
    ordering_fields = ["number", "received_on", "promised_by", "closed_on"]

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action == "list":
            return rows.with_state().with_counts().order_by("-pk")
        return rows.with_children().prefetch_related("documents")

    def get_serializer_class(self) -> Any:
        return BundleCaseSerializer if self.action == "list" else BundleCaseDetailSerializer

    accept = bundle_verb("accept", do.accept_bundle)
    request_correction = bundle_verb(
        "request_correction", do.request_collected_correction, CollectedCorrectionSerializer
    )
    receive_correction = bundle_verb(
        "receive_correction", do.receive_collected_correction, CollectedAnswerSerializer
    )
    hand_in = bundle_verb("hand_in", do.hand_in_materials, MaterialsSerializer)
    hand_over = bundle_verb("hand_over", do.hand_over_bundle)
    deliver = bundle_verb("deliver", do.deliver_bundle, DeliverSerializer)
    withdraw = bundle_verb("withdraw", do.withdraw_bundle, SomeCasesSerializer)
    void = bundle_verb("void", do.void_bundle)
