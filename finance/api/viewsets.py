"""The finance API: products and events for everybody, demands and intents for staff."""

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from finance import actions
from finance.api import filters, serializers
from finance.models import Drawdown, FinancingDemand, LoanIntent, LoanProduct, MatchmakingEvent
from finance.querysets import own_bank
from tuoxian_portal.core.api.verbs import answered, verb
from tuoxian_portal.core.api.viewsets import PortalViewSet
from tuoxian_portal.directory.models import Bank


@extend_schema_view(list=extend_schema(summary="贷款产品"), retrieve=extend_schema(summary="一个贷款产品"))
@extend_schema(tags=["finance"])
class LoanProductViewSet(PortalViewSet):
    queryset = LoanProduct.objects.select_related("bank")
    serializer_class = serializers.LoanProductSerializer
    filterset_class = filters.LoanProductFilter
    lookup_field = "slug"
    ordering_fields = ["name", "published_at"]


@extend_schema_view(
    list=extend_schema(summary="政银企对接活动"), retrieve=extend_schema(summary="一次对接活动")
)
@extend_schema(tags=["finance"])
class MatchmakingEventViewSet(PortalViewSet):
    queryset = MatchmakingEvent.objects.all()
    serializer_class = serializers.MatchmakingEventSerializer
    filterset_class = filters.MatchmakingEventFilter
    lookup_field = "slug"
    ordering_fields = ["held_on", "intention_wan"]


def _void_drawdown(
    *, intent: LoanIntent, drawdown: Drawdown, actor: Any, reason: str = "", version: int | None = None
) -> Drawdown:
    """作废放款记录: of this intent only."""
    if drawdown.intent_id != intent.pk:
        raise ValidationError({"drawdown": ["这笔放款不属于该意向。"]})
    return actions.void_drawdown(drawdown=drawdown, actor=actor, reason=reason, version=version)


@extend_schema_view(list=extend_schema(summary="融资需求"), retrieve=extend_schema(summary="一条融资需求"))
@extend_schema(tags=["finance"])
class FinancingDemandViewSet(mixins.CreateModelMixin, PortalViewSet):
    queryset = FinancingDemand.objects.select_related("enterprise")
    filterset_class = filters.FinancingDemandFilter
    detail_serializer_class = serializers.FinancingDemandDetailSerializer
    lookup_field = "number"
    staff_only = True
    ordering_fields = ["registered_on", "amount_wan", "needed_by"]

    def get_serializer_class(self) -> Any:
        if self.action == "list":
            return serializers.FinancingDemandSerializer
        return self.detail_serializer_class

    @extend_schema(
        summary="登记融资需求",
        request=serializers.RegisterDemandSerializer,
        responses={201: serializers.FinancingDemandDetailSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = serializers.RegisterDemandSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        demand = actions.register_demand(actor=request.user, **body.validated_data)
        return answered(self, demand, status.HTTP_201_CREATED)

    meet = verb(
        actions.meet_demand,
        "demand",
        name="meet",
        summary="登记已落实",
        answer=serializers.FinancingDemandDetailSerializer,
    )
    close = verb(
        actions.close_demand,
        "demand",
        name="close",
        summary="终止需求",
        answer=serializers.FinancingDemandDetailSerializer,
    )


@extend_schema_view(list=extend_schema(summary="贷款意向"), retrieve=extend_schema(summary="一笔贷款意向"))
@extend_schema(tags=["finance"])
class LoanIntentViewSet(mixins.CreateModelMixin, PortalViewSet):
    queryset = LoanIntent.objects.select_related(
        "enterprise", "bank", "event", "project", "demand", "product"
    ).with_drawn()
    filterset_class = filters.LoanIntentFilter
    detail_serializer_class = serializers.LoanIntentDetailSerializer
    lookup_field = "number"
    staff_only = True
    ordering_fields = ["intent_on", "amount_wan", "credit_on", "contracted_on"]

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        if self.action in {"list", "pipeline"}:
            return queryset
        return queryset.prefetch_related(Prefetch("drawdowns", Drawdown.objects.order_by("drawn_on", "pk")))

    def get_serializer_class(self) -> Any:
        return serializers.LoanIntentSerializer if self.action == "list" else self.detail_serializer_class

    @extend_schema(
        summary="登记贷款意向",
        request=serializers.RecordIntentSerializer,
        responses={201: serializers.LoanIntentDetailSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = serializers.RecordIntentSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        if "bank" not in values:
            own = own_bank(request.user)
            if own is None:
                raise ValidationError({"bank": ["请写明金融机构。"]})
            values["bank"] = Bank.objects.get(pk=own)
        intent = actions.record_intent(actor=request.user, **values)
        return answered(self, intent, status.HTTP_201_CREATED)

    approve_credit = verb(
        actions.approve_credit,
        "intent",
        body=serializers.StepSerializer,
        summary="登记授信",
        answer=serializers.LoanIntentDetailSerializer,
    )
    sign_contract = verb(
        actions.sign_contract,
        "intent",
        body=serializers.StepSerializer,
        summary="登记签约",
        answer=serializers.LoanIntentDetailSerializer,
    )
    record_drawdown = verb(
        actions.record_drawdown,
        "intent",
        body=serializers.DrawdownInputSerializer,
        summary="登记放款",
        answer=serializers.LoanIntentDetailSerializer,
    )

    void_drawdown = verb(
        _void_drawdown,
        "intent",
        body=serializers.VoidSerializer,
        name="void_drawdown",
        summary="作废放款记录",
        answer=serializers.LoanIntentDetailSerializer,
    )
    drop = verb(
        actions.drop_intent,
        "intent",
        body=serializers.DropSerializer,
        name="drop",
        summary="登记未成",
        answer=serializers.LoanIntentDetailSerializer,
    )
    correct = verb(
        actions.correct_intent,
        "intent",
        body=serializers.CorrectSerializer,
        name="correct",
        summary="更正金额或日期",
        answer=serializers.LoanIntentDetailSerializer,
    )

    @extend_schema(summary="贷款进展汇总", responses=serializers.PipelineSerializer)
    @action(detail=False, pagination_class=None)
    def pipeline(self, request: Request) -> Response:
        """意向、授信、签约、放款各步的笔数、企业数、金额和天数中位数，未成原因和各机构情况；可按列表的条件筛选。"""
        chosen: Any = self.filter_queryset(self.get_queryset())
        figures = chosen.pipeline()
        return Response(serializers.PipelineSerializer(figures).data)
