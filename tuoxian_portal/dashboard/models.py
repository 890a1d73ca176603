"""Figures that the cockpit keeps, because computing them for every visitor would scan every row.

They are derived: `figures.refresh_*` writes them anew from the records, every hour and on request, and
the page says as of when.
"""

from decimal import Decimal

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from policies.models import PolicyClause
from projects.choices import ConfidenceLevel
from projects.models import KeyProject
from tuoxian_portal.core.money import percent
from tuoxian_portal.core.querysets import PortalQuerySet
from tuoxian_portal.directory.models import Department


class CockpitAccess(models.Model):
    """Carries the permission to see the cockpit; has no table."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("view_cockpit", "查看驾驶舱")]
        verbose_name = verbose_name_plural = _("驾驶舱")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class ProjectRating(models.Model):
    """The confidence in a project as it was last computed; see `projects.confidence`."""

    project = models.OneToOneField(
        KeyProject, models.CASCADE, primary_key=True, related_name="rating", verbose_name=_("项目")
    )
    level = models.CharField(_("把握"), max_length=8, choices=ConfidenceLevel.choices, db_index=True)
    computed = models.CharField(_("计算结果"), max_length=8, choices=ConfidenceLevel.choices)
    text = models.TextField(_("理由"))
    # What the list shows when the level just changed; empty for the first rating.
    previous = models.CharField(_("上次"), max_length=8, choices=ConfidenceLevel.choices, blank=True)
    changed_on = models.DateField(_("变化日期"), null=True, blank=True)
    assessed_on = models.DateField(_("评定日期"))

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("项目把握评定")

    def __str__(self) -> str:
        return f"{self.project} {self.get_level_display()}"

    @property
    def tone(self) -> str:
        return ConfidenceLevel(self.level).tone


class HallMonth(models.Model):
    """What the hall did in one month for one department, or altogether (`department` None).

    Void numbers are not counted.
    `on_time` of `with_limit` decisions kept their deadline; `p50_days` and `p90_days` are working days
    from acceptance to decision over the month's decisions (nearest rank), None without one. `exempted`
    counts materials of the cases received that nobody had to bring: the register has the licence.
    """

    month = models.DateField(_("月份"))
    department = models.ForeignKey(
        Department, models.CASCADE, null=True, related_name="+", verbose_name=_("部门")
    )
    received = models.PositiveIntegerField(_("收件"))
    decided = models.PositiveIntegerField(_("办结决定"))
    with_limit = models.PositiveIntegerField(_("有时限的决定"))
    on_time = models.PositiveIntegerField(_("按期"))
    exempted = models.PositiveIntegerField(_("免提交材料"), default=0)
    p50_days = models.PositiveSmallIntegerField(_("中位数工作日"), null=True)
    p90_days = models.PositiveSmallIntegerField(_("九成工作日"), null=True)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("大厅月度数据")
        ordering = ["month", "department"]
        constraints = [
            models.UniqueConstraint(fields=["month", "department"], name="hall_month_once"),
            models.UniqueConstraint(
                fields=["month"], condition=models.Q(department=None), name="hall_month_total_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.department or '全县'}"

    @property
    def on_time_percent(self) -> Decimal | None:
        """Percent, one decimal; None when no decision had a limit."""
        return percent(self.on_time, self.with_limit)


class ClauseFigure(models.Model):
    """What is known of a clause in force only by reading the whole register or every claim.

    `qualified` enterprises of the register meet its condition, `unclaimed` of them have no claim in `year`;
    None where the condition is not stated. `days_to_approval` (from filing) and `days_to_payment` (from
    approval) are medians in working days over its approved claims, None without one.
    """

    clause = models.OneToOneField(
        PolicyClause, models.CASCADE, primary_key=True, related_name="figure", verbose_name=_("条款")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    qualified = models.PositiveIntegerField(_("名录里符合"), null=True)
    unclaimed = models.PositiveIntegerField(_("符合未享受"), null=True)
    days_to_approval = models.PositiveSmallIntegerField(_("申报到批准（工作日）"), null=True)
    days_to_payment = models.PositiveSmallIntegerField(_("批准到兑付（工作日）"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("条款兑现数据")

    def __str__(self) -> str:
        return f"{self.clause} {self.year}"


class FigureRefresh(models.Model):
    """When the figures of one page were last computed."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField(_("数据截至"))

    def __str__(self) -> str:
        return f"{self.name} {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
