"""Shapes of the projects API. Amounts are strings in 万元.

What the public may read is listed field by field; internal figures stand under `internal`, which is
null for everybody who may not see them.
"""

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.actions import available_project_actions
from projects.choices import ConfidenceLevel, RestatedFigure, Stage
from projects.choices_pipeline import VisitKind
from projects.confidence import assess
from projects.forms import MOST_INVESTED_WAN, MOST_JOBS, MOST_LAND_MU
from projects.models import (
    InvestmentLead,
    KeyProject,
    Opportunity,
    ProgressReport,
    ProjectFact,
    Restatement,
    Target,
)
from projects.stage_fields import completeness, missing_for_next
from projects.workflow import LEAD_WORKFLOW, REPORT_WORKFLOW
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.viewsets import ReasonSerializer
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.codes import clean_phone
from tuoxian_portal.directory.models import Industry

SOURCE = ["source_title", "source_publisher", "source_date", "source_where", "confidence"]


class ProjectFactSerializer(PortalModelSerializer):
    class Meta:
        model = ProjectFact
        fields = ["text", "as_of", "total_investment_wan", *SOURCE]


class KeyProjectSerializer(PortalModelSerializer):
    """The public fields of a project."""

    industry = serializers.SlugRelatedField("slug", read_only=True)
    park = serializers.StringRelatedField()
    town = serializers.StringRelatedField()
    department = serializers.StringRelatedField()
    enterprise = serializers.CharField(source="owner_name", read_only=True)
    stage_label = serializers.CharField(read_only=True)
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = KeyProject
        fields = [
            "number",
            "name",
            "nature",
            "enterprise",
            "industry",
            "park",
            "town",
            "location",
            "project_type",
            "is_chain_leader",
            "stage",
            "stage_label",
            "stage_note",
            "stage_as_of",
            "total_investment_wan",
            "investment_band",
            "investment_note",
            "capacity",
            "land_mu",
            "department",
            "signed_on",
            "planned_start",
            "actual_start",
            "planned_production",
            "actual_production",
            "at_capacity_on",
            "published_at",
            "updated_at",
            "url",
            "is_sample",
            *SOURCE,
        ]


class AssessmentSerializer(serializers.Serializer):
    level = serializers.ChoiceField(ConfidenceLevel.choices)
    computed = serializers.ChoiceField(ConfidenceLevel.choices)
    label = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    override_reason = serializers.CharField()


class InternalSerializer(serializers.Serializer):
    """What only staff see of a project."""

    status = serializers.CharField()
    status_label = serializers.CharField()
    responsible = serializers.CharField()
    project_code = serializers.CharField()
    annual_plan_wan = serializers.DecimalField(16, 4, allow_null=True)
    annual_plan_year = serializers.IntegerField(allow_null=True)
    is_published = serializers.BooleanField()
    confidence = serializers.SerializerMethodField()
    missing_for_next = serializers.SerializerMethodField()
    completeness = serializers.SerializerMethodField()
    version = serializers.IntegerField()

    @extend_schema_field(AssessmentSerializer(allow_null=True))
    def get_confidence(self, project: KeyProject) -> dict[str, Any] | None:
        assessment = assess(project, on=today())
        return AssessmentSerializer(assessment).data if assessment else None

    def get_missing_for_next(self, project: KeyProject) -> list[str]:
        return [f.label for f in missing_for_next(project)]

    def get_completeness(self, project: KeyProject) -> int:
        return completeness(project)


class KeyProjectDetailSerializer(KeyProjectSerializer):
    source_facts = ProjectFactSerializer(many=True, read_only=True)
    internal = serializers.SerializerMethodField()
    available_actions = serializers.SerializerMethodField()

    class Meta(KeyProjectSerializer.Meta):
        fields = [
            *KeyProjectSerializer.Meta.fields,
            "summary",
            "source_facts",
            "internal",
            "available_actions",
        ]

    @extend_schema_field(InternalSerializer(allow_null=True))
    def get_internal(self, project: KeyProject) -> dict[str, Any] | None:
        """Needs `with_confidence_inputs`; null without the permission to see monthly reports."""
        user = self.context["request"].user
        return InternalSerializer(project).data if user.has_perm("projects.view_progressreport") else None

    def get_available_actions(self, project: KeyProject) -> list[str]:
        user = self.context["request"].user
        return available_project_actions(project, user) if user.is_authenticated else []


