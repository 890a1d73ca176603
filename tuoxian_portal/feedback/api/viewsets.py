"""Feedback over the API. Staff only; contacts stay masked."""

from typing import Any

import django_filters as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from tuoxian_portal.core.api.filters import ChoicesFilter
from tuoxian_portal.core.api.verbs import verb
from tuoxian_portal.core.api.viewsets import PortalViewSet
from tuoxian_portal.core.calendar import today
from tuoxian_portal.feedback import actions
from tuoxian_portal.feedback.choices import FeedbackKind, FeedbackState
from tuoxian_portal.feedback.models import ANSWER_LENGTH, Feedback
from tuoxian_portal.feedback.workflow import FEEDBACK_WORKFLOW


class FeedbackFilter(filters.FilterSet):
    state = ChoicesFilter(choices=FeedbackState.choices)
    kind = ChoicesFilter(choices=FeedbackKind.choices)
    overdue = filters.BooleanFilter(method="only_overdue", label="超期未答复")

    class Meta:
        model = Feedback
        fields = ["is_sample"]

    def only_overdue(self, queryset: Any, name: str, value: bool) -> Any:
        late = Feedback.objects.overdue(today()).values("pk")
        return queryset.filter(pk__in=late) if value else queryset.exclude(pk__in=late)


class FeedbackSerializer(serializers.ModelSerializer):
    contact = serializers.CharField(source="masked_contact", read_only=True)
    kind_label = serializers.CharField(source="get_kind_display", read_only=True)
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    owner: Any = serializers.StringRelatedField()
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = Feedback
        fields = [
            "number",
            "kind",
            "kind_label",
            "page",
            "text",
            "contact",
            "contact_kind",
            "state",
            "state_label",
            "owner",
            "answer_due",
            "answer",
            "close_reason",
            "ended_at",
            "created_at",
            "version",
            "is_sample",
            "available_actions",
        ]

    def get_available_actions(self, feedback: Feedback) -> list[str]:
        return [t.name for t in FEEDBACK_WORKFLOW.available(feedback, self.context["request"].user)]


class FeedbackAnswerSerializer(serializers.Serializer):
    answer = serializers.CharField(max_length=ANSWER_LENGTH)
    version = serializers.IntegerField(required=False, allow_null=True, default=None)


@extend_schema_view(list=extend_schema(summary="意见建议"), retrieve=extend_schema(summary="意见详情"))
class FeedbackViewSet(PortalViewSet):
    staff_only = True
    queryset = Feedback.objects.select_related("owner")
    serializer_class = FeedbackSerializer
    lookup_field = "number"
    lookup_value_regex = "[A-Z0-9-]{1,20}"
    filterset_class = FeedbackFilter
    ordering_fields = ["created_at", "answer_due"]
    ordering = ["-created_at", "-pk"]

    take = verb(actions.take_feedback, "feedback", name="take", summary="我来处理")
    answer = verb(
        actions.answer_feedback,
        "feedback",
        body=FeedbackAnswerSerializer,
        name="answer",
        path="answer",
        summary="答复",
    )
    close = verb(actions.close_feedback, "feedback", name="close", path="close", summary="关闭意见")
    reopen = verb(actions.reopen_feedback, "feedback", name="reopen", path="reopen", summary="重新处理")
