"""What happens to a subscription. Every change is one transaction; messages are written with it and sent
after it (see `sending`)."""

import logging
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.crypto import keyed_hash
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.jobs import enqueue
from tuoxian_portal.core.lists import PublicList, canonical, describe, public_lists
from tuoxian_portal.core.outbox import UNSENT, MailState
from tuoxian_portal.subscriptions.choices import Frequency, MessageKind, SubscriptionState
from tuoxian_portal.subscriptions.editions import note_editions
from tuoxian_portal.subscriptions.models import Delivered, Edition, Message, Subscription

logger = logging.getLogger(__name__)

AT = time(7, 30)
MAX_PER_DIGEST = 200
OPEN = [SubscriptionState.PENDING, SubscriptionState.ACTIVE]


def clean_email(email: str) -> str:
    """The form under which an address is found again: what stands after @ has no case."""
    name, _, domain = email.strip().rpartition("@")
    return f"{name}@{domain.lower()}"


def next_due(frequency: str, now: datetime) -> datetime:
    """The next half past seven, county time, after `now`: of any day, or of a Monday."""
    local = timezone.localtime(now)
    due = timezone.make_aware(datetime.combine(local.date(), AT))
    while due <= now or (frequency == Frequency.WEEKLY and due.weekday() != 0):
        due = timezone.make_aware(datetime.combine(timezone.localtime(due).date() + timedelta(days=1), AT))
    return due


def queue_sending() -> None:
    """One open job, however many messages were written."""
    enqueue("subscriptions-send", title="发送订阅邮件", dedupe_key="send")


def _write(subscription: Subscription, kind: str) -> Message:
    message = Message.objects.create(subscription=subscription, kind=kind)
    transaction.on_commit(queue_sending)
    return message


def subscribe(
    *, public_list: PublicList, query: str, email: str, frequency: str, actor: Any = None
) -> Subscription:
    """Asks for a subscription: a message with a link goes to the address, and nothing else until it is used.

    Asked for again, the same subscription is answered with a message: the link once more while it is
    pending, or that it is there already. At most one such message an hour and subscription, and
    `SUBSCRIPTION_MAILS_A_DAY` a day and address, so that nobody floods somebody else's mailbox.
    """
    listing = public_list.ask(query)
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
                _write(found, kind)
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
    if fresh.kind in public_lists:
        note_editions(public_lists[fresh.kind])  # what is there already is not news
    newest = Edition.objects.filter(kind=fresh.kind).order_by("-pk").values_list("pk", flat=True).first()
    fresh.since_edition = newest or 0
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
    if fresh.state == SubscriptionState.ENDED:
        return fresh
    fresh.state, fresh.ended_at = SubscriptionState.ENDED, timezone.now()
    fresh.email = fresh.email_hash = ""
    fresh.next_due_at = None
    fresh.save(update_fields=["state", "ended_at", "email", "email_hash", "next_due_at", "updated_at"])
    fresh.messages.filter(state__in=UNSENT).update(state=MailState.DROPPED)
    log(actor=actor, action="unsubscribe", target=fresh, reason=reason)
    return fresh


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


@transaction.atomic
def compose_digest(*, subscription: Subscription, actor: Any = None) -> Message | None:
    """Writes the message of what is new for `subscription`, or moves on to the next date when nothing is.

    Everything since it was confirmed that it was not told of, still public and still under its conditions,
    at most `MAX_PER_DIGEST` at once; the rest stays for the next time. While an earlier digest is unsent,
    nothing is written: what is new waits. The editions are marked in the same transaction, so that none is
    written twice and none is lost.
    """
    now = timezone.now()
    fresh = Subscription.objects.select_for_update().get(pk=subscription.pk)
    due = fresh.next_due_at is not None and fresh.next_due_at <= now
    if fresh.state != SubscriptionState.ACTIVE or not due:
        return None
    if fresh.messages.filter(kind=MessageKind.DIGEST, state__in=UNSENT).exists():
        return None
    fresh.next_due_at = next_due(fresh.frequency, now)
    fresh.save(update_fields=["next_due_at", "updated_at"])
    editions = news_for(fresh)
    if not editions:
        return None
    message = _write(fresh, MessageKind.DIGEST)
    Delivered.objects.bulk_create(
        [Delivered(subscription=fresh, edition=edition, message=message) for edition in editions]
    )
    return message


def news_for(subscription: Subscription) -> list[Edition]:
    """The current editions that `subscription` was not told of, oldest first. Two queries and those of the
    list's conditions."""
    if subscription.kind not in public_lists:
        return []
    public_list = public_lists[subscription.kind]
    told = Delivered.objects.filter(subscription=subscription, edition=OuterRef("pk"))
    editions = list(
        Edition.objects.filter(kind=subscription.kind, is_current=True, pk__gt=subscription.since_edition)
        .filter(~Exists(told))
        .order_by("pk")
    )
    if not editions:
        return []
    field = public_list.key_field
    found: set[str] = set()
    keys = [edition.key for edition in editions]
    rows = public_list.ask(subscription.query).results
    for start in range(0, len(keys), 500):
        part = rows.filter(**{f"{field}__in": keys[start : start + 500]})
        found |= set(part.order_by().values_list(field, flat=True))
    return [edition for edition in editions if edition.key in found][:MAX_PER_DIGEST]


def compose_due() -> int:
    """The digests whose time has come; returns how many were written. Safe to run twice."""
    now = timezone.now()
    due = Subscription.objects.filter(state=SubscriptionState.ACTIVE, next_due_at__lte=now)
    kinds = set(due.order_by().values_list("kind", flat=True).distinct())
    for kind in sorted(kinds & set(public_lists.names())):
        note_editions(public_lists[kind])
    written = 0
    for subscription in list(due.order_by("next_due_at", "pk")):
        try:
            written += compose_digest(subscription=subscription) is not None
        except Exception:  # one list that fails must not keep the others' readers waiting
            logger.exception("digest of subscription %s failed; tried again in an hour", subscription.pk)
    return written


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
