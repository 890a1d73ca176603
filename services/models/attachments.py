"""Files attached to a case: scans, photographs, forms. Kept outside the web root."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from services.models.cases import Case, CaseMaterial
from services.models.catalogue import Material
from services.querysets_attachments import CaseAttachmentQuerySet
from tuoxian_portal.core.models import Sampled
from tuoxian_portal.core.uploads import KINDS, FileKind, RandomPath, private_storage


def _person(label: Any, **more: Any) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=label, **more
    )


class CaseAttachment(Sampled):
    """One file of a case. Only `services.actions.attachments` writes it.

    `submission` is the token of the counter's form and of the case that the form records, so that a
    file uploaded while the form is open belongs to the case afterwards. Nothing is deleted: a file taken
    away keeps who did it and why.
    """

    case = models.ForeignKey(
        Case, models.CASCADE, null=True, blank=True, related_name="attachments", verbose_name=_("办件")
    )
    submission = models.UUIDField(editable=False)
    # The line it belongs to; before the case is recorded only the material of the catalogue is known.
    line = models.ForeignKey(
        CaseMaterial,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="attachments",
        verbose_name=_("对应材料"),
    )
    material = models.ForeignKey(
        Material, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("材料目录")
    )
    file = models.FileField(_("文件"), storage=private_storage, upload_to=RandomPath("attachments"))
    name = models.CharField(_("文件名"), max_length=120)
    kind = models.CharField(_("类型"), max_length=8, choices=[(k.code, k.label) for k in KINDS.values()])
    size = models.PositiveIntegerField(_("字节数"))
    sha256 = models.CharField(_("校验值"), max_length=64)
    uploaded_by = _person(_("上传人"))
    uploaded_at = models.DateTimeField(_("上传时间"))
    removed_by = _person(_("撤下人"), null=True, blank=True)
    removed_at = models.DateTimeField(_("撤下时间"), null=True, blank=True)
    removed_reason = models.CharField(_("撤下理由"), max_length=200, blank=True)

    objects = CaseAttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("办件附件")
        ordering = ["uploaded_at", "pk"]
        default_permissions = ("add", "view")
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "sha256"],
                condition=models.Q(removed_at__isnull=True),
                name="case_attachment_once",
            ),
            models.CheckConstraint(
                condition=models.Q(removed_at__isnull=True) | models.Q(removed_by__isnull=False),
                name="case_attachment_removed_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["uploaded_at"],
                condition=models.Q(case__isnull=True),
                name="case_attachment_unrecorded",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def file_kind(self) -> FileKind:
        return KINDS[self.kind]

    @property
    def shows(self) -> str:
        """The name of the material that it shows; "" while it is 未归类."""
        return str(self.line.name if self.line else self.material.name if self.material else "")

    @property
    def size_text(self) -> str:
        """`830 KB` or `1.4 MB`."""
        kilobytes = self.size / 1024
        return f"{kilobytes / 1024:.1f} MB" if kilobytes >= 1000 else f"{max(1, round(kilobytes))} KB"
