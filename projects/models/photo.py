"""Photographs of the works: the original kept privately, copies without their place for pages."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.progress import ProgressReport
from projects.models.project import KeyProject
from projects.querysets_ledger import PhotoQuerySet
from tuoxian_portal.core.models import Sampled
from tuoxian_portal.core.uploads import RandomPath, private_storage


class ProgressPhoto(Sampled):
    """One photograph of a month's report.

    `picture` and `thumbnail` are WebP, upright and without EXIF (a phone writes the place into it);
    `original` is what was uploaded and never leaves the staff side. All three lie outside the web root:
    the copies are public only while the photograph and its project are published.
    """

    token = models.UUIDField(unique=True, default=uuid4, editable=False)
    project = models.ForeignKey(KeyProject, models.PROTECT, related_name="photos", verbose_name=_("项目"))
    report = models.ForeignKey(
        ProgressReport, models.PROTECT, related_name="photos", verbose_name=_("月度进展")
    )
    original = models.FileField(
        _("照片"),
        storage=private_storage,
        upload_to=RandomPath("projects/photos"),
        help_text=_("JPG 或 PNG，不超过 15 MB。公开的副本自动转正并去掉拍摄地点。"),
    )
    picture = models.FileField(storage=private_storage, upload_to="projects/photos/", editable=False)
    thumbnail = models.FileField(storage=private_storage, upload_to="projects/photos/", editable=False)
    width = models.PositiveSmallIntegerField(_("宽"), editable=False)
    height = models.PositiveSmallIntegerField(_("高"), editable=False)
    thumbnail_width = models.PositiveSmallIntegerField(editable=False)
    thumbnail_height = models.PositiveSmallIntegerField(editable=False)
    caption = models.CharField(_("图片说明"), max_length=100, help_text=_("照片里是什么，例如“主厂房封顶”。"))
    taken_on = models.DateField(_("拍摄日期"), null=True, blank=True)
    sha256 = models.CharField(_("校验值"), max_length=64, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("上传人"),
    )
    uploaded_at = models.DateTimeField(_("上传时间"), default=timezone.now, editable=False)
    is_published = models.BooleanField(_("对外公布"), default=False, editable=False)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("进展照片")
        ordering = ["-report__month", "pk"]
        default_permissions = ("add", "view")
        permissions = [("publish_progressphoto", "公布或撤下进展照片")]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "sha256"],
                name="photo_once_per_report",
                violation_error_message="这张照片已经上传过。",
            )
        ]

    def __str__(self) -> str:
        return self.caption

    def get_absolute_url(self) -> str:
        return reverse("projects:photo", args=[self.token, "large"])

    @property
    def original_name(self) -> str:
        """The name under which the original is handed out."""
        return f"{self.caption}.{str(self.original.name).rpartition('.')[2]}"

    @property
    def thumbnail_url(self) -> str:
        return reverse("projects:photo", args=[self.token, "small"])
