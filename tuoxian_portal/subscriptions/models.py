"""Who follows which list by e-mail, what changed in the lists, and the outbox.

An address is personal data: sealed at rest, found through its keyed hash, shown masked, and erased as soon as
the subscription ends.
"""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.crypto import mask_email
from tuoxian_portal.core.fields import EncryptedTextField
from tuoxian_portal.core.models import KeyedHashes, Timestamped, Versioned
from tuoxian_portal.core.outbox import Outgoing
from tuoxian_portal.core.querysets import PortalQuerySet
from tuoxian_portal.subscriptions.choices import Frequency, MessageKind, SubscriptionState


class SubscriptionQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> "SubscriptionQuerySet":
        """Only who runs the portal; there is nothing in it for anybody else's work."""
        return self if user.has_perm("subscriptions.view_subscription") else self.none()


class Subscription(KeyedHashes, Timestamped, Versioned):
    """One address that follows one list under one set of conditions.

    It is pending until the link in the first message was used. What it is told of are the editions after
    `since_edition`, the last one that existed when it was confirmed.
    """

    hash_sources: ClassVar = {"email_hash": "email"}

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Part of what the links are derived from; see `links`.
    secret = models.UUIDField(default=uuid.uuid4, editable=False)
    email = EncryptedTextField(_("邮箱"), blank=True)
    email_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    kind = models.CharField(_("列表"), max_length=40)
    query = models.CharField(_("条件"), max_length=600, blank=True)
    title = models.CharField(_("订阅内容"), max_length=300)
    frequency = models.CharField(_("频率"), max_length=8, choices=Frequency.choices, default=Frequency.WEEKLY)
    state = models.CharField(
        _("状态"), max_length=8, choices=SubscriptionState.choices, default=SubscriptionState.PENDING
    )
    confirm_until = models.DateTimeField(_("确认期限"))
    confirmed_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    ended_at = models.DateTimeField(_("退订时间"), null=True, blank=True)
    since_edition = models.PositiveBigIntegerField(default=0, editable=False)
    next_due_at = models.DateTimeField(_("下次汇总"), null=True, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("邮件订阅")
        ordering = ["-created_at", "-pk"]
        permissions = [("stop_subscription", _("停止订阅、重发提醒"))]
        constraints = [
            models.UniqueConstraint(
                fields=["email_hash", "kind", "query"],
                condition=models.Q(state__in=["pending", "active"]),
                name="subscription_once_open",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="ended") | models.Q(email_hash=""),
                name="subscription_ended_keeps_no_address",
            ),
        ]
        indexes = [models.Index(fields=["state", "next_due_at"], name="subscription_due")]

    def __str__(self) -> str:
        return self.title

    @property
    def masked_email(self) -> str:
        return mask_email(self.email) if self.email else ""

    @property
    def is_open(self) -> bool:
        return self.state in {SubscriptionState.PENDING, SubscriptionState.ACTIVE}


class Edition(models.Model):
    """One record of a list in the form that readers could see from `seen_at` on.

    A record has one current edition while it is in the list. What left the list has none; when it comes
    back it gets a new one, and so is told of again.
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=100)
    revision = models.CharField(max_length=24)
    is_current = models.BooleanField(default=True)
    is_first = models.BooleanField(default=False)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = _("列表更新")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=models.Q(is_current=True), name="edition_one_current"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"


class MessageQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> "MessageQuerySet":
        return self if user.has_perm("subscriptions.view_message") else self.none()


class Message(Outgoing, Timestamped):
    """The outbox: a message that was promised, written in the transaction that promises it.

    It is retried until it is sent, or until its subscription ends; see `sending`.
    """

    subscription = models.ForeignKey(
        Subscription, models.CASCADE, related_name="messages", verbose_name=_("订阅")
    )
    kind = models.CharField(_("类别"), max_length=8, choices=MessageKind.choices)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("待发邮件")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["state", "next_try_at"], name="message_due")]
        constraints = [
            # One digest at a time: what comes meanwhile goes into the next one.
            models.UniqueConstraint(
                fields=["subscription"],
                condition=models.Q(kind="digest", state__in=["queued", "sending"]),
                name="message_one_open_digest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.subscription}"


class Delivered(models.Model):
    """That a subscription was (or is about to be) told of an edition; never twice."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="delivered")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, models.CASCADE, related_name="contents")

    class Meta:
        verbose_name = verbose_name_plural = _("提醒内容")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "edition"], name="delivered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id}/{self.edition_id}"
