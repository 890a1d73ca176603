"""Promises and supervision notices over the API. Staff only."""

from typing import Any

import django_filters as filters
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from projects import actions
from projects.choices_commitment import CommitmentKind, PromisedBy, Verdict
from projects.choices_notice import NoticeState
from projects.commitments import standing
from projects.models import Commitment, KeyProject, NoticeEntry, SupervisionNotice
from projects.workflow_oversight import COMMITMENT_EVENTS, NOTICE_WORKFLOW
from tuoxian_portal.accounts.models import User
from tuoxian_portal.core.api.filters import ChoicesFilter
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.verbs import answered, verb
from tuoxian_portal.core.api.viewsets import PortalViewSet, ReasonSerializer
from tuoxian_portal.core.calendar import today
from tuoxian_portal.directory.models import Department


# --- Promises ------------------------------------------------------------------------------------
class CommitmentFilter(filters.FilterSet):
    project = filters.CharFilter("project__number", label="项目编号")
    promised_by = ChoicesFilter(choices=PromisedBy.choices)
    kind = ChoicesFilter(choices=CommitmentKind.choices)
    due_to = filters.DateFilter("due_on", lookup_expr="lte")
    overdue = filters.BooleanFilter(method="only_overdue", label="到期未兑现或待核定")

    class Meta:
        model = Commitment
        fields = ["is_sample"]

    def only_overdue(self, queryset: Any, name: str, value: bool) -> Any:
        late = Commitment.objects.overdue(today()).values("pk")
        return queryset.filter(pk__in=late) if value else queryset.exclude(pk__in=late)


class StandingSerializer(serializers.Serializer):
    verdict = serializers.ChoiceField(Verdict.choices)
    computed = serializers.ChoiceField(Verdict.choices)
    label = serializers.CharField()
    text = serializers.CharField()
    overdue_days = serializers.IntegerField()


class CommitmentSerializer(PortalModelSerializer):
    project = serializers.SlugRelatedField("number", read_only=True)
    owner_department = serializers.StringRelatedField()
    judged_by = serializers.StringRelatedField()
    standing = serializers.SerializerMethodField()
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = Commitment
        fields = [
            "id",
            "project",
            "promised_by",
            "kind",
            "text",
            "amount",
            "unit",
            "source",
            "made_on",
            "due_on",
            "owner",
            "owner_department",
            "evidence_name",
            "verdict",
            "verdict_reason",
            "judged_by",
            "judged_at",
            "standing",
            "version",
            "is_sample",
            "available_actions",
        ]

    @extend_schema_field(StandingSerializer)
    def get_standing(self, commitment: Commitment) -> dict[str, Any]:
        return StandingSerializer(standing(commitment, on=today())).data

    def get_available_actions(self, commitment: Commitment) -> list[str]:
        return [t.name for t in COMMITMENT_EVENTS.available(commitment, self.context["request"].user)]


class CommitmentInputSerializer(PortalModelSerializer):
    project = serializers.SlugRelatedField("number", queryset=KeyProject.objects.all())
    owner_department = serializers.SlugRelatedField(
        "name", queryset=Department.objects.all(), required=False, allow_null=True
    )

    class Meta:
        model = Commitment
        fields = [
            "project",
            "promised_by",
            "kind",
            "text",
            "amount",
            "unit",
            "source",
            "made_on",
            "due_on",
            "owner",
            "owner_department",
        ]


class JudgeSerializer(ReasonSerializer):
    verdict = serializers.ChoiceField(Verdict.judged())


@extend_schema_view(list=extend_schema(summary="承诺"), retrieve=extend_schema(summary="承诺详情"))
class CommitmentViewSet(PortalViewSet):
    staff_only = True
    queryset = Commitment.objects.select_related("project", "owner_department", "judged_by")
    serializer_class = CommitmentSerializer
    filterset_class = CommitmentFilter
    ordering_fields = ["due_on"]
    ordering = ["due_on", "pk"]

    def get_queryset(self) -> Any:
        return super().get_queryset().with_measures().select_related("owner_department", "judged_by")

    @extend_schema(
        request=CommitmentInputSerializer, responses={201: CommitmentSerializer}, summary="登记一项承诺"
    )
    def create(self, request: Request) -> Response:
        data = CommitmentInputSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        made = actions.save_commitment(
            commitment=Commitment(**data.validated_data), actor=request.user, changed=[]
        )
        return answered(self, made, status.HTTP_201_CREATED)

    judge = verb(actions.judge_commitment, "commitment", body=JudgeSerializer, name="judge", path="judge")
    withdraw_verdict = verb(actions.withdraw_verdict, "commitment")


