"""Writing the digests: one mail for each address, in which every record stands once."""

import logging
from collections.abc import Collection
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from tuoxian_portal.core.lists import BATCH, PublicList, public_lists
from tuoxian_portal.core.outbox import UNSENT
from tuoxian_portal.subscriptions.choices import Frequency, MessageKind, SubscriptionState
from tuoxian_portal.subscriptions.editions import note_editions
from tuoxian_portal.subscriptions.models import Delivered, Edition, Message, Subscription
from tuoxian_portal.subscriptions.writing import write

logger = logging.getLogger(__name__)

AT = time(7, 30)
MAX_PER_DIGEST = 200


def next_due(frequency: str, now: datetime) -> datetime:
    """The next half past seven, county time, after `now`: of any day, or of a Monday."""
    local = timezone.localtime(now)
    due = timezone.make_aware(datetime.combine(local.date(), AT))
    while due <= now or (frequency == Frequency.WEEKLY and due.weekday() != 0):
        due = timezone.make_aware(datetime.combine(timezone.localtime(due).date() + timedelta(days=1), AT))
    return due


def members(subscription: Subscription) -> list[PublicList]:
    """The lists that it is told of; none when what it followed is no more."""
    if subscription.kind not in public_lists:
        return []
    return public_lists[subscription.kind].members(subscription.query)


@transaction.atomic
def compose_digest(*, subscription: Subscription, skip: Collection[str] = ()) -> Message | None:
    """Writes the mail of what is new for the address of `subscription`, or moves on to the next date when
    nothing is.

    It covers every subscription of the address that is due: what is in several of them is told once, under
    the first. Everything since each was confirmed that the address was not told of, still public and still
    under its conditions, at most `MAX_PER_DIGEST` at once; the rest stays for the next time. While an earlier
    digest of the address is unsent, nothing is written: what is new waits. The editions are marked in the same
    transaction, so that none is written twice and none is lost. Lists in `skip`, and those that fail, wait.
    """
    now = timezone.now()
    mine = list(
        Subscription.objects.select_for_update()
        .filter(email_hash=subscription.email_hash, state=SubscriptionState.ACTIVE)
        .exclude(email_hash="")
        .order_by("pk")
    )
    due = [one for one in mine if one.next_due_at and one.next_due_at <= now]
    unsent = Message.objects.filter(kind=MessageKind.DIGEST, state__in=UNSENT)
    if not due or unsent.filter(subscription__in=mine).exists():
        return None
    chosen: dict[int, Subscription] = {}
    for one in due:
        found = _news_of(one, chosen, skip, now)
        chosen |= dict.fromkeys(found, one)
    if not chosen:
        return None
    message = write(next(iter(chosen.values())), MessageKind.DIGEST)
    Delivered.objects.bulk_create(
        [Delivered(subscription=one, edition_id=pk, message=message) for pk, one in chosen.items()]
    )
    return message


def _news_of(
    subscription: Subscription, chosen: Collection[int], skip: Collection[str], now: datetime
) -> list[int]:
    """What one subscription adds to the mail; it is due again later, unless its list fails."""
    if any(member.kind in skip for member in members(subscription)):
        return []
    try:
        with transaction.atomic():
            found = news_for(subscription, chosen)
    except Exception:  # one list that fails must not keep the others' readers waiting
        logger.exception("digest of subscription %s failed; tried again in an hour", subscription.pk)
        return []
    subscription.next_due_at = next_due(subscription.frequency, now)
    subscription.save(update_fields=["next_due_at", "updated_at"])
    return found


def news_for(subscription: Subscription, chosen: Collection[int] = ()) -> list[int]:
    """The current editions that the address of `subscription` was not told of and that are not `chosen`,
    oldest first, up to `MAX_PER_DIGEST` with those. One query, and those of the list's conditions for every
    `BATCH` looked at."""
    kinds = [member.kind for member in members(subscription)]
    if not kinds:
        return []
    told = Delivered.objects.filter(subscription__email_hash=subscription.email_hash, edition=OuterRef("pk"))
    editions = (
        Edition.objects.filter(kind__in=kinds, is_current=True, pk__gt=subscription.since_edition)
        .filter(~Exists(told))
        .order_by("pk")
        .values_list("pk", "kind", "key")
    )
    candidates = [edition for edition in editions if edition[0] not in chosen]
    found: list[int] = []
    for start in range(0, len(candidates), BATCH):
        found += _matching(subscription, candidates[start : start + BATCH])
        if len(found) + len(chosen) >= MAX_PER_DIGEST:
            break
    return found[: max(0, MAX_PER_DIGEST - len(chosen))]


def _matching(subscription: Subscription, editions: list[tuple[int, str, str]]) -> list[int]:
    """Those that are public and under its conditions."""
    followed = public_lists[subscription.kind]
    keys: dict[str, list[str]] = {}
    for _, kind, key in editions:
        keys.setdefault(kind, []).append(key)
    shown = {kind: followed.matching(subscription.query, kind, some) for kind, some in keys.items()}
    return [pk for pk, kind, key in editions if key in shown[kind]]


def compose_due() -> int:
    """The digests whose time has come; returns how many were written. Safe to run twice."""
    now = timezone.now()
    due = Subscription.objects.filter(state=SubscriptionState.ACTIVE, next_due_at__lte=now)
    failed = _note_what_is_followed(due)
    written = 0
    seen: set[str] = set()
    for subscription in list(due.order_by("next_due_at", "pk")):
        if subscription.email_hash not in seen:
            seen.add(subscription.email_hash)
            written += compose_digest(subscription=subscription, skip=failed) is not None
    return written


def _note_what_is_followed(due: QuerySet) -> set[str]:
    """Looks at every list that somebody is to be told of; returns those that could not be looked at."""
    asked = due.order_by().values_list("kind", "query").distinct()
    lists = {
        member.kind: member
        for kind, query in asked
        if kind in public_lists
        for member in public_lists[kind].members(query)
    }
    failed = set()
    for kind, public_list in sorted(lists.items()):
        try:
            note_editions(public_list)
        except Exception:  # one list that fails must not keep the others' readers waiting
            logger.exception("list %s could not be looked at; tried again in an hour", kind)
            failed.add(kind)
    return failed