class OpportunitySerializer(PortalModelSerializer):
    industry = serializers.SlugRelatedField("slug", read_only=True)
    park = serializers.StringRelatedField()
    department = serializers.StringRelatedField()
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Opportunity
        fields = [
            "number",
            "name",
            "industry",
            "park",
            "site",
            "summary",
            "conditions",
            "cooperation",
            "scale",
            "total_investment_wan",
            "department",
            "contact",
            "published_at",
            "updated_at",
            "url",
            "is_sample",
            *SOURCE,
        ]


class ActualSerializer(serializers.Serializer):
    value = serializers.DecimalField(18, 4, allow_null=True)
    percent = serializers.DecimalField(10, 1, allow_null=True)
    text = serializers.CharField()
    source = serializers.CharField()


class TargetSerializer(PortalModelSerializer):
    industry = serializers.SlugRelatedField("slug", read_only=True)
    park = serializers.StringRelatedField()
    actual = serializers.SerializerMethodField()

    class Meta:
        model = Target
        fields = [
            "id",
            "indicator",
            "year",
            "period",
            "scope",
            "industry",
            "park",
            "category",
            "comparison",
            "value",
            "words",
            "unit",
            "note",
            "rule",
            "actual",
            "is_sample",
            *SOURCE,
        ]

    @extend_schema_field(ActualSerializer(allow_null=True))
    def get_actual(self, target: Target) -> dict[str, Any] | None:
        """What the portal computes, for people who may see monthly reports; null for others."""
        actual = self.context.get("actuals", {}).get(target.pk)
        return ActualSerializer(actual).data if actual else None


class RestatementSerializer(PortalModelSerializer):
    """A correction of a frozen figure. `figure` is the name of the field it changed."""

    restated_by = serializers.StringRelatedField()

    class Meta:
        model = Restatement
        fields = ["figure", "old_value", "new_value", "reason", "booked_month", "restated_at", "restated_by"]


class ProgressReportSerializer(PortalModelSerializer):
    project = serializers.SlugRelatedField("number", read_only=True)
    project_name = serializers.CharField(source="project.name", read_only=True)
    invested_year_wan = serializers.DecimalField(20, 4, read_only=True)
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    submitted_by = serializers.StringRelatedField()
    accepted_by = serializers.StringRelatedField()
    restatements = RestatementSerializer(many=True, read_only=True)
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = ProgressReport
        fields = [
            "id",
            "project",
            "project_name",
            "month",
            "invested_month_wan",
            "invested_year_wan",
            "physical_progress",
            "progress_text",
            "problems_text",
            "regress_reason",
            "state",
            "state_label",
            "submitted_by",
            "submitted_at",
            "accepted_by",
            "accepted_at",
            "frozen_at",
            "opening_wan",
            "frozen_wan",
            "restated_wan",
            "closing_wan",
            "restatements",
            "version",
            "is_sample",
            "available_actions",
        ]

    def get_available_actions(self, report: ProgressReport) -> list[str]:
        return [t.name for t in REPORT_WORKFLOW.available(report, self.context["request"].user)]


class ProgressReportInputSerializer(PortalModelSerializer):
    project = serializers.SlugRelatedField("number", queryset=KeyProject.objects.all())

    class Meta:
        model = ProgressReport
        fields = [
            "project",
            "month",
            "invested_month_wan",
            "physical_progress",
            "progress_text",
            "problems_text",
            "regress_reason",
        ]
        validators: list[Any] = []  # the action says in Chinese which rule was broken


