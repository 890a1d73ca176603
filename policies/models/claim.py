"""A claim: one enterprise, one clause, one year, from filing to payment."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.choices import Verdict
from policies.choices_claims import (
    AWAITS_REVIEW,
    COMMITTED,
    ENDED,
    ClaimOrigin,
    ClaimState,
    NoticeMethod,
    RefusalCode,
)
from policies.models.clause import PolicyClause
from policies.querysets_claims import OBJECTABLE, ClaimQuerySet
from tuoxian_portal.core.models import Sampled, Timestamped, Versioned
from tuoxian_portal.directory.models import Enterprise


class PolicyClaim(Sampled, Timestamped, Versioned):
    """兑现。 Amounts are 元.

    What the register said when the claim began stays on it (`verdict`, `estimate_yuan`, `basis`),
    and so do the clause's times when their clocks began: `review_due_on` from `review_from`,
    `objection_until` from `notified_on`, `pay_due_on` from `approved_on`. They are derived from the
    working calendar, and derived again when that is edited; empty where the clause states no time.
    `reviewed_on` is the day of the decision that the enterprise is told, `notified_on` when it first was.
    """

    number = models.CharField(_("兑现编号"), max_length=20, unique=True, editable=False)
    clause = models.ForeignKey(PolicyClause, models.PROTECT, related_name="claims", verbose_name=_("条款"))
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="policy_claims", verbose_name=_("企业")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    origin = models.CharField(_("方式"), max_length=6, choices=ClaimOrigin.choices, default=ClaimOrigin.FILED)
    state = models.CharField(
        _("状态"), max_length=10, choices=ClaimState.choices, default=ClaimState.FILED, editable=False
    )
    filed_on = models.DateField(_("申报日期"), editable=False)
    verdict = models.CharField(_("名录匹配"), max_length=6, choices=Verdict.choices, editable=False)
    estimate_yuan = models.DecimalField(
        _("估算金额（元）"), max_digits=16, decimal_places=2, null=True, blank=True, editable=False
    )
    basis = models.TextField(_("估算依据"), blank=True, editable=False)
    claimed_yuan = models.DecimalField(
        _("申报金额（元）"),
        max_digits=16,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    approved_yuan = models.DecimalField(
        _("核定金额（元）"),
        max_digits=16,
        decimal_places=2,
        null=True,
        blank=True,
        editable=False,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("审核人"),
    )
    review_from = models.DateField(_("审核起算"), null=True, blank=True, editable=False)
    review_due_on = models.DateField(_("应审核日期"), null=True, blank=True, editable=False)
    reviewed_on = models.DateField(_("审核日期"), null=True, blank=True, editable=False)
    approved_on = models.DateField(_("批准日期"), null=True, blank=True, editable=False)
    pay_due_on = models.DateField(_("应兑付日期"), null=True, blank=True, editable=False)
    notified_on = models.DateField(_("告知日期"), null=True, blank=True, editable=False)
    notice_method = models.CharField(
        _("送达方式"), max_length=10, choices=NoticeMethod.choices, blank=True, editable=False
    )
    objection_until = models.DateField(_("异议期至"), null=True, blank=True, editable=False)
    paid_on = models.DateField(_("兑付日期"), null=True, blank=True, editable=False)
    payment_reference = models.CharField(_("支付凭证号"), max_length=80, blank=True, editable=False)
    refusal_code = models.CharField(
        _("不予兑付原因"), max_length=12, choices=RefusalCode.choices, blank=True, editable=False
    )
    refusal_reason = models.TextField(_("不予兑付的理由"), blank=True, editable=False)
    objection = models.TextField(_("异议内容"), blank=True, editable=False)
    note = models.TextField(_("备注"), blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("政策兑现")
        ordering = ["-filed_on", "-pk"]
        permissions = [
            ("review_policyclaim", _("审核政策兑现")),
            ("approve_policyclaim", _("批准政策兑现")),
            ("pay_policyclaim", _("登记政策兑付")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["clause", "enterprise", "year"],
                condition=~models.Q(state__in=ENDED),
                name="claim_once_a_year",
                violation_error_message=_("这家企业本年度已有这一条款的兑现在办或已办。"),
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=COMMITTED)
                | models.Q(approved_yuan__gt=0, approved_on__isnull=False),
                name="claim_committed_has_amount",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ClaimState.PAID) | models.Q(paid_on__isnull=False),
                name="claim_paid_has_date",
            ),
        ]
        indexes = [models.Index(fields=["clause", "state"])]

    def __str__(self) -> str:
        return self.number

    @property
    def most_yuan(self) -> Decimal | None:
        """What the cap of the clause allows for one year (in all, when it is granted once); None without a
        cap."""
        cap = self.clause.cap_wan
        return None if cap is None else cap * 10_000

    def is_review_overdue_on(self, day: date) -> bool:
        """Whether it should have been reviewed by now."""
        return self.state in AWAITS_REVIEW and self.review_due_on is not None and self.review_due_on < day

    def is_open_to_objections_on(self, day: date) -> bool:
        """Whether its objection period runs, in which nothing is paid; its last day counts."""
        return self.state in OBJECTABLE and self.objection_until is not None and day <= self.objection_until

    def is_overdue_on(self, day: date) -> bool:
        """Whether it should have been paid by now. Not while the objection period forbids it."""
        return (
            self.state == ClaimState.APPROVED
            and self.pay_due_on is not None
            and self.pay_due_on < day
            and not self.is_open_to_objections_on(day)
        )
