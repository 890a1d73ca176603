"""The copies of a photograph: for everybody while published, before that for staff who see the project."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from projects.models import ProgressPhoto

SIZES = {"large": "picture", "small": "thumbnail"}


@require_safe
def photo(request: HttpRequest, token: Any, size: str) -> FileResponse:
    """One query for a published photograph. Its address never changes its content."""
    found = ProgressPhoto.objects.published().filter(token=token).first()
    public = found is not None
    if found is None:
        found = ProgressPhoto.objects.visible_to(request.user).filter(token=token).first()
    if found is None:
        raise Http404("没有这张照片，或者它还没有公布。")
    file = getattr(found, SIZES[size])
    try:
        response = FileResponse(file.open(), content_type="image/webp")
    except FileNotFoundError:
        raise Http404("照片文件不在了，请联系系统管理员从备份恢复。") from None
    # A photograph that is taken away is gone from caches within the hour.
    response.headers["Cache-Control"] = "public, max-age=3600" if public else "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
