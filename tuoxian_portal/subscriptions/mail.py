"""The words of a message, as plain text and as simple HTML."""

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from tuoxian_portal.core.lists import ListEntry, public_lists
from tuoxian_portal.subscriptions import links
from tuoxian_portal.subscriptions.choices import MessageKind
from tuoxian_portal.subscriptions.models import Edition, Message, Subscription


def news_in(message: Message) -> list[tuple[Edition, ListEntry]]:
    """What a digest tells, as it is public now. What has been withdrawn, or amended again since, is left
    out: an amended record has a later edition, which the next digest tells."""
    subscription = message.subscription
    if subscription.kind not in public_lists:
        return []
    public_list = public_lists[subscription.kind]
    editions = {
        edition.key: edition
        for edition in Edition.objects.filter(
            pk__in=message.contents.values("edition_id"), is_current=True
        ).order_by("pk")
    }
    listing = public_list.ask(subscription.query)
    rows = public_list.rows(listing).filter(**{f"{public_list.key_field}__in": list(editions)})
    found = [(editions[entry.key], entry) for entry in map(public_list.entry, rows)]
    return sorted(found, key=lambda pair: pair[0].pk)


@dataclass(frozen=True)
class Letter:
    """A mail and the editions that it tells of."""

    mail: EmailMultiAlternatives
    told: list[int]


def letter(message: Message) -> Letter | None:
    """The mail for `message`; None for a digest of which nothing is left to tell."""
    subscription = message.subscription
    news = news_in(message) if message.kind == MessageKind.DIGEST else []
    if message.kind == MessageKind.DIGEST and not news:
        return None
    context = {
        "site": settings.SITE,
        "subscription": subscription,
        "news": [(entry, settings.SITE_URL + entry.url, edition.is_first) for edition, entry in news],
        "list_url": list_address(subscription),
        "hours": settings.SUBSCRIPTION_CONFIRM_HOURS,
        "confirm_url": links.address(subscription, links.CONFIRM),
        "manage_url": links.address(subscription, links.MANAGE),
        "unsubscribe_url": links.address(subscription, links.UNSUBSCRIBE),
    }
    subject = {
        MessageKind.CONFIRM: f"请确认订阅：{subscription.title}",
        MessageKind.KNOWN: f"您已订阅：{subscription.title}",
        MessageKind.DIGEST: f"{subscription.title}：{len(news)} 条更新",
    }[MessageKind(message.kind)]
    headers = message.headers()
    if message.kind == MessageKind.DIGEST:  # RFC 2369, RFC 8058
        headers["List-Unsubscribe"] = f"<{context['unsubscribe_url']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=" ".join(f"[{settings.SITE['name']}] {subject}".split()),
        body=render_to_string(f"subscriptions/mail/{message.kind}.txt", context),
        to=[subscription.email],
        headers=headers,
    )
    mail.attach_alternative(render_to_string(f"subscriptions/mail/{message.kind}.html", context), "text/html")
    return Letter(mail, [edition.pk for edition, _ in news])


def list_address(subscription: Subscription) -> str:
    """The page of the list under the subscription's conditions; the home page when the list is no more."""
    if subscription.kind not in public_lists:
        return settings.SITE_URL
    query = f"?{subscription.query}" if subscription.query else ""
    return f"{settings.SITE_URL}{public_lists[subscription.kind].url}{query}"
