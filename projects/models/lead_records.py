"""What is kept about a lead: conflicts with others, visits, reminders. All of it internal."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.choices_pipeline import ConflictDecision, ConflictGround, ReminderKind, VisitKind
from projects.models.invest import InvestmentLead
from projects.querysets_leads import ConflictQuerySet, OfLeadQuerySet
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.models import Sampled, Timestamped, Versioned


class LeadConflict(Timestamped, Versioned, Sampled):
    """撞单: `later` speaks of the enterprise that `first` had registered before. Until a supervisor has
    decided, `first` is protected and `later` cannot become a project."""

    first = models.ForeignKey(
        InvestmentLead, models.CASCADE, related_name="conflicts_as_first", verbose_name=_("先登记的线索")
    )
    later = models.ForeignKey(
        InvestmentLead, models.CASCADE, related_name="conflicts_as_later", verbose_name=_("后登记的线索")
    )
    ground = models.CharField(_("认定依据"), max_length=12, choices=ConflictGround.choices)
    decision = models.CharField(_("裁定"), max_length=10, choices=ConflictDecision.choices, blank=True)
    reason = models.TextField(_("裁定理由"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("裁定人"),
    )
    decided_at = models.DateTimeField(_("裁定时间"), null=True, blank=True)

    objects = ConflictQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("撞单")
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [("resolve_conflict", "裁定撞单")]
        constraints = [
            models.UniqueConstraint(fields=["first", "later"], name="conflict_once"),
            models.CheckConstraint(condition=~Q(first=F("later")), name="conflict_between_two"),
            models.CheckConstraint(
                condition=Q(decision="") | ~Q(reason=""), name="conflict_decided_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.later} 与 {self.first}"

    def get_absolute_url(self) -> str:
        return reverse("admin:projects_leadconflict_change", args=[self.pk])


class LeadVisit(Timestamped, Sampled):
    """A visit to an enterprise or its reception here: when, where, who, and what came of it."""

    lead = models.ForeignKey(
        InvestmentLead, models.CASCADE, related_name="visits", verbose_name=_("招商线索")
    )
    kind = models.CharField(_("类型"), max_length=10, choices=VisitKind.choices)
    held_on = models.DateField(_("日期"))
    place = models.CharField(_("地点"), max_length=120)
    people = models.CharField(_("参加人员"), max_length=200, help_text=_("双方参加的人，写姓名或职务。"))
    outcome = models.TextField(_("结果"), max_length=1000)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )

    objects = OfLeadQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("拜访与接待")
        ordering = ["-held_on", "-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.held_on:%Y-%m-%d} {self.get_kind_display()} {self.place}"

    def clean(self) -> None:
        if self.held_on and self.held_on > today():
            raise ValidationError({"held_on": "日期不能晚于今天；还没有进行的，请写在“下一步”。"})


class LeadReminder(models.Model):
    """A reminder that was given. `due_on` is the day it was for: each day reminds once, however late
    the task runs."""

    lead = models.ForeignKey(
        InvestmentLead, models.CASCADE, related_name="reminders", verbose_name=_("招商线索")
    )
    kind = models.CharField(_("提醒"), max_length=12, choices=ReminderKind.choices)
    due_on = models.DateField(_("应提醒日期"))
    given_at = models.DateTimeField(_("提醒时间"), auto_now_add=True)

    objects = OfLeadQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("线索提醒")
        ordering = ["-due_on", "-pk"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["lead", "kind", "due_on"], name="lead_reminded_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}（{self.due_on:%Y-%m-%d}）"
