"""`/api/v1/services/handovers/`: papers on their way, for staff; and the bodies of what is done with the
papers of a case on `/api/v1/services/cases/{case_number}/`."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from services.actions import custody as do
from services.choices_custody import HolderKind
from services.custody import Whereabouts
from services.models.custody import Handover, HandoverLine, Holder
from tuoxian_portal.accounts.models import User
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.verbs import verb
from tuoxian_portal.core.api.viewsets import PortalViewSet, ReasonSerializer
from tuoxian_portal.directory.models import Department, Outlet

RECEIVERS: dict[HolderKind, tuple[Any, str]] = {
    HolderKind.OUTLET: (Outlet, "name"),
    HolderKind.DEPARTMENT: (Department, "name"),
    HolderKind.PERSON: (User, "username"),
}

# --- What is shown -----------------------------------------------------------------------------


class PaperSerializer(serializers.Serializer):
    """Where one paper of a case is: a `Whereabouts`."""

    material_id = serializers.IntegerField(source="material.pk")
    material = serializers.CharField(source="material.name")
    holder_kind = serializers.ChoiceField(source="event.kind", choices=HolderKind.choices)
    holder = serializers.CharField()
    since = serializers.DateTimeField(source="event.at")
    in_transit = serializers.SerializerMethodField(help_text="在移交途中，等待签收")
    is_overdue = serializers.BooleanField(help_text="逾期未还")

    def get_in_transit(self, paper: Whereabouts) -> bool:
        return paper.transit is not None


class HandoverLineSerializer(PortalModelSerializer):
    material = serializers.CharField(source="material.name", read_only=True)
    material_id = serializers.IntegerField(read_only=True)

    class Meta:
        model = HandoverLine
        fields = ["id", "material_id", "material", "originals", "copies", "answer", "reason"]
        read_only_fields = fields


class HandoverActionSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields out of the class
    needs_reason = serializers.BooleanField()


class HandoverSerializer(PortalModelSerializer):
    case = serializers.CharField(source="case.case_number", read_only=True)
    sender = serializers.CharField(read_only=True)
    receiver = serializers.CharField(read_only=True)
    is_open = serializers.BooleanField(read_only=True, help_text="在途，等待签收")
    is_late = serializers.BooleanField(read_only=True, help_text="已过应归还日期")
    handed_by = serializers.CharField(read_only=True)
    answered_by = serializers.CharField(read_only=True, default=None)
    paper = serializers.CharField(source="paper.number", read_only=True, default=None)
    lines = HandoverLineSerializer(many=True, read_only=True)
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = Handover
        fields = [
            *["id", "case", "from_kind", "sender", "to_kind", "receiver", "handed_by", "handed_at"],
            *["due_back_on", "note", "is_open", "is_late", "answered_by", "answered_at", "paper", "lines"],
            *["available_actions", "is_sample"],
        ]
        read_only_fields = fields

    @extend_schema_field(HandoverActionSerializer(many=True))
    def get_available_actions(self, handover: Handover) -> Any:
        user = self.context["request"].user
        found = []
        if handover.is_open and user.has_perm(do.MOVE):
            if handover.receiver.includes(user):
                found.append({"name": "sign", "label": "签收", "needs_reason": False})
            if handover.sender.includes(user):
                found.append({"name": "recall", "label": "撤回移交", "needs_reason": True})
        return HandoverActionSerializer(found, many=True).data


# --- What is sent ------------------------------------------------------------------------------


class PapersSerializer(serializers.Serializer):
    materials = serializers.ListField(
        child=serializers.IntegerField(),
        min_length=1,
        max_length=200,
        help_text="本件材料的 id，须在同一持有方手中",
    )


class HandOverPapersSerializer(PapersSerializer):
    receiver_kind = serializers.ChoiceField(
        choices=[(kind.value, kind.label) for kind in RECEIVERS], help_text="接收方类型"
    )
    receiver = serializers.CharField(max_length=150, help_text="网点或部门的名称；接收方是个人的，填写登录名")
    due_back_on = serializers.DateField(required=False, allow_null=True, default=None)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        model, key = RECEIVERS[HolderKind(attrs["receiver_kind"])]
        unit = model.objects.filter(**{key: attrs["receiver"]}).first()
        if unit is None:
            raise serializers.ValidationError({"receiver": ["没有这个接收方，请核对名称。"]})
        return {**attrs, "receiver": Holder(attrs["receiver_kind"], unit)}


class GiveBackSerializer(PapersSerializer):
    recipient = serializers.CharField(max_length=60, help_text="领取人")


class TransferSerializer(serializers.Serializer):
    outlet = serializers.SlugRelatedField(
        slug_field="name", queryset=Outlet.objects.all(), help_text="转交到的网点的名称"
    )
    reason = serializers.CharField(max_length=200)


class LinkLicenceSerializer(serializers.Serializer):
    material = serializers.IntegerField(help_text="本件材料的 id")
    version = serializers.IntegerField(required=False, allow_null=True, default=None)


class UnlinkLicenceSerializer(LinkLicenceSerializer):
    reason = serializers.CharField(max_length=200)


class RefusedLineSerializer(serializers.Serializer):
    line = serializers.IntegerField(help_text="移交明细的 id")
    reason = serializers.CharField(max_length=200)


class AnswerHandoverSerializer(serializers.Serializer):
    refused = RefusedLineSerializer(
        many=True,
        required=False,
        default=list,
        max_length=200,  # type: ignore[call-arg]  # for the list of them
        help_text="拒收的材料和理由；其余的签收",
    )

    def validate_refused(self, rows: list[dict[str, Any]]) -> dict[int, str]:
        return {row["line"]: row["reason"] for row in rows}


# --- Doors -------------------------------------------------------------------------------------


class HandoverFilter(django_filters.FilterSet):
    case = django_filters.CharFilter("case__case_number", label="办件编号")
    waiting_for_me = django_filters.BooleanFilter(method="filter_waiting", label="待我签收")
    in_transit = django_filters.BooleanFilter("answered_at", lookup_expr="isnull", label="在途")
    not_returned = django_filters.BooleanFilter(method="filter_late", label="逾期未还")

    class Meta:
        model = Handover
        fields: list[str] = []

    def filter_waiting(self, queryset: Any, name: str, value: bool) -> QuerySet:
        return queryset.waiting_for(self.request.user) if value else queryset

    def filter_late(self, queryset: Any, name: str, value: bool) -> QuerySet:
        late = queryset.not_returned()
        return late if value else queryset.exclude(pk__in=late.values("pk"))


@extend_schema_view(list=extend_schema(summary="材料移交"), retrieve=extend_schema(summary="一次移交"))
@extend_schema(tags=["services"])
class HandoverViewSet(PortalViewSet):
    """材料移交。仅工作人员，限看得到的办件；移交从办件发起，这里签收和撤回。"""

    queryset = Handover.objects.with_holders().select_related("paper").prefetch_related("lines__material")
    serializer_class = HandoverSerializer
    filterset_class = HandoverFilter
    lookup_value_regex = r"\d{1,18}"
    staff_only = True
    ordering_fields = ["handed_at", "due_back_on"]

    sign = verb(
        do.answer_handover, "handover", body=AnswerHandoverSerializer, name="sign", summary="签收、拒收"
    )
    recall = verb(do.recall_handover, "handover", body=ReasonSerializer, name="recall", summary="撤回移交")
