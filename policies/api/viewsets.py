"""`/api/v1/policies/`: policies with their verbs, and factor prices."""

from typing import Any

from django.db.models import Prefetch

from policies import actions
from policies.api.filters import FactorPriceFilter, PolicyFilter
from policies.api.serializers import (
    FactorPriceSerializer,
    PolicyDetailSerializer,
    PolicyListSerializer,
    RepealSerializer,
)
from policies.models import FactorPrice, IncentivePolicy, PolicyClause
from tuoxian_portal.core.api.verbs import verb
from tuoxian_portal.core.api.viewsets import PortalViewSet, ReasonSerializer
from tuoxian_portal.core.calendar import today


def _verb(name: str, summary: str, body: type[ReasonSerializer] = ReasonSerializer) -> Any:
    function = actions.ACTIONS[name]
    return verb(function, "policy", body=body, summary=summary, answer=PolicyDetailSerializer)


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
            Prefetch("clauses", PolicyClause.objects.with_papers()), "questions"
        )

    def get_serializer_class(self) -> Any:
        return PolicyListSerializer if self.action == "list" else PolicyDetailSerializer

    review = _verb("review", "审核通过")
    return_to_draft = _verb("return_to_draft", "退回修改（须写理由）")
    publish = _verb(
        "publish", "按“有效”公开；缺文号、法律依据、公平竞争审查、期限之一即拒绝（409），并列出所缺"
    )
    publish_unverified = _verb("publish_unverified", "按“待核实”公开")
    verify = _verb("verify", "把已公开的待核实政策核实为有效，条件与 publish 相同")
    unverify = _verb("unverify", "转为待核实（须写理由）")
    repeal = _verb("repeal", "废止（须写理由），可注明取代它的政策", RepealSerializer)
    withdraw = _verb("withdraw", "撤下（须写理由），页面不再公开")
    revise = _verb("revise", "把已撤下的政策重新起草")


class FactorPriceViewSet(PortalViewSet):
    """要素价格：价格、补差门槛、奖补标准等是不同的类别（kind），不可混为一个序列。"""

    queryset = FactorPrice.objects.all()
    serializer_class = FactorPriceSerializer
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9-]+"
    filterset_class = FactorPriceFilter
    ordering_fields = ["as_of_date", "updated_at"]
