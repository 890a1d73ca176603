"""An incentive policy, its clauses, and the questions people ask about it."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from policies import status
from policies.choices import Level, Nature, Publication, Status, Theme
from policies.querysets import PolicyQuerySet
from tuoxian_portal.core.models import Sampled, Sourced, Timestamped, Versioned
from tuoxian_portal.directory.models import Department, Industry

if TYPE_CHECKING:
    from policies.models.clause import PolicyClause


class IncentivePolicy(Sourced, Sampled, Timestamped, Versioned):
    """A document (or a named programme) that promises enterprises something.

    `state` says where it stands in the office; `status_on(day)` says whether it is in force, from
    its dates and from the officer's confirmation (`verified_on`), and is never stored.
    """

    title = models.CharField(_("标题"), max_length=200)
    slug = models.SlugField(_("网址标识"), max_length=80, unique=True, help_text=_("公开后不再更改。"))
    nature = models.CharField(_("性质"), max_length=12, choices=Nature.choices, default=Nature.DOCUMENT)
    document_number = models.CharField(
        _("文号"), max_length=80, blank=True, help_text=_("例如 内政发〔2024〕6号")
    )
    issuing_body = models.CharField(_("发文机关"), max_length=200, blank=True)
    level = models.CharField(_("层级"), max_length=8, choices=Level.choices)
    theme = models.CharField(_("主题"), max_length=12, choices=Theme.choices)
    industry = models.ForeignKey(
        Industry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="policies",
        verbose_name=_("产业"),
        help_text=_("不限产业时留空。"),
    )
    objects_text = models.CharField(_("适用对象"), max_length=300, blank=True)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="policies",
        verbose_name=_("咨询部门"),
    )
    issued_on = models.DateField(_("成文日期"), null=True, blank=True)
    issued_text = models.CharField(
        _("成文时间说明"), max_length=80, blank=True, help_text=_("日期不确切时，按来源填写。")
    )
    in_force_from = models.DateField(_("施行日期"), null=True, blank=True)
    expires_on = models.DateField(_("有效期至"), null=True, blank=True)
    review_on = models.DateField(_("复审日期"), null=True, blank=True)
    legal_basis = models.TextField(_("法律依据"), blank=True)
    fair_competition_reviewed_on = models.DateField(_("公平竞争审查日期"), null=True, blank=True)
    fair_competition_reviewed_by = models.CharField(_("公平竞争审查机关"), max_length=200, blank=True)
    summary = models.TextField(_("一句话解读"), blank=True, help_text=_("用大白话写给企业看。"))
    full_text = models.TextField(_("原文"), blank=True)
    note = models.TextField(_("说明"), blank=True)
    replaced_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        verbose_name=_("被取代"),
    )
    repealed_on = models.DateField(_("废止日期"), null=True, blank=True)

    state = models.CharField(
        _("公开状态"), max_length=10, choices=Publication.choices, default=Publication.DRAFT
    )
    published_at = models.DateTimeField(_("公开时间"), null=True, blank=True, editable=False)
    verified_on = models.DateField(_("核实有效日期"), null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("核实人"),
    )
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("最后修改人"),
    )

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("惠企政策")
        ordering = [models.F("issued_on").desc(nulls_last=True), "pk"]
        permissions = [
            ("review_incentivepolicy", _("审核惠企政策")),
            ("publish_incentivepolicy", _("公开、核实、撤下惠企政策")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(replaced_by=models.F("pk")), name="policy_not_replaced_by_itself"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_on__isnull=True)
                | models.Q(in_force_from__isnull=True)
                | models.Q(expires_on__gte=models.F("in_force_from")),
                name="policy_expires_after_start",
                violation_error_message=_("有效期至不能早于施行日期。"),
            ),
        ]
        indexes = [models.Index(fields=["state", "level", "theme"])]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.issued_on and self.in_force_from and self.in_force_from < self.issued_on:
            errors["in_force_from"] = "施行日期不能早于成文日期。"
        start = self.in_force_from or self.issued_on
        for name, label in (("expires_on", "有效期至"), ("review_on", "复审日期")):
            value = getattr(self, name)
            if start and value and value < start:
                errors[name] = f"{label}不能早于施行（成文）日期。"
        if self.pk and self.replaced_by_id == self.pk:
            errors["replaced_by"] = "一份政策不能被它自己取代。"
        elif self.pk and self._leads_back_here():
            errors["replaced_by"] = "取代关系成了一个圈，请核对哪一份取代了哪一份。"
        if errors:
            raise ValidationError(errors)

    def _leads_back_here(self) -> bool:
        """Whether following what replaced it comes back to it; one query a step."""
        seen: set[int] = set()
        step = self.replaced_by
        while step is not None and step.pk not in seen:
            if step.pk == self.pk:
                return True
            seen.add(step.pk)
            step = step.replaced_by
        return False

    def get_absolute_url(self) -> str:
        return reverse("policies:detail", args=[self.slug])

    @property
    def issued_label(self) -> str:
        """When it was issued, as exactly as is known; "" when nothing is."""
        return self.issued_on.isoformat() if self.issued_on else self.issued_text

    @property
    def is_published(self) -> bool:
        return self.state == Publication.PUBLISHED

    @property
    def is_editable(self) -> bool:
        """Whether its content may change: in draft, or while it is public as 待核实.

        What was reviewed or confirmed as in force stays as it was read, until an action reopens it.
        """
        return self.state == Publication.DRAFT or (
            self.state == Publication.PUBLISHED and self.verified_on is None and self.repealed_on is None
        )

    def status_on(self, day: date) -> Status:
        """Whether it is in force on `day`; no query."""
        return status.status_on(self, day)

    def reason_on(self, day: date) -> str:
        """Why `status_on` says so, in one sentence for the public; no query."""
        return status.reason_on(self, day)

    @property
    def last_day(self) -> date | None:
        """The last day on which it can be in force: before its repeal, at most its expiry."""
        before_repeal = self.repealed_on - timedelta(days=1) if self.repealed_on else None
        return min((day for day in (self.expires_on, before_repeal) if day), default=None)

    @cached_property
    def clause_list(self) -> list["PolicyClause"]:
        """The clauses in order; one query, or none after `prefetch_related("clauses")`."""
        return list(self.clauses.all())


class PolicyQuestion(models.Model):
    """A question that enterprises ask about a policy, and its answer."""

    policy = models.ForeignKey(
        IncentivePolicy, models.CASCADE, related_name="questions", verbose_name=_("政策")
    )
    order = models.PositiveSmallIntegerField(_("序号"), default=1)
    question = models.CharField(_("问题"), max_length=200)
    answer = models.TextField(_("答复"))

    class Meta:
        verbose_name = verbose_name_plural = _("常见问题")
        ordering = ["policy_id", "order", "pk"]

    def __str__(self) -> str:
        return self.question
