"""Workbooks of the catalogue that were handed in, and what came of them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from services.choices import ImportState
from services.querysets import CatalogueImportQuerySet
from tuoxian_portal.core.models import Job, Timestamped, Versioned
from tuoxian_portal.core.uploads import RandomPath, private_storage


class CatalogueImport(Versioned, Timestamped):
    """One workbook (实施清单), its dry run and, once confirmed, its import.

    `report` is what the dry run found (`services.actions.catalogue_import.report_of`); `plan_digest`
    the plan that was shown: what is carried out is that plan or nothing.
    """

    file = models.FileField(
        _("工作簿"), storage=private_storage, upload_to=RandomPath("catalogue-imports"), max_length=200
    )
    name = models.CharField(_("文件名"), max_length=140, editable=False)
    size = models.PositiveIntegerField(_("字节数"), editable=False)
    sha256 = models.CharField(_("校验值"), max_length=64, editable=False)
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=ImportState.choices,
        default=ImportState.CHECKING,
        db_index=True,
        editable=False,
    )
    report = models.JSONField(_("核对结果"), default=dict, blank=True, editable=False)
    plan_digest = models.CharField(_("方案校验值"), max_length=64, blank=True, editable=False)
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, editable=False, verbose_name=_("后台任务")
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        editable=False,
        related_name="+",
        verbose_name=_("上传人"),
    )
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("确认人"),
    )
    applied_at = models.DateTimeField(_("导入时间"), null=True, blank=True, editable=False)

    objects = CatalogueImportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("清单导入")
        ordering = ["-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:services_catalogueimport_change", args=[self.pk])

    @property
    def counts(self) -> dict[str, Any]:
        return self.report.get("counts", {})
