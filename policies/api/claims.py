"""`/api/v1/…/policy-claims/`: claims with their verbs; staff only."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from policies import actions
from policies.api import serializers
from policies.api.filters import ClaimFilter
from policies.models import PolicyClaim
from tuoxian_portal.core.api.verbs import answered, verb
from tuoxian_portal.core.api.viewsets import PortalViewSet, ReasonSerializer


def _verb(name: str, summary: str, body: Any = ReasonSerializer) -> Any:
    return verb(
        actions.CLAIM_ACTIONS[f"{name}_claim"],
        "claim",
        name=name,
        body=body,
        summary=summary,
        answer=serializers.ClaimDetailSerializer,
    )


@extend_schema_view(list=extend_schema(summary="政策兑现"), retrieve=extend_schema(summary="一笔政策兑现"))
class ClaimViewSet(mixins.CreateModelMixin, PortalViewSet):
    """政策兑现：申报、审核、批准、兑付。须工作人员登录，受流程和权限约束。金额单位为元。"""

    queryset = PolicyClaim.objects.select_related("clause", "clause__policy", "enterprise")
    filterset_class = ClaimFilter
    lookup_field = "number"
    lookup_value_regex = "[A-Za-z0-9-]+"
    staff_only = True
    ordering_fields = ["filed_on", "approved_yuan", "pay_due_on"]

    def get_serializer_class(self) -> Any:
        if self.action == "list":
            return serializers.ClaimListSerializer
        return serializers.ClaimDetailSerializer

    @extend_schema(
        summary="登记企业申报",
        request=serializers.FileClaimSerializer,
        responses={201: serializers.ClaimDetailSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = serializers.FileClaimSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        claim = actions.file_claim(actor=request.user, **body.validated_data)
        return answered(self, claim, status.HTTP_201_CREATED)

    confirm = _verb("confirm", "确认享受（免申即享）", serializers.ClaimAmountSerializer)
    review = _verb("review", "审核通过", serializers.ClaimAmountSerializer)
    approve = _verb("approve", "批准；超出资金盘子或不可同享即拒绝（409）")
    notify = _verb("notify", "登记已告知；有联系邮箱的同时发邮件", serializers.NotifyClaimSerializer)
    pay = _verb("pay", "登记兑付", serializers.PayClaimSerializer)
    refuse = _verb("refuse", "不予兑付（须选原因并写明理由）", serializers.RefuseClaimSerializer)
    object = _verb("object", "登记异议（须写明内容）")
    reopen = _verb("reopen", "异议办结，重新审核（须写理由）")
    uphold = _verb("uphold", "异议办结，不予兑付（须写理由）")
    withdraw = _verb("withdraw", "企业撤回（须写理由）")
