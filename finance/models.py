"""Banks' products, enterprises' demands, loan intents and the events that bring them together.

Amounts are 万元. Drawn money is rows (`Drawdown`), never a field typed over.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from finance.choices import DemandState, DropReason, IntentState, Level, ProductState, Purpose
from finance.querysets import (
    DrawdownQuerySet,
    FinancingDemandQuerySet,
    LoanIntentQuerySet,
    LoanProductQuerySet,
    MatchmakingEventQuerySet,
)
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.codes import validate_phone
from tuoxian_portal.core.fields import WanField
from tuoxian_portal.core.models import Sampled, Sourced, Timestamped, Versioned
from tuoxian_portal.directory.models import Bank, Enterprise

MIN_WAN = MinValueValidator(Decimal("0.0001"), message=_("金额应大于 0（单位：万元）。"))


def not_in_future(value: date) -> None:
    """A step is recorded when it happened."""
    if value > today():
        raise ValidationError(_("日期不能晚于今天。"))


class LoanProduct(Sourced, Timestamped, Versioned, Sampled):
    """A loan that a bank offers. Terms are the bank's own words, shown with their source; nothing is
    published without one."""

    bank = models.ForeignKey(Bank, models.PROTECT, related_name="products", verbose_name=_("金融机构"))
    slug = models.SlugField(
        _("网址标识"), max_length=60, unique=True, help_text=_("小写字母、数字和连字符。")
    )
    name = models.CharField(_("产品名称"), max_length=80)
    audience = models.CharField(_("适用对象"), max_length=300)
    amount_text = models.CharField(_("额度"), max_length=200, blank=True, help_text=_("按银行原文填写。"))
    rate_text = models.CharField(_("利率"), max_length=200, blank=True, help_text=_("按银行原文填写。"))
    term_text = models.CharField(_("期限"), max_length=200, blank=True, help_text=_("按银行原文填写。"))
    security_text = models.CharField(_("担保方式"), max_length=300, blank=True)
    conditions = models.TextField(_("申请条件"), blank=True, help_text=_("每行一条。"))
    materials = models.TextField(_("所需材料"), blank=True, help_text=_("每行一条。"))
    how_to_apply = models.TextField(_("如何申请"), blank=True)
    contact_name = models.CharField(_("联系部门"), max_length=80, blank=True)
    contact_phone = models.CharField(_("联系电话"), max_length=20, blank=True, validators=[validate_phone])
    valid_until = models.DateField(_("有效期至"), null=True, blank=True, help_text=_("过期自动不再展示。"))
    state = models.CharField(
        _("状态"), max_length=10, choices=ProductState.choices, default=ProductState.DRAFT, editable=False
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)

    objects = LoanProductQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("贷款产品")
        ordering = ["bank__order", "bank_id", "name"]
        indexes = [models.Index(fields=["state", "valid_until"], name="product_state_valid")]
        constraints = [models.UniqueConstraint(fields=["bank", "name"], name="product_name_once_per_bank")]
        permissions = [("publish_loanproduct", "发布和下架贷款产品")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("finance:product", args=[self.slug])

    def clean(self) -> None:
        if self.state == ProductState.PUBLISHED and not (self.has_source and self.source_date):
            raise ValidationError({"source_title": _("已发布的产品须有来源标题和来源日期。")})

    @property
    def is_expired(self) -> bool:
        return self.valid_until is not None and self.valid_until < today()


class MatchmakingEvent(Sourced, Timestamped, Sampled):
    """A meeting of banks and enterprises (政银企对接会), or a total that a source gives.

    The totals are those that the source states. They are not broken down: the 54 enterprises and
    47.58亿元 of the county's event of 2023-02-10 have no names and no rows here.
    """

    class Kind(models.TextChoices):
        EVENT = "event", _("对接活动")
        TOTAL = "total", _("累计情况")

    slug = models.SlugField(_("标识"), max_length=60, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类别"), max_length=8, choices=Kind.choices, default=Kind.EVENT)
    level = models.CharField(_("层级"), max_length=8, choices=Level.choices, default=Level.COUNTY)
    held_on = models.DateField(_("日期"), null=True, blank=True)
    date_text = models.CharField(
        _("日期（原文）"), max_length=60, blank=True, help_text=_("来源没有写明到日时填写。")
    )
    place = models.CharField(_("地点"), max_length=120, blank=True)
    enterprises = models.PositiveIntegerField(_("企业数（家）"), null=True, blank=True)
    banks = models.PositiveIntegerField(_("金融机构数（家）"), null=True, blank=True)
    projects = models.PositiveIntegerField(_("项目数（个）"), null=True, blank=True)
    intention_wan = WanField(_("意向金额（万元）"), null=True, blank=True)
    credit_wan = WanField(_("授信金额（万元）"), null=True, blank=True)
    bank_names = models.JSONField(_("来源提到的金融机构"), default=list, blank=True)
    enterprise_names = models.JSONField(_("来源提到的企业"), default=list, blank=True)
    summary = models.TextField(_("说明"), blank=True)

    objects = MatchmakingEventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("政银企对接活动")
        ordering = [F("held_on").desc(nulls_last=True), "pk"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not self.held_on and not self.date_text:
            raise ValidationError({"held_on": _("请填写日期；来源没有写明到日时，填写“日期（原文）”。")})

    def get_absolute_url(self) -> str:
        return f"{reverse('finance:list')}#{self.slug}"

    @property
    def average_intention_wan(self) -> Decimal | None:
        """Intended money an enterprise, 万元, computed from the stated totals; None when either is
        not stated."""
        if not self.enterprises or self.intention_wan is None:
            return None
        return (self.intention_wan / self.enterprises).quantize(Decimal("0.1"))


class FinancingDemand(Timestamped, Versioned, Sampled):
    """What money an enterprise needs and what for. Banks see it only when the enterprise agreed."""

    number = models.CharField(_("需求编号"), max_length=20, unique=True, editable=False)
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="financing_demands", verbose_name=_("企业")
    )
    purpose = models.CharField(_("用途"), max_length=10, choices=Purpose.choices)
    amount_wan = WanField(_("需求金额（万元）"), validators=[MIN_WAN])
    term_months = models.PositiveSmallIntegerField(_("期限（月）"), null=True, blank=True)
    needed_by = models.DateField(_("最迟到位日期"), null=True, blank=True)
    note = models.TextField(_("说明"), blank=True, max_length=2000)
    shared_with_banks = models.BooleanField(
        _("企业同意向银行公开"), default=False, help_text=_("未经企业同意，银行联系人看不到这条需求。")
    )
    registered_on = models.DateField(_("登记日期"), default=today, validators=[not_in_future])
    state = models.CharField(
        _("状态"), max_length=8, choices=DemandState.choices, default=DemandState.OPEN, editable=False
    )
    closed_on = models.DateField(_("了结日期"), null=True, blank=True, editable=False)
    closed_reason = models.CharField(_("终止原因"), max_length=300, blank=True, editable=False)

    objects = FinancingDemandQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("融资需求")
        ordering = ["-registered_on", "-pk"]
        indexes = [models.Index(fields=["state", "registered_on"], name="demand_state_date")]
        permissions = [("close_financingdemand", "了结融资需求")]

    def __str__(self) -> str:
        return f"{self.number} {self.enterprise.name}"

    def clean(self) -> None:
        if self.needed_by and self.registered_on and self.needed_by < self.registered_on:
            raise ValidationError({"needed_by": _("最迟到位日期不能早于登记日期。")})


class LoanIntent(Timestamped, Versioned, Sampled):
    """One enterprise, one bank, one loan on its way: 意向 → 授信 → 签约 → 放款, or dropped.

    Each step has its own amount and date. What was drawn is the sum of the `Drawdown` rows that are
    not void, and never more than the contract.
    """

    number = models.CharField(_("意向编号"), max_length=20, unique=True, editable=False)
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="loan_intents", verbose_name=_("企业")
    )
    bank = models.ForeignKey(Bank, models.PROTECT, related_name="loan_intents", verbose_name=_("金融机构"))
    event = models.ForeignKey(
        MatchmakingEvent,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="loan_intents",
        verbose_name=_("对接活动"),
    )
    demand = models.ForeignKey(
        FinancingDemand,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="loan_intents",
        verbose_name=_("融资需求"),
    )
    product = models.ForeignKey(
        LoanProduct,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="loan_intents",
        verbose_name=_("贷款产品"),
    )
    project = models.ForeignKey(
        "projects.KeyProject",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="loan_intents",
        verbose_name=_("重点项目"),
    )
    amount_wan = WanField(_("意向金额（万元）"), validators=[MIN_WAN])
    intent_on = models.DateField(_("意向日期"), default=today, validators=[not_in_future])
    credit_wan = WanField(_("授信金额（万元）"), null=True, blank=True, validators=[MIN_WAN])
    credit_on = models.DateField(_("授信日期"), null=True, blank=True, validators=[not_in_future])
    contract_wan = WanField(_("签约金额（万元）"), null=True, blank=True, validators=[MIN_WAN])
    contracted_on = models.DateField(_("签约日期"), null=True, blank=True, validators=[not_in_future])
    dropped_on = models.DateField(_("终止日期"), null=True, blank=True, validators=[not_in_future])
    drop_reason = models.CharField(_("未成原因"), max_length=12, choices=DropReason.choices, blank=True)
    note = models.TextField(_("备注"), blank=True, max_length=2000)
    state = models.CharField(
        _("进展"), max_length=16, choices=IntentState.choices, default=IntentState.INTENT, editable=False
    )

    objects = LoanIntentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("贷款意向")
        ordering = ["-intent_on", "-pk"]
        indexes = [
            models.Index(fields=["state", "intent_on"], name="intent_state_date"),
            models.Index(fields=["bank", "state"], name="intent_bank_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(contract_wan__isnull=True) | Q(contract_wan__lte=F("credit_wan")),
                name="intent_contract_within_credit",
                violation_error_message=_("签约金额不能超过授信金额。"),
            ),
            models.CheckConstraint(
                condition=Q(credit_on__isnull=True) | Q(credit_on__gte=F("intent_on")),
                name="intent_credit_after_intent",
                violation_error_message=_("授信日期不能早于意向日期。"),
            ),
            models.CheckConstraint(
                condition=Q(contracted_on__isnull=True) | Q(contracted_on__gte=F("credit_on")),
                name="intent_contract_after_credit",
                violation_error_message=_("签约日期不能早于授信日期。"),
            ),
            models.CheckConstraint(
                condition=Q(state=IntentState.DROPPED, dropped_on__isnull=False) & ~Q(drop_reason="")
                | ~Q(state=IntentState.DROPPED) & Q(dropped_on__isnull=True, drop_reason=""),
                name="intent_dropped_has_reason",
                violation_error_message=_("终止的意向须有日期和原因，未终止的不能有。"),
            ),
        ]
        permissions = [
            ("advance_loanintent", "推进贷款意向（授信、签约、放款）"),
            ("drop_loanintent", "终止贷款意向"),
            ("correct_loanintent", "更正贷款意向"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.enterprise.name}"

    def clean(self) -> None:
        """The demand is this enterprise's and open when the intent is made, the product this bank's."""
        errors = {}
        if self.demand and self.demand.enterprise_id != self.enterprise_id:
            errors["demand"] = _("融资需求不属于这家企业。")
        elif self.demand and self._state.adding and self.demand.state != DemandState.OPEN:
            errors["demand"] = _("该融资需求已了结。")
        if self.product and self.product.bank_id != self.bank_id:
            errors["product"] = _("贷款产品不属于这家金融机构。")
        if errors:
            raise ValidationError(errors)

    @property
    def state_tone(self) -> str:
        return IntentState(self.state).tone

    @property
    def drawn_wan(self) -> Decimal:
        """Money paid out, 万元. One query, none when the row came from `with_drawn()`."""
        known: Any = self.__dict__.get("drawn_total_wan")
        return known if known is not None else self.drawdowns.valid().total_wan()

    @property
    def undrawn_wan(self) -> Decimal:
        """What the contract still allows, 万元; 0 without a contract. Costs what `drawn_wan` costs."""
        return (self.contract_wan or Decimal(0)) - self.drawn_wan if self.contract_wan else Decimal(0)


class Drawdown(Timestamped, Sampled):
    """Money that the bank really paid out. A wrong entry is voided with its reason, never edited."""

    intent = models.ForeignKey(
        LoanIntent, models.PROTECT, related_name="drawdowns", verbose_name=_("贷款意向")
    )
    amount_wan = WanField(_("放款金额（万元）"), validators=[MIN_WAN])
    drawn_on = models.DateField(_("放款日期"), validators=[not_in_future])
    evidence = models.CharField(_("凭证"), max_length=120, blank=True, help_text=_("例如借据号。"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("登记人"),
    )
    voided_at = models.DateTimeField(_("作废时间"), null=True, blank=True)
    void_reason = models.CharField(_("作废原因"), max_length=300, blank=True)

    objects = DrawdownQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("放款记录")
        ordering = ["drawn_on", "pk"]

    def __str__(self) -> str:
        return f"{self.drawn_on} {self.amount_wan}"
