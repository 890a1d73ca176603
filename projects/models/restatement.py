"""更正: the only way in which a frozen figure changes."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.choices import RestatedFigure
from projects.models.progress import ProgressReport, first_of_month
from projects.querysets_ledger import RestatementQuerySet
from tuoxian_portal.core.models import Sampled


class Restatement(Sampled):
    """One correction of one figure of a frozen report: from what to what, why, who, when.

    It is booked in the first month that was not yet frozen (`booked_month`), so that every published
    month keeps the closing figure it was published with.
    """

    report = models.ForeignKey(
        ProgressReport, models.PROTECT, related_name="restatements", verbose_name=_("月度进展")
    )
    figure = models.CharField(_("更正项"), max_length=20, choices=RestatedFigure.choices)
    old_value = models.DecimalField(_("原值"), max_digits=16, decimal_places=4)
    new_value = models.DecimalField(_("更正为"), max_digits=16, decimal_places=4)
    reason = models.CharField(_("理由"), max_length=300)
    booked_month = models.DateField(_("计入月份"), validators=[first_of_month])
    restated_at = models.DateTimeField(_("更正时间"), default=timezone.now)
    restated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("更正人"),
    )

    objects = RestatementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("数据更正")
        ordering = ["report", "pk"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=~Q(old_value=F("new_value")), name="restatement_changes"),
            models.CheckConstraint(condition=~Q(reason=""), name="restatement_has_reason"),
            models.CheckConstraint(condition=Q(new_value__gte=0), name="restatement_not_negative"),
        ]
        indexes = [models.Index(fields=["report", "figure", "booked_month"])]

    def __str__(self) -> str:
        return f"{self.report} {self.get_figure_display()} {self.old_value:g} → {self.new_value:g}"

    @property
    def delta(self) -> object:
        return self.new_value - self.old_value
