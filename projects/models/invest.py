"""What the county offers and who asks for it: opportunities and leads."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.choices import LeadSource, LeadState
from projects.querysets import OpportunityQuerySet
from projects.querysets_leads import LeadQuerySet
from tuoxian_portal.core import crypto
from tuoxian_portal.core.fields import CreditCodeField, EncryptedTextField, WanField
from tuoxian_portal.core.models import KeyedHashes, Sampled, Sourced, Timestamped, Versioned
from tuoxian_portal.core.money import format_wan, plain


class Opportunity(Sourced, Sampled, Timestamped, Versioned):
    """招商项目: what the county invites investors to build."""

    number = models.CharField(_("编号"), max_length=20, unique=True, editable=False)
    name = models.CharField(_("名称"), max_length=160)
    industry = models.ForeignKey(
        "directory.Industry", models.PROTECT, null=True, blank=True, verbose_name=_("产业")
    )
    chain = models.ForeignKey(
        "directory.IndustryChain", models.PROTECT, null=True, blank=True, verbose_name=_("产业链")
    )
    park = models.ForeignKey("directory.Park", models.PROTECT, null=True, blank=True, verbose_name=_("园区"))
    site = models.CharField(_("选址"), max_length=200, blank=True)
    summary = models.TextField(_("简介"), blank=True)
    conditions = models.TextField(_("建设条件"), blank=True)
    cooperation = models.CharField(_("合作方式"), max_length=200, blank=True)
    scale = models.CharField(_("建设规模"), max_length=200, blank=True)
    total_investment_wan = WanField(_("估算总投资（万元）"), null=True, blank=True)
    department = models.ForeignKey(
        "directory.Department", models.PROTECT, null=True, blank=True, verbose_name=_("对接单位")
    )
    contact = models.CharField(
        _("联系方式（对外）"),
        max_length=120,
        blank=True,
        help_text=_("办公电话或邮箱，会在公开页面显示。不填时用对接单位的电话。"),
    )
    chain_node = models.ForeignKey(
        "projects.ChainNode",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="opportunities",
        verbose_name=_("填补的产业链环节"),
    )
    is_published = models.BooleanField(_("对外公布"), default=False, db_index=True, editable=False)
    published_at = models.DateTimeField(_("公布时间"), null=True, blank=True, editable=False)

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("招商项目")
        ordering = ["is_sample", "number"]
        permissions = [("publish_opportunity", "公布或撤下招商项目")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("projects:detail", args=[self.number])


class InvestmentLead(KeyedHashes, Sampled, Timestamped, Versioned):
    """招商线索: somebody who thinks of investing. Contacts are encrypted and masked.

    `answer_due` is what the asker was told, in working days, and therefore kept. `token` is the
    form's one-time token: the same form sent twice makes one lead.
    """

    hash_sources: ClassVar = {"phone_hash": "phone"}

    number = models.CharField(_("线索编号"), max_length=24, unique=True, editable=False)
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(_("来源"), max_length=10, choices=LeadSource.choices, default=LeadSource.CALL)
    source_note = models.CharField(
        _("来源说明"), max_length=120, blank=True, help_text=_("哪场活动、谁推荐的。不对外。")
    )
    enterprise_name = models.CharField(_("企业名称"), max_length=120, blank=True)
    # The name without its legal form, for finding the same enterprise again; see `names.enterprise_key`.
    name_key = models.CharField(max_length=120, blank=True, db_index=True, editable=False)
    credit_code = CreditCodeField(
        _("统一社会信用代码"), blank=True, help_text=_("还没有成立企业的创业者可不填。")
    )
    contact_name = EncryptedTextField(_("联系人"))
    phone = EncryptedTextField(_("电话"))
    phone_hash = models.CharField(max_length=64, db_index=True, editable=False)
    industry = models.ForeignKey(
        "directory.Industry", models.PROTECT, null=True, blank=True, verbose_name=_("意向产业")
    )
    opportunity = models.ForeignKey(
        Opportunity, models.SET_NULL, null=True, blank=True, verbose_name=_("咨询的招商项目")
    )
    project = models.ForeignKey(
        "projects.KeyProject",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="enquiries",
        verbose_name=_("咨询的重点项目"),
    )
    intended_investment_wan = WanField(_("意向投资（万元）"), null=True, blank=True)
    intended_land_mu = models.DecimalField(
        _("意向用地（亩）"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    intended_jobs = models.PositiveIntegerField(_("意向用工（人）"), null=True, blank=True)
    intended_energy = models.CharField(
        _("意向用能"), max_length=120, blank=True, help_text=_("例如 年用电 800 万度、蒸汽 3 万吨。")
    )
    chain_node = models.ForeignKey(
        "projects.ChainNode",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("产业链环节"),
    )
    promotion_target = models.ForeignKey(
        "projects.PromotionTarget",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("招商目标"),
    )
    needs = models.TextField(_("诉求"), max_length=2000)
    consented_at = models.DateTimeField(_("同意告知时间"), null=True, blank=True, editable=False)
    state = models.CharField(
        _("状态"), max_length=10, choices=LeadState.choices, default=LeadState.NEW, editable=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("负责人"),
    )
    next_step = models.CharField(_("下一步"), max_length=200, blank=True)
    next_on = models.DateField(_("下一步日期"), null=True, blank=True)
    answer_due = models.DateField(_("答复期限"), editable=False)
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True, editable=False)
    converted_project = models.OneToOneField(
        "projects.KeyProject",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="lead",
        verbose_name=_("转成的项目"),
    )
    close_reason = models.TextField(_("关闭理由"), blank=True, editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("招商线索")
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("handle_lead", "办理招商线索"),
            ("convert_lead", "线索转项目"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="closed") | ~Q(close_reason=""), name="lead_closed_with_reason"
            ),
        ]
        indexes = [models.Index(fields=["state", "answer_due"])]

    def __str__(self) -> str:
        return self.number

    @property
    def plans(self) -> list[tuple[str, str]]:
        """What is planned so far, as (label, words); what is not known is left out."""
        land = self.intended_land_mu
        found = [
            ("计划投资", format_wan(self.intended_investment_wan)),
            ("用地", f"{plain(land)} 亩" if land is not None else ""),
            ("用工", f"{self.intended_jobs} 人" if self.intended_jobs is not None else ""),
            ("用能", self.intended_energy),
        ]
        return [(label, words) for label, words in found if words]

    @property
    def masked_phone(self) -> str:
        return crypto.mask_phone(self.phone)

    @property
    def masked_contact(self) -> str:
        return crypto.mask_name(self.contact_name)
