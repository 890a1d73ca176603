"""Taking messages from the outbox to the mail server; see `core.outbox` for what is guaranteed.

A message is tried until it is sent or its subscription ends.
"""

from django.db import transaction

from tuoxian_portal.core import outbox
from tuoxian_portal.core.outbox import Courier, ServerAway
from tuoxian_portal.subscriptions.choices import MessageKind, SubscriptionState
from tuoxian_portal.subscriptions.mail import letter
from tuoxian_portal.subscriptions.models import Message


def send_due() -> int:
    """Sends every message whose time has come; returns how many went out. Safe to run twice at once."""
    return outbox.send_all(Message.objects.all(), send_one)


def send_one(pk: int, courier: Courier) -> bool:
    """One attempt at one message, unless another worker is at it. Raises `ServerAway`, which is no attempt."""
    if not outbox.take(Message.objects.all(), pk):
        return False
    message = Message.objects.select_related("subscription").get(pk=pk)
    subscription = message.subscription
    pending = subscription.state == SubscriptionState.PENDING
    wanted = subscription.is_open and (pending or message.kind != MessageKind.CONFIRM)
    try:
        found = letter(message) if wanted else None
        if found is not None:
            courier.send(found.mail)
    except ServerAway as away:
        outbox.give_back(message, away)
        raise
    except Exception as error:  # every mail server and every network fails in its own way
        outbox.postpone(message, error)
        return False
    _settle(message, found.told if found else None)
    return found is not None


@transaction.atomic
def _settle(message: Message, told: list[int] | None) -> None:
    """Only the worker that holds the claim writes how it ended. What the mail did not tell after all is
    not marked as told."""
    if outbox.settle(message, sent=told is not None):
        message.contents.exclude(edition_id__in=told or []).delete()
