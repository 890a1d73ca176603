"""Taking messages from the outbox to the mail server.

The guarantee is at least once, and once unless a worker dies between handing a message over and writing that
down: then it is sent once more, under the same `Message-ID`, by which mail systems tell the repetition. A
message that the server refuses is tried again, after 5 minutes at first and then at growing intervals up to a
day, until it is sent or its subscription ends; it is never given up by itself.
"""

import logging
from datetime import timedelta

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from tuoxian_portal.subscriptions.choices import MessageKind, MessageState, SubscriptionState
from tuoxian_portal.subscriptions.mail import letter
from tuoxian_portal.subscriptions.models import Message

logger = logging.getLogger(__name__)

CLAIM_FOR = timedelta(minutes=15)  # longer than any attempt; then its worker is taken for dead
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=1)


def wait_after(attempts: int) -> timedelta:
    """5, 10, 20 … minutes, a day at most."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 12), LONGEST_WAIT)


def send_due() -> int:
    """Sends every message whose time has come; returns how many went out. Safe to run twice at once."""
    now = timezone.now()
    abandoned = Q(state=MessageState.SENDING, claimed_at__lt=now - CLAIM_FOR)
    due = Q(state=MessageState.QUEUED, next_try_at__lte=now) | abandoned
    sent = 0
    for pk in list(Message.objects.filter(due).order_by("next_try_at", "pk").values_list("pk", flat=True)):
        sent += send_one(pk)
    return sent


def send_one(pk: int) -> bool:
    """One attempt at one message, unless another worker is at it."""
    now = timezone.now()
    claimed = (
        Message.objects.filter(pk=pk)
        .filter(
            Q(state=MessageState.QUEUED, next_try_at__lte=now)
            | Q(state=MessageState.SENDING, claimed_at__lt=now - CLAIM_FOR)
        )
        .update(state=MessageState.SENDING, claimed_at=now, attempts=F("attempts") + 1)
    )
    if not claimed:
        return False
    message = Message.objects.select_related("subscription").get(pk=pk)
    subscription = message.subscription
    pending = subscription.state == SubscriptionState.PENDING
    wanted = subscription.is_open and (pending or message.kind != MessageKind.CONFIRM)
    try:
        found = letter(message) if wanted else None
        if found is not None:
            with get_connection() as connection:
                found.mail.connection = connection
                found.mail.send()
    except Exception as error:  # every mail server and every network fails in its own way
        _postpone(message, error)
        return False
    _settle(message, found.told if found else None)
    return found is not None


@transaction.atomic
def _settle(message: Message, told: list[int] | None) -> None:
    """Only the worker that holds the claim writes how it ended. What the mail did not tell after all is
    not marked as told."""
    settled = Message.objects.filter(
        pk=message.pk, claimed_at=message.claimed_at, state=MessageState.SENDING
    ).update(
        state=MessageState.DROPPED if told is None else MessageState.SENT,
        sent_at=None if told is None else timezone.now(),
        error="",
    )
    if settled:
        message.contents.exclude(edition_id__in=told or []).delete()


def _postpone(message: Message, error: Exception) -> None:
    logger.warning(
        "message %s was not sent (attempt %d): %s", message.pk, message.attempts, type(error).__name__
    )
    Message.objects.filter(pk=message.pk, claimed_at=message.claimed_at, state=MessageState.SENDING).update(
        state=MessageState.QUEUED,
        next_try_at=timezone.now() + wait_after(message.attempts),
        # The server's own words may repeat the address.
        error=f"{type(error).__name__}，第 {message.attempts} 次未发出"[:200],
    )
