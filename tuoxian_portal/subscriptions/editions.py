"""What changed in the lists, found by looking: bulk updates, dates that pass and related rows count too."""

from collections.abc import Iterator

from django.db import transaction

from tuoxian_portal.core.lists import BATCH, PublicList
from tuoxian_portal.subscriptions.models import Edition


def _now(public_list: PublicList) -> Iterator[tuple[str, str]]:
    """(key, revision) of every public record of the list."""
    for entry in public_list.everything():
        yield entry.key, entry.revision


@transaction.atomic
def note_editions(public_list: PublicList) -> int:
    """Brings the current editions in line with the list; returns how many are new. Idempotent.

    Two workers at once: the constraint lets one of them win, the other fails and is run again.
    """
    current = {
        edition.key: edition
        for edition in Edition.objects.select_for_update().filter(kind=public_list.kind, is_current=True)
    }
    known = set(
        Edition.objects.filter(kind=public_list.kind, is_current=False)
        .values_list("key", flat=True)
        .distinct()
    )
    new, over = [], []
    for key, revision in _now(public_list):
        edition = current.pop(key, None)
        if edition is not None and edition.revision == revision:
            continue
        if edition is not None:
            over.append(edition.pk)
        first = edition is None and key not in known
        new.append(Edition(kind=public_list.kind, key=key, revision=revision, is_first=first))
    over += [edition.pk for edition in current.values()]
    for start in range(0, len(over), BATCH):
        Edition.objects.filter(pk__in=over[start : start + BATCH]).update(is_current=False)
    Edition.objects.bulk_create(new, batch_size=BATCH)
    return len(new)
