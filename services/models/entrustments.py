"""帮办 entrustments: the authority, its matters, and what is done under it. Beside a case, never inside it."""

from datetime import date
from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from projects.models import KeyProject
from services.choices import ProjectStage
from services.choices_cases import ApplicantKind
from services.choices_entrustments import (
    ENDED_STATES,
    AssistanceMode,
    EntrustmentChannel,
    EntrustmentState,
    FollowUpGrade,
    PaperForm,
    PaperOrigin,
    Power,
)
from services.mandate import Mandate, Matter, Pause
from services.models.applicants import new_tracking_code
from services.models.cases import Case
from services.models.catalogue import ServiceItem
from services.models.papers import IssuedPaper
from services.querysets_entrustments import EntrustmentPaperQuerySet, EntrustmentQuerySet
from tuoxian_portal.core import crypto
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.fields import EncryptedTextField
from tuoxian_portal.core.models import KeyedHashes, Sampled, Timestamped, Versioned
from tuoxian_portal.directory.models import Enterprise, Outlet, Park


def _person(label: Any, **more: Any) -> models.ForeignKey:
    more = {"null": True, "blank": True, "editable": False, "related_name": "+", **more}
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=label, **more)


class Entrustment(KeyedHashes, Versioned, Sampled, Timestamped):
    """Somebody asks the hall for help, and entrusts a helper with certain matters for a certain time.

    The help is free (内蒙古 蒙速办·帮您办 方案: 无偿服务): no field of it or of its rows holds an amount.
    Only `services.actions.entrustments`, `entrustment_acts` and `entrustment_ends` change it.
    """

    hash_sources: ClassVar = {"principal_hash": "principal_number"}

    number = models.CharField(_("委托编号"), max_length=24, unique=True, editable=False)
    # The token of the form that asked for help: a second submit finds the first one's entrustment.
    submission = models.UUIDField(default=uuid4, unique=True, editable=False)
    state = models.CharField(
        _("状态"),
        max_length=12,
        choices=EntrustmentState.choices,
        default=EntrustmentState.CONSULTED,
        editable=False,
    )
    mode = models.CharField(_("帮办方式"), max_length=8, choices=AssistanceMode.choices)
    channel = models.CharField(_("来源"), max_length=8, choices=EntrustmentChannel.choices)

    principal_kind = models.CharField(_("委托人类型"), max_length=12, choices=ApplicantKind.choices)
    principal_name = models.CharField(_("委托人"), max_length=120)
    principal_number = EncryptedTextField(_("证件号码"), blank=True)
    principal_hash = models.CharField(max_length=64, blank=True, editable=False)
    contact_name = models.CharField(_("联系人"), max_length=60, blank=True)
    phone = EncryptedTextField(_("联系电话"))
    enterprise = models.ForeignKey(
        Enterprise, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("企业（名录）")
    )
    project = models.ForeignKey(
        KeyProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entrustments",
        verbose_name=_("重点项目"),
    )
    needs = models.TextField(_("想办的事"), max_length=1000)
    visit_address = EncryptedTextField(_("上门地址"), blank=True)

    outlet = models.ForeignKey(
        Outlet, models.PROTECT, related_name="entrustments", verbose_name=_("帮办网点")
    )
    park = models.ForeignKey(
        Park, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("园区服务站")
    )
    helper = _person(_("帮办员"), related_name="entrustments")
    co_helper = _person(_("协办人"), related_name="co_entrustments")

    powers = models.JSONField(_("委托权限"), default=list, blank=True, editable=False)
    special_confirmed = models.BooleanField(_("特别授权已确认"), default=False, editable=False)
    starts_on = models.DateField(_("委托期限自"), null=True, blank=True, editable=False)
    ends_on = models.DateField(_("委托期限至"), null=True, blank=True, editable=False)
    signer = models.CharField(_("委托书签署人"), max_length=60, blank=True, editable=False)
    signed_on = models.DateField(_("签署日期"), null=True, blank=True, editable=False)

    consented_at = models.DateTimeField(_("同意时间"), null=True, blank=True, editable=False)
    answer_due = models.DateField(_("答复期限"), null=True, blank=True, editable=False)
    promised_on = models.DateField(_("承诺日期"), null=True, blank=True, editable=False)
    sign_off_signer = models.CharField(_("办结签单人"), max_length=60, blank=True, editable=False)
    signed_off_on = models.DateField(_("签单日期"), null=True, blank=True, editable=False)
    result = models.TextField(_("帮办结果"), blank=True, editable=False)
    follow_up_grade = models.CharField(
        _("回访评价"), max_length=20, choices=FollowUpGrade.choices, blank=True, editable=False
    )
    follow_up_note = models.TextField(_("回访情况"), blank=True, editable=False)
    followed_up_on = models.DateField(_("回访日期"), null=True, blank=True, editable=False)
    followed_up_by = _person(_("回访人"))
    end_reason = models.TextField(_("终止原因"), blank=True, editable=False)
    closed_on = models.DateField(_("结束日期"), null=True, blank=True, editable=False)
    created_by = _person(_("登记人"))
    tracking_code = EncryptedTextField(_("查询密码"), default=new_tracking_code, editable=False)

    objects = EntrustmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("帮办委托")
        ordering = ["-pk"]
        permissions = [
            ("handle_entrustment", "承诺、委托和帮办"),
            ("follow_up_entrustment", "帮办回访"),
            ("supervise_entrustment", "督办帮办委托"),
        ]
        indexes = [
            models.Index(fields=["state", "ends_on"]),
            models.Index(fields=["outlet", "state"]),
            models.Index(fields=["helper", "state"]),
            models.Index(fields=["principal_hash"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="entrustment_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(signed_on__isnull=True) | ~models.Q(signer=""),
                name="entrustment_signed_has_signer",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["helping", "suspended", "signed_off", "closed"])
                | models.Q(
                    signed_on__isnull=False,
                    starts_on__isnull=False,
                    ends_on__isnull=False,
                    helper__isnull=False,
                ),
                name="entrustment_in_force_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The entrustment in the workbench; the public follows it at `/track/`."""
        return reverse("admin:services_entrustment_change", args=[self.pk])

    @property
    def tracking_number(self) -> str:
        """What the principal types at `/track/`, with the password."""
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state not in ENDED_STATES

    @property
    def helper_ids(self) -> set[int]:
        return {pk for pk in (self.helper_id, self.co_helper_id) if pk}

    @cached_property
    def handler_ids(self) -> frozenset[int]:
        """The helpers and whoever printed one of its papers; one query. None of them decides about its
        rating."""
        printed = self.documents.order_by().values_list("created_by", flat=True).distinct()
        return frozenset(pk for pk in (*self.helper_ids, *printed) if pk is not None)

    @property
    def personal_names(self) -> list[str]:
        """Whose names must not stand in a published text."""
        names = (self.principal_name, self.contact_name, self.signer, self.sign_off_signer)
        return [name for name in names if name]

    @property
    def is_organisation(self) -> bool:
        return self.principal_kind == ApplicantKind.ORGANISATION

    @property
    def masked_name(self) -> str:
        """A person's name masked; an organisation's name is public."""
        return self.principal_name if self.is_organisation else crypto.mask_name(self.principal_name)

    @property
    def masked_number(self) -> str:
        return self.principal_number if self.is_organisation else crypto.mask_identity(self.principal_number)

    @property
    def masked_phone(self) -> str:
        return crypto.mask_phone(self.phone)

    @property
    def period(self) -> str:
        return (
            f"{self.starts_on:%Y-%m-%d} 至 {self.ends_on:%Y-%m-%d}" if self.starts_on and self.ends_on else ""
        )

    @property
    def is_expired(self) -> bool:
        """Whether the period is over, the daily task or not."""
        return self.ends_on is not None and self.ends_on < today()

    # --- what it allows ----------------------------------------------------------------------------

    @property
    def mandate(self) -> Mandate:
        """What the authority allows; two queries unless matters and pauses are prefetched."""
        matters = list(self.matters.all())
        ended = self.closed_on if self.state in ENDED_STATES else self.signed_off_on
        return Mandate(
            powers=frozenset(self.powers),
            items=frozenset(m.item_id for m in matters if m.item_id),
            stages=frozenset(m.stage for m in matters if m.stage),
            signed_on=self.signed_on,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            pauses=tuple(Pause(p.started_on, p.ended_on) for p in self.pauses.all()),
            ended_on=ended,
        )

    def refusal(self, power: str, item: ServiceItem | None, on: date) -> str | None:
        """Why the helper may not use `power` for `item` on that day, in Chinese; None when she may."""
        return self.mandate.refusal(power, Matter(item.pk, item.stage) if item else None, on)

    def allows(self, power: str, item: ServiceItem | None, on: date) -> bool:
        """Whether the helper may use `power` for `item` (None: the entrustment as a whole) on that day."""
        return self.refusal(power, item, on) is None


class EntrustmentMatter(models.Model):
    """One matter of the authority: an item, or all items of a project stage (全帮办)."""

    entrustment = models.ForeignKey(
        Entrustment, models.CASCADE, related_name="matters", verbose_name=_("帮办委托")
    )
    item = models.ForeignKey(
        ServiceItem, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("事项")
    )
    stage = models.CharField(_("项目阶段"), max_length=12, choices=ProjectStage.choices, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("委托事项")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(item__isnull=True) ^ models.Q(stage=""),
                name="entrustment_matter_item_or_stage",
            ),
            models.UniqueConstraint(fields=["entrustment", "item"], name="entrustment_item_once"),
            models.UniqueConstraint(
                fields=["entrustment", "stage"],
                condition=~models.Q(stage=""),
                name="entrustment_stage_once",
            ),
        ]

    def __str__(self) -> str:
        return self.item.name if self.item else f"{self.get_stage_display()}阶段全部事项"


class EntrustmentPause(models.Model):
    """中止: from when to when nothing may be done, and why."""

    entrustment = models.ForeignKey(
        Entrustment, models.CASCADE, related_name="pauses", verbose_name=_("帮办委托")
    )
    started_on = models.DateField(_("中止日期"))
    ended_on = models.DateField(_("续办日期"), null=True, blank=True)
    reason = models.CharField(_("中止原因"), max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = _("中止记录")
        ordering = ["started_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entrustment"],
                condition=models.Q(ended_on__isnull=True),
                name="entrustment_one_open_pause",
            )
        ]

    def __str__(self) -> str:
        return f"{self.entrustment} 中止 {self.started_on}"


