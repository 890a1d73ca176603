"""Putting a message into the outbox; `sending` takes it to the mail server."""

from django.db import transaction

from tuoxian_portal.core.jobs import enqueue
from tuoxian_portal.subscriptions.models import Message, Subscription


def queue_sending() -> None:
    """One open job, however many messages were written."""
    enqueue("subscriptions-send", title="发送订阅邮件", dedupe_key="send")


def write(subscription: Subscription, kind: str) -> Message:
    """A message in the caller's transaction, sent after it."""
    message = Message.objects.create(subscription=subscription, kind=kind)
    transaction.on_commit(queue_sending)
    return message
