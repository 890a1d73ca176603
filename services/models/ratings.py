"""Ratings (好差评, 国办发〔2019〕51号): the invitation, the rating, its rectification, the public answer.

What the public reads is a table of its own, `PublishedAnswer`: it holds nothing that could name anybody,
so that no page, export or API of it can leak what it does not have.
"""

import secrets
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from services.choices_ratings import (
    BAD_GRADES,
    COUNTED_STANDINGS,
    OPEN_REMEDIATIONS,
    CallBackVerdict,
    Doubt,
    RatingChannel,
    RatingGrade,
    RatingStanding,
    RemediationState,
    TagSide,
)
from services.models.bundle_cases import BundleCase
from services.models.cases import Case
from services.models.catalogue import ServiceItem
from services.models.entrustments import Entrustment
from services.models.papers import IssuedPaper
from services.querysets_ratings import (
    InvitationQuerySet,
    PublishedAnswerQuerySet,
    RatingQuerySet,
    RemediationQuerySet,
)
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.fields import EncryptedTextField
from tuoxian_portal.core.models import KeyedHashes, Sampled, Sourced, Timestamped, Versioned
from tuoxian_portal.core.querysets import PortalQuerySet
from tuoxian_portal.directory.models import Department, Outlet

# What an invitation can be about: its foreign keys, of which exactly one is set. A new subject is a
# nullable OneToOneField with the related name `rating_invitation`, its name here, a function beside
# `actions.ratings.invite`, and on its model `phone`, `handler_ids` and `personal_names`.
SUBJECTS = ("case", "bundle_case", "entrustment")
MAX_COMMENT = 500


def new_rating_token() -> str:
    """144 random bits, safe in an address."""
    return secrets.token_urlsafe(18)


def exactly_one(names: tuple[str, ...]) -> models.Q:
    """The condition that one and only one of the columns `names` is set."""
    condition = models.Q()
    for chosen in names:
        condition |= models.Q(**{f"{name}__isnull": name != chosen for name in names})
    return condition


def _person(label: Any) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=label,
    )


class RatingTag(Sourced):
    """A tag that is offered with good or with bad grades; a code table that supervisors keep."""

    code = models.SlugField(_("标识"), max_length=40, unique=True)
    name = models.CharField(_("标签"), max_length=20, unique=True)
    side = models.CharField(_("用于"), max_length=4, choices=TagSide.choices)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)
    is_active = models.BooleanField(_("启用"), default=True)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("评价标签")
        ordering = ["-side", "order", "pk"]

    def __str__(self) -> str:
        return self.name


