"""Ratings for staff and their rectification; for everybody, what is published of them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import django_filters
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from services.actions import ratings as rate
from services.actions import remediations as remedy
from services.api.acted import HistoryMixin, PrintedSerializer
from services.choices_ratings import (
    STAFF_CHANNELS,
    CallBackVerdict,
    Doubt,
    RatingChannel,
    RatingGrade,
    RatingStanding,
    RemediationState,
)
from services.models.cases import Case
from services.models.ratings import (
    MAX_COMMENT,
    PublishedAnswer,
    RatingRemediation,
    RemediationPaper,
    ServiceRating,
)
from services.satisfaction import as_dict, public_figures
from services.workflow_ratings import RATING_WORKFLOW, REMEDIATION_WORKFLOW
from tuoxian_portal.core.api.filters import ChoicesFilter, SearchFilter
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.verbs import answered
from tuoxian_portal.core.api.viewsets import PortalViewSet, ReasonSerializer
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.workflow import Workflow
from tuoxian_portal.directory.models import Department

# --- What is shown -----------------------------------------------------------------------------


class RatingSerializer(PortalModelSerializer):
    """A line of the list: what was said of which matter, never by whom."""

    grade_label = serializers.CharField(source="get_grade_display", read_only=True)
    standing_label = serializers.CharField(source="get_standing_display", read_only=True)
    matter = serializers.CharField(source="invitation.title", read_only=True)
    matter_number = serializers.CharField(source="invitation", read_only=True)
    department = serializers.CharField(source="invitation.department.name", default=None, read_only=True)
    outlet = serializers.CharField(source="invitation.outlet.name", read_only=True)
    doubts = serializers.ListField(child=serializers.ChoiceField(choices=Doubt.choices), read_only=True)
    is_counted = serializers.BooleanField(read_only=True)

    class Meta:
        model = ServiceRating
        fields = [
            "number",
            "grade",
            "grade_label",
            "channel",
            "matter",
            "matter_number",
            "department",
            "outlet",
            "rated_at",
            "standing",
            "standing_label",
            "doubts",
            "is_counted",
            "is_sample",
            "version",
        ]
        read_only_fields = fields


class PublicationSerializer(PortalModelSerializer):
    class Meta:
        model = PublishedAnswer
        fields = ["comment", "answer", "published_at"]
        read_only_fields = fields


class RatingDetailSerializer(HistoryMixin, RatingSerializer):
    workflow = RATING_WORKFLOW
    label_of = partial(RATING_WORKFLOW.label_of, others={"rate": "评价"})
    tags = serializers.ListField(source="tag_names", child=serializers.CharField(), read_only=True)
    recorded_by = serializers.CharField(default=None, read_only=True)
    judged_by = serializers.CharField(default=None, read_only=True)
    remediation = serializers.CharField(source="remediation.number", default=None, read_only=True)
    publication = PublicationSerializer(default=None, read_only=True)

    class Meta(RatingSerializer.Meta):
        fields = [
            *RatingSerializer.Meta.fields,
            "tags",
            "comment",
            "recorded_by",
            "judged_by",
            "judged_at",
            "judgement",
            "remediation",
            "publication",
            "history",
            "available_actions",
        ]
        read_only_fields = fields


class RemediationSerializer(PortalModelSerializer):
    rating = serializers.CharField(source="rating.number", read_only=True)
    grade = serializers.IntegerField(source="rating.grade", read_only=True)
    matter = serializers.CharField(source="rating.invitation.title", read_only=True)
    department = serializers.CharField(source="department.name", default=None, read_only=True)
    outlet = serializers.CharField(source="outlet.name", read_only=True)
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    is_overdue = serializers.BooleanField(read_only=True)

    class Meta:
        model = RatingRemediation
        fields = [
            "number",
            "rating",
            "grade",
            "matter",
            "department",
            "outlet",
            "state",
            "state_label",
            "opened_at",
            "due_on",
            "is_overdue",
            "rounds",
            "verdict",
            "closed_at",
            "is_sample",
            "version",
        ]
        read_only_fields = fields


class RemediationPaperSerializer(PrintedSerializer):
    class Meta(PrintedSerializer.Meta):
        model = RemediationPaper


class RemediationDetailSerializer(HistoryMixin, RemediationSerializer):
    workflow = REMEDIATION_WORKFLOW
    label_of = partial(REMEDIATION_WORKFLOW.label_of, others={"open": "产生"})
    tags = serializers.ListField(source="rating.tag_names", child=serializers.CharField(), read_only=True)
    comment = serializers.CharField(source="rating.comment", read_only=True)
    verified_by = serializers.CharField(default=None, read_only=True)
    answered_by = serializers.CharField(default=None, read_only=True)
    called_by = serializers.CharField(default=None, read_only=True)
    closed_by = serializers.CharField(default=None, read_only=True)
    documents = RemediationPaperSerializer(many=True, read_only=True)

    class Meta(RemediationSerializer.Meta):
        fields = [
            *RemediationSerializer.Meta.fields,
            "tags",
            "comment",
            "finding",
            "verified_by",
            "verified_at",
            "answer",
            "answered_by",
            "answered_at",
            "call_note",
            "called_by",
            "called_at",
            "closing_note",
            "closed_by",
            "documents",
            "history",
            "available_actions",
        ]
        read_only_fields = fields


class PublishedAnswerSerializer(PortalModelSerializer):
    """What the public reads. Item, department and month are empty where they would point at somebody."""

    grade_label = serializers.CharField(source="get_grade_display", read_only=True)
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)
    item = serializers.CharField(source="item.code", default=None, read_only=True)
    item_name = serializers.CharField(source="item.name", default=None, read_only=True)
    department = serializers.CharField(source="department.name", default=None, read_only=True)

    class Meta:
        model = PublishedAnswer
        fields = [
            "grade",
            "grade_label",
            "tags",
            "comment",
            "answer",
            "item",
            "item_name",
            "department",
            "month",
            "is_sample",
        ]
        read_only_fields = fields


class GradeCountSerializer(serializers.Serializer):
    name = serializers.CharField()
    count = serializers.IntegerField(allow_null=True)


class FiguresLineSerializer(serializers.Serializer):
    name = serializers.CharField()
    n = serializers.IntegerField(allow_null=True)
    satisfied_percent = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    response_percent = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    is_small = serializers.BooleanField()


class SatisfactionSerializer(serializers.Serializer):
    """Figures of 13 months; null where fewer than three ratings stand behind a number."""

    since = serializers.DateField()
    until = serializers.DateField()
    n = serializers.IntegerField(allow_null=True)
    satisfied_percent = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    response_percent = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    is_small = serializers.BooleanField()
    grades = GradeCountSerializer(many=True)
    months = FiguresLineSerializer(many=True)
    departments = FiguresLineSerializer(many=True)
    has_samples = serializers.BooleanField()


# --- What is sent ------------------------------------------------------------------------------


class RecordRatingSerializer(serializers.Serializer):
    case_number = serializers.CharField(max_length=24)
    channel = serializers.ChoiceField(
        choices=[(c.value, c.label) for c in RatingChannel if c in STAFF_CHANNELS]
    )
    grade = serializers.ChoiceField(choices=RatingGrade.choices)
    tags = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, default=list)
    comment = serializers.CharField(max_length=MAX_COMMENT, required=False, allow_blank=True, default="")


class PublishRatingSerializer(ReasonSerializer):
    comment = serializers.CharField(
        max_length=MAX_COMMENT,
        required=False,
        allow_blank=True,
        default="",
        help_text="公开的意见，已去掉个人信息",
    )
    answer = serializers.CharField(max_length=rate.MAX_ANSWER, help_text="对群众的答复")


class VerifyRemediationSerializer(ReasonSerializer):
    department = serializers.SlugRelatedField(
        slug_field="name",
        queryset=Department.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        default=None,
        help_text="责任部门；不填则不变",
    )


class CallBackSerializer(ReasonSerializer):
    verdict = serializers.ChoiceField(choices=CallBackVerdict.choices)


# --- Filters -----------------------------------------------------------------------------------


class RatingFilter(django_filters.FilterSet):
    grade = django_filters.ChoiceFilter(choices=RatingGrade.choices)
    standing = ChoicesFilter(choices=RatingStanding.choices)
    channel = ChoicesFilter(choices=RatingChannel.choices)
    department = django_filters.CharFilter("invitation__department__name", label="部门")
    outlet = django_filters.CharFilter("invitation__outlet__name", label="网点")
    item = django_filters.CharFilter("invitation__item__code", label="事项编号")
    case_number = django_filters.CharFilter("invitation__case__case_number", label="办件编号")
    rated_from = django_filters.DateFilter("rated_at__date", "gte", label="评价日期不早于")
    rated_to = django_filters.DateFilter("rated_at__date", "lte", label="评价日期不晚于")
    is_sample = django_filters.BooleanFilter()

    class Meta:
        model = ServiceRating
        fields: list[str] = []


class RemediationFilter(django_filters.FilterSet):
    state = ChoicesFilter(choices=RemediationState.choices)
    department = django_filters.CharFilter("department__name", label="责任部门")
    outlet = django_filters.CharFilter("outlet__name", label="责任网点")
    due_to = django_filters.DateFilter("due_on", "lte", label="整改期限不晚于")
    overdue = django_filters.BooleanFilter(method="filter_overdue", label="超期")
    is_sample = django_filters.BooleanFilter()

    class Meta:
        model = RatingRemediation
        fields: list[str] = []

    def filter_overdue(self, queryset: Any, name: str, value: bool) -> Any:
        late = queryset.overdue()
        return late if value else queryset.exclude(pk__in=late.values("pk"))


class PublishedAnswerFilter(django_filters.FilterSet):
    grade = django_filters.ChoiceFilter(choices=RatingGrade.choices)
    item = django_filters.CharFilter("item__code", label="事项编号")
    department = django_filters.CharFilter("department__name", label="部门")
    month = django_filters.CharFilter(label="月份，例如 2026-11")
    search = SearchFilter(label="意见或答复中的词")

    class Meta:
        model = PublishedAnswer
        fields: list[str] = []


# --- Doors -------------------------------------------------------------------------------------


def verb(
    name: str,
    function: Callable[..., Any],
    workflow: Workflow,
    argument: str,
    answer: type[serializers.Serializer],
    body: type[serializers.Serializer] = ReasonSerializer,
) -> Any:
    """One POST sub-resource that does `function` and answers with the record's fresh detail."""

    def method(self: Any, request: Request, number: str) -> Response:
        record = self.get_object()
        data = body(data=request.data)
        data.is_valid(raise_exception=True)
        function(**{argument: record}, actor=request.user, **data.validated_data)
        return answered(self, record)

    method.__name__ = name
    method.__doc__ = function.__doc__
    label = str(workflow.by_name[name].label)
    decorated = action(detail=True, methods=["post"], url_path=name.replace("_", "-"))(method)
    return extend_schema(summary=label, request=body, responses=answer, tags=["services"])(decorated)


