"""Dated facts about the hall: what was counted, and how it works."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from services.choices import FactScope
from tuoxian_portal.core.models import Sourced
from tuoxian_portal.core.querysets import PortalQuerySet


class HallFactQuerySet(PortalQuerySet):
    def of_county(self) -> "HallFactQuerySet":
        """The county's own facts; those of other places are context and shown as such."""
        return self.filter(scope=FactScope.COUNTY)


class HallStatistic(Sourced):
    """One published figure about the hall, with its unit and period."""

    name = models.CharField(_("指标"), max_length=80)
    group = models.CharField(_("类别"), max_length=20, db_index=True)
    value = models.DecimalField(_("数值"), max_digits=14, decimal_places=2)
    unit = models.CharField(_("单位"), max_length=12)
    period = models.CharField(_("统计期"), max_length=40)
    scope = models.CharField(_("范围"), max_length=10, choices=FactScope.choices, default=FactScope.COUNTY)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = HallFactQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("大厅统计")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return f"{self.name}（{self.period}）"


class HallMechanism(Sourced):
    """A way of working that the hall has announced, such as 一窗受理."""

    name = models.CharField(_("机制"), max_length=60)
    meaning = models.CharField(_("含义"), max_length=300)
    parts = models.JSONField(_("组成"), default=list, blank=True)
    scope = models.CharField(_("范围"), max_length=10, choices=FactScope.choices, default=FactScope.COUNTY)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = HallFactQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务机制")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name
