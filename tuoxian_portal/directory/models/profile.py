"""What policies ask about an enterprise: an empty field is a fact that nobody has found out yet."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.models import Sampled, Sourced, Timestamped
from tuoxian_portal.core.querysets import PortalQuerySet

from .master import Enterprise, IndustryChain, Town


class Size(models.TextChoices):
    """统计上大中小微型企业划分办法（国家统计局，2017）."""

    LARGE = "large", _("大型")
    MEDIUM = "medium", _("中型")
    SMALL = "small", _("小型")
    MICRO = "micro", _("微型")


class ProjectKind(models.TextChoices):
    NEW = "new", _("新建")
    EXPANSION = "expansion", _("扩建")
    UPGRADE = "upgrade", _("技术改造")


class Qualification(models.TextChoices):
    """What enterprises are certified or listed as."""

    HIGH_TECH = "high_tech", _("高新技术企业")
    TECH_SME = "tech_sme", _("科技型中小企业")
    SPECIALISED = "specialised", _("专精特新中小企业")
    LITTLE_GIANT = "little_giant", _("专精特新“小巨人”企业")
    ABOVE_SCALE = "above_scale", _("规模以上工业企业")
    LEADING_FARM = "leading_farm", _("农牧业产业化龙头企业")
    GREEN_FACTORY = "green_factory", _("绿色工厂")
    HEADQUARTERS = "headquarters", _("总部企业")
    ONLINE_FREIGHT = "online_freight", _("网络货运企业")


def _wan(label: Any, **options: Any) -> models.DecimalField:
    return models.DecimalField(
        label,
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        **options,
    )


class EnterpriseProfile(Sourced, Sampled, Timestamped):
    """The facts of one enterprise that conditions and formulas of policies ask for.

    Kept apart from `Enterprise`, because they have their own source and date and change yearly.
    Amounts are 万元 unless the label says otherwise. `qualifications_complete` says that what is not
    listed among the qualifications is not held; without it, it is unknown.
    """

    enterprise = models.OneToOneField(
        Enterprise, models.CASCADE, related_name="profile", verbose_name=_("企业")
    )
    industry_code = models.CharField(
        _("行业代码（GB/T 4754）"),
        max_length=5,
        blank=True,
        validators=[RegexValidator(r"^[A-T](\d{2,4})?$", _("请填写门类字母加 2 至 4 位数字，例如 C2710。"))],
        help_text=_("知道到哪一级写到哪一级，例如 C27。"),
    )
    chain = models.ForeignKey(IndustryChain, models.PROTECT, null=True, blank=True, verbose_name=_("产业链"))
    town = models.ForeignKey(Town, models.PROTECT, null=True, blank=True, verbose_name=_("乡镇"))
    registered_on = models.DateField(_("注册日期"), null=True, blank=True)
    size = models.CharField(_("企业规模"), max_length=8, choices=Size.choices, blank=True)
    headcount = models.PositiveIntegerField(_("从业人数"), null=True, blank=True)
    talent = models.PositiveIntegerField(_("引进人才人数"), null=True, blank=True)
    revenue_wan = _wan(_("年营业收入（万元）"))
    rd_spending_wan = _wan(_("研发费用（万元）"))
    project_kind = models.CharField(_("项目性质"), max_length=12, choices=ProjectKind.choices, blank=True)
    investment_wan = _wan(_("固定资产投资额（万元）"))
    equipment_wan = _wan(_("设备投入（万元）"))
    loan_wan = _wan(_("项目贷款额（万元）"))
    power_use = models.DecimalField(
        _("年用电量（度）"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    power_price = models.DecimalField(
        _("实际电价（元/度）"),
        max_digits=8,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    steam_use = _wan(_("年用汽量（吨）"))
    sewage = _wan(_("年污水处理量（吨）"))
    qualifications_complete = models.BooleanField(
        _("资质已核全"), default=False, help_text=_("勾选后，没有列出的资质即视为没有；不勾选则视为不清楚。")
    )
    as_of = models.DateField(_("数据截至"), null=True, blank=True)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("企业画像")
        ordering = ["enterprise_id"]

    def __str__(self) -> str:
        return str(self.enterprise)


class EnterpriseQualification(models.Model):
    """A qualification that an enterprise holds, until a day if that is known."""

    enterprise = models.ForeignKey(
        Enterprise, models.CASCADE, related_name="qualifications", verbose_name=_("企业")
    )
    kind = models.CharField(_("资质"), max_length=16, choices=Qualification.choices)
    number = models.CharField(_("证书或名单编号"), max_length=80, blank=True)
    valid_from = models.DateField(_("认定日期"), null=True, blank=True)
    valid_until = models.DateField(_("有效期至"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("企业资质")
        ordering = ["enterprise_id", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "kind"],
                name="enterprise_qualification_once",
                violation_error_message=_("这项资质已经列出。"),
            )
        ]
        indexes = [models.Index(fields=["kind", "enterprise"])]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def clean(self) -> None:
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValidationError({"valid_until": "有效期至不能早于认定日期。"})

    def is_valid_on(self, day: date) -> bool:
        return self.valid_until is None or self.valid_until >= day
