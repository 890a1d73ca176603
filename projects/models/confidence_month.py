"""红黄绿 by month: what was shown at its end, with its reasons."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.choices import ConfidenceLevel
from projects.models.project import KeyProject
from projects.querysets import ChildOfProjectQuerySet
from tuoxian_portal.core.models import Sampled, Timestamped


class ConfidenceMonth(Timestamped, Sampled):
    """A project's confidence on the last day of a month, or so far in the current one.

    `level` is what was shown, `computed` what the rules said, `reasons` theirs; an override keeps its
    own reason and person beside them. Written by `actions.record_confidence` only.
    """

    project = models.ForeignKey(
        KeyProject, models.CASCADE, related_name="confidence_months", verbose_name=_("项目")
    )
    month = models.DateField(_("月份"))
    level = models.CharField(_("评级"), max_length=8, choices=ConfidenceLevel.choices)
    computed = models.CharField(_("计算评级"), max_length=8, choices=ConfidenceLevel.choices)
    reasons = models.JSONField(_("计算理由"), default=list)
    override_reason = models.TextField(_("人工评级理由"), blank=True)
    override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("评级人"),
    )
    assessed_on = models.DateField(_("评定日期"))

    objects = ChildOfProjectQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("红黄绿月度记录")
        ordering = ["project", "-month"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["project", "month"], name="confidence_once_a_month")]

    def __str__(self) -> str:
        return f"{self.project} {self.month:%Y-%m} {self.get_level_display()}"

    @property
    def tone(self) -> str:
        return ConfidenceLevel(self.level).tone

    @property
    def is_overridden(self) -> bool:
        return bool(self.override_reason)