# --- Notices -------------------------------------------------------------------------------------
class NoticeFilter(filters.FilterSet):
    project = filters.CharFilter("project__number", label="项目编号")
    state = ChoicesFilter(choices=NoticeState.choices)
    overdue = filters.BooleanFilter(method="only_overdue", label="超期未答复")

    class Meta:
        model = SupervisionNotice
        fields = ["is_sample"]

    def only_overdue(self, queryset: Any, name: str, value: bool) -> Any:
        late = SupervisionNotice.objects.overdue(today()).values("pk")
        return queryset.filter(pk__in=late) if value else queryset.exclude(pk__in=late)


class NoticeEntrySerializer(PortalModelSerializer):
    by = serializers.StringRelatedField()
    is_late = serializers.BooleanField(read_only=True)

    class Meta:
        model = NoticeEntry
        fields = ["kind", "text", "due_on", "at", "by", "is_late", "evidence_name"]


class NoticeSerializer(PortalModelSerializer):
    project = serializers.SlugRelatedField("number", read_only=True)
    owner = serializers.StringRelatedField()
    owner_department = serializers.StringRelatedField()
    issued_by = serializers.StringRelatedField()
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    entries = NoticeEntrySerializer(many=True, read_only=True)
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = SupervisionNotice
        fields = [
            "number",
            "project",
            "title",
            "requirement",
            "owner",
            "owner_department",
            "reply_days",
            "issued_on",
            "issued_by",
            "reply_due",
            "state",
            "state_label",
            "ended_on",
            "entries",
            "version",
            "is_sample",
            "available_actions",
        ]

    def get_available_actions(self, notice: SupervisionNotice) -> list[str]:
        return [t.name for t in NOTICE_WORKFLOW.available(notice, self.context["request"].user)]


class NoticeInputSerializer(PortalModelSerializer):
    project = serializers.SlugRelatedField(
        "number", queryset=KeyProject.objects.all(), required=False, allow_null=True
    )
    owner = serializers.SlugRelatedField(
        "username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )
    owner_department = serializers.SlugRelatedField(
        "name", queryset=Department.objects.all(), required=False, allow_null=True
    )

    class Meta:
        model = SupervisionNotice
        fields = ["project", "title", "requirement", "owner", "owner_department", "reply_days"]
        validators: list[Any] = []  # the action says in Chinese which rule was broken


class AnswerSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=4000)
    version = serializers.IntegerField(required=False, allow_null=True, default=None)


class ReturnSerializer(ReasonSerializer):
    reply_days = serializers.IntegerField(min_value=1, max_value=60, default=3)


@extend_schema_view(list=extend_schema(summary="督办"), retrieve=extend_schema(summary="督办详情"))
class NoticeViewSet(PortalViewSet):
    staff_only = True
    queryset = SupervisionNotice.objects.select_related(
        "project", "owner", "owner_department", "issued_by"
    ).prefetch_related("entries__by")
    serializer_class = NoticeSerializer
    lookup_field = "number"
    lookup_value_regex = "[A-Za-z0-9-]{1,20}"
    filterset_class = NoticeFilter
    ordering_fields = ["issued_on", "reply_due"]
    ordering = ["-issued_on", "-pk"]

    @extend_schema(request=NoticeInputSerializer, responses={201: NoticeSerializer}, summary="发出一件督办")
    def create(self, request: Request) -> Response:
        data = NoticeInputSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        made = actions.issue_notice(notice=SupervisionNotice(**data.validated_data), actor=request.user)
        return answered(self, made, status.HTTP_201_CREATED)

    answer_notice = verb(actions.answer_notice, "notice", body=AnswerSerializer, path="answer")
    return_notice = verb(actions.return_notice, "notice", body=ReturnSerializer, path="return")
    close_notice = verb(actions.close_notice, "notice", path="close")
    cancel_notice = verb(actions.cancel_notice, "notice", path="cancel")