class LeadSerializer(PortalModelSerializer):
    """Contacts are masked; the plain ones are only revealed in the admin, on record."""

    contact_name = serializers.CharField(source="masked_contact", read_only=True)
    phone = serializers.CharField(source="masked_phone", read_only=True)
    industry = serializers.SlugRelatedField("slug", read_only=True)
    opportunity = serializers.SlugRelatedField("number", read_only=True)
    project = serializers.SlugRelatedField("number", read_only=True)
    converted_project = serializers.SlugRelatedField("number", read_only=True)
    owner = serializers.StringRelatedField()
    chain_node = serializers.SlugRelatedField("name", read_only=True)
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = InvestmentLead
        fields = [
            "number",
            "source",
            "enterprise_name",
            "contact_name",
            "phone",
            "industry",
            "opportunity",
            "project",
            "intended_investment_wan",
            "intended_land_mu",
            "intended_jobs",
            "intended_energy",
            "chain_node",
            "needs",
            "state",
            "state_label",
            "owner",
            "next_step",
            "next_on",
            "answer_due",
            "answered_at",
            "converted_project",
            "close_reason",
            "created_at",
            "version",
            "is_sample",
            "available_actions",
        ]

    def get_available_actions(self, lead: InvestmentLead) -> list[str]:
        return [t.name for t in LEAD_WORKFLOW.available(lead, self.context["request"].user)]


# --- What verbs take -----------------------------------------------------------------------------
class PlaceStageSerializer(ReasonSerializer):
    stage = serializers.ChoiceField(Stage.choices)


class RestateSerializer(ReasonSerializer):
    figure = serializers.ChoiceField(RestatedFigure.choices)
    value = serializers.DecimalField(16, 4, min_value=0, help_text="更正后的数，不是差额。")


class OverrideSerializer(ReasonSerializer):
    level = serializers.ChoiceField(ConfidenceLevel.choices, help_text="绿、黄或红；灰由系统判定。")


class FollowUpSerializer(ReasonSerializer):
    next_step = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    next_on = serializers.DateField(required=False, allow_null=True, default=None)


class LeadVisitSerializer(ReasonSerializer):
    kind = serializers.ChoiceField(VisitKind.choices)
    held_on = serializers.DateField()
    place = serializers.CharField(max_length=120)
    people = serializers.CharField(max_length=200)
    outcome = serializers.CharField(max_length=1000)
    next_step = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    next_on = serializers.DateField(required=False, allow_null=True, default=None)


class ConvertSerializer(ReasonSerializer):
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=160)


class EnquirySerializer(serializers.Serializer):
    """An enquiry by another system on an investor's behalf."""

    contact_name = serializers.CharField(max_length=40)
    phone = serializers.CharField(max_length=30)
    needs = serializers.CharField(max_length=2000)
    enterprise_name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    industry = serializers.SlugRelatedField(
        "slug",
        queryset=Industry.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        default=None,
    )
    intended_investment_wan = serializers.DecimalField(
        16, 4, required=False, allow_null=True, default=None, min_value=0, max_value=MOST_INVESTED_WAN
    )
    intended_land_mu = serializers.DecimalField(
        10, 2, required=False, allow_null=True, default=None, min_value=0, max_value=MOST_LAND_MU
    )
    intended_jobs = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=MOST_JOBS
    )
    intended_energy = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    consent = serializers.BooleanField(help_text="投资人同意将信息用于答复本次咨询，必须为 true。")
    token = serializers.UUIDField(
        required=False, default=None, allow_null=True, help_text="同一 token 重复提交只记一次。"
    )

    def validate_phone(self, value: str) -> str:
        try:
            return clean_phone(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error

    def validate_consent(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError("未经同意不能提交。")
        return value


class EnquiryReceiptSerializer(serializers.Serializer):
    number = serializers.CharField()
    answer_due = serializers.DateField()
    answer_working_days = serializers.IntegerField()
