"""The archive of periodic reports: frozen figures and the files made from them."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.querysets import PortalQuerySet
from tuoxian_portal.core.registries import report_kinds
from tuoxian_portal.core.uploads import private_storage
from tuoxian_portal.reports.periods import label_of
from tuoxian_portal.reports.querysets import ReportRunQuerySet


class ReportRun(models.Model):
    """One report of one period. Its figures never change; a re-run supersedes it and keeps it.

    There is one current run for each kind and period.
    """

    class State(BadgeChoices):
        CURRENT = "current", _("现行")
        SUPERSEDED = "superseded", _("已被替代")

        @classmethod
        def tones(cls) -> dict[str, str]:
            return {cls.CURRENT: "good", cls.SUPERSEDED: "muted"}

    kind = models.SlugField(_("报告"), max_length=40)
    period = models.CharField(_("期别"), max_length=7)
    revision = models.PositiveSmallIntegerField(_("版次"), default=1)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.CURRENT)
    figures = models.JSONField(_("冻结的数据"))
    has_samples = models.BooleanField(_("示例数据"), default=False)
    reason = models.CharField(_("重新生成的理由"), max_length=300, blank=True)
    supersedes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("替代的版次"),
    )
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("后台任务")
    )
    produced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("生成人"),
        help_text=_("空为系统按期生成。"),
    )
    produced_at = models.DateTimeField(_("生成时间"), auto_now_add=True)

    objects = ReportRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("报告")
        ordering = ["-period", "kind", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "period"], condition=Q(state="current"), name="report_one_current"
            ),
            models.UniqueConstraint(fields=["kind", "period", "revision"], name="report_revision_once"),
        ]
        permissions = [("produce_reportrun", "生成报告"), ("rerun_reportrun", "重新生成报告")]

    def __str__(self) -> str:
        return f"{self.title}（{self.period_label}）"

    def get_absolute_url(self) -> str:
        return reverse("reports:detail", args=[self.period])

    @property
    def title(self) -> str:
        return report_kinds[self.kind].title if self.kind in report_kinds else self.kind

    @property
    def period_label(self) -> str:
        return label_of(self.period)


def upload_to(file: "ReportFile", filename: str) -> str:
    """A folder of its own for each attempt, so that two workers never write into one file."""
    return f"reports/{file.run.kind}/{file.run.period}/{uuid.uuid4().hex}/report.{file.format}"


class ReportFile(models.Model):
    """A rendered file, in private storage, with what proves that it is the one that was made."""

    class Format(models.TextChoices):
        DOCX = "docx", _("DOCX 文档")
        XLSX = "xlsx", _("XLSX 表格")
        PDF = "pdf", _("PDF")

    CONTENT_TYPES = {
        Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Format.PDF: "application/pdf",
    }

    run = models.ForeignKey(ReportRun, models.CASCADE, related_name="files", verbose_name=_("报告"))
    format = models.CharField(_("格式"), max_length=4, choices=Format.choices)
    file = models.FileField(_("文件"), storage=private_storage, upload_to=upload_to)
    sha256 = models.CharField(_("校验值"), max_length=64)
    size = models.PositiveIntegerField(_("字节数"))

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("报告文件")
        ordering = ["run", "format"]
        constraints = [models.UniqueConstraint(fields=["run", "format"], name="report_file_once")]

    def __str__(self) -> str:
        return self.filename

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise TypeError("a report file is never rewritten")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        run = self.run
        return reverse("reports:file", args=[run.period, run.kind, run.revision, self.format])

    @property
    def filename(self) -> str:
        """The name a person gets: 托克托县重点项目月报（2026年10月）.docx."""
        run = self.run
        version = f"，第{run.revision}版" if run.revision > 1 else ""
        sample = "示例-" if run.has_samples else ""
        return f"{sample}{run.title}（{run.period_label}{version}）.{self.format}"

    @property
    def content_type(self) -> str:
        return self.CONTENT_TYPES[self.Format(self.format)]
