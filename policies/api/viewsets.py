"""`/api/v1/policies/`: policies with their verbs, and factor prices."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from policies import actions
from policies.api.filters import FactorPriceFilter, PolicyFilter
from policies.api.serializers import (
    FactorPriceSerializer,
    PolicyDetailSerializer,
    PolicyListSerializer,
    RepealSerializer,
)
from policies.models import FactorPrice, IncentivePolicy
from tuoxian_portal.core.api.viewsets import PortalViewSet, ReasonSerializer
from tuoxian_portal.core.calendar import today

VERB = extend_schema(request=ReasonSerializer, responses=PolicyDetailSerializer)


class PolicyViewSet(PortalViewSet):
    """惠企政策。所有人可读已公开的；动作须工作人员登录，并受流程和权限约束。"""

    queryset = IncentivePolicy.objects.select_related("industry")
    lookup_field = "slug"
    filterset_class = PolicyFilter
    ordering_fields = ["issued_on", "updated_at", "title"]

    def get_queryset(self) -> Any:
        queryset = super().get_queryset().with_status(today())
        if self.action == "list":
            return queryset
        return queryset.select_related("industry", "department", "replaced_by").prefetch_related(
            "clauses", "questions"
        )

    def get_serializer_class(self) -> Any:
        return PolicyListSerializer if self.action == "list" else PolicyDetailSerializer

    def _do(self, request: Request, name: str, body: type[ReasonSerializer] = ReasonSerializer) -> Response:
        policy = self.get_object()
        form = body(data=request.data)
        form.is_valid(raise_exception=True)
        actions.ACTIONS[name](policy=policy, actor=request.user, **form.validated_data)
        fresh = self.get_queryset().get(pk=policy.pk)
        return Response(PolicyDetailSerializer(fresh, context=self.get_serializer_context()).data)

    @VERB
    @action(detail=True, methods=["post"])
    def review(self, request: Request, slug: str) -> Response:
        """审核通过。"""
        return self._do(request, "review")

    @VERB
    @action(detail=True, methods=["post"], url_path="return-to-draft")
    def return_to_draft(self, request: Request, slug: str) -> Response:
        """退回修改（须写理由）。"""
        return self._do(request, "return_to_draft")

    @VERB
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, slug: str) -> Response:
        """按“有效”公开；缺文号、法律依据、公平竞争审查、期限之一即拒绝（409），并列出所缺。"""
        return self._do(request, "publish")

    @VERB
    @action(detail=True, methods=["post"], url_path="publish-unverified")
    def publish_unverified(self, request: Request, slug: str) -> Response:
        """按“待核实”公开。"""
        return self._do(request, "publish_unverified")

    @VERB
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, slug: str) -> Response:
        """把已公开的待核实政策核实为有效，条件与 publish 相同。"""
        return self._do(request, "verify")

    @VERB
    @action(detail=True, methods=["post"])
    def unverify(self, request: Request, slug: str) -> Response:
        """转为待核实（须写理由）。"""
        return self._do(request, "unverify")

    @extend_schema(request=RepealSerializer, responses=PolicyDetailSerializer)
    @action(detail=True, methods=["post"])
    def repeal(self, request: Request, slug: str) -> Response:
        """废止（须写理由），可注明取代它的政策。"""
        return self._do(request, "repeal", RepealSerializer)

    @VERB
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, slug: str) -> Response:
        """撤下（须写理由），页面不再公开。"""
        return self._do(request, "withdraw")

    @VERB
    @action(detail=True, methods=["post"])
    def revise(self, request: Request, slug: str) -> Response:
        """把已撤下的政策重新起草。"""
        return self._do(request, "revise")


class FactorPriceViewSet(PortalViewSet):
    """要素价格：价格、补差门槛、奖补标准等是不同的类别（kind），不可混为一个序列。"""

    queryset = FactorPrice.objects.all()
    serializer_class = FactorPriceSerializer
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9-]+"
    filterset_class = FactorPriceFilter
    ordering_fields = ["as_of_date", "updated_at"]
