"""`/api/v1/services/entrustments/`: 帮办 for staff, masked, with one verb for each act."""

from collections.abc import Callable
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from projects.models import KeyProject
from services.actions import entrustment_acts as acts
from services.actions import entrustment_ends as ends
from services.actions import entrustments as do
from services.actions.entrusting import with_rows
from services.actions.entrustment_acts import PaperLine
from services.api.acted import HistoryMixin, PrintedSerializer
from services.assistance import plan_for
from services.choices import ProjectStage
from services.choices_cases import ApplicantKind
from services.choices_entrustments import (
    AssistanceMode,
    EntrustmentState,
    FollowUpGrade,
    PaperForm,
    PaperOrigin,
    Power,
)
from services.entrustment_progress import label_of, status_sentence
from services.models import (
    Case,
    Entrustment,
    EntrustmentDocument,
    EntrustmentPaper,
    EntrustmentStep,
    ServiceItem,
)
from services.querysets_entrustments import QUEUES
from services.workflow_entrustments import ENTRUSTMENT_WORKFLOW
from tuoxian_portal.accounts.models import User
from tuoxian_portal.core.api.filters import ChoicesFilter
from tuoxian_portal.core.api.pagination import UncountedPagination
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.verbs import verb
from tuoxian_portal.core.api.viewsets import PortalViewSet, ReasonSerializer
from tuoxian_portal.directory.models import Enterprise, Outlet, Park

# --- What is shown -----------------------------------------------------------------------------


class EntrustmentSerializer(PortalModelSerializer):
    """A line of the list. The principal is masked; the API never gives a number in full."""

    principal = serializers.CharField(source="masked_name", read_only=True)
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    outlet = serializers.CharField(source="outlet.name", read_only=True)
    park = serializers.CharField(source="park.name", read_only=True, default=None)
    project = serializers.CharField(source="project.number", read_only=True, default=None)
    helper = serializers.CharField(read_only=True, default=None)
    is_expired = serializers.BooleanField(read_only=True)

    class Meta:
        model = Entrustment
        fields = [
            "number",
            "state",
            "state_label",
            "mode",
            "channel",
            "principal_kind",
            "principal",
            "outlet",
            "park",
            "project",
            "helper",
            "starts_on",
            "ends_on",
            "is_expired",
            "closed_on",
            "is_sample",
            "version",
        ]
        read_only_fields = fields


class EntrustmentStepSerializer(PortalModelSerializer):
    item = serializers.CharField(source="item.code", read_only=True, default=None)
    case = serializers.CharField(source="case.case_number", read_only=True, default=None)

    class Meta:
        model = EntrustmentStep
        fields = ["on", "power", "item", "case", "what", "place", "result", "next_step", "next_on"]
        read_only_fields = fields


class EntrustmentPaperSerializer(PortalModelSerializer):
    class Meta:
        model = EntrustmentPaper
        fields = ["id", "name", "form", "count", "origin", "received_on", "returned_on", "note"]
        read_only_fields = fields


class EntrustmentDocumentSerializer(PrintedSerializer):
    class Meta(PrintedSerializer.Meta):
        model = EntrustmentDocument


class EntrustmentMatterSerializer(serializers.Serializer):
    item = serializers.CharField(allow_null=True)
    stage = serializers.CharField(allow_blank=True)
    label = serializers.CharField()


class EntrustmentCaseSerializer(serializers.Serializer):
    case_number = serializers.CharField(source="case.case_number")
    item_name = serializers.CharField(source="case.item_name")
    state = serializers.CharField(source="case.state")
    due_on = serializers.DateField(source="case.due_on", allow_null=True)
    power = serializers.CharField()
    linked_on = serializers.DateField()


class EntrustmentVisitSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    visitors = serializers.CharField()
    what = serializers.CharField()
    outcome = serializers.CharField()


class PlanItemSerializer(serializers.Serializer):
    stage = serializers.CharField()
    item = serializers.CharField()
    item_name = serializers.CharField()
    progress = serializers.CharField()
    is_done = serializers.BooleanField()
    due_on = serializers.DateField(allow_null=True)


