"""承诺兑现: what the investor promised and what the county promised, by when, and whether it came."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.choices_commitment import CommitmentKind, PromisedBy, Verdict
from projects.models.evidence import Evidenced
from projects.models.project import KeyProject
from projects.querysets_commitment import CommitmentQuerySet
from tuoxian_portal.core.models import Sampled, Timestamped, Versioned


class Commitment(Evidenced, Timestamped, Versioned, Sampled):
    """One promise. What it has come to is derived (`projects.commitments.standing`) until somebody
    judges it; the judgement keeps its reason and person, and the derived word stays beside it."""

    project = models.ForeignKey(
        KeyProject, models.PROTECT, related_name="commitments", verbose_name=_("项目")
    )
    promised_by = models.CharField(_("承诺方"), max_length=10, choices=PromisedBy.choices)
    kind = models.CharField(_("承诺事项"), max_length=14, choices=CommitmentKind.choices)
    text = models.TextField(_("承诺内容"), help_text=_("照协议或会议纪要的原文填写。"))
    amount = models.DecimalField(
        _("数量"),
        max_digits=16,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("投资和到位资金按万元，用工按人，用地按亩；开工、投产按日期，不填。"),
    )
    unit = models.CharField(_("单位"), max_length=10, blank=True)
    source = models.CharField(_("出处"), max_length=200, help_text=_("例如投资协议第几条、会议纪要文号。"))
    made_on = models.DateField(_("承诺日期"), null=True, blank=True)
    due_on = models.DateField(_("兑现期限"))
    owner = models.CharField(_("责任人"), max_length=60, blank=True)
    owner_department = models.ForeignKey(
        "directory.Department", models.PROTECT, null=True, blank=True, verbose_name=_("责任单位")
    )
    verdict = models.CharField(
        _("核定结果"), max_length=8, choices=Verdict.judged(), blank=True, editable=False
    )
    verdict_reason = models.CharField(_("核定依据"), max_length=300, blank=True, editable=False)
    verdict_computed = models.CharField(
        _("当时的计算结果"), max_length=8, choices=Verdict.choices, blank=True, editable=False
    )
    judged_at = models.DateTimeField(_("核定时间"), null=True, blank=True, editable=False)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("核定人"),
    )

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("承诺")
        ordering = ["due_on", "pk"]
        permissions = [("judge_commitment", "核定承诺是否兑现")]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="") | ~Q(verdict_reason=""), name="commitment_judged_with_reason"
            )
        ]
        indexes = [models.Index(fields=["verdict", "due_on"])]

    def __str__(self) -> str:
        return f"{self.get_promised_by_display()}：{self.text[:40]}"

    def clean(self) -> None:
        errors = {}
        if self.made_on and self.due_on and self.due_on < self.made_on:
            errors["due_on"] = "兑现期限不能早于承诺日期。"
        if not self.owner.strip() and self.owner_department_id is None:
            errors["owner"] = "请写明责任人，或选择责任单位。"
        if self.kind in CommitmentKind.in_amounts() and not self.amount:
            errors["amount"] = "这类承诺请填写数量，系统据此计算兑现情况。"
        if errors:
            raise ValidationError(errors)
