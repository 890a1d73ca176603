"""`/api/v1/services/`: items, bundles, materials, themes and facts about the hall."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from services.actions import catalogue as actions
from services.api.composition import CompositionSerializer, FormCheckSerializer, FormDataSerializer
from services.api.filters import (
    BundleFilter,
    ItemFilter,
    MaterialFilter,
    MechanismFilter,
    StatisticFilter,
)
from services.api.serializers import (
    BundleDetailSerializer,
    BundleListSerializer,
    ComparisonSerializer,
    HallMechanismSerializer,
    HallStatisticSerializer,
    ItemDetailSerializer,
    ItemListSerializer,
    ItemVersionSerializer,
    MaterialSerializer,
    ThemeSerializer,
)
from services.composition import compose
from services.form_filling import FormGroup, clean_answers, fields_of
from services.models import HallMechanism, HallStatistic, Material, ServiceBundle, ServiceItem, ServiceTheme
from services.version_history import history_of_item
from tuoxian_portal.core.api.verbs import verb
from tuoxian_portal.core.api.viewsets import PortalViewSet
from tuoxian_portal.core.errors import NotPermitted


class CatalogueViewSet(PortalViewSet):
    """Items and bundles: published ones for everybody, all of them for staff, and staff's verbs."""

    detail_serializer: Any = None

    def get_serializer_class(self) -> Any:
        return self.serializer_class if self.action == "list" else self.detail_serializer


FORM_CHECK = extend_schema(request=FormDataSerializer, responses=FormCheckSerializer)


def form_data(request: Request) -> dict[str, Any]:
    body = FormDataSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    return body.validated_data


def checked(form: list[FormGroup], values: dict[str, str]) -> Response:
    """The answer of `check-form`: 200 whether or not something is wrong, since that was the question."""
    clean, errors = clean_answers(form, values)
    return Response({"values": clean, "problems": errors})


