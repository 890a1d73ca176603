"""到位资金: money that arrived on a day, with what proves it."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.choices import FundsSource
from projects.models.evidence import Evidenced
from projects.models.project import KeyProject
from projects.querysets_ledger import ReceiptQuerySet
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.fields import WanField
from tuoxian_portal.core.models import Sampled, Timestamped, Versioned


class FundsReceipt(Evidenced, Timestamped, Versioned, Sampled):
    """One arrival of money. Never edited: a wrong one is voided with a reason and recorded again.

    Totals count what is not voided (`FundsReceipt.objects.valid()`).
    """

    project = models.ForeignKey(KeyProject, models.PROTECT, related_name="receipts", verbose_name=_("项目"))
    received_on = models.DateField(_("到位日期"))
    amount_wan = WanField(_("金额（万元）"), validators=[MinValueValidator(Decimal("0.0001"))])
    source_kind = models.CharField(
        _("资金来源"), max_length=12, choices=FundsSource.choices, default=FundsSource.UNSTATED
    )
    payer = models.CharField(_("出资方"), max_length=120, blank=True)
    evidence = models.CharField(
        _("凭证说明"), max_length=300, help_text=_("例如验资报告、银行回单的编号与日期。")
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("登记人"),
    )
    voided_at = models.DateTimeField(_("作废时间"), null=True, blank=True, editable=False)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("作废人"),
    )
    void_reason = models.CharField(_("作废理由"), max_length=300, blank=True, editable=False)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("到位资金")
        ordering = ["-received_on", "-pk"]
        default_permissions = ("add", "view")
        permissions = [("void_fundsreceipt", "作废到位资金")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_wan__gt=0), name="receipt_amount_positive"),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True) | ~Q(void_reason=""), name="receipt_voided_with_reason"
            ),
        ]
        indexes = [models.Index(fields=["project", "received_on"])]

    def __str__(self) -> str:
        return f"{self.received_on} {self.amount_wan:g} 万元"

    def clean(self) -> None:
        if self.received_on and self.received_on > today():
            raise ValidationError({"received_on": "到位日期不能晚于今天。"})
