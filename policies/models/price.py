"""What power, steam, water and the like cost, as dated facts."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from policies.choices import Factor, PriceKind
from policies.querysets import FactorPriceQuerySet
from tuoxian_portal.core.models import Sampled, Sourced, Timestamped, Versioned
from tuoxian_portal.core.money import NBSP

MAX_AGE_MONTHS = 12
"""A price older than this is shown with a warning. Tariffs are set by the year."""


def months_between(earlier: date, later: date) -> int:
    """Whole months from `earlier` to `later`; negative when it is later."""
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months - (later.day < earlier.day)


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
        if self.value is None:
            return self.value_text
        text = f"{Decimal(self.value):,f}".replace("-", "−")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return f"{text}{NBSP}{self.unit}"

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
        if self.as_of_date is None:
            return "日期不详"
        months = months_between(self.as_of_date, day)
        if months <= MAX_AGE_MONTHS:
            return ""
        years, rest = divmod(months, 12)
        age = f"{years} 年" if not rest else f"{years} 年 {rest} 个月" if years else f"{rest} 个月"
        return f"距今 {age}"
