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
from tuoxian_portal.core.api.viewsets import PortalViewSet, ReasonSerializer
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


class VerbMixin:
    """Runs one action on the record and answers with its fresh detail."""

    argument: str

    def run_verb(self, request: Request, serializer_class: Any, function: Any, **fixed: Any) -> Response:
        view: Any = self
        record = view.get_object()
        body = serializer_class(data=request.data, context=view.get_serializer_context())
        body.is_valid(raise_exception=True)
        function(**{self.argument: record}, actor=request.user, **{**body.validated_data, **fixed})
        return self.answer(record.pk)

    def answer(self, pk: Any, status_code: int = status.HTTP_200_OK) -> Response:
        view: Any = self
        fresh = view.get_queryset().get(pk=pk)
        serializer = view.detail_serializer_class(fresh, context=view.get_serializer_context())
        return Response(serializer.data, status=status_code)


@extend_schema_view(list=extend_schema(summary="融资需求"), retrieve=extend_schema(summary="一条融资需求"))
@extend_schema(tags=["finance"])
class FinancingDemandViewSet(VerbMixin, mixins.CreateModelMixin, PortalViewSet):
    queryset = FinancingDemand.objects.select_related("enterprise")
    filterset_class = filters.FinancingDemandFilter
    detail_serializer_class = serializers.FinancingDemandDetailSerializer
    lookup_field = "number"
    argument = "demand"
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
        return self.answer(demand.pk, status.HTTP_201_CREATED)

    @extend_schema(
        summary="登记已落实",
        request=ReasonSerializer,
        responses=serializers.FinancingDemandDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def meet(self, request: Request, number: str) -> Response:
        return self.run_verb(request, ReasonSerializer, actions.meet_demand)

    @extend_schema(
        summary="终止需求",
        request=ReasonSerializer,
        responses=serializers.FinancingDemandDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, number: str) -> Response:
        return self.run_verb(request, ReasonSerializer, actions.close_demand)


@extend_schema_view(list=extend_schema(summary="贷款意向"), retrieve=extend_schema(summary="一笔贷款意向"))
@extend_schema(tags=["finance"])
class LoanIntentViewSet(VerbMixin, mixins.CreateModelMixin, PortalViewSet):
    queryset = LoanIntent.objects.select_related(
        "enterprise", "bank", "event", "project", "demand", "product"
    ).with_drawn()
    filterset_class = filters.LoanIntentFilter
    detail_serializer_class = serializers.LoanIntentDetailSerializer
    lookup_field = "number"
    argument = "intent"
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
        return self.answer(intent.pk, status.HTTP_201_CREATED)

    @extend_schema(
        summary="登记授信",
        request=serializers.StepSerializer,
        responses=serializers.LoanIntentDetailSerializer,
    )
    @action(detail=True, methods=["post"], url_path="approve-credit")
    def approve_credit(self, request: Request, number: str) -> Response:
        return self.run_verb(request, serializers.StepSerializer, actions.approve_credit)

    @extend_schema(
        summary="登记签约",
        request=serializers.StepSerializer,
        responses=serializers.LoanIntentDetailSerializer,
    )
    @action(detail=True, methods=["post"], url_path="sign-contract")
    def sign_contract(self, request: Request, number: str) -> Response:
        return self.run_verb(request, serializers.StepSerializer, actions.sign_contract)

    @extend_schema(
        summary="登记放款",
        request=serializers.DrawdownInputSerializer,
        responses=serializers.LoanIntentDetailSerializer,
    )
    @action(detail=True, methods=["post"], url_path="record-drawdown")
    def record_drawdown(self, request: Request, number: str) -> Response:
        return self.run_verb(request, serializers.DrawdownInputSerializer, actions.record_drawdown)

    @extend_schema(
        summary="作废放款记录",
        request=serializers.VoidSerializer,
        responses=serializers.LoanIntentDetailSerializer,
    )
    @action(detail=True, methods=["post"], url_path="void-drawdown")
    def void_drawdown(self, request: Request, number: str) -> Response:
        def void(*, intent: LoanIntent, drawdown: Drawdown, **rest: Any) -> None:
            if drawdown.intent_id != intent.pk:
                raise ValidationError({"drawdown": ["这笔放款不属于该意向。"]})
            actions.void_drawdown(drawdown=drawdown, **rest)

        return self.run_verb(request, serializers.VoidSerializer, void)

    @extend_schema(
        summary="登记未成",
        request=serializers.DropSerializer,
        responses=serializers.LoanIntentDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, number: str) -> Response:
        return self.run_verb(request, serializers.DropSerializer, actions.drop_intent)

    @extend_schema(
        summary="更正金额或日期",
        request=serializers.CorrectSerializer,
        responses=serializers.LoanIntentDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, number: str) -> Response:
        return self.run_verb(request, serializers.CorrectSerializer, actions.correct_intent)

    @extend_schema(summary="贷款进展汇总", responses=serializers.PipelineSerializer)
    @action(detail=False, pagination_class=None)
    def pipeline(self, request: Request) -> Response:
        """意向、授信、签约、放款各步的笔数、企业数、金额和天数中位数，未成原因和各机构情况；可按列表的条件筛选。"""
        chosen: Any = self.filter_queryset(self.get_queryset())
        figures = chosen.pipeline()
        return Response(serializers.PipelineSerializer(figures).data)
