"""Cases (办件): the record, its materials, its ledger of intervals and the papers printed for it."""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from services.choices import DayUnit, Necessity
from services.choices_cases import (
    CLOSED_STATES,
    DECISION_STATES,
    OFFICE_STATES,
    CaseOutcome,
    CaseState,
    ClockKind,
    DeliveryMethod,
    MaterialState,
    SpecialProcedure,
)
from services.clock import Span
from services.models.applicants import ApplicantFields
from services.models.bundles import BundleMember
from services.models.catalogue import Material, ServiceItem
from services.models.papers import IssuedPaper
from services.querysets_cases import CaseQuerySet
from tuoxian_portal.core import crypto
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.models import Sampled, Timestamped, Versioned
from tuoxian_portal.directory.models import Department, Outlet


def _person(label: Any, **more: Any) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=label,
        **more,
    )


class Case(ApplicantFields, Versioned, Sampled, Timestamped):
    """One application of one applicant for one item.

    Only `services.actions.cases` changes it. `due_on`, `due_kind` and `decide_by` follow from the
    intervals and are rewritten by every action and by `recompute_deadlines`; they are stored so that
    lists and dashboards can filter on them (docs/adr/0007).
    """

    case_number = models.CharField(_("办件编号"), max_length=24, unique=True, editable=False)
    # The token of the form that recorded the case: a second submit finds the first one's case.
    submission = models.UUIDField(default=uuid4, unique=True, editable=False)
    state = models.CharField(
        _("状态"), max_length=12, choices=CaseState.choices, default=CaseState.REGISTERED, editable=False
    )
    outcome = models.CharField(
        _("决定"), max_length=8, choices=CaseOutcome.choices, blank=True, editable=False
    )
    item = models.ForeignKey(ServiceItem, models.PROTECT, related_name="cases", verbose_name=_("事项"))
    item_snapshot = models.JSONField(_("受理时的事项内容"), default=dict, blank=True, editable=False)
    is_instant = models.BooleanField(_("即办件"), default=False, editable=False)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="cases", verbose_name=_("办理部门")
    )
    outlet = models.ForeignKey(Outlet, models.PROTECT, related_name="cases", verbose_name=_("收件网点"))
    handling_outlet = models.ForeignKey(
        Outlet,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("转交网点"),
        help_text=_("收件网点转交后由它经办；空为收件网点自己经办。"),
    )
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrected_by",
        verbose_name=_("更正的原办件"),
        help_text=_("已结束的办件不再修改；更正须另立一件并关联。"),
    )

    # One application among several of a bundle case; see docs/adr on bundles.
    bundle_case = models.ForeignKey(
        "services.BundleCase",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="children",
        verbose_name=_("一次办办件"),
    )
    bundle_member = models.ForeignKey(
        BundleMember, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    waits_for = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        editable=False,
        related_name="awaited_by",
        verbose_name=_("先办的办件"),
    )
    split_off_at = models.DateTimeField(_("分出时间"), null=True, blank=True, editable=False)
    split_off_reason = models.CharField(_("分出的理由"), max_length=300, blank=True, editable=False)
    split_off_by = _person(_("分出人"))
    # What this case's window or department wants in the next collected notice.
    correction_proposal = models.JSONField(_("拟告知补正的内容"), default=list, blank=True, editable=False)
    correction_proposed_by = _person(_("提出补正意见"))

    created_by = _person(_("登记人"))
    received_by = _person(_("收件人"))
    signed_by = _person(_("签收人"))
    reviewer = _person(_("审查人"))
    approver = _person(_("审批人"))
    decline_proposed_by = _person(_("提出不予受理"))
    second_correction_by = _person(_("批准再次补正"))

    received_at = models.DateTimeField(_("收件时间"), null=True, blank=True, editable=False)
    received_on = models.DateField(_("收件日期"), null=True, blank=True, editable=False)
    accepted_on = models.DateField(_("受理日期"), null=True, blank=True, editable=False)
    deemed_accepted = models.BooleanField(_("视为受理"), default=False, editable=False)
    handed_over_at = models.DateTimeField(_("移交时间"), null=True, blank=True, editable=False)
    signed_at = models.DateTimeField(_("签收时间"), null=True, blank=True, editable=False)
    decided_on = models.DateField(_("决定日期"), null=True, blank=True, editable=False)
    delivered_on = models.DateField(_("送达日期"), null=True, blank=True, editable=False)
    closed_on = models.DateField(_("结束日期"), null=True, blank=True, editable=False)

    corrections_made = models.PositiveSmallIntegerField(_("补正次数"), default=0, editable=False)
    second_correction_reason = models.CharField(
        _("再次补正的理由"), max_length=300, blank=True, editable=False
    )
    extended = models.BooleanField(_("已延期"), default=False, editable=False)
    proposed_outcome = models.CharField(
        _("审查意见"), max_length=8, choices=CaseOutcome.choices, blank=True, editable=False
    )
    opinion = models.TextField(_("审查意见说明"), blank=True, editable=False)
    decision_reason = models.TextField(_("决定理由"), blank=True, editable=False)
    recipient = models.CharField(_("领取人"), max_length=60, blank=True, editable=False)
    delivery_method = models.CharField(
        _("送达方式"), max_length=12, choices=DeliveryMethod.choices, blank=True, editable=False
    )

    due_on = models.DateField(_("本环节期限"), null=True, blank=True, editable=False)
    due_kind = models.CharField(
        _("期限性质"), max_length=12, choices=ClockKind.choices, blank=True, editable=False
    )
    decide_by = models.DateField(_("应作出决定日"), null=True, blank=True, editable=False)

    objects = CaseQuerySet.as_manager()
    # Set by `actions.acting` while an act of the whole bundle goes through its cases.
    acts_as_whole = False

    class Meta:
        verbose_name = verbose_name_plural = _("办件")
        ordering = ["-pk"]
        permissions = [
            ("receive_case", "收件、补正、受理"),
            ("review_case", "审查办件"),
            ("decide_case", "审批办件"),
            ("deliver_case", "出件、送达"),
            ("supervise_case", "督办办件"),
            ("override_number", "登记未通过校验的证件号码"),
        ]
        indexes = [
            models.Index(fields=["state", "due_on"]),
            models.Index(fields=["department", "state"]),
            models.Index(fields=["outlet", "state"]),
            models.Index(fields=["applicant_hash", "item"]),
            models.Index(fields=["bundle_case", "state"]),
            models.Index(fields=["decided_on"]),
            models.Index(fields=["received_on"]),
            # What is late and what soon will be, of the few cases that the office has in hand.
            models.Index(
                fields=["due_on"],
                condition=models.Q(state__in=sorted(state.value for state in OFFICE_STATES)),
                name="case_office_due",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approver__isnull=True)
                | models.Q(reviewer__isnull=True)
                | ~models.Q(approver=models.F("reviewer")),
                name="case_approver_is_not_reviewer",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_on__isnull=True) | ~models.Q(outcome=""),
                name="case_decided_has_outcome",
            ),
            models.CheckConstraint(
                condition=models.Q(bundle_case__isnull=False)
                | (models.Q(split_off_at__isnull=True) & ~models.Q(state=CaseState.WAITING)),
                name="case_waits_only_in_a_bundle",
            ),
            models.UniqueConstraint(fields=["bundle_case", "item"], name="case_item_once_in_a_bundle"),
        ]

    def __str__(self) -> str:
        return self.case_number

    def get_absolute_url(self) -> str:
        """The case in the staff's workbench; the public follows it at `/track/`."""
        return reverse("admin:services_case_change", args=[self.pk])

    @property
    def tracking_number(self) -> str:
        """What the applicant types at `/track/`, with the password."""
        return self.case_number

    @property
    def in_bundle(self) -> bool:
        """Whether it is still handled as one of a bundle case's; False once split off."""
        return self.bundle_case_id is not None and self.split_off_at is None

    @property
    def is_granted(self) -> bool:
        return self.outcome == CaseOutcome.APPROVED

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED_STATES

    @property
    def state_tone(self) -> str:
        return CaseState(self.state).tone

    @property
    def masked_recipient(self) -> str:
        """Who fetched the result; the applicant organisation's own name is public."""
        if self.recipient == self.applicant_name[:60]:
            return self.masked_name
        return crypto.mask_name(self.recipient)

    @property
    def item_name(self) -> str:
        """As it was when the case was accepted."""
        return (self.item_snapshot or {}).get("name") or self.item.name

    @property
    def is_overdue(self) -> bool:
        """Whether the office should have acted before today."""
        return self.due_on is not None and self.state in OFFICE_STATES and self.due_on < today()

    @property
    def is_late(self) -> bool | None:
        """Whether it was decided after its deadline; None while undecided or without one."""
        if not (self.decided_on and self.decide_by):
            return None
        return self.decided_on > self.decide_by

    @cached_property
    def handler_ids(self) -> frozenset[int]:
        """The pks of everybody who worked on the case, who printed one of its papers included (the
        issuing window leaves no other trace); one query. None of them decides about its rating."""
        named = {
            self.created_by_id,
            self.received_by_id,
            self.signed_by_id,
            self.reviewer_id,
            self.approver_id,
            self.decline_proposed_by_id,
            self.second_correction_by_id,
        }
        printed = self.documents.order_by().values_list("created_by", flat=True).distinct()
        return frozenset(pk for pk in (*named, *printed) if pk is not None)

    @property
    def personal_names(self) -> list[str]:
        """Whose names must not stand in a published text."""
        return [name for name in (self.applicant_name, self.agent_name, self.recipient) if name]

    @property
    def in_decision(self) -> bool:
        return self.state in DECISION_STATES


