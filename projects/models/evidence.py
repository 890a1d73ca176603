"""A file that proves something: checked by its content, kept privately, never replaced."""

from django.core.files.base import File
from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.uploads import KINDS, FileKind, RandomPath, check_upload, private_storage


class Evidenced(models.Model):
    """A record with one file of evidence, or none. `keep` is the one way in."""

    evidence_file = models.FileField(
        _("凭证文件"),
        storage=private_storage,
        upload_to=RandomPath("projects/evidence"),
        blank=True,
        help_text=_("PDF、JPG、PNG、OFD、DOCX 或 XLSX，只有工作人员能打开。"),
    )
    evidence_name = models.CharField(_("凭证文件名"), max_length=120, blank=True, editable=False)
    evidence_kind = models.CharField(_("凭证类型"), max_length=8, blank=True, editable=False)
    evidence_sha256 = models.CharField(_("凭证校验值"), max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def file_kind(self) -> FileKind | None:
        return KINDS.get(self.evidence_kind)

    def keep(self, file: File | None) -> None:
        """Takes `file` as the evidence, to be saved with the record; None leaves it without.

        Raises `ValidationError` as `check_upload` does.
        """
        if not file:
            return
        checked = check_upload(file)
        self.evidence_file = checked.file
        self.evidence_name, self.evidence_kind = checked.name, checked.kind.code
        self.evidence_sha256 = checked.sha256