def rating_verb(name: str, function: Callable[..., Any], body: Any = ReasonSerializer) -> Any:
    return verb(name, function, RATING_WORKFLOW, "rating", RatingDetailSerializer, body)


def remediation_verb(name: str, function: Callable[..., Any], body: Any = ReasonSerializer) -> Any:
    return verb(name, function, REMEDIATION_WORKFLOW, "remediation", RemediationDetailSerializer, body)


@extend_schema_view(list=extend_schema(summary="服务评价"), retrieve=extend_schema(summary="一条评价"))
@extend_schema(tags=["services"])
class RatingViewSet(PortalViewSet):
    """服务评价。仅工作人员可读，按本人职责范围；不含申请人信息。"""

    queryset = ServiceRating.objects.select_related(
        "invitation__case",
        "invitation__bundle_case",
        "invitation__entrustment",
        "invitation__department",
        "invitation__outlet",
    )
    filterset_class = RatingFilter
    lookup_field = "number"
    lookup_value_regex = r"[A-Z0-9-]+"
    staff_only = True
    ordering_fields = ["number", "rated_at", "grade"]

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action == "list":
            return rows
        return rows.select_related(
            "invitation__case__item", "publication", "remediation", "recorded_by", "judged_by"
        ).prefetch_related("tags")

    def get_serializer_class(self) -> Any:
        return RatingSerializer if self.action == "list" else RatingDetailSerializer

    doubt = rating_verb("doubt", rate.doubt_rating)
    confirm = rating_verb("confirm", rate.confirm_rating)
    dismiss = rating_verb("dismiss", rate.dismiss_rating)
    publish = rating_verb("publish", rate.publish_rating, PublishRatingSerializer)
    unpublish = rating_verb("unpublish", rate.unpublish_rating)


