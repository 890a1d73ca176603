"""The words of a message, as plain text and as simple HTML."""

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from tuoxian_portal.core.lists import ListEntry, public_lists
from tuoxian_portal.subscriptions import links
from tuoxian_portal.subscriptions.choices import MessageKind, SubscriptionState
from tuoxian_portal.subscriptions.models import Edition, Message, Subscription


@dataclass(frozen=True)
class Section:
    """What a digest tells under one subscription."""

    subscription: Subscription
    news: list[tuple[Edition, ListEntry]]

    @property
    def items(self) -> list[tuple[ListEntry, str, bool]]:
        return [(entry, settings.SITE_URL + entry.url, edition.is_first) for edition, entry in self.news]

    @property
    def list_url(self) -> str:
        return list_address(self.subscription)

    @property
    def unsubscribe_url(self) -> str:
        return links.address(self.subscription, links.UNSUBSCRIBE)


def sections_of(message: Message) -> list[Section]:
    """What a digest tells, as it is public now, by subscription. What has been withdrawn, or amended again
    since, is left out: an amended record has (or will have, when somebody looks) a later edition, which the
    next digest tells."""
    contents = message.contents.filter(
        edition__is_current=True, subscription__state=SubscriptionState.ACTIVE
    ).select_related("subscription", "edition")
    told: dict[Subscription, list[Edition]] = {}
    for content in contents.order_by("subscription_id", "edition_id"):
        told.setdefault(content.subscription, []).append(content.edition)
    sections = [Section(subscription, _news(subscription, some)) for subscription, some in told.items()]
    return [section for section in sections if section.news]


def _news(subscription: Subscription, editions: list[Edition]) -> list[tuple[Edition, ListEntry]]:
    if subscription.kind not in public_lists:
        return []
    by_key = {(edition.kind, edition.key): edition for edition in editions}
    keys: dict[str, list[str]] = {}
    for kind, key in by_key:
        keys.setdefault(kind, []).append(key)
    followed = public_lists[subscription.kind]
    found = [
        (by_key[kind, entry.key], entry)
        for kind, some in keys.items()
        for entry in followed.entries(subscription.query, kind, some)
        if entry.revision == by_key[kind, entry.key].revision
    ]
    return sorted(found, key=lambda pair: pair[0].pk)


@dataclass(frozen=True)
class Letter:
    """A mail and the editions that it tells of."""

    mail: EmailMultiAlternatives
    told: list[int]


def letter(message: Message) -> Letter | None:
    """The mail for `message`; None for a digest of which nothing is left to tell."""
    subscription = message.subscription
    sections = sections_of(message) if message.kind == MessageKind.DIGEST else []
    if message.kind == MessageKind.DIGEST and not sections:
        return None
    told = [edition.pk for section in sections for edition, _ in section.news]
    context = {
        "site": settings.SITE,
        "subscription": subscription,
        "sections": sections,
        "total": len(told),
        "hours": settings.SUBSCRIPTION_CONFIRM_HOURS,
        "confirm_url": links.address(subscription, links.CONFIRM),
        "manage_url": links.address(subscription, links.MANAGE),
        "unsubscribe_url": settings.SITE_URL + links.mail_path(message),
    }
    headers = message.headers()
    if message.kind == MessageKind.DIGEST:  # RFC 2369, RFC 8058
        headers["List-Unsubscribe"] = f"<{context['unsubscribe_url']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=" ".join(f"[{settings.SITE['name']}] {_subject(message, sections, len(told))}".split()),
        body=render_to_string(f"subscriptions/mail/{message.kind}.txt", context),
        to=[subscription.email],
        headers=headers,
    )
    mail.attach_alternative(render_to_string(f"subscriptions/mail/{message.kind}.html", context), "text/html")
    return Letter(mail, told)


def _subject(message: Message, sections: list[Section], total: int) -> str:
    if message.kind == MessageKind.CONFIRM:
        return f"请确认订阅：{message.subscription.title}"
    if message.kind == MessageKind.KNOWN:
        return f"您已订阅：{message.subscription.title}"
    if len(sections) == 1:
        return f"{sections[0].subscription.title}：{total} 条更新"
    return f"您订阅的 {len(sections)} 项：{total} 条更新"


def list_address(subscription: Subscription) -> str:
    """The page of the list under the subscription's conditions; the home page when the list is no more."""
    if subscription.kind not in public_lists:
        return settings.SITE_URL
    query = f"?{subscription.query}" if subscription.query else ""
    return f"{settings.SITE_URL}{public_lists[subscription.kind].url}{query}"
