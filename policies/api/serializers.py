"""What other systems read of policies and factor prices."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from policies.choices import ApplyMode, Recurrence, Status, Verdict
from policies.choices_claims import ClaimOrigin, ClaimState, NoticeMethod, RefusalCode
from policies.fact_labels import labels
from policies.guides import papers_of
from policies.models import (
    ClaimNotice,
    FactorPrice,
    IncentivePolicy,
    PolicyClaim,
    PolicyClause,
    PolicyQuestion,
)
from policies.rules import conditions
from policies.status import missing_for_force
from policies.workflow import POLICY_WORKFLOW
from policies.workflow_claims import CLAIM_WORKFLOW
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.viewsets import ReasonSerializer
from tuoxian_portal.core.calendar import today
from tuoxian_portal.directory.models import Enterprise

SOURCE = ["source_title", "source_publisher", "source_date", "source_where", "confidence"]


class ClausePaperSerializer(serializers.Serializer):
    """One paper, by its name in the hall's catalogue; `electronic_licence` replaces it, "" for none."""

    name = serializers.CharField()
    note = serializers.CharField()
    electronic_licence = serializers.CharField(source="licence")


class ClauseSerializer(PortalModelSerializer):
    benefit_label = serializers.CharField(source="get_benefit_display", read_only=True)
    tied_to_tax = serializers.BooleanField(read_only=True)
    condition_text = serializers.SerializerMethodField()
    mode = serializers.ChoiceField(choices=ApplyMode.choices, allow_blank=True, read_only=True)
    recurrence = serializers.ChoiceField(choices=Recurrence.choices, allow_blank=True, read_only=True)
    materials = serializers.SerializerMethodField()
    service_item = serializers.CharField(source="guide.code", default=None, read_only=True)
    service_item_url = serializers.CharField(source="guide.get_absolute_url", default=None, read_only=True)

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
            "code",
            "condition",
            "condition_text",
            "formula",
            "cap_wan",
            "recurrence",
            "years",
            "mode",
            "payer",
            "review_within_days",
            "objection_days",
            "objection_to",
            "pay_within_days",
            "opens_on",
            "closes_on",
            "materials",
            "service_item",
            "service_item_url",
            *SOURCE,
        ]

    @extend_schema_field(ClausePaperSerializer(many=True))
    def get_materials(self, clause: PolicyClause) -> Any:
        """What an applicant brings; [] for 免申即享."""
        return ClausePaperSerializer(papers_of(clause), many=True).data

    def get_condition_text(self, clause: PolicyClause) -> str:
        """The condition as a sentence; "" when the source does not state it."""
        return "" if clause.rule is None else conditions.say(clause.rule, labels())


class QuestionSerializer(PortalModelSerializer):
    class Meta:
        model = PolicyQuestion
        fields = ["order", "question", "answer"]


class PolicyListSerializer(PortalModelSerializer):
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
        return str(Status(policy.status).label)  # type: ignore[attr-defined]  # annotated by with_status


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


class FactorPriceSerializer(PortalModelSerializer):
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
            "tax",
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


class ClaimListSerializer(PortalModelSerializer):
    """One claim. Amounts are 元."""

    state_label = serializers.CharField(source="get_state_display", read_only=True)
    state = serializers.ChoiceField(choices=ClaimState.choices, read_only=True)
    origin = serializers.ChoiceField(choices=ClaimOrigin.choices, read_only=True)
    verdict = serializers.ChoiceField(choices=Verdict.choices, read_only=True)
    clause = serializers.CharField(source="clause.code", read_only=True)
    clause_name = serializers.CharField(source="clause.name", read_only=True)
    policy = serializers.CharField(source="clause.policy.slug", read_only=True)
    enterprise = serializers.CharField(source="enterprise.name", read_only=True)

    class Meta:
        model = PolicyClaim
        fields = [
            "number",
            "policy",
            "clause",
            "clause_name",
            "enterprise",
            "year",
            "origin",
            "state",
            "state_label",
            "filed_on",
            "verdict",
            "estimate_yuan",
            "claimed_yuan",
            "approved_yuan",
            "review_due_on",
            "reviewed_on",
            "approved_on",
            "pay_due_on",
            "notified_on",
            "notice_method",
            "objection_until",
            "paid_on",
            "refusal_code",
            "is_sample",
            "updated_at",
        ]


class ClaimNoticeSerializer(PortalModelSerializer):
    """A notice as it was issued; `content` is the paper in plain data."""

    state = serializers.ChoiceField(choices=ClaimState.choices, read_only=True)

    class Meta:
        model = ClaimNotice
        fields = ["number", "state", "method", "notified_on", "content"]
        read_only_fields = fields


class ClaimDetailSerializer(ClaimListSerializer):
    notices = ClaimNoticeSerializer(many=True, read_only=True)
    available_actions = serializers.SerializerMethodField()

    class Meta(ClaimListSerializer.Meta):
        fields = [
            *ClaimListSerializer.Meta.fields,
            "basis",
            "payment_reference",
            "refusal_reason",
            "objection",
            "notices",
            "note",
            "version",
            "available_actions",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_available_actions(self, claim: PolicyClaim) -> list[str]:
        return [t.name for t in CLAIM_WORKFLOW.available(claim, self.context["request"].user)]


class FileClaimSerializer(serializers.Serializer):
    """The body that files a claim: the clause by its code, the enterprise by its 统一社会信用代码."""

    clause = serializers.SlugRelatedField(slug_field="code", queryset=PolicyClause.objects.public())
    enterprise = serializers.SlugRelatedField(
        slug_field="credit_code", queryset=Enterprise.objects.exclude(credit_code="")
    )
    year = serializers.IntegerField(required=False, allow_null=True, default=None)
    claimed_yuan = serializers.DecimalField(
        max_digits=16, decimal_places=2, required=False, allow_null=True, default=None
    )
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)


class ClaimAmountSerializer(ReasonSerializer):
    """The body of `review` and `confirm`: the amount in 元; what was claimed or estimated by default."""

    approved_yuan = serializers.DecimalField(
        max_digits=16, decimal_places=2, required=False, allow_null=True, default=None
    )


class NotifyClaimSerializer(ReasonSerializer):
    """How the enterprise was told, and when (today by default); see the action."""

    method = serializers.ChoiceField(choices=NoticeMethod.choices)
    notified_on = serializers.DateField(required=False, allow_null=True, default=None)
    undelivered = serializers.BooleanField(required=False, default=False)


class PayClaimSerializer(ReasonSerializer):
    payment_reference = serializers.CharField(max_length=80)
    paid_on = serializers.DateField(required=False, allow_null=True, default=None)


class RefuseClaimSerializer(ReasonSerializer):
    refusal_code = serializers.ChoiceField(choices=RefusalCode.choices)
