"""What belongs to one item: its materials, statutes, steps, questions, and its published versions."""

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from services.choices import MaterialForm, MaterialOrigin, Necessity
from services.models.catalogue import PUBLIC_FILE, Material, ServiceItem
from services.querysets import ItemVersionQuerySet
from tuoxian_portal.core.querysets import PortalQuerySet


class ItemMaterial(models.Model):
    """One material of one item: how many, in which form, from whom, and when it is needed.

    Counts are None when no source states them.
    """

    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="materials", verbose_name=_("事项"))
    material = models.ForeignKey(Material, models.PROTECT, related_name="uses", verbose_name=_("材料"))
    wording = models.CharField(
        _("本事项中的叫法"), max_length=160, blank=True, help_text=_("与材料目录名称不同时填写。")
    )
    necessity = models.CharField(
        _("必要性"), max_length=12, choices=Necessity.choices, default=Necessity.REQUIRED
    )
    condition = models.CharField(_("适用情形"), max_length=200, blank=True)
    originals = models.PositiveSmallIntegerField(_("原件份数"), null=True, blank=True)
    copies = models.PositiveSmallIntegerField(_("复印件份数"), null=True, blank=True)
    form = models.CharField(_("形式"), max_length=10, choices=MaterialForm.choices, blank=True)
    origin = models.CharField(_("来源渠道"), max_length=10, choices=MaterialOrigin.choices, blank=True)
    acceptance = models.CharField(_("受理标准"), max_length=300, blank=True)
    licence_accepted = models.BooleanField(
        _("电子证照可替代"),
        default=True,
        help_text=_("材料目录写明了可替代的电子证照时，默认免交；本事项必须交纸质材料的，取消勾选。"),
    )
    sample_file = models.FileField(_("样表（填写示例）"), upload_to=PUBLIC_FILE, max_length=200, blank=True)
    blank_form = models.FileField(_("空白表格"), upload_to=PUBLIC_FILE, max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("事项材料")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "material"], name="item_material_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What this item calls it."""
        return self.wording or self.material.name

    @property
    def electronic_licence(self) -> str:
        """The licence that is taken instead of this paper in this item; "" when the paper is needed."""
        return self.material.electronic_licence if self.licence_accepted else ""

    @property
    def sample_url(self) -> str:
        return self._file_url("sample") if self.sample_file else ""

    @property
    def blank_url(self) -> str:
        return self._file_url("blank") if self.blank_form else ""

    def _file_url(self, kind: str) -> str:
        return reverse("services:file", args=[self.item.code, kind, self.material_id])

    def snapshot(self) -> dict[str, Any]:
        """Plain JSON of this line, as a case keeps it."""
        return {
            "material_id": self.material_id,
            "name": self.name,
            "necessity": self.necessity,
            "condition": self.condition,
            "originals": self.originals,
            "copies": self.copies,
            "form": self.form,
            "origin": self.origin,
            "acceptance": self.acceptance,
            "electronic_licence": self.electronic_licence,
        }


class LegalBasis(models.Model):
    """One statute, with the article, that an item rests on."""

    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="bases", verbose_name=_("事项"))
    statute = models.CharField(_("法律法规名称"), max_length=160)
    article = models.CharField(_("条款"), max_length=120, blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    class Meta:
        verbose_name = verbose_name_plural = _("办理依据")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return f"《{self.statute}》{self.article}"


class ItemStep(models.Model):
    """One step of handling: who does what in how many days."""

    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="steps", verbose_name=_("事项"))
    name = models.CharField(_("环节"), max_length=40)
    who = models.CharField(_("办理人员"), max_length=60, blank=True)
    days = models.PositiveSmallIntegerField(_("工作日"), null=True, blank=True)
    text = models.CharField(_("说明"), max_length=300, blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    class Meta:
        verbose_name = verbose_name_plural = _("办理流程")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class ItemQuestion(models.Model):
    """A question that applicants ask, and the answer."""

    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="questions", verbose_name=_("事项"))
    question = models.CharField(_("问题"), max_length=200)
    answer = models.TextField(_("答复"))
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    class Meta:
        verbose_name = verbose_name_plural = _("常见问题")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.question


class ItemVersion(models.Model):
    """The content of an item as it was published; never changed afterwards."""

    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="versions", verbose_name=_("事项"))
    number = models.PositiveSmallIntegerField(_("清单版本"))
    content = models.JSONField(_("内容"))
    published_at = models.DateTimeField(_("发布时间"), default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("发布人"),
    )

    objects = ItemVersionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("清单版本")
        ordering = ["item", "-number"]
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="item_version_once")]

    def __str__(self) -> str:
        return f"{self.item} 第 {self.number} 版"