class EntrustmentDetailSerializer(HistoryMixin, EntrustmentSerializer):
    workflow = ENTRUSTMENT_WORKFLOW
    label_of = staticmethod(label_of)
    principal_number = serializers.CharField(source="masked_number", read_only=True)
    phone = serializers.CharField(source="masked_phone", read_only=True)
    sentence = serializers.SerializerMethodField()
    matters = serializers.SerializerMethodField()
    powers = serializers.ListField(child=serializers.CharField(), read_only=True)
    cases = EntrustmentCaseSerializer(source="case_links", many=True, read_only=True)
    steps = EntrustmentStepSerializer(many=True, read_only=True)
    papers = EntrustmentPaperSerializer(many=True, read_only=True)
    visits = EntrustmentVisitSerializer(many=True, read_only=True)
    documents = EntrustmentDocumentSerializer(many=True, read_only=True)
    plan = serializers.SerializerMethodField()

    class Meta(EntrustmentSerializer.Meta):
        fields = [
            *EntrustmentSerializer.Meta.fields,
            "principal_number",
            "phone",
            "needs",
            "answer_due",
            "promised_on",
            "signed_on",
            "signed_off_on",
            "result",
            "follow_up_grade",
            "end_reason",
            "sentence",
            "matters",
            "powers",
            "cases",
            "steps",
            "papers",
            "visits",
            "documents",
            "plan",
            "history",
            "available_actions",
        ]
        read_only_fields = fields

    def get_sentence(self, record: Entrustment) -> str:
        return status_sentence(record)

    @extend_schema_field(EntrustmentMatterSerializer(many=True))
    def get_matters(self, record: Entrustment) -> Any:
        return [
            {"item": m.item.code if m.item else None, "stage": m.stage, "label": str(m)}
            for m in record.matters.all()
        ]

    @extend_schema_field(PlanItemSerializer(many=True))
    def get_plan(self, record: Entrustment) -> Any:
        """全帮办 of the project, by stage; empty without a project."""
        if record.project is None:
            return []
        return [
            {
                "stage": stage.value,
                "item": row.item.code,
                "item_name": row.item.name,
                "progress": row.label,
                "is_done": row.is_done,
                "due_on": row.due_on,
            }
            for stage in plan_for(record.project).stages
            for row in stage.rows
        ]


# --- What is sent ------------------------------------------------------------------------------


def _items(**more: Any) -> Any:
    return serializers.SlugRelatedField(
        slug_field="code", queryset=ServiceItem.objects.published(), help_text="事项编号", **more
    )


def _helper(**more: Any) -> Any:
    return serializers.SlugRelatedField(
        slug_field="username",
        queryset=User.objects.filter(is_active=True, groups__role__code="helper"),
        help_text="帮办员账号",
        **more,
    )


class AssignSerializer(ReasonSerializer):
    helper = _helper()
    co_helper = _helper(required=False, allow_null=True, default=None)


def _related(model: Any, field: str, help_text: str, **more: Any) -> Any:
    return serializers.SlugRelatedField(
        slug_field=field, queryset=model.objects.all(), help_text=help_text, **more
    )


OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True, "default": None}


class AmendSerializer(ReasonSerializer):
    """Of an empty phone, number or address what is there stays."""

    principal_kind = serializers.ChoiceField(choices=ApplicantKind.choices)
    principal_name = serializers.CharField(max_length=120)
    contact_name = serializers.CharField(required=False, allow_blank=True, default="", max_length=60)
    phone = serializers.CharField(required=False, allow_blank=True, default="", max_length=30)
    principal_number = serializers.CharField(required=False, allow_blank=True, default="", max_length=30)
    mode = serializers.ChoiceField(choices=AssistanceMode.choices)
    outlet = _related(Outlet, "name", "帮办网点")
    park = _related(Park, "name", "园区服务站", **OPTIONAL)
    project = _related(KeyProject, "number", "项目编号", **OPTIONAL)
    enterprise = _related(Enterprise, "name", "名录企业", **OPTIONAL)
    visit_address = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """As the action takes it."""
        principal = do.Principal(
            kind=attrs.pop("principal_kind"),
            name=attrs.pop("principal_name"),
            phone=attrs.pop("phone"),
            number=attrs.pop("principal_number"),
            contact_name=attrs.pop("contact_name"),
        )
        return {**attrs, "principal": principal}


