"""The county's master data: places, departments, enterprises, banks, parks, industries, facts.

Where several sources speak about one record, `facts` keeps each sentence with its own source:
`[{"text": …, "source": …, "date": …}, …]`.
"""

from typing import Any

import jsonschema
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.fields import CreditCodeField, EncryptedTextField
from tuoxian_portal.core.models import Sampled, Sourced, Timestamped
from tuoxian_portal.core.querysets import PortalQuerySet

_TEXT = {"type": "string", "minLength": 1}
FACTS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["text", "source"],
        "properties": {"text": _TEXT, "source": _TEXT, "publisher": _TEXT, "date": _TEXT},
    },
}


class NamedRecord(Sourced):
    """Master data with a name; its source is shown where the public sees it."""

    name = models.CharField(_("名称"), max_length=120, unique=True)
    note = models.TextField(_("说明"), blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)
    is_active = models.BooleanField(_("启用"), default=True)

    objects = PortalQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class Stated(models.Model):
    """Mixin of what several sources speak about."""

    facts = models.JSONField(_("公开事实"), default=list, blank=True)

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if not jsonschema.Draft202012Validator(FACTS_SCHEMA).is_valid(self.facts):
            example = (
                '[{"text": "年产 50 万吨", "source": "报道标题", "publisher": "发布者", "date": "2023"}]'
            )
            raise ValidationError(
                {"facts": f"每条事实须写明内容和来源（发布者和日期可以不写），例如：{example}；没有时填 []。"}
            )


class Town(NamedRecord):
    """A town, or a statistical unit of the same rank (国家统计局 区划代码)."""

    code = models.CharField(_("区划代码"), max_length=9, unique=True)
    kind = models.CharField(_("类别"), max_length=40, blank=True)

    class Meta(NamedRecord.Meta):
        verbose_name = verbose_name_plural = _("乡镇")


class Department(NamedRecord):
    """A county department or a vertical agency that decides cases."""

    short_name = models.CharField(_("简称"), max_length=40, blank=True)
    phone = models.CharField(_("电话"), max_length=20, blank=True)
    duties = models.JSONField(_("典型事项"), default=list, blank=True)

    class Meta(NamedRecord.Meta):
        verbose_name = verbose_name_plural = _("部门")


class Outlet(NamedRecord):
    """A place where the public is served: county hall, town or village station."""

    class Level(models.TextChoices):
        COUNTY = "county", _("县级")
        TOWN = "town", _("镇级")
        VILLAGE = "village", _("村级")

    level = models.CharField(_("层级"), max_length=8, choices=Level.choices)
    town = models.ForeignKey(Town, models.PROTECT, null=True, blank=True, verbose_name=_("乡镇"))
    address = models.CharField(_("地址"), max_length=200, blank=True)
    phone = models.CharField(_("电话"), max_length=20, blank=True)
    opening_hours = models.CharField(_("办公时间"), max_length=200, blank=True)

    class Meta(NamedRecord.Meta):
        verbose_name = verbose_name_plural = _("服务网点")


class Park(Stated, NamedRecord):
    """An industrial park; sources use several names for the same one, kept as aliases."""

    aliases = models.JSONField(_("别名"), default=list, blank=True)

    class Meta(NamedRecord.Meta):
        verbose_name = verbose_name_plural = _("园区")


class Industry(NamedRecord):
    """One of the county's leading industries."""

    slug = models.SlugField(_("标识"), max_length=40, unique=True)

    class Meta(NamedRecord.Meta):
        verbose_name = verbose_name_plural = _("产业")


class IndustryChain(NamedRecord):
    """A chain from raw material to product, as a source describes it."""

    industry = models.ForeignKey(
        Industry, models.PROTECT, null=True, blank=True, related_name="chains", verbose_name=_("产业")
    )
    links = models.JSONField(_("环节"), default=list, blank=True, help_text=_("从上游到下游。"))
    leader = models.ForeignKey(
        "Enterprise",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="led_chains",
        verbose_name=_("链主企业"),
    )
    chief = models.CharField(_("链长"), max_length=60, blank=True, help_text=_("姓名和职务，不对外。"))

    class Meta(NamedRecord.Meta):
        verbose_name = verbose_name_plural = _("产业链")


class Enterprise(Stated, NamedRecord, Timestamped, Sampled):
    """A company, known from public sources or entered by staff."""

    short_name = models.CharField(_("简称"), max_length=60, blank=True)
    credit_code = CreditCodeField(_("统一社会信用代码"), blank=True)
    industry = models.ForeignKey(Industry, models.PROTECT, null=True, blank=True, verbose_name=_("产业"))
    park = models.ForeignKey(Park, models.PROTECT, null=True, blank=True, verbose_name=_("园区"))
    # Somebody's address: sealed at rest, shown masked.
    contact_email = EncryptedTextField(_("联系邮箱"), blank=True)

    class Meta(NamedRecord.Meta):
        verbose_name = verbose_name_plural = _("企业")
        ordering = ["order", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=~models.Q(credit_code=""),
                name="enterprise_credit_code_unique",
                violation_error_message=_("已有企业登记了这个统一社会信用代码，请先查找该企业。"),
            )
        ]


class Bank(NamedRecord, Sampled):
    """A bank or guarantee company that serves the county's enterprises."""

    class Meta(NamedRecord.Meta):
        verbose_name = verbose_name_plural = _("金融机构")


class CountyFact(Sourced):
    """A fact about the county itself: its size, its place, its people. Two sources that differ are
    two facts with the same label."""

    class Topic(models.TextChoices):
        PLACE = "place", _("区位")
        LAND = "land", _("自然")
        PEOPLE = "people", _("人口与区划")
        TRANSPORT = "transport", _("交通")
        INDUSTRY = "industry", _("产业")

    key = models.SlugField(_("标识"), max_length=60, unique=True)
    topic = models.CharField(_("主题"), max_length=12, choices=Topic.choices)
    label = models.CharField(_("名称"), max_length=60)
    value = models.CharField(_("数值"), max_length=120)
    unit = models.CharField(_("单位"), max_length=20, blank=True)
    year = models.CharField(_("年份"), max_length=40, blank=True, help_text=_("来源没有写明时留空。"))
    text = models.TextField(_("说明"), blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("县情")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return f"{self.label} {self.value}{self.unit}"