class RatingInvitation(KeyedHashes, Sampled):
    """The one chance to rate one matter (a case, or a bundle case as a whole, an entrustment).

    The token is found through its keyed hash and sealed otherwise, so that the paper can be printed
    again; the database alone gives no link away. What statistics need of the subject is copied here,
    once, when the matter is done: a finished matter does not change.
    """

    hash_sources: ClassVar = {"token_hash": "token", "phone_hash": "subject.phone"}
    hash_related: ClassVar = SUBJECTS

    case = models.OneToOneField(
        Case,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="rating_invitation",
        verbose_name=_("办件"),
    )
    bundle_case = models.OneToOneField(
        BundleCase,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="rating_invitation",
        verbose_name=_("一次办办件"),
    )
    entrustment = models.OneToOneField(
        Entrustment,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="rating_invitation",
        verbose_name=_("帮办委托"),
    )
    title = models.CharField(_("办理事项"), max_length=200)
    item = models.ForeignKey(
        ServiceItem, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("事项")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("部门")
    )
    outlet = models.ForeignKey(Outlet, models.PROTECT, related_name="+", verbose_name=_("网点"))
    phone_hash = models.CharField(max_length=64, blank=True, editable=False)
    token = EncryptedTextField(default=new_rating_token, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_at = models.DateTimeField(_("邀请时间"))
    invited_on = models.DateField(_("邀请日期"))
    expires_on = models.DateField(_("有效期至"), help_text=_("当日仍有效。"))
    rated_at = models.DateTimeField(_("评价时间"), null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("评价邀请")
        ordering = ["-invited_at", "-pk"]
        indexes = [
            models.Index(fields=["invited_on", "department"]),
            models.Index(
                fields=["expires_on"], condition=models.Q(rated_at__isnull=True), name="invitation_open"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=exactly_one(SUBJECTS), name="invitation_one_subject"),
        ]

    def __str__(self) -> str:
        return str(self.subject)

    @property
    def subject(self) -> Any:
        """What is rated."""
        return next(found for name in SUBJECTS if (found := getattr(self, name)) is not None)

    @property
    def is_used(self) -> bool:
        return self.rated_at is not None

    @property
    def is_expired(self) -> bool:
        return not self.is_used and self.expires_on < today()

    @property
    def is_open(self) -> bool:
        return not self.is_used and self.expires_on >= today()

    def address(self, channel: str = RatingChannel.ONLINE) -> str:
        """The one-time link, with the door it is offered at."""
        path = reverse("services:rate", args=[self.token])
        return path if channel == RatingChannel.ONLINE else f"{path}?via={channel}"

    def set_expiry(self) -> None:
        """The last day of the link, `settings.RATING_INVITATION_DAYS` days after the invitation."""
        self.invited_on = timezone.localdate(self.invited_at)
        self.expires_on = self.invited_on + timedelta(days=settings.RATING_INVITATION_DAYS)


def rating_offer(invitation: RatingInvitation | None) -> dict[str, Any]:
    """What `services/_rate_offer.html` shows where a matter is followed. No queries."""
    return {
        "rate_url": invitation.address() if invitation and invitation.is_open else "",
        "is_rated": bool(invitation and invitation.is_used),
    }


class ServiceRating(KeyedHashes, Versioned, Sampled, Timestamped):
    """What somebody thought of one matter. Once given it is never edited; `standing` says if it counts.

    Who gave it is not recorded: the link is the proof. The comment is sealed because people write
    names and numbers into it; `address_hash` is a keyed hash, the address itself is not kept.
    """

    hash_sources: ClassVar = {"phone_hash": "invitation.subject.phone", "address_hash": None}
    hash_related: ClassVar = tuple(f"invitation__{name}" for name in SUBJECTS)

    number = models.CharField(_("评价编号"), max_length=24, unique=True, editable=False)
    invitation = models.OneToOneField(
        RatingInvitation, models.CASCADE, related_name="rating", verbose_name=_("评价邀请"), editable=False
    )
    grade = models.PositiveSmallIntegerField(_("评价"), choices=RatingGrade.choices, editable=False)
    tags = models.ManyToManyField(RatingTag, blank=True, related_name="+", verbose_name=_("标签"))
    comment = EncryptedTextField(_("意见"), blank=True, editable=False)
    channel = models.CharField(_("渠道"), max_length=12, choices=RatingChannel.choices, editable=False)
    rated_at = models.DateTimeField(_("评价时间"), editable=False)
    recorded_by = _person(_("录入人"))
    address_hash = models.CharField(max_length=64, blank=True, editable=False)
    phone_hash = models.CharField(max_length=64, blank=True, editable=False)

    standing = models.CharField(
        _("认定"),
        max_length=10,
        choices=RatingStanding.choices,
        default=RatingStanding.CLEAR,
        editable=False,
    )
    doubts = models.JSONField(_("疑点"), default=list, blank=True, editable=False)
    judged_by = _person(_("认定人"))
    judged_at = models.DateTimeField(_("认定时间"), null=True, blank=True, editable=False)
    judgement = models.CharField(_("认定理由"), max_length=300, blank=True, editable=False)

    objects = RatingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务评价")
        ordering = ["-rated_at", "-pk"]
        permissions = [
            ("record_rating", "登记纸质、电话评价"),
            ("judge_rating", "认定存疑评价"),
            ("publish_rating", "公开评价和答复"),
        ]
        indexes = [
            models.Index(fields=["standing", "rated_at"]),
            models.Index(fields=["address_hash", "rated_at"]),
            models.Index(fields=["phone_hash", "rated_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(grade__in=sorted(RatingGrade.values)), name="rating_grade_known"
            ),
            models.CheckConstraint(
                condition=models.Q(standing__in=[RatingStanding.CLEAR, RatingStanding.DOUBTFUL])
                | models.Q(judged_at__isnull=False),
                name="rating_judged_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("admin:services_servicerating_change", args=[self.pk])

    @property
    def is_bad(self) -> bool:
        return self.grade in BAD_GRADES

    @property
    def is_counted(self) -> bool:
        """Whether the figures hold it."""
        return self.standing in COUNTED_STANDINGS

    @property
    def doubt_labels(self) -> list[str]:
        labels = {value: str(label) for value, label in Doubt.choices}
        return [labels.get(code, code) for code in self.doubts]

    @property
    def tag_names(self) -> list[str]:
        return [tag.name for tag in self.tags.all()]


class RatingRemediation(Versioned, Sampled, Timestamped):
    """差评整改: what is done about a bad rating, by when, and what the person says of it afterwards."""

    number = models.CharField(_("整改编号"), max_length=24, unique=True, editable=False)
    rating = models.OneToOneField(
        ServiceRating, models.CASCADE, related_name="remediation", verbose_name=_("评价"), editable=False
    )
    state = models.CharField(
        _("状态"),
        max_length=14,
        choices=RemediationState.choices,
        default=RemediationState.VERIFYING,
        editable=False,
    )
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("责任部门")
    )
    outlet = models.ForeignKey(Outlet, models.PROTECT, related_name="+", verbose_name=_("责任网点"))
    opened_at = models.DateTimeField(_("产生时间"), editable=False)
    due_on = models.DateField(_("整改期限"), editable=False)

    verified_by = _person(_("核实人"))
    verified_at = models.DateTimeField(_("核实时间"), null=True, blank=True, editable=False)
    finding = models.TextField(_("核实情况"), blank=True, editable=False)
    answered_by = _person(_("答复人"))
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True, editable=False)
    answer = models.TextField(_("整改答复"), blank=True, editable=False)
    called_by = _person(_("回访人"))
    called_at = models.DateTimeField(_("回访时间"), null=True, blank=True, editable=False)
    call_note = models.TextField(_("回访情况"), blank=True, editable=False)
    verdict = models.CharField(
        _("回访评价"), max_length=14, choices=CallBackVerdict.choices, blank=True, editable=False
    )
    rounds = models.PositiveSmallIntegerField(_("退回次数"), default=0, editable=False)
    closed_by = _person(_("办结人"))
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True, editable=False)
    closing_note = models.TextField(_("办结意见"), blank=True, editable=False)

    objects = RemediationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("差评整改")
        ordering = ["due_on", "pk"]
        permissions = [
            ("answer_remediation", "提交差评整改答复"),
            ("supervise_remediation", "核实、回访、办结差评整改"),
        ]
        indexes = [
            models.Index(fields=["department", "state"]),
            models.Index(fields=["outlet", "state"]),
            models.Index(
                fields=["due_on"],
                condition=models.Q(state__in=sorted(state.value for state in OPEN_REMEDIATIONS)),
                name="remediation_open_due",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closed_by__isnull=True)
                | models.Q(answered_by__isnull=True)
                | ~models.Q(closed_by=models.F("answered_by")),
                name="remediation_closer_did_not_answer",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=RemediationState.CLOSED)
                | (models.Q(closed_at__isnull=False) & ~models.Q(answer="") & ~models.Q(verdict="")),
                name="remediation_closed_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("admin:services_ratingremediation_change", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_REMEDIATIONS

    @property
    def is_overdue(self) -> bool:
        """Whether the answer should have been accepted before today."""
        return self.is_open and self.due_on < today()

    @property
    def state_tone(self) -> str:
        return RemediationState(self.state).tone


class RemediationPaper(IssuedPaper):
    """A paper printed for a rectification: 差评整改单 and 差评整改办结单."""

    SUBJECT = "remediation"

    remediation = models.ForeignKey(
        RatingRemediation, models.CASCADE, related_name="documents", verbose_name=_("差评整改")
    )

    class Meta(IssuedPaper.Meta):
        verbose_name = verbose_name_plural = _("差评整改文书")


class PublishedAnswer(Sampled):
    """A rating as the public reads it, with the hall's answer.

    Written by `publish_rating` after the redaction check. Item, department and month stay empty where
    they would point at one of fewer than three matters (`services.disclosure`).
    """

    rating = models.OneToOneField(
        ServiceRating, models.CASCADE, related_name="publication", verbose_name=_("评价")
    )
    grade = models.PositiveSmallIntegerField(_("评价"), choices=RatingGrade.choices)
    tags = models.JSONField(_("标签"), default=list)
    comment = models.CharField(_("意见（公开）"), max_length=MAX_COMMENT, blank=True)
    answer = models.CharField(_("答复"), max_length=1000)
    item = models.ForeignKey(
        ServiceItem, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("事项")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("部门")
    )
    month = models.CharField(_("评价月份"), max_length=7, blank=True, help_text=_("例如 2026-11。"))
    published_at = models.DateTimeField(_("公开时间"))
    published_by = _person(_("公开人"))

    objects = PublishedAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("公开的评价答复")
        ordering = ["-published_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_grade_display()} {self.month}"

    @property
    def tone(self) -> str:
        return RatingGrade(self.grade).tone