class EntrustmentCase(models.Model):
    """A case that is handled under the entrustment; under one open entrustment at a time."""

    entrustment = models.ForeignKey(
        Entrustment, models.CASCADE, related_name="case_links", verbose_name=_("帮办委托")
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="entrustment_links", verbose_name=_("办件"))
    power = models.CharField(_("使用的权限"), max_length=8, choices=Power.choices)
    # Who helped when it was linked: she stays a helper of this case after another took over.
    helper = _person(_("帮办员"))
    linked_by = _person(_("关联人"))
    linked_on = models.DateField(_("关联日期"))

    class Meta:
        verbose_name = verbose_name_plural = _("帮办办件")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["entrustment", "case"], name="entrustment_case_once")]

    def __str__(self) -> str:
        return f"{self.entrustment} {self.case}"


class EntrustmentStep(models.Model):
    """What the helper did, when, where, with what result, and what comes next."""

    entrustment = models.ForeignKey(
        Entrustment, models.CASCADE, related_name="steps", verbose_name=_("帮办委托")
    )
    on = models.DateField(_("日期"))
    power = models.CharField(_("使用的权限"), max_length=8, choices=Power.choices)
    item = models.ForeignKey(
        ServiceItem, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("事项")
    )
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="entrustment_steps", verbose_name=_("办件")
    )
    what = models.CharField(_("做了什么"), max_length=300)
    place = models.CharField(_("地点"), max_length=120, blank=True)
    result = models.CharField(_("结果"), max_length=300, blank=True)
    next_step = models.CharField(_("下一步"), max_length=200, blank=True)
    next_on = models.DateField(_("下一步日期"), null=True, blank=True)
    by = _person(_("记录人"))
    created_at = models.DateTimeField(_("记录时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("帮办记录")
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"{self.on} {self.what}"


class EntrustmentPaper(models.Model):
    """A paper between principal and helper: received with the giver's signature, returned with hers.

    What a case does with its papers is the case's own custody; this is the other side of the counter.
    """

    entrustment = models.ForeignKey(
        Entrustment, models.CASCADE, related_name="papers", verbose_name=_("帮办委托")
    )
    name = models.CharField(_("材料名称"), max_length=160)
    form = models.CharField(_("形式"), max_length=8, choices=PaperForm.choices)
    count = models.PositiveSmallIntegerField(_("份数"), default=1)
    origin = models.CharField(
        _("来处"), max_length=10, choices=PaperOrigin.choices, default=PaperOrigin.PRINCIPAL
    )
    handed_by = models.CharField(_("交件人签名"), max_length=60)
    received_on = models.DateField(_("接收日期"))
    received_by = _person(_("接收人"))
    returned_on = models.DateField(_("退还日期"), null=True, blank=True)
    returned_by = _person(_("退还经手人"))
    returned_to = models.CharField(_("取件人签名"), max_length=60, blank=True)
    note = models.CharField(_("备注"), max_length=200, blank=True)

    objects = EntrustmentPaperQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("帮办材料")
        ordering = ["received_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(returned_on__isnull=True) | ~models.Q(returned_to=""),
                name="entrustment_paper_returned_is_signed",
            ),
            models.CheckConstraint(
                condition=models.Q(returned_on__isnull=True)
                | models.Q(returned_on__gte=models.F("received_on")),
                name="entrustment_paper_returned_after",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.get_form_display()} {self.count} 份）"

    @property
    def is_held(self) -> bool:
        return self.returned_on is None


class EntrustmentVisit(models.Model):
    """上门帮办: where, when, who went, what came of it, who signed for it."""

    entrustment = models.ForeignKey(
        Entrustment, models.CASCADE, related_name="visits", verbose_name=_("帮办委托")
    )
    at = models.DateTimeField(_("上门时间"))
    address = EncryptedTextField(_("地址"))
    visitors = models.CharField(_("上门人员"), max_length=120)
    what = models.CharField(_("服务内容"), max_length=300)
    outcome = models.CharField(_("结果"), max_length=300)
    signer = models.CharField(_("服务对象签名"), max_length=60)
    by = _person(_("记录人"))

    class Meta:
        verbose_name = verbose_name_plural = _("上门记录")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.entrustment} 上门 {timezone.localtime(self.at):%Y-%m-%d}"


class EntrustmentDocument(IssuedPaper):
    """A paper printed for an entrustment."""

    SUBJECT = "entrustment"

    entrustment = models.ForeignKey(
        Entrustment, models.CASCADE, related_name="documents", verbose_name=_("帮办委托")
    )

    class Meta(IssuedPaper.Meta):
        verbose_name = verbose_name_plural = _("帮办文书")
