"""Adding photographs to a month's report, and publishing them."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction

from projects.actions.permission import require
from projects.choices import ReportState
from projects.models import ProgressPhoto, ProgressReport
from projects.photos import Developed, develop
from projects.workflow import PHOTO_EVENTS
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import locked
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import WorkflowError

MAX_PHOTOS = 12


def add_photo(
    *, report: ProgressReport, file: File | Developed, caption: str, actor: Any, taken_on: date | None = None
) -> ProgressPhoto:
    """Keeps `file` (developed already or not) and its public copies with `report`; the same picture
    twice is kept once.

    Raises `NotPermitted`, `WorkflowError` once the report is frozen or full, `ValidationError` for a
    file that is refused, no caption, or a day in the future.
    """
    require(actor, "projects.add_progressphoto", "上传进展照片")
    try:
        made = file if isinstance(file, Developed) else develop(file)
    except ValidationError as error:
        raise ValidationError({"original": error.messages}) from None
    if taken_on and taken_on > today():
        raise ValidationError({"taken_on": "拍摄日期不能晚于今天。"})
    if not caption.strip():
        raise ValidationError({"caption": "请写明照片里是什么，例如“主厂房封顶”。"})
    kept: list[Any] = []
    try:
        with transaction.atomic():
            fresh = locked(report)
            if fresh.state == ReportState.FROZEN:
                raise WorkflowError("这个月已冻结，不能再添加照片。请加到当月的进展里。")
            if same := fresh.photos.filter(sha256=made.upload.sha256).first():
                return same
            if fresh.photos.count() >= MAX_PHOTOS:
                raise WorkflowError(f"一个月最多 {MAX_PHOTOS} 张照片，请挑最能说明进度的。")
            photo = ProgressPhoto(
                report=fresh,
                project_id=fresh.project_id,
                caption=caption.strip()[:100],
                taken_on=taken_on,
                sha256=made.upload.sha256,
                width=made.large.width,
                height=made.large.height,
                thumbnail_width=made.small.width,
                thumbnail_height=made.small.height,
                uploaded_by=actor,
                is_sample=fresh.is_sample,
            )
            name = f"{photo.token.hex[:2]}/{photo.token.hex}"
            for field, content, path in (
                (photo.original, made.upload.file, made.upload.name),
                (photo.picture, made.large.content, f"{name}-large.webp"),
                (photo.thumbnail, made.small.content, f"{name}-small.webp"),
            ):
                field.save(path, content, save=False)
                kept.append(field)
            photo.save()
            log(actor=actor, action="add_photo", target=fresh, reason=photo.caption)
            return photo
    except BaseException:
        for field in kept:  # no file without its row
            field.storage.delete(field.name)
        raise


@transaction.atomic
def publish_photo(*, photo: ProgressPhoto, actor: Any) -> ProgressPhoto:
    """Shows the copies of `photo` on the project's public page.

    Raises `NotPermitted`, or `WorkflowError` while the month's report has not been accepted or when the
    photograph is published already.
    """
    return _show(photo, "publish", actor, is_published=True)


@transaction.atomic
def withdraw_photo(*, photo: ProgressPhoto, actor: Any) -> ProgressPhoto:
    """Takes the copies of `photo` away from the public page; the original stays. Raises as above."""
    return _show(photo, "withdraw", actor, is_published=False)


def _show(photo: ProgressPhoto, verb: str, actor: Any, *, is_published: bool) -> ProgressPhoto:
    fresh: Any = locked(photo)
    PHOTO_EVENTS.check(fresh, verb, actor)
    fresh.is_published = is_published
    fresh.save(update_fields=["is_published"])
    log(actor=actor, action=f"{verb}_photo", target=fresh.report, reason=fresh.caption)
    return fresh
