"""Targets and published portfolio figures."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.choices import Comparison, TargetCategory, TargetScope
from projects.querysets import TargetQuerySet
from tuoxian_portal.core.models import Sampled, Sourced
from tuoxian_portal.core.querysets import PortalQuerySet


class Target(Sourced, Sampled):
    """A figure that the county aims at, or has published.

    `rule` names the 口径 in `projects.targets` by which the portal computes the actual value; empty
    means that the portal holds no data for it, and the page says so. A typed actual (GDP, output)
    carries its own source and day, and never stands before what the portal computes.
    """

    indicator = models.CharField(_("指标"), max_length=80)
    year = models.PositiveSmallIntegerField(
        _("年度"),
        null=True,
        blank=True,
        db_index=True,
        validators=[MinValueValidator(2000), MaxValueValidator(2100)],
    )
    period = models.CharField(
        _("时间说明"), max_length=40, blank=True, help_text=_("不是整年时，照来源填写。")
    )
    scope = models.CharField(
        _("范围"), max_length=10, choices=TargetScope.choices, default=TargetScope.COUNTY
    )
    industry = models.ForeignKey(
        "directory.Industry", models.PROTECT, null=True, blank=True, verbose_name=_("产业")
    )
    park = models.ForeignKey("directory.Park", models.PROTECT, null=True, blank=True, verbose_name=_("园区"))
    category = models.CharField(_("类别"), max_length=10, choices=TargetCategory.choices)
    comparison = models.CharField(
        _("要求"), max_length=6, choices=Comparison.choices, default=Comparison.EQUAL
    )
    value = models.DecimalField(_("数值"), max_digits=16, decimal_places=4, null=True, blank=True)
    words = models.JSONField(_("布局内容"), default=list, blank=True)
    unit = models.CharField(_("单位"), max_length=20, blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    rule = models.CharField(_("计算口径"), max_length=40, blank=True)
    typed_actual = models.DecimalField(
        _("填报实际值"), max_digits=16, decimal_places=4, null=True, blank=True
    )
    typed_actual_source = models.CharField(_("实际值来源"), max_length=200, blank=True)
    typed_actual_on = models.DateField(_("实际值日期"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("目标与结果")
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(typed_actual__isnull=True)
                | (~models.Q(typed_actual_source="") & models.Q(typed_actual_on__isnull=False)),
                name="target_actual_has_source",
                violation_error_message="填报实际值须写明来源和日期。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.year or self.period} {self.indicator}".strip()


class PortfolioFact(Sourced):
    """A published figure about all key projects together, in the words of its source."""

    text = models.TextField(_("内容"))
    year = models.PositiveSmallIntegerField(_("年度"), null=True, blank=True)
    figures = models.JSONField(_("数值"), default=dict, blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("项目总体情况")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
