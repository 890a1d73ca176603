"""What other systems read of policies and factor prices."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from policies.choices import Status
from policies.models import FactorPrice, IncentivePolicy, PolicyClause, PolicyQuestion
from policies.status import missing_for_force
from policies.workflow import POLICY_WORKFLOW
from tuoxian_portal.core.api.viewsets import ReasonSerializer
from tuoxian_portal.core.calendar import today

SOURCE = ["source_title", "source_publisher", "source_date", "source_where", "confidence"]


class ClauseSerializer(serializers.ModelSerializer):
    benefit_label = serializers.CharField(source="get_benefit_display", read_only=True)
    tied_to_tax = serializers.BooleanField(read_only=True)

    class Meta:
        model = PolicyClause
        fields = [
            "order",
            "heading",
            "text",
            "benefit",
            "benefit_label",
            "amount_text",
            "tied_to_tax",
            *SOURCE,
        ]


class QuestionSerializer(serializers.ModelSerializer):
    class Meta:
        model = PolicyQuestion
        fields = ["order", "question", "answer"]


class PolicyListSerializer(serializers.ModelSerializer):
    """One row. `status` is derived for today; `state` is the publication state."""

    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    status_label = serializers.SerializerMethodField()
    level_label = serializers.CharField(source="get_level_display", read_only=True)
    theme_label = serializers.CharField(source="get_theme_display", read_only=True)
    industry: Any = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    industry_name = serializers.CharField(source="industry.name", default="", read_only=True)
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = IncentivePolicy
        fields = [
            "slug",
            "title",
            "nature",
            "document_number",
            "issuing_body",
            "level",
            "level_label",
            "theme",
            "theme_label",
            "industry",
            "industry_name",
            "objects_text",
            "issued_on",
            "issued_text",
            "in_force_from",
            "expires_on",
            "review_on",
            "status",
            "status_label",
            "summary",
            "state",
            "is_sample",
            "updated_at",
            "url",
            *SOURCE,
        ]

    def get_status_label(self, policy: IncentivePolicy) -> str:
        return str(Status(policy.status).label)  # type: ignore[attr-defined]


class PolicyDetailSerializer(PolicyListSerializer):
    """A whole policy; `missing_for_force` and `available_actions` are for staff, else empty."""

    status_reason = serializers.SerializerMethodField()
    department = serializers.CharField(source="department.name", default="", read_only=True)
    replaced_by = serializers.SerializerMethodField()
    clauses = ClauseSerializer(source="clause_list", many=True, read_only=True)
    questions = QuestionSerializer(many=True, read_only=True)
    missing_for_force = serializers.SerializerMethodField()
    available_actions = serializers.SerializerMethodField()

    class Meta(PolicyListSerializer.Meta):
        fields = [
            *PolicyListSerializer.Meta.fields,
            "status_reason",
            "legal_basis",
            "fair_competition_reviewed_on",
            "fair_competition_reviewed_by",
            "full_text",
            "note",
            "department",
            "repealed_on",
            "replaced_by",
            "clauses",
            "questions",
            "version",
            "missing_for_force",
            "available_actions",
        ]

    @property
    def _user(self) -> Any:
        return self.context["request"].user

    def get_status_reason(self, policy: IncentivePolicy) -> str:
        return policy.reason_on(today())

    def get_replaced_by(self, policy: IncentivePolicy) -> str | None:
        """The slug of the successor, while the reader may see it."""
        other = policy.replaced_by
        if other is None:
            return None
        return other.slug if other.is_published or self._is_staff() else None

    def _is_staff(self) -> bool:
        return bool(self._user.has_perm("policies.view_incentivepolicy"))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_missing_for_force(self, policy: IncentivePolicy) -> list[str]:
        return missing_for_force(policy) if self._is_staff() else []

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_available_actions(self, policy: IncentivePolicy) -> list[str]:
        return [t.name for t in POLICY_WORKFLOW.available(policy, self._user)]


class RepealSerializer(ReasonSerializer):
    """The body of `repeal`: the day it ends (today by default) and its successor's slug."""

    on = serializers.DateField(required=False, allow_null=True, default=None)
    replaced_by = serializers.SlugRelatedField(
        slug_field="slug",
        queryset=IncentivePolicy.objects.all(),
        required=False,
        allow_null=True,
        default=None,
    )


class FactorPriceSerializer(serializers.ModelSerializer):
    factor_label = serializers.CharField(source="get_factor_display", read_only=True)
    kind_label = serializers.CharField(source="get_kind_display", read_only=True)
    age_warning = serializers.SerializerMethodField()

    class Meta:
        model = FactorPrice
        fields = [
            "code",
            "factor",
            "factor_label",
            "item",
            "kind",
            "kind_label",
            "value",
            "value_text",
            "unit",
            "as_of_date",
            "as_of_text",
            "age_warning",
            "note",
            "is_sample",
            "updated_at",
            *SOURCE,
        ]

    def get_age_warning(self, price: FactorPrice) -> str:
        return price.age_warning(today())