class CaseMaterial(models.Model):
    """One material of a case, as the item asked for it when the case was recorded."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="materials", verbose_name=_("办件"))
    material = models.ForeignKey(
        Material, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("材料目录")
    )
    name = models.CharField(_("材料"), max_length=160)
    necessity = models.CharField(_("必要性"), max_length=12, choices=Necessity.choices)
    condition = models.CharField(_("适用情形"), max_length=200, blank=True)
    originals_wanted = models.PositiveSmallIntegerField(_("应交原件"), null=True, blank=True)
    copies_wanted = models.PositiveSmallIntegerField(_("应交复印件"), null=True, blank=True)
    state = models.CharField(
        _("状态"), max_length=10, choices=MaterialState.choices, default=MaterialState.MISSING
    )
    originals = models.PositiveSmallIntegerField(_("收原件"), default=0)
    copies = models.PositiveSmallIntegerField(_("收复印件"), default=0)
    received_at = models.DateTimeField(_("收到时间"), null=True, blank=True)
    received_by = _person(_("接收人"))
    promised_on = models.DateField(_("承诺补齐日期"), null=True, blank=True)
    licence = models.ForeignKey(
        "services.Licence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="case_materials",
        verbose_name=_("电子证照"),
        help_text=_("证照库中已有，免交纸质材料。"),
    )
    bundle_material = models.ForeignKey(
        "services.BundleMaterial",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="lines",
        verbose_name=_("一套材料中的材料"),
    )
    supplied_by = models.ForeignKey(
        Case,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("由哪一办件产生"),
        help_text=_("同一次办中前一事项的办理结果，准予后自动提供，不向申请人收取。"),
    )
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    class Meta:
        verbose_name = verbose_name_plural = _("办件材料")
        ordering = ["order", "pk"]
        indexes = [
            # 容缺欠账: the few papers that are still owed, out of all there ever were.
            models.Index(
                fields=["case"],
                condition=models.Q(state=MaterialState.DEFERRED),
                name="case_material_owed",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=MaterialState.DEFERRED) | models.Q(promised_on__isnull=False),
                name="case_material_deferred_has_date",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=MaterialState.LICENSED) | models.Q(licence__isnull=False),
                name="case_material_licensed_has_licence",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_required(self) -> bool:
        return self.necessity in {Necessity.REQUIRED, Necessity.DEFERRABLE}

    @property
    def blocks_acceptance(self) -> bool:
        return self.is_required and self.state == MaterialState.MISSING

    @property
    def is_owed(self) -> bool:
        """Deferred, or missing from a case that the law accepted in the meantime."""
        return self.state == MaterialState.DEFERRED or self.blocks_acceptance

    @property
    def is_promise_broken(self) -> bool:
        deferred = self.state == MaterialState.DEFERRED
        return deferred and self.promised_on is not None and self.promised_on < today()


class ClockInterval(models.Model):
    """A line of the ledger (时限账本): what ran from when to when, on which legal ground."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="intervals", verbose_name=_("办件"))
    kind = models.CharField(_("类别"), max_length=12, choices=ClockKind.choices)
    started_on = models.DateField(_("起算事件日"), help_text=_("当日不计入。"))
    ended_on = models.DateField(_("终止日"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(_("期限天数"), null=True, blank=True)
    unit = models.CharField(_("单位"), max_length=8, choices=DayUnit.choices, default=DayUnit.WORKING)
    ground = models.CharField(_("依据"), max_length=200)
    procedure = models.CharField(_("特别程序"), max_length=16, choices=SpecialProcedure.choices, blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("时限账本")
        ordering = ["started_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_on__isnull=True) | models.Q(ended_on__gte=models.F("started_on")),
                name="clock_interval_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["case", "kind"],
                condition=models.Q(ended_on__isnull=True),
                name="clock_interval_one_open_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(kind=ClockKind.EXTENSION), name="case_extended_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.started_on}"

    @property
    def span(self) -> Span:
        return Span(self.kind, self.started_on, self.ended_on, self.days, self.unit)


class CorrectionNotice(models.Model):
    """Everything that was missing or wrong, told at once (行政许可法 Art. 32)."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="corrections", verbose_name=_("办件"))
    items = models.JSONField(_("需补正内容"))
    told_on = models.DateField(_("告知日期"))
    due_on = models.DateField(_("补正期限"))
    told_by = _person(_("告知人"))
    answered_on = models.DateField(_("补正日期"), null=True, blank=True)
    override_reason = models.CharField(_("再次补正的理由"), max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("补正告知")
        ordering = ["told_on", "pk"]

    def __str__(self) -> str:
        return f"{self.case} 补正告知 {self.told_on}"


class CaseDocument(IssuedPaper):
    """A paper printed for a case."""

    SUBJECT = "case"

    case = models.ForeignKey(Case, models.CASCADE, related_name="documents", verbose_name=_("办件"))

    class Meta(IssuedPaper.Meta):
        verbose_name = verbose_name_plural = _("办件文书")
