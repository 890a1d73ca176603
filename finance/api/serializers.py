"""Shapes of the finance API. Amounts are strings in 万元."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.choices import DropReason
from finance.models import Drawdown, FinancingDemand, LoanIntent, LoanProduct, MatchmakingEvent
from finance.workflow import DEMAND_WORKFLOW, INTENT_WORKFLOW
from projects.models import KeyProject
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.viewsets import ReasonSerializer
from tuoxian_portal.directory.models import Bank, Enterprise

SOURCE = ["source_title", "source_publisher", "source_date", "source_where", "confidence"]


class AvailableAction(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()


def actions_field(workflow: Any) -> type[serializers.Field]:
    """A read-only list of what the signed-in person may do next."""

    @extend_schema_field(AvailableAction(many=True))
    class Field(serializers.Field):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**{**kwargs, "source": "*", "read_only": True})

        def to_representation(self, record: Any) -> list[dict[str, str]]:
            user = self.context["request"].user
            return [{"name": t.name, "label": t.label} for t in workflow.available(record, user)]

    return Field


class LoanProductSerializer(PortalModelSerializer):
    bank = serializers.CharField(source="bank.name", read_only=True)

    class Meta:
        model = LoanProduct
        fields = [
            "slug",
            "name",
            "bank",
            "audience",
            "amount_text",
            "rate_text",
            "term_text",
            "security_text",
            "conditions",
            "materials",
            "how_to_apply",
            "contact_name",
            "contact_phone",
            "valid_until",
            "published_at",
            "is_sample",
            *SOURCE,
        ]


class MatchmakingEventSerializer(PortalModelSerializer):
    average_intention_wan = serializers.DecimalField(16, 1, read_only=True, allow_null=True)

    class Meta:
        model = MatchmakingEvent
        fields = [
            "slug",
            "name",
            "kind",
            "level",
            "held_on",
            "date_text",
            "place",
            "enterprises",
            "banks",
            "projects",
            "intention_wan",
            "average_intention_wan",
            "credit_wan",
            "bank_names",
            "enterprise_names",
            "summary",
            "is_sample",
            *SOURCE,
        ]


class FinancingDemandSerializer(PortalModelSerializer):
    enterprise = serializers.CharField(source="enterprise.name", read_only=True)
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    purpose_label = serializers.CharField(source="get_purpose_display", read_only=True)

    class Meta:
        model = FinancingDemand
        fields = [
            "number",
            "enterprise",
            "purpose",
            "purpose_label",
            "amount_wan",
            "term_months",
            "needed_by",
            "note",
            "shared_with_banks",
            "registered_on",
            "state",
            "state_label",
            "closed_on",
            "closed_reason",
            "version",
            "is_sample",
        ]


class FinancingDemandDetailSerializer(FinancingDemandSerializer):
    available_actions = actions_field(DEMAND_WORKFLOW)()

    class Meta(FinancingDemandSerializer.Meta):
        fields = [*FinancingDemandSerializer.Meta.fields, "available_actions"]


class LoanIntentSerializer(PortalModelSerializer):
    enterprise = serializers.CharField(source="enterprise.name", read_only=True)
    bank = serializers.CharField(source="bank.name", read_only=True)
    event = serializers.SlugRelatedField("slug", read_only=True)
    project = serializers.SlugRelatedField("number", read_only=True)
    demand = serializers.SlugRelatedField("number", read_only=True)
    product = serializers.SlugRelatedField("slug", read_only=True)
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    drawn_wan = serializers.DecimalField(16, 4, read_only=True)

    class Meta:
        model = LoanIntent
        fields = [
            "number",
            "enterprise",
            "bank",
            "event",
            "project",
            "demand",
            "product",
            "amount_wan",
            "intent_on",
            "credit_wan",
            "credit_on",
            "contract_wan",
            "contracted_on",
            "drawn_wan",
            "dropped_on",
            "drop_reason",
            "note",
            "state",
            "state_label",
            "version",
            "is_sample",
        ]


class DrawdownSerializer(PortalModelSerializer):
    class Meta:
        model = Drawdown
        fields = ["id", "amount_wan", "drawn_on", "evidence", "voided_at", "void_reason"]


class LoanIntentDetailSerializer(LoanIntentSerializer):
    drawdowns = DrawdownSerializer(many=True, read_only=True)
    available_actions = actions_field(INTENT_WORKFLOW)()

    class Meta(LoanIntentSerializer.Meta):
        fields = [*LoanIntentSerializer.Meta.fields, "drawdowns", "available_actions"]


# --- What verbs take ------------------------------------------------------------------------------


def amount() -> serializers.DecimalField:
    return serializers.DecimalField(16, 4)


class VersionSerializer(serializers.Serializer):
    version = serializers.IntegerField(required=False, allow_null=True, default=None)


class RecordIntentSerializer(serializers.Serializer):
    """A new intent. Related records are named by their public numbers; `bank` and `enterprise` by
    name. A bank's contact may leave `bank` out."""

    enterprise = serializers.SlugRelatedField("name", queryset=Enterprise.objects.all())
    bank = serializers.SlugRelatedField("name", queryset=Bank.objects.all(), required=False)
    event = serializers.SlugRelatedField("slug", queryset=MatchmakingEvent.objects.all(), required=False)
    project = serializers.SlugRelatedField("number", queryset=KeyProject.objects.all(), required=False)
    demand = serializers.SlugRelatedField("number", queryset=FinancingDemand.objects.all(), required=False)
    product = serializers.SlugRelatedField("slug", queryset=LoanProduct.objects.all(), required=False)
    amount_wan = amount()
    intent_on = serializers.DateField(required=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)

    SCOPED = ("project", "demand", "product")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if request := self.context.get("request"):
            # What the person cannot see cannot be pointed at.
            for name in self.SCOPED:
                field: Any = self.fields[name]
                field.queryset = field.queryset.all().visible_to(request.user)


