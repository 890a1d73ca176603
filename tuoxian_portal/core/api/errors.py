"""One shape for every error of the API: `{"code", "detail", "fields"}`."""

import logging
import math
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from tuoxian_portal.core.crypto import Unreadable
from tuoxian_portal.core.errors import PortalError

logger = logging.getLogger(__name__)

DETAILS = {
    status.HTTP_401_UNAUTHORIZED: "请先登录。",
    status.HTTP_403_FORBIDDEN: "您没有进行此操作的权限。",
    status.HTTP_404_NOT_FOUND: "没有找到该记录。",
    status.HTTP_405_METHOD_NOT_ALLOWED: "该地址不支持这种请求方法。",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "请求正文须为 JSON（Content-Type: application/json）；上传文件须为 multipart/form-data。",
    status.HTTP_429_TOO_MANY_REQUESTS: "请求过于频繁，请稍后再试。",
}


def body(code: str, detail: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"code": code, "detail": detail, "fields": fields or {}}


def in_words(seconds: float) -> str:
    """`45 秒`, `12 分钟`: rounded up."""
    return f"{math.ceil(seconds)} 秒" if seconds <= 90 else f"{math.ceil(seconds / 60)} 分钟"


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Maps what actions and DRF raise; anything else stays a 500."""
    if isinstance(exc, PortalError):
        return Response(body(exc.code, exc.message, exc.fields), status=exc.status)
    if isinstance(exc, Unreadable):
        logger.error("%s", exc)
        return Response(
            body("unreadable", "个人信息暂时无法读取，请联系系统管理员核对加密密钥。"), status=503
        )
    if isinstance(exc, DjangoValidationError):
        fields: Any = exc.message_dict if hasattr(exc, "error_dict") else {}
        return Response(body("invalid", "；".join(exc.messages), fields), status=status.HTTP_400_BAD_REQUEST)
    if isinstance(exc, exceptions.ValidationError):
        fields = exc.detail if isinstance(exc.detail, dict) else {"non_field_errors": exc.detail}
        return Response(body("invalid", "提交的内容有误，请按各字段的提示修改。", fields), status=400)
    if isinstance(exc, exceptions.ParseError):
        return Response(body("parse_error", '请求正文须为 JSON 对象，例如 {"reason": "…"}。'), status=400)
    response = default_handler(exc, context)
    if response is None:
        return None
    code = getattr(exc, "default_code", "error")
    if isinstance(exc, Http404):
        code = "not_found"
    elif isinstance(exc, PermissionDenied):
        code = "permission_denied"
    own = str(getattr(exc, "detail", exc))
    said_by_us = isinstance(exc, exceptions.NotFound) and own != str(exceptions.NotFound.default_detail)
    # Signing in with a session knows no challenge, so DRF answers 403 to who has not signed in, too.
    anonymous = isinstance(exc, exceptions.NotAuthenticated)
    told = status.HTTP_401_UNAUTHORIZED if anonymous else response.status_code
    detail = own if said_by_us else DETAILS.get(told, own)
    if wait := getattr(exc, "wait", None):
        detail = f"请求过于频繁，请 {in_words(wait)}后再试。"
    response.data = body(str(code), detail)
    return response
