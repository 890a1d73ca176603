"""What a visitor says is wrong or missing on the site, and what was answered."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from services.models.applicants import new_tracking_code
from tuoxian_portal.core import crypto
from tuoxian_portal.core.fields import EncryptedTextField
from tuoxian_portal.core.models import Sampled, Timestamped, Versioned
from tuoxian_portal.feedback.choices import OPEN, ContactKind, FeedbackKind, FeedbackState
from tuoxian_portal.feedback.querysets import FeedbackQuerySet

TEXT_LENGTH = 1000
ANSWER_LENGTH = 2000
PAGE_LENGTH = 200


class Feedback(Sampled, Timestamped, Versioned):
    """意见建议. The writer asks after it with `number` and `code`. `answer_due` is what the writer was told,
    in working days, and therefore kept; None while the county promises no time. `token` is the form's
    one-time token: the same form sent twice is one record."""

    number = models.CharField(_("编号"), max_length=20, unique=True, editable=False)
    code = EncryptedTextField(_("查询密码"), default=new_tracking_code, editable=False)
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("类型"), max_length=8, choices=FeedbackKind.choices)
    page = models.CharField(_("页面"), max_length=PAGE_LENGTH, blank=True)
    text = models.TextField(_("内容"), max_length=TEXT_LENGTH)
    contact = EncryptedTextField(_("联系方式"), blank=True)
    contact_kind = models.CharField(
        _("联系方式类型"), max_length=8, choices=ContactKind.choices, blank=True, editable=False
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=FeedbackState.choices, default=FeedbackState.NEW, editable=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("处理人"),
    )
    answer_due = models.DateField(_("答复期限"), null=True, editable=False)
    answer = models.TextField(_("答复"), max_length=ANSWER_LENGTH, blank=True, editable=False)
    close_reason = models.TextField(_("关闭理由"), blank=True, editable=False)
    ended_at = models.DateTimeField(_("办结时间"), null=True, editable=False)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("意见建议")
        ordering = ["-created_at", "-pk"]
        permissions = [("handle_feedback", "处理意见建议")]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["state", "answer_due"], name="feedback_state_due")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="answered") | ~Q(answer=""), name="feedback_answered_with_words"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | ~Q(close_reason=""), name="feedback_closed_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def masked_contact(self) -> str:
        """`138****5678`, `z***@example.com`, or why there is none."""
        if self.contact_kind == ContactKind.PHONE:
            return crypto.mask_phone(self.contact)
        if self.contact_kind == ContactKind.EMAIL:
            return crypto.mask_email(self.contact)
        return str(ContactKind(self.contact_kind).label)