class DrawUpSerializer(ReasonSerializer):
    items = _items(many=True, required=False, default=list)
    stages = serializers.ListField(
        child=serializers.ChoiceField(choices=ProjectStage.choices),
        required=False,
        default=list,
        max_length=10,
    )
    powers = serializers.ListField(child=serializers.ChoiceField(choices=Power.choices), max_length=20)
    special_confirmed = serializers.BooleanField(default=False)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    principal_number = serializers.CharField(required=False, allow_blank=True, default="", max_length=30)


class SignSerializer(ReasonSerializer):
    signer = serializers.CharField(max_length=60)
    signed_on = serializers.DateField(required=False, allow_null=True, default=None)


class HelpStepSerializer(ReasonSerializer):
    power = serializers.ChoiceField(choices=Power.choices)
    what = serializers.CharField(max_length=300)
    on = serializers.DateField(required=False, allow_null=True, default=None)
    item = _items(required=False, allow_null=True, default=None)
    case = serializers.SlugRelatedField(
        slug_field="case_number",
        queryset=Case.objects.all(),
        required=False,
        allow_null=True,
        default=None,
        help_text="已关联的办件编号",
    )
    place = serializers.CharField(required=False, allow_blank=True, default="", max_length=120)
    result = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    next_step = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    next_on = serializers.DateField(required=False, allow_null=True, default=None)


class LinkCaseSerializer(ReasonSerializer):
    case_number = serializers.CharField(max_length=40)
    power = serializers.ChoiceField(choices=Power.choices, default=Power.SUBMIT)


class PaperLineSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=160)
    form = serializers.ChoiceField(choices=PaperForm.choices, default=PaperForm.ORIGINAL)
    count = serializers.IntegerField(min_value=1, max_value=999, default=1)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)

    def to_internal_value(self, data: Any) -> Any:
        return PaperLine(**super().to_internal_value(data))


class ReceivePapersSerializer(ReasonSerializer):
    papers = PaperLineSerializer(many=True)
    handed_by = serializers.CharField(max_length=60)
    origin = serializers.ChoiceField(choices=PaperOrigin.choices, default=PaperOrigin.PRINCIPAL)


class ReturnPapersSerializer(ReasonSerializer):
    papers = serializers.ListField(child=serializers.IntegerField(), max_length=200, help_text="材料的 id")
    returned_to = serializers.CharField(max_length=60)


class VisitSerializer(ReasonSerializer):
    at = serializers.DateTimeField()
    address = serializers.CharField(max_length=200)
    visitors = serializers.CharField(max_length=120)
    what = serializers.CharField(max_length=300)
    outcome = serializers.CharField(max_length=300)
    signer = serializers.CharField(max_length=60)


class RenewSerializer(ReasonSerializer):
    signer = serializers.CharField(max_length=60)
    ends_on = serializers.DateField(required=False, allow_null=True, default=None)
    items = _items(many=True, required=False, default=list)
    stages = serializers.ListField(
        child=serializers.ChoiceField(choices=ProjectStage.choices),
        required=False,
        default=list,
        max_length=10,
    )
    helper = _helper(required=False, allow_null=True, default=None)


class ResumeSerializer(ReasonSerializer):
    signer = serializers.CharField(max_length=60)
    ends_on = serializers.DateField(required=False, allow_null=True, default=None)


class SignOffSerializer(ReasonSerializer):
    signer = serializers.CharField(max_length=60)
    result = serializers.CharField(max_length=300)


