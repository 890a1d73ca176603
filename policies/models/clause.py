"""A clause of a policy: what it gives, to whom (a condition), how much (a formula), and its own tests."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from policies import status
from policies.choices import ApplyMode, Benefit, Recurrence, Verdict
from policies.models.policy import IncentivePolicy
from policies.querysets import PolicyClauseQuerySet
from policies.rules import conditions, formula
from services.models import Material, ServiceItem
from tuoxian_portal.core.models import Sampled, Sourced
from tuoxian_portal.core.numbering import next_number
from tuoxian_portal.core.querysets import PortalQuerySet

MAX_MATERIALS = 30


class ExclusionGroup(Sampled):
    """Clauses of which an enterprise may enjoy only one (不可同享)."""

    name = models.CharField(_("名称"), max_length=80, unique=True)
    note = models.CharField(_("依据"), max_length=300, blank=True)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("不可同享组")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PolicyClause(Sourced):
    """One promise of a policy, in the words of its source or of the officer who entered it.

    `condition` is a tree of `policies.rules.conditions`; null means that the source does not state
    it, `{"all": []}` that there is none. `formula` is the amount of one year (of the whole, when
    `years` is empty); `cap_wan` limits it. `recurrence` says whether an enterprise enjoys it once or
    each year; where it is empty, each year stands by itself. What is empty was not stated: nothing is
    made up.
    """

    policy = models.ForeignKey(
        IncentivePolicy, models.CASCADE, related_name="clauses", verbose_name=_("政策")
    )
    code = models.CharField(_("条款编号"), max_length=40, unique=True, null=True, editable=False)
    order = models.PositiveSmallIntegerField(_("序号"), default=1)
    heading = models.CharField(_("标题"), max_length=120, blank=True)
    text = models.TextField(_("内容"))
    benefit = models.CharField(_("支持方式"), max_length=10, choices=Benefit.choices, default=Benefit.GENERAL)
    amount_text = models.CharField(
        _("金额或标准"), max_length=120, blank=True, help_text=_("来源没有写明的，不填。")
    )
    is_tax_tied = models.BooleanField(
        _("与纳税挂钩"),
        default=False,
        help_text=_("按实际含义判断；内容里出现“纳税额”“地方留成”等词时，系统也会标出。"),
    )

    condition = models.JSONField(_("条件"), null=True, blank=True)
    formula = models.CharField(
        _("计算公式"),
        max_length=formula.MAX_LENGTH,
        blank=True,
        help_text=_("例如：设备投入 × 5%。没有写明算法的，不填。"),
    )
    cap_wan = models.DecimalField(
        _("封顶（万元）"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("按年兑付的，为每年封顶。"),
    )
    recurrence = models.CharField(
        _("享受次数"),
        max_length=8,
        choices=Recurrence.choices,
        blank=True,
        help_text=_("一次性的，往年享受过就不再列入；来源没有写明的不选，各年分开算。"),
    )
    years = models.PositiveSmallIntegerField(
        _("连续年数"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text=_("一次性兑付的不填。"),
    )

    mode = models.CharField(_("兑现方式"), max_length=8, choices=ApplyMode.choices, blank=True)
    payer = models.CharField(_("兑付单位"), max_length=120, blank=True)
    pay_within_days = models.PositiveSmallIntegerField(
        _("兑付时限（工作日）"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(250)],
        help_text=_("批准的次日起算。"),
    )
    review_within_days = models.PositiveSmallIntegerField(
        _("审核时限（工作日）"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(250)],
        help_text=_("申报或列入名单的次日起算。文件没有写明的不填。"),
    )
    objection_days = models.PositiveSmallIntegerField(
        _("公示（异议）期（工作日）"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(250)],
        help_text=_("告知的次日起算，期满前不兑付。文件没有写明的不填。"),
    )
    objection_to = models.CharField(
        _("异议向谁提出"),
        max_length=200,
        blank=True,
        help_text=_("单位、地址、电话，印在告知书上。没有写明的不填。"),
    )
    opens_on = models.DateField(_("申报开始"), null=True, blank=True)
    closes_on = models.DateField(_("申报截止"), null=True, blank=True)
    service_item = models.ForeignKey(
        ServiceItem,
        models.PROTECT,
        null=True,
        blank=True,
        limit_choices_to={"revises__isnull": True},
        related_name="policy_clauses",
        verbose_name=_("办事事项"),
        help_text=_("到哪个事项申报。事项发布后，页面给出办事指南；还没有发布或已停办的，不给出。"),
    )
    budget_wan = models.DecimalField(
        _("资金盘子（万元）"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("批准兑付的总额不会超过它；没有定额的不填。"),
    )
    exclusion_groups = models.ManyToManyField(
        ExclusionGroup,
        blank=True,
        related_name="clauses",
        verbose_name=_("不可同享"),
        help_text=_("同一组的条款只能享受一项。"),
    )

    objects = PolicyClauseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("政策条款")
        ordering = ["policy_id", "order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opens_on__isnull=True)
                | models.Q(closes_on__isnull=True)
                | models.Q(closes_on__gte=models.F("opens_on")),
                name="clause_closes_after_opening",
                violation_error_message=_("申报截止不能早于申报开始。"),
            )
        ]

    def __str__(self) -> str:
        return self.heading or self.text[:40]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.code:
            with transaction.atomic():
                self.code = self.reference_id or f"TK-{next_number('policies.clause'):04d}"
                if fields := kwargs.get("update_fields"):
                    kwargs["update_fields"] = {*fields, "code"}
                super().save(*args, **kwargs)
            return
        super().save(*args, **kwargs)

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        if self.condition is not None:
            try:
                conditions.read(self.condition)
            except conditions.ConditionError as error:
                errors["condition"] = error.message
        if self.formula:
            try:
                formula.read(self.formula)
            except formula.FormulaError as error:
                errors["formula"] = formula_message(error, self.formula)
        else:
            for name, label in (("cap_wan", "封顶"), ("years", "连续年数")):
                if getattr(self, name) is not None:
                    errors[name] = f"没有公式时不能填{label}；请先写公式，或把{label}写进“金额或标准”。"
        if self.recurrence == Recurrence.ONCE and self.years is not None:
            errors["recurrence"] = "填了连续年数的是按年享受；一次性的，请把连续年数清空。"
        if errors:
            raise ValidationError(errors)

    @property
    def tied_to_tax(self) -> bool:
        """Whether it rewards tax paid, which 公平竞争审查条例 bars: by its words (see
        `status.TAX_WORDS`), or because the officer says so."""
        return self.is_tax_tied or bool(
            status.TAX_WORDS.search(f"{self.heading}{self.text}{self.amount_text}")
        )

    @cached_property
    def rule(self) -> conditions.Node | None:
        """The condition as a tree; None when it is not stated. Checked when it was saved."""
        return None if self.condition is None else conditions.read_stored(self.condition)

    @property
    def guide(self) -> ServiceItem | None:
        """The item to apply under, while the public may read its guide."""
        item = self.service_item
        return item if item is not None and item.is_public else None

    @property
    def name(self) -> str:
        """What it is called where its policy is not named."""
        return self.heading or f"第{self.order}条"

    def is_open_on(self, day: date) -> bool:
        """Whether applications are taken on `day`; also when no window is stated."""
        return (self.opens_on is None or self.opens_on <= day) and (
            self.closes_on is None or day <= self.closes_on
        )

    @property
    def window_label(self) -> str:
        """`2026-01-01 至 2026-06-30`, `2026-06-30 前`, or ""."""
        if self.opens_on and self.closes_on:
            return f"{self.opens_on} 至 {self.closes_on}"
        if self.opens_on:
            return f"{self.opens_on} 起"
        return f"{self.closes_on} 前" if self.closes_on else ""


class ClauseMaterial(models.Model):
    """One paper that a clause asks for, out of the hall's catalogue.

    A paper that a clause asks for cannot be deleted from the catalogue.
    """

    clause = models.ForeignKey(PolicyClause, models.CASCADE, related_name="materials", verbose_name=_("条款"))
    material = models.ForeignKey(
        Material, models.PROTECT, related_name="policy_clauses", verbose_name=_("材料")
    )
    order = models.PositiveSmallIntegerField(_("序号"), default=1)
    note = models.CharField(
        _("份数和说明"),
        max_length=200,
        blank=True,
        help_text=_("例如：原件 1 份、复印件 2 份，加盖公章。来源没有写明的，不填。"),
    )

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("申报材料")
        ordering = ["clause_id", "order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clause", "material"],
                name="clause_material_once",
                violation_error_message=_("同一份材料在一个条款里只列一次。"),
            )
        ]

    def __str__(self) -> str:
        return str(self.material)


def formula_message(error: formula.FormulaError, text: str) -> str:
    """The error with its place: `第 6 个字“元”处：…`."""
    piece = text[error.start : max(error.end, error.start + 1)][:20].strip()
    return f"第 {error.start + 1} 个字{f'“{piece}”' if piece else ''}处：{error.message}"


class ClauseCase(models.Model):
    """A test of a clause that its officer wrote: these facts must give this verdict and this amount.

    `facts` keeps what was typed, `{fact key: text}`. Publishing runs every case.
    """

    clause = models.ForeignKey(PolicyClause, models.CASCADE, related_name="cases", verbose_name=_("条款"))
    order = models.PositiveSmallIntegerField(_("序号"), default=1)
    name = models.CharField(_("名称"), max_length=80)
    facts = models.JSONField(_("企业情况"), default=dict, blank=True)
    verdict = models.CharField(_("应为"), max_length=6, choices=Verdict.choices)
    amount_wan = models.DecimalField(
        _("应得金额（万元）"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("每年的金额；不检查金额时不填。"),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("条款用例")
        ordering = ["clause_id", "order", "pk"]

    def __str__(self) -> str:
        return self.name