class ItemViewSet(CatalogueViewSet):
    """政务服务事项。所有人可读已发布的；动作须工作人员登录，并受流程和权限约束。"""

    queryset = ServiceItem.objects.filter(revises__isnull=True)
    serializer_class = ItemListSerializer
    detail_serializer = ItemDetailSerializer
    lookup_field = "code"
    lookup_value_regex = "[A-Z0-9-]+"
    filterset_class = ItemFilter
    ordering_fields = ["code", "name", "updated_at"]

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        if self.action == "list":
            return queryset.select_related("department").prefetch_related("themes")
        return queryset.for_guide()

    review = verb(
        actions.review,
        "record",
        summary="审核通过；要素不全即拒绝（409），并列出所缺",
        answer=ItemDetailSerializer,
    )
    send_back = verb(actions.send_back, "record", summary="退回修改（须写理由）", answer=ItemDetailSerializer)
    publish = verb(
        actions.publish,
        "record",
        summary="发布；要素不全即拒绝（409），并列出所缺",
        answer=ItemDetailSerializer,
    )
    retire = verb(
        actions.retire, "record", summary="停办（须写理由），不再对外显示", answer=ItemDetailSerializer
    )
    reopen = verb(actions.reopen, "record", summary="把已停办的事项重新编制", answer=ItemDetailSerializer)

    @extend_schema(responses=ItemVersionSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def versions(self, request: Request, code: str) -> Response:
        """已发布的各版，最新的在前（工作人员）。"""
        item = self._of_staff(request)
        return Response(ItemVersionSerializer(item.versions.defer("content"), many=True).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("old", OpenApiTypes.STR, description="原版本的版次；不填为上一版。"),
            OpenApiParameter("new", OpenApiTypes.STR, description="新版本的版次，或 draft（编制中的稿）。"),
        ],
        responses=ComparisonSerializer,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def comparison(self, request: Request, code: str) -> Response:
        """两个版本逐项对比（工作人员）；都不填时，对比最近的两个。"""
        history = history_of_item(self._of_staff(request))
        chosen = [
            request.query_params.get(name) or default
            for name, default in zip(("old", "new"), history.defaults, strict=True)
        ]
        known = {side.value for side in history.sides}
        for name, value in zip(("old", "new"), chosen, strict=True):
            if value not in known:
                raise ValidationError({name: ["没有这个版本。可选：" + ("、".join(sorted(known)) or "无")]})
        return Response(history.compare(*chosen).as_dict())

    def _of_staff(self, request: Request) -> ServiceItem:
        item = self.get_object()
        if not request.user.has_perm("services.view_itemversion"):
            raise NotPermitted("您没有查看清单版本的权限。如需查看，请联系系统管理员。")
        return item

    @FORM_CHECK
    @action(detail=True, methods=["post"], url_path="check-form")
    def check_form(self, request: Request, code: str) -> Response:
        """核对本事项的表单填写得对不对；什么也不保存。"""
        return checked(fields_of([self.get_object()]), form_data(request)["values"])


class BundleViewSet(CatalogueViewSet):
    """一次办事项，以及按情形组合出的事项、材料和减负单。"""

    queryset = ServiceBundle.objects.all()
    serializer_class = BundleListSerializer
    detail_serializer = BundleDetailSerializer
    lookup_field = "slug"
    filterset_class = BundleFilter
    ordering_fields = ["order", "name", "updated_at"]

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        if self.action == "list":
            return queryset.select_related("department", "theme")
        return queryset.for_composition()

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "answers",
                OpenApiTypes.STR,
                description="情形问题的标识作参数名、选项的标识作值，例如 staff=yes；可以有多个。",
            )
        ],
        responses=CompositionSerializer,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def composition(self, request: Request, slug: str) -> Response:
        """按回答组合：适用事项、一张表单、一套材料、办理顺序、减负单。没有回答的问题涉及的事项列在 undecided。"""
        bundle = self.get_object()
        answers = {key: request.query_params.get(key, "") for key in request.query_params}
        return Response(CompositionSerializer(compose(bundle, answers)).data)

    @FORM_CHECK
    @action(detail=True, methods=["post"], url_path="check-form")
    def check_form(self, request: Request, slug: str) -> Response:
        """核对一张表单填写得对不对；什么也不保存。"""
        bundle = self.get_object()
        data = form_data(request)
        return checked(compose(bundle, data["answers"]).form, data["values"])

    review = verb(
        actions.review,
        "record",
        summary="审核通过；要素不全即拒绝（409），并列出所缺",
        answer=BundleDetailSerializer,
    )
    send_back = verb(
        actions.send_back, "record", summary="退回修改（须写理由）", answer=BundleDetailSerializer
    )
    publish = verb(
        actions.publish,
        "record",
        summary="发布；要素不全即拒绝（409），并列出所缺",
        answer=BundleDetailSerializer,
    )
    take_back = verb(
        actions.take_back, "record", summary="撤回修改，期间不对外显示", answer=BundleDetailSerializer
    )
    retire = verb(
        actions.retire, "record", summary="停办（须写理由），不再对外显示", answer=BundleDetailSerializer
    )
    reopen = verb(actions.reopen, "record", summary="把已停办的一次办重新编制", answer=BundleDetailSerializer)


class MaterialViewSet(PortalViewSet):
    """材料目录：同一份材料在全部事项中只有一条。"""

    queryset = Material.objects.annotate(use_total=Count("uses")).order_by("name")
    serializer_class = MaterialSerializer
    filterset_class = MaterialFilter
    ordering_fields = ["name"]


class ThemeViewSet(PortalViewSet):
    """服务主题。"""

    queryset = ServiceTheme.objects.all()
    serializer_class = ThemeSerializer
    lookup_field = "slug"


class HallStatisticViewSet(PortalViewSet):
    """大厅统计：scope 为 county 的是本县数据，其余是背景数据。"""

    queryset = HallStatistic.objects.all()
    serializer_class = HallStatisticSerializer
    filterset_class = StatisticFilter


class HallMechanismViewSet(PortalViewSet):
    """大厅的服务机制。"""

    queryset = HallMechanism.objects.all()
    serializer_class = HallMechanismSerializer
    filterset_class = MechanismFilter
