"""What power, steam, water and the like cost, as dated facts."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from policies.choices import Factor, PriceKind, Tax
from policies.querysets import ComparisonPriceQuerySet, FactorPriceQuerySet
from tuoxian_portal.core.models import Sampled, Sourced, Timestamped, Versioned
from tuoxian_portal.core.money import NBSP


def months_between(earlier: date, later: date) -> int:
    """Whole months from `earlier` to `later`; negative when it is later."""
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months - (later.day < earlier.day)


def label_of(value: Decimal, unit: str) -> str:
    """`0.42 元/度`, all decimals that were entered, never parted at a line's end."""
    text = f"{Decimal(value):,f}".replace("-", "−")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}{NBSP}{unit}"


def age_warning(as_of: date | None, day: date) -> str:
    """Why a figure of `as_of` may no longer hold on `day` (`PRICE_MAX_AGE_MONTHS`); "" when it is recent."""
    if as_of is None:
        return "日期不详"
    months = months_between(as_of, day)
    if months <= settings.PRICE_MAX_AGE_MONTHS:
        return ""
    years, rest = divmod(months, 12)
    age = f"{years} 年" if not rest else f"{years} 年 {rest} 个月" if years else f"{rest} 个月"
    return f"距今 {age}"


class FactorPrice(Sourced, Sampled, Timestamped, Versioned):
    """One figure about one factor on one date: a price, a threshold, a subsidy…

    Figures of different `kind`, `item` or `unit` are different things and never make one series.
    `value` is in `unit` (for example 元/度); a condition that is not a number has `value_text`.
    """

    code = models.SlugField(_("编号"), max_length=40, unique=True, editable=False)
    factor = models.CharField(_("要素"), max_length=10, choices=Factor.choices)
    item = models.CharField(_("项目"), max_length=80, help_text=_("例如 工业用电电价"))
    kind = models.CharField(_("数值类别"), max_length=10, choices=PriceKind.choices)
    value = models.DecimalField(_("数值"), max_digits=16, decimal_places=4, null=True, blank=True)
    value_text = models.CharField(_("文字说明"), max_length=200, blank=True)
    unit = models.CharField(_("单位"), max_length=20, blank=True, help_text=_("例如 元/度"))
    tax = models.CharField(
        _("含税口径"), max_length=8, choices=Tax.choices, blank=True, help_text=_("来源没有写明的留空。")
    )
    as_of_date = models.DateField(
        _("价格日期"), null=True, blank=True, help_text=_("只知道月份的，填当月 1 日。")
    )
    as_of_text = models.CharField(_("时间说明"), max_length=80, blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    is_public = models.BooleanField(_("对外公布"), default=True)

    objects = FactorPriceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("要素价格")
        ordering = ["factor", "kind", "item", models.F("as_of_date").desc(nulls_last=True), "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(value__isnull=False) | ~models.Q(value_text=""),
                name="factor_price_says_something",
                violation_error_message=_("请填写数值，或填写文字说明。"),
            ),
            models.UniqueConstraint(
                fields=["factor", "kind", "item", "unit", "as_of_date"],
                name="factor_price_once_a_date",
                violation_error_message=_("同一项目在这一日期已有同类数值。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.value_label}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.value is not None and not self.unit:
            errors["unit"] = "数值须写明单位。"
        if self.value is not None and self.value < 0 and self.kind != PriceKind.CHANGE:
            errors["value"] = "只有“预期变化”可以为负。"
        if errors:
            raise ValidationError(errors)

    def get_absolute_url(self) -> str:
        return f"{reverse('policies:costs')}#{self.code}"

    @property
    def value_label(self) -> str:
        """Value and unit that never part at a line's end; all decimals that were entered."""
        return self.value_text if self.value is None else label_of(self.value, self.unit)

    @property
    def as_of_label(self) -> str:
        return self.as_of_text or (self.as_of_date.isoformat() if self.as_of_date else "")

    @property
    def is_usable(self) -> bool:
        """Whether a calculation may use it: really paid, dated, real."""
        return (
            self.kind == PriceKind.ACTUAL
            and self.value is not None
            and self.as_of_date is not None
            and not self.is_sample
        )

    def age_warning(self, day: date) -> str:
        """Why the figure may no longer hold on `day`; "" when it is recent. No query."""
        return age_warning(self.as_of_date, day)


class ComparisonPrice(Sourced, Sampled, Timestamped, Versioned):
    """What a factor really costs in another place, on a date, by a named source: to compare with.

    Only prices really paid, in the unit of the county's own price; nothing is converted.
    """

    place = models.CharField(_("地方"), max_length=40, help_text=_("例如 呼和浩特市"))
    factor = models.CharField(_("要素"), max_length=10, choices=Factor.choices)
    item = models.CharField(_("项目"), max_length=80, help_text=_("按来源写，例如 大工业平均电价"))
    value = models.DecimalField(_("价格"), max_digits=16, decimal_places=4, validators=[MinValueValidator(0)])
    unit = models.CharField(_("单位"), max_length=20, help_text=_("与本县价格相同的单位才会比较，例如 元/度"))
    tax = models.CharField(
        _("含税口径"), max_length=8, choices=Tax.choices, blank=True, help_text=_("来源没有写明的留空。")
    )
    as_of_date = models.DateField(_("价格日期"), help_text=_("只知道月份的，填当月 1 日。"))
    note = models.CharField(_("说明"), max_length=300, blank=True)
    is_public = models.BooleanField(_("对外公布"), default=True)

    objects = ComparisonPriceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("外地要素价格")
        ordering = ["place", "factor", "-as_of_date", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["place", "factor", "item", "unit", "as_of_date"],
                name="comparison_price_once_a_date",
                violation_error_message=_("这个地方的同一项目在这一日期已有价格。"),
            ),
            models.CheckConstraint(
                condition=~models.Q(source_title=""),
                name="comparison_price_has_a_source",
                violation_error_message=_("外地价格须写明来源标题。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.item} {self.value_label}"

    def age_warning(self, day: date) -> str:
        """As of a price of the county's own."""
        return age_warning(self.as_of_date, day)

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if not self.source_title:
            errors["source_title"] = "请写明来源标题，没有来源的价格不能公布。"
        if self.unit and not self.unit.startswith("元/"):
            errors["unit"] = "请写成“元/…”，例如 元/度、元/吨，与本县价格的单位一致。"
        if errors:
            raise ValidationError(errors)

    @property
    def value_label(self) -> str:
        return label_of(self.value, self.unit)
