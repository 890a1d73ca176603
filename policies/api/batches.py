"""`/api/v1/policies/policy-claim-batches/`: one verb for many claims, an outcome for each; staff only."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from policies.actions import claim_batch
from policies.choices_claims import NoticeMethod
from tuoxian_portal.core.models import Job

VERBS = [(name.removesuffix("_claim"), name) for name in claim_batch.VERBS]


class BatchRowSerializer(serializers.Serializer):
    """One claim; `version` is the one that was seen, that of now when it is left out."""

    number = serializers.CharField(max_length=20)
    version = serializers.IntegerField(required=False, allow_null=True, default=None)


class StartClaimBatchSerializer(serializers.Serializer):
    """The verb, the claims, and what the verb asks for, the same for all.

    `method` and what follows it is for `notify`. `request_id` is the client's own: sent again, it finds
    the batch that it began.
    """

    verb = serializers.ChoiceField(choices=VERBS)
    claims = BatchRowSerializer(many=True, allow_empty=False)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    method = serializers.ChoiceField(choices=NoticeMethod.choices, required=False)
    notified_on = serializers.DateField(required=False, allow_null=True, default=None)
    undelivered = serializers.BooleanField(required=False, default=False)
    request_id = serializers.UUIDField(required=False, allow_null=True, default=None)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if data["verb"] == "notify" and "method" not in data:
            raise serializers.ValidationError({"method": ["请选择送达方式。"]})
        return data

    def for_action(self) -> dict[str, Any]:
        """The arguments of `start_batch`."""
        data = self.validated_data
        names = (
            ("reason", "method", "notified_on", "undelivered") if data["verb"] == "notify" else ("reason",)
        )
        return {
            "verb": f"{data['verb']}_claim",
            "claims": [row["number"] for row in data["claims"]],
            "versions": {row["number"]: row["version"] for row in data["claims"]},
            "values": {name: data[name] for name in names},
            "request_id": str(data["request_id"] or ""),
        }


class BatchOutcomeSerializer(serializers.Serializer):
    number = serializers.CharField()
    done = serializers.BooleanField()
    why = serializers.CharField(help_text="没有办理的原因；已办理的为空")


class ClaimBatchSerializer(serializers.ModelSerializer):
    """How far it is; `outcomes` has a row for each claim that it has come to."""

    state = serializers.ChoiceField(choices=Job.State.choices, read_only=True)
    state_label = serializers.CharField(source="get_state_display", read_only=True)
    verb = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()
    outcomes = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = ["id", "title", "verb", "state", "state_label", "message", "total", "outcomes", "created_at"]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=VERBS))
    def get_verb(self, job: Job) -> str:
        return str(job.payload["verb"]).removesuffix("_claim")

    def get_total(self, job: Job) -> int:
        return len(job.payload["claims"])

    @extend_schema_field(BatchOutcomeSerializer(many=True))
    def get_outcomes(self, job: Job) -> Any:
        return BatchOutcomeSerializer(claim_batch.outcomes(job), many=True).data


class ClaimBatchViewSet(GenericViewSet):
    """成批办理政策兑现：一个动作，多笔兑现，逐笔检查、逐笔有结果。权限与单笔动作相同。"""

    queryset = Job.objects.filter(kind=claim_batch.KIND)
    serializer_class = ClaimBatchSerializer
    staff_only = True
    filter_backends = ()
    lookup_value_converter = "uuid"

    def get_queryset(self) -> Any:
        return claim_batch.batches_of(self.request.user)

    @extend_schema(
        summary="成批办理：确认享受、审核通过、批准或登记已告知",
        description=(
            f"{claim_batch.AT_ONCE} 笔以内当场办完（200），再多在后台办（202，随后查询本批）；最多 {claim_batch.MOST} 笔。"
            "一笔不成不影响别的；version 不符的、已不能办的，在结果里写明。先申报的先办。"
        ),
        request=StartClaimBatchSerializer,
        responses={200: ClaimBatchSerializer, 202: ClaimBatchSerializer},
    )
    def create(self, request: Request) -> Response:
        body = StartClaimBatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        job = claim_batch.start_batch(actor=request.user, **body.for_action())
        code = status.HTTP_202_ACCEPTED if job.is_open else status.HTTP_200_OK
        return Response(self.get_serializer(job).data, status=code)

    @extend_schema(summary="一批的进度和逐笔结果（本人办理的）")
    def retrieve(self, request: Request, pk: Any = None) -> Response:
        return Response(self.get_serializer(self.get_object()).data)
