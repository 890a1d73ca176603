"""What the API says of everything in the hall that has a workflow: the papers printed, what happened, and
what may be done now."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.workflow import Workflow

HISTORY = 100  # entries; the page of the record has all of them


class CaseEventSerializer(serializers.Serializer):
    action = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields out of the class
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    reason = serializers.CharField()


class CaseActionSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # see above
    needs_reason = serializers.BooleanField()


# No docstrings from here on: the schema would give them to every serializer that has none of its own.
class PrintedSerializer(PortalModelSerializer):
    # A paper as it was printed; a subclass names its model.
    title = serializers.CharField(source="content.title", read_only=True)

    class Meta:
        fields = ["number", "kind", "title", "created_at"]
        read_only_fields = fields


class ActionsMixin(serializers.Serializer):
    # No query beyond what the guards of `workflow` ask.
    workflow: Workflow
    available_actions = serializers.SerializerMethodField()

    @extend_schema_field(CaseActionSerializer(many=True))
    def get_available_actions(self, record: Any) -> Any:
        user = self.context["request"].user
        return CaseActionSerializer(self.workflow.available(record, user), many=True).data


class HistoryMixin(ActionsMixin):
    # One query. `label_of` says an audit entry's action in Chinese.
    label_of: Callable[[str], str]
    history = serializers.SerializerMethodField()

    @extend_schema_field(CaseEventSerializer(many=True))
    def get_history(self, record: Any) -> Any:
        entries = [
            {
                "action": entry.action,
                "label": self.label_of(entry.action),
                "at": entry.at,
                "actor": str(entry.actor) if entry.actor else "系统",
                "reason": entry.reason,
            }
            for entry in history_of(record)[:HISTORY]
        ]
        return CaseEventSerializer(entries, many=True).data
