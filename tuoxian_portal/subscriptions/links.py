"""The addresses in a message. Each is derived from the subscription's secret and the purpose, so that one
link opens one thing, a copy of the database opens none, and nothing has to be stored."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from tuoxian_portal.core.crypto import keyed_hash
from tuoxian_portal.subscriptions.models import Message, Subscription

CONFIRM = "confirm"
MANAGE = "manage"
UNSUBSCRIBE = "unsubscribe"


def token(subscription: Subscription, purpose: str) -> str:
    """40 hex digits that open `purpose`."""
    return keyed_hash(f"subscriptions:{purpose}:{subscription.public_id}:{subscription.secret}")[:40]


def path(subscription: Subscription, purpose: str) -> str:
    return reverse(f"subscriptions:{purpose}", args=[subscription.public_id, token(subscription, purpose)])


def address(subscription: Subscription, purpose: str) -> str:
    return settings.SITE_URL + path(subscription, purpose)


def mail_path(message: Message) -> str:
    """What ends everything that one mail told of."""
    return reverse("subscriptions:unsubscribe-mail", args=[message.message_id, _mail_token(message)])


def _mail_token(message: Message) -> str:
    return keyed_hash(f"subscriptions:mail:{message.message_id}")[:40]


def find_mail(message_id: UUID, given: str) -> Message | None:
    """The mail that a link opens; None for a link that opens nothing."""
    message = Message.objects.filter(message_id=message_id).first()
    if message is None or not constant_time_compare(_mail_token(message), given):
        return None
    return message


def find(public_id: UUID, given: str, purpose: str) -> Subscription | None:
    """The subscription that a link opens, ended ones too; None for a link that opens nothing."""
    subscription = Subscription.objects.filter(public_id=public_id).first()
    if subscription is None or not constant_time_compare(token(subscription, purpose), given):
        return None
    return subscription