class RecordedSerializer(serializers.Serializer):
    number = serializers.CharField()


@extend_schema(tags=["services"])
class RecordedRatingViewSet(viewsets.ViewSet):
    """代为登记的评价：窗口没有查看评价的权限，也能登记。"""

    staff_only = True

    @extend_schema(
        summary="登记纸质、电话评价", request=RecordRatingSerializer, responses={201: RecordedSerializer}
    )
    def create(self, request: Request) -> Response:
        """登记一条纸质或电话评价；只限本人职责范围内、邀请尚未用过和过期的办件。"""
        data = RecordRatingSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        values = dict(data.validated_data)
        case = Case.objects.visible_to(request.user).filter(case_number=values.pop("case_number")).first()
        if case is None:
            raise Http404
        invitation = rate.find_open(case)
        if invitation is None:
            raise rate.RatingClosed("本件没有待评价的邀请：尚未办结、已经评价，或邀请已过期。")
        rating = rate.record_rating(invitation=invitation, actor=request.user, **values)
        return Response(RecordedSerializer({"number": rating.number}).data, status=status.HTTP_201_CREATED)


@extend_schema_view(list=extend_schema(summary="差评整改"), retrieve=extend_schema(summary="一件差评整改"))
@extend_schema(tags=["services"])
class RemediationViewSet(PortalViewSet):
    """差评整改。仅工作人员可读，责任部门和网点只见本单位的。"""

    queryset = RatingRemediation.objects.select_related("rating__invitation", "department", "outlet")
    filterset_class = RemediationFilter
    lookup_field = "number"
    lookup_value_regex = r"[A-Z0-9-]+"
    staff_only = True
    ordering_fields = ["number", "due_on", "opened_at"]

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action == "list":
            return rows
        return rows.select_related(
            "rating__invitation__case__item", "verified_by", "answered_by", "called_by", "closed_by"
        ).prefetch_related("documents", "rating__tags")

    def get_serializer_class(self) -> Any:
        return RemediationSerializer if self.action == "list" else RemediationDetailSerializer

    verify = remediation_verb("verify", remedy.verify_remediation, VerifyRemediationSerializer)
    reject = remediation_verb("reject", remedy.reject_remediation)
    answer = remediation_verb("answer", remedy.answer_remediation)
    call_back = remediation_verb("call_back", remedy.call_back, CallBackSerializer)
    close = remediation_verb("close", remedy.close_remediation)


@extend_schema_view(list=extend_schema(summary="公开的评价和答复"))
@extend_schema(tags=["services"])
class PublishedAnswerViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """公开的评价和答复，不含个人信息；不登录可读。"""

    queryset = PublishedAnswer.objects.select_related("item", "department")
    serializer_class = PublishedAnswerSerializer
    filterset_class = PublishedAnswerFilter
    ordering_fields = ["grade", "month"]

    @extend_schema(summary="满意率、参评率", responses=SatisfactionSerializer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def figures(self, request: Request) -> Response:
        """近 13 个月的五级评价、满意率、参评率，按月、按部门；少于 3 份的不给出。"""
        return Response(SatisfactionSerializer(as_dict(public_figures(today()))).data)
