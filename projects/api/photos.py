"""Photographs of the works over the API: list, detail, upload, publish, withdraw. Staff only."""

from typing import Any

import django_filters as filters
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from projects import actions
from projects.models import ProgressPhoto, ProgressReport
from projects.workflow import PHOTO_EVENTS
from tuoxian_portal.core.api.parsers import PortalJSONParser
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.api.verbs import verb
from tuoxian_portal.core.api.viewsets import PortalViewSet
from tuoxian_portal.core.months import month_of


class PhotoFilter(filters.FilterSet):
    project = filters.CharFilter("project__number", label="项目编号")
    month = filters.DateFilter("report__month", label="月份（当月 1 日）")

    class Meta:
        model = ProgressPhoto
        fields = ["is_published", "is_sample"]


class PhotoSerializer(PortalModelSerializer):
    """`url` and `thumbnail_url` lead to the public copies, which open to everybody once published."""

    project = serializers.SlugRelatedField("number", read_only=True)
    month = serializers.DateField(source="report.month", read_only=True)
    report = serializers.PrimaryKeyRelatedField(read_only=True)
    url = serializers.CharField(source="get_absolute_url", read_only=True)
    thumbnail_url = serializers.CharField(read_only=True)
    uploaded_by = serializers.StringRelatedField()
    available_actions = serializers.SerializerMethodField()

    class Meta:
        model = ProgressPhoto
        fields = [
            "token",
            "project",
            "month",
            "report",
            "caption",
            "taken_on",
            "url",
            "thumbnail_url",
            "width",
            "height",
            "sha256",
            "uploaded_by",
            "uploaded_at",
            "is_published",
            "is_sample",
            "available_actions",
        ]

    def get_available_actions(self, photo: ProgressPhoto) -> list[str]:
        return [t.name for t in PHOTO_EVENTS.available(photo, self.context["request"].user)]


class PhotoInputSerializer(serializers.Serializer):
    project = serializers.CharField(max_length=20, help_text="项目编号")
    month = serializers.DateField(help_text="月份，写该月任意一天")
    original = serializers.FileField(help_text="JPG 或 PNG，不超过 15 MB，按内容检查")
    caption = serializers.CharField(max_length=100, help_text="照片里是什么，例如“主厂房封顶”")
    taken_on = serializers.DateField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        rows = ProgressReport.objects.visible_to(self.context["request"].user)
        report = rows.filter(project__number=attrs.pop("project"), month=month_of(attrs.pop("month"))).first()
        if report is None:
            raise serializers.ValidationError(
                {"month": ["该项目这个月还没有填报进展，请先填报，再添加照片。"]}
            )
        return {**attrs, "report": report}


@extend_schema_view(list=extend_schema(summary="进展照片"), retrieve=extend_schema(summary="进展照片详情"))
class PhotoViewSet(PortalViewSet):
    staff_only = True
    queryset = ProgressPhoto.objects.select_related("project", "report", "uploaded_by")
    serializer_class = PhotoSerializer
    filterset_class = PhotoFilter
    parser_classes = [PortalJSONParser, MultiPartParser]
    lookup_field = "token"
    lookup_value_regex = "[0-9a-f-]{36}"
    ordering_fields = ["uploaded_at", "report__month"]
    ordering = ["-report__month", "pk"]

    @extend_schema(
        request={"multipart/form-data": PhotoInputSerializer},
        responses={201: PhotoSerializer},
        summary="添加照片",
    )
    def create(self, request: Request) -> Response:
        """添加一张照片。同一张照片再次上传不重复保存。"""
        data = PhotoInputSerializer(data=request.data, context=self.get_serializer_context())
        data.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(data.validated_data)
        photo = actions.add_photo(file=values.pop("original"), actor=request.user, **values)
        return Response(self.get_serializer(photo).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="下载照片原件", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def original(self, request: Request, token: str) -> FileResponse:
        """上传时的原件，可能带有拍摄地点，只供工作人员使用。"""
        photo = self.get_object()
        return FileResponse(photo.original.open(), as_attachment=True, filename=photo.original_name)

    publish_photo = verb(actions.publish_photo, "photo", path="publish")
    withdraw_photo = verb(actions.withdraw_photo, "photo", path="withdraw")
