"""What happens to a subscription. Every change is one transaction; messages are written with it and sent
after it (see `sending`)."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.crypto import keyed_hash
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.lists import Followed, canonical, describe
from tuoxian_portal.core.outbox import UNSENT, MailState
from tuoxian_portal.subscriptions.choices import MessageKind, SubscriptionState
from tuoxian_portal.subscriptions.composing import members, next_due
from tuoxian_portal.subscriptions.editions import note_editions
from tuoxian_portal.subscriptions.models import Delivered, Edition, Message, Subscription
from tuoxian_portal.subscriptions.writing import queue_sending, write

OPEN = [SubscriptionState.PENDING, SubscriptionState.ACTIVE]


def clean_email(email: str) -> str:
    """The form under which an address is found again: what stands after @ has no case."""
    name, _, domain = email.strip().rpartition("@")
    return f"{name}@{domain.lower()}"


def subscribe(
    *, public_list: Followed, query: str, email: str, frequency: str, actor: Any = None
) -> Subscription:
    """Asks for a subscription: a message with a link goes to the address, and nothing else until it is used.

    Asked for again, the same subscription is answered with a message: the link once more while it is
    pending, or that it is there already. At most one such message an hour and subscription, and
    `SUBSCRIPTION_MAILS_A_DAY` a day and address, so that nobody floods somebody else's mailbox.
    """
    listing = public_list.ask(query)
    if refusal := public_list.refusal(listing):
        raise WorkflowError(refusal)
    email = clean_email(email)
    same = {"email_hash": keyed_hash(email), "kind": public_list.kind, "query": canonical(listing)[:600]}
    try:
        with transaction.atomic():
            found = Subscription.objects.select_for_update().filter(**same, state__in=OPEN).first()
            if found is None:
                found = Subscription.objects.create(
                    **same,
                    email=email,
                    title=describe(public_list, listing)[:300],
                    frequency=frequency,
                    confirm_until=_confirm_until(),
                )
            elif found.state == SubscriptionState.PENDING:
                found.frequency, found.confirm_until = frequency, _confirm_until()
                found.save(update_fields=["frequency", "confirm_until", "updated_at"])
            kind = MessageKind.CONFIRM if found.state == SubscriptionState.PENDING else MessageKind.KNOWN
            if _may_ask(found, kind):
                write(found, kind)
    except IntegrityError:  # the same click, a moment earlier
        found = Subscription.objects.get(**same, state__in=OPEN)
    return found


def _may_ask(subscription: Subscription, kind: str) -> bool:
    """Whether the address may be written to although it has not agreed; two queries."""
    now = timezone.now()
    if subscription.messages.filter(kind=kind, created_at__gt=now - timedelta(hours=1)).exists():
        return False
    asked = Message.objects.filter(
        subscription__email_hash=subscription.email_hash,
        kind__in=[MessageKind.CONFIRM, MessageKind.KNOWN],
        created_at__gt=now - timedelta(days=1),
    )
    return asked.count() < settings.SUBSCRIPTION_MAILS_A_DAY


def _confirm_until() -> datetime:
    return timezone.now() + timedelta(hours=settings.SUBSCRIPTION_CONFIRM_HOURS)


@transaction.atomic
def confirm(*, subscription: Subscription, actor: Any = None) -> Subscription:
    """The link was used: from now on it is told of what changes. A second use changes nothing.

    Raises `WorkflowError` when the link is too old or the subscription has ended.
    """
    fresh = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if fresh.state == SubscriptionState.ACTIVE:
        return fresh
    if fresh.state == SubscriptionState.ENDED:
        raise WorkflowError("这个订阅已经退订。需要的话，请到列表页重新订阅。")
    now = timezone.now()
    if fresh.confirm_until < now:
        raise WorkflowError("确认链接已经过期。请到列表页重新订阅，会再发一封确认邮件。")
    for member in members(fresh):
        note_editions(member)  # what is there already is not news
    fresh.since_edition = Edition.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    fresh.state, fresh.confirmed_at = SubscriptionState.ACTIVE, now
    fresh.next_due_at = next_due(fresh.frequency, now)
    fresh.save(update_fields=["since_edition", "state", "confirmed_at", "next_due_at", "updated_at"])
    log(actor=actor, action="confirm", target=fresh)
    return fresh


@transaction.atomic
def change_frequency(*, subscription: Subscription, frequency: str, actor: Any = None) -> Subscription:
    fresh = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if fresh.state != SubscriptionState.ACTIVE:
        raise WorkflowError("这个订阅不在生效中，不能修改。需要的话，请到列表页重新订阅。")
    fresh.frequency, fresh.next_due_at = frequency, next_due(frequency, timezone.now())
    fresh.save(update_fields=["frequency", "next_due_at", "updated_at"])
    return fresh


@transaction.atomic
def unsubscribe(*, subscription: Subscription, actor: Any = None, reason: str = "") -> Subscription:
    """Ends it, erases the address and drops what was not sent. Done twice, it changes nothing."""
    fresh = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if fresh.state != SubscriptionState.ENDED:
        _end([fresh], actor=actor, reason=reason)
    return fresh


@transaction.atomic
def unsubscribe_all(*, message: Message, actor: Any = None) -> int:
    """Ends every subscription that a mail told of: one click in a mail program. Returns how many it ended."""
    told = Delivered.objects.filter(message=message).values("subscription_id")
    rows = Subscription.objects.select_for_update().filter(pk__in=told, state=SubscriptionState.ACTIVE)
    ended = list(rows.order_by("pk"))
    _end(ended, actor=actor)
    return len(ended)


def _end(subscriptions: list[Subscription], *, actor: Any, reason: str = "") -> None:
    """`subscriptions` are locked and open. A mail that also tells of others of the address becomes theirs."""
    now = timezone.now()
    for one in subscriptions:
        one.state, one.ended_at, one.next_due_at = SubscriptionState.ENDED, now, None
        one.email = one.email_hash = ""
        one.save(update_fields=["state", "ended_at", "email", "email_hash", "next_due_at", "updated_at"])
        log(actor=actor, action="unsubscribe", target=one, reason=reason)
    theirs = Message.objects.filter(subscription__in=subscriptions)
    others = Delivered.objects.filter(
        message=OuterRef("pk"), subscription__state=SubscriptionState.ACTIVE
    ).order_by("subscription_id")
    heirs = theirs.annotate(heir=Subquery(others.values("subscription_id")[:1])).filter(heir__isnull=False)
    for message_id, heir in heirs.values_list("pk", "heir"):
        Message.objects.filter(pk=message_id).update(subscription=heir)
    theirs.filter(state__in=UNSENT).update(state=MailState.DROPPED)


def stop(
    *, subscription: Subscription, actor: Any, reason: str = "", version: int | None = None
) -> Subscription:
    """Staff end a subscription, for example because its owner asked by telephone."""
    if not actor.has_perm("subscriptions.stop_subscription"):
        raise NotPermitted("您没有停止订阅的权限。")
    return unsubscribe(subscription=subscription, actor=actor, reason=reason)


def retry(*, message: Message, actor: Any) -> None:
    """Staff try a message at once instead of at its time."""
    if not actor.has_perm("subscriptions.stop_subscription"):
        raise NotPermitted("您没有重发提醒的权限。")
    changed = Message.objects.filter(pk=message.pk, state=MailState.QUEUED).update(next_try_at=timezone.now())
    if not changed:
        raise WorkflowError("这封邮件不在待发送状态，不需要重发。")
    queue_sending()


def sweep() -> int:
    """Forgets what was never confirmed, and, after `SUBSCRIPTION_KEEP_DAYS`, what has ended."""
    now = timezone.now()
    pending = Subscription.objects.filter(
        state=SubscriptionState.PENDING, confirm_until__lt=now - timedelta(days=1)
    )
    ended = Subscription.objects.filter(
        state=SubscriptionState.ENDED,
        ended_at__lt=now - timedelta(days=settings.SUBSCRIPTION_KEEP_DAYS),
    )
    return sum(row.delete()[0] for row in [*pending[:1000], *ended[:1000]])