class HelpFollowUpSerializer(ReasonSerializer):
    grade = serializers.ChoiceField(choices=FollowUpGrade.choices)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


# --- Filters and doors -------------------------------------------------------------------------


class EntrustmentFilter(django_filters.FilterSet):
    state = ChoicesFilter(choices=EntrustmentState.choices)
    mode = ChoicesFilter(choices=AssistanceMode.choices)
    outlet = django_filters.CharFilter("outlet__name", label="帮办网点")
    project = django_filters.ModelChoiceFilter(
        queryset=KeyProject.objects.all(), to_field_name="number", label="项目编号"
    )
    ends_to = django_filters.DateFilter("ends_on", "lte", label="期限不晚于")
    queue = django_filters.ChoiceFilter(
        choices=[(name, name) for name in QUEUES], method="filter_queue", label="队列"
    )
    is_sample = django_filters.BooleanFilter()

    class Meta:
        model = Entrustment
        fields: list[str] = []

    def filter_queue(self, queryset: Any, name: str, value: str) -> QuerySet:
        return queryset.in_queue(value, self.request.user)


def entrustment_verb(
    name: str, function: Callable[..., Entrustment], body: type[serializers.Serializer] = ReasonSerializer
) -> Any:
    """The POST for the transition `name`."""
    label = ENTRUSTMENT_WORKFLOW.by_name[name].label
    return verb(
        function, "entrustment", body=body, name=name, summary=label, answer=EntrustmentDetailSerializer
    )


@extend_schema_view(list=extend_schema(summary="帮办委托"), retrieve=extend_schema(summary="一份帮办委托"))
@extend_schema(tags=["services"])
class EntrustmentViewSet(PortalViewSet):
    """帮办委托。仅工作人员可读，按本人职责范围；委托人信息一律脱敏。"""

    queryset = Entrustment.objects.select_related("outlet", "park", "project", "helper")
    filterset_class = EntrustmentFilter
    pagination_class = UncountedPagination
    lookup_field = "number"
    lookup_value_regex = r"BB-[0-9-]+"
    staff_only = True
    ordering_fields = ["number", "ends_on", "closed_on"]

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action == "list":
            return rows
        return with_rows(rows).prefetch_related("documents", "steps__item", "steps__case")

    def get_serializer_class(self) -> Any:
        return EntrustmentSerializer if self.action == "list" else EntrustmentDetailSerializer

    assign = entrustment_verb("assign", do.assign_helper, AssignSerializer)
    amend = entrustment_verb("amend", do.amend_entrustment, AmendSerializer)
    promise = entrustment_verb("promise", do.promise_help)
    draw_up = entrustment_verb("draw_up", do.draw_up_authority, DrawUpSerializer)
    sign = entrustment_verb("sign", do.sign_authority, SignSerializer)
    record_step = entrustment_verb("record_step", acts.record_step, HelpStepSerializer)
    link_case = entrustment_verb("link_case", acts.link_case, LinkCaseSerializer)
    receive_papers = entrustment_verb("receive_papers", acts.receive_papers, ReceivePapersSerializer)
    return_papers = entrustment_verb("return_papers", acts.return_papers, ReturnPapersSerializer)
    record_visit = entrustment_verb("record_visit", acts.record_visit, VisitSerializer)
    issue_plan = entrustment_verb("issue_plan", acts.issue_plan)
    renew = entrustment_verb("renew", do.renew_authority, RenewSerializer)
    suspend = entrustment_verb("suspend", do.suspend_help)
    resume = entrustment_verb("resume", do.resume_help, ResumeSerializer)
    sign_off = entrustment_verb("sign_off", ends.sign_off, SignOffSerializer)
    follow_up = entrustment_verb("follow_up", ends.follow_up, HelpFollowUpSerializer)
    withdraw = entrustment_verb("withdraw", ends.withdraw_entrustment)
    terminate = entrustment_verb("terminate", ends.terminate_entrustment)
