"""`/api/v1/services/cases/{case_number}/attachments/`: the files of a case, for staff who see it."""

from typing import Any

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from services.actions import attachments as do
from services.models.attachments import CaseAttachment
from services.models.cases import Case, CaseMaterial
from tuoxian_portal.core.api.serializers import PortalModelSerializer
from tuoxian_portal.core.uploads import file_response


class CaseAttachmentSerializer(PortalModelSerializer):
    content_type = serializers.CharField(source="file_kind.content_type", read_only=True)
    material = serializers.CharField(source="line.name", default="", read_only=True)
    uploaded_by = serializers.CharField(read_only=True)

    class Meta:
        model = CaseAttachment
        fields = [
            "id",
            "name",
            "kind",
            "content_type",
            "size",
            "sha256",
            "material",
            "uploaded_by",
            "uploaded_at",
        ]
        read_only_fields = fields


class AttachSerializer(serializers.Serializer):
    file = serializers.FileField(help_text="PDF、JPG、PNG、OFD、DOCX 或 XLSX，不超过 20 MB")
    material = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="本件材料的 id，可不填"
    )


class FileUnderSerializer(serializers.Serializer):
    material = serializers.IntegerField(allow_null=True, help_text="本件材料的 id；null 为未归类")


class DetachSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="附件的 id")


def _line(case: Case | None, key: int | None) -> CaseMaterial | None:
    return None if key is None else get_object_or_404(CaseMaterial, pk=key, case=case)


class AttachmentRoutes:
    """Routes of a viewset of cases."""

    def _attachment(self, number: int) -> CaseAttachment:
        here: Any = self
        case: Case = here.get_object()
        rows = CaseAttachment.objects.present().filter(case=case).select_related("case", "line")
        return get_object_or_404(rows, pk=number)

    @extend_schema(
        summary="办件附件", responses=CaseAttachmentSerializer(many=True), tags=["services"], filters=False
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        parser_classes=[MultiPartParser],
    )
    def attachments(self, request: Request, case_number: str) -> Response:
        """附件清单，不含已撤下的。"""
        here: Any = self
        rows = CaseAttachment.objects.present().filter(case=here.get_object())
        return Response(CaseAttachmentSerializer(rows.select_related("line", "uploaded_by"), many=True).data)

    @extend_schema(
        summary="添加附件",
        request={"multipart/form-data": AttachSerializer},
        responses={201: CaseAttachmentSerializer, 200: CaseAttachmentSerializer},
        tags=["services"],
    )
    @attachments.mapping.post
    def attach(self, request: Request, case_number: str) -> Response:
        """添加一个附件。同一文件再次上传不重复保存，返回 200 和原有的附件。"""
        here: Any = self
        case: Case = here.get_object()
        data = AttachSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        line = _line(case, data.validated_data["material"])
        kept = do.attach(file=data.validated_data["file"], actor=request.user, case=case, line=line)
        answer = CaseAttachmentSerializer(kept.attachment).data
        return Response(answer, status=201 if kept.is_new else 200)

    @extend_schema(
        summary="下载附件",
        parameters=[ID],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        tags=["services"],
    )
    @action(detail=True, methods=["get"], url_path=r"attachments/(?P<id>\d{1,18})")
    def attachment(self, request: Request, case_number: str, id: str) -> FileResponse:
        """附件原文件。每次下载都有记录。"""
        attachment = self._attachment(int(id))
        file = do.hand_out(attachment=attachment, actor=request.user)
        return file_response(file, name=attachment.name, kind=attachment.file_kind)

    @extend_schema(
        summary="附件归类",
        parameters=[ID],
        request=FileUnderSerializer,
        responses=CaseAttachmentSerializer,
        tags=["services"],
    )
    @action(detail=True, methods=["post"], url_path=r"attachments/(?P<id>\d{1,18})/file-under")
    def file_under(self, request: Request, case_number: str, id: str) -> Response:
        """附件归入本件的一份材料，或改为未归类。"""
        attachment = self._attachment(int(id))
        data = FileUnderSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        line = _line(attachment.case, data.validated_data["material"])
        filed = do.file_under(attachment=attachment, actor=request.user, line=line)
        return Response(CaseAttachmentSerializer(filed).data)

    @extend_schema(
        summary="撤下附件",
        parameters=[ID],
        request=DetachSerializer,
        responses=CaseAttachmentSerializer,
        tags=["services"],
    )
    @action(detail=True, methods=["post"], url_path=r"attachments/(?P<id>\d{1,18})/remove")
    def detach(self, request: Request, case_number: str, id: str) -> Response:
        """撤下附件，记录仍保留。"""
        attachment = self._attachment(int(id))
        data = DetachSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        removed = do.remove(attachment=attachment, actor=request.user, **data.validated_data)
        return Response(CaseAttachmentSerializer(removed).data)