class StepSerializer(VersionSerializer):
    amount_wan = amount()
    on = serializers.DateField(required=False, default=None)


class DrawdownInputSerializer(StepSerializer):
    evidence = serializers.CharField(required=False, allow_blank=True, default="", max_length=120)


class VoidSerializer(ReasonSerializer):
    drawdown = serializers.PrimaryKeyRelatedField(queryset=Drawdown.objects.all())


class DropSerializer(ReasonSerializer):
    drop_reason = serializers.ChoiceField(choices=DropReason.choices)
    on = serializers.DateField(required=False, default=None)


class CorrectValuesSerializer(serializers.Serializer):
    amount_wan = serializers.DecimalField(16, 4, required=False)
    intent_on = serializers.DateField(required=False)
    credit_wan = serializers.DecimalField(16, 4, required=False)
    credit_on = serializers.DateField(required=False)
    contract_wan = serializers.DecimalField(16, 4, required=False)
    contracted_on = serializers.DateField(required=False)


class CorrectSerializer(ReasonSerializer):
    values = CorrectValuesSerializer()


class RegisterDemandSerializer(PortalModelSerializer):
    enterprise = serializers.SlugRelatedField("name", queryset=Enterprise.objects.all())

    class Meta:
        model = FinancingDemand
        fields = [
            "enterprise",
            "purpose",
            "amount_wan",
            "term_months",
            "needed_by",
            "note",
            "shared_with_banks",
            "registered_on",
        ]


# --- The pipeline ---------------------------------------------------------------------------------


class StepFigureSerializer(serializers.Serializer):
    step = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField()
    enterprises = serializers.IntegerField()
    amount_wan = serializers.DecimalField(18, 4)
    median_days = serializers.FloatField(allow_null=True)
    waiting = serializers.IntegerField()
    stuck = serializers.IntegerField()


class DropFigureSerializer(serializers.Serializer):
    reason = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField()
    amount_wan = serializers.DecimalField(18, 4)


class BankFigureSerializer(serializers.Serializer):
    name = serializers.CharField()
    reached = serializers.ListField(child=serializers.IntegerField())
    intended_wan = serializers.DecimalField(18, 4)
    drawn_wan = serializers.DecimalField(18, 4)


class PipelineSerializer(serializers.Serializer):
    steps = StepFigureSerializer(many=True)
    drops = DropFigureSerializer(many=True)
    banks = BankFigureSerializer(many=True)
    has_samples = serializers.BooleanField()
