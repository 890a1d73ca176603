"""Keeping the index equal to the public records."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import transaction

from tuoxian_portal.core.registries import SearchDocument, SearchSource, search_sources
from tuoxian_portal.search import words
from tuoxian_portal.search.backends import IndexRow, backend
from tuoxian_portal.search.models import SearchChange, SearchEntry

BATCH = 500
CHANGES = 100  # fewer at a time, so that nobody waits for SQLite's write lock


@dataclass
class Counts:
    """What an update did."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(frozen=True)
class _Prepared:
    entry: SearchEntry
    document: SearchDocument


def source_of(model: type) -> SearchSource | None:
    """The source that `model` belongs to, or None."""
    return next((source for source in search_sources if source.model is model), None)


def _prepare(source: SearchSource, record: Any) -> _Prepared:
    document = source.document(record)
    is_sample = bool(getattr(record, "is_sample", False))
    seen = (words.VERSION, document, is_sample)
    entry = SearchEntry(
        kind=source.kind,
        object_id=str(record.pk),
        title=document.title[:300],
        url=document.url[:300],
        summary=document.summary,
        body=document.body[: words.MAX_BODY],
        date=document.date[:10],
        ends_on=document.ends_on,
        is_sample=is_sample,
        digest=hashlib.sha256(repr(seen).encode()).hexdigest(),
    )
    return _Prepared(entry, document)


def _row(prepared: _Prepared) -> IndexRow:
    entry = prepared.entry
    keywords = prepared.document.keywords
    text = f"{entry.summary}\n{entry.body}"
    headline = f"{entry.title}\n{keywords}"
    return IndexRow(
        entry_id=entry.pk,
        kind=entry.kind,
        day=entry.date,
        title=" ".join(words.cut(headline)),
        title_extra=" ".join([*words.cut_fine(headline), *words.pinyin(entry.title)]),
        words=" ".join(words.cut(text)),
        extra=" ".join(words.cut_fine(text)),
        pairs=" ".join(words.pairs(f"{headline}\n{text}")),
    )


@transaction.atomic
def _write(prepared: list[_Prepared]) -> None:
    """Entries and their index rows; a batch is one transaction."""
    SearchEntry.objects.bulk_create(
        [p.entry for p in prepared],
        update_conflicts=True,
        unique_fields=["kind", "object_id"],
        update_fields=["title", "url", "summary", "body", "date", "ends_on", "is_sample", "digest"],
    )
    backend().put([_row(p) for p in prepared])


@transaction.atomic
def _remove(kind: str, object_ids: list[str]) -> int:
    entries = SearchEntry.objects.filter(kind=kind, object_id__in=object_ids)
    backend().remove(entries.values_list("pk", flat=True))
    return entries.delete()[0]


def _batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(items, BATCH)):
        yield batch


def rebuild(
    *, from_scratch: bool = False, progress: Callable[[int, int, str], None] | None = None
) -> dict[str, Counts]:
    """Brings every entry in line with its source; returns what was done, by kind.

    Only what differs is written, so a second run writes nothing. `from_scratch` forgets first.
    """
    if from_scratch:
        with transaction.atomic():
            backend().clear()
            SearchEntry.objects.all().delete()
    sources = list(search_sources)
    result: dict[str, Counts] = {}
    for done, source in enumerate(sources):
        if progress:
            progress(done, len(sources), f"正在索引：{source.label}")
        result[source.kind] = _rebuild_source(source)
    gone = SearchEntry.objects.exclude(kind__in=[s.kind for s in sources])
    for kind in set(gone.values_list("kind", flat=True)):
        removed = _remove(kind, list(gone.filter(kind=kind).values_list("object_id", flat=True)))
        result[kind] = Counts(removed=removed)
    backend().tidy()
    return result


def _rebuild_source(source: SearchSource) -> Counts:
    counts = Counts()
    known = dict(SearchEntry.objects.filter(kind=source.kind).values_list("object_id", "digest"))
    for records in _batches(source.queryset().iterator(chunk_size=BATCH)):
        prepared = [_prepare(source, record) for record in records]
        changed = [p for p in prepared if known.pop(p.entry.object_id, None) != p.entry.digest]
        if changed:
            _write(changed)
        counts.written += len(changed)
        counts.unchanged += len(prepared) - len(changed)
    for ids in _batches(iter(known)):
        counts.removed += _remove(source.kind, ids)
    return counts


def note_change(kind: str, object_id: Any) -> None:
    """Remembers, in the caller's transaction, that a record has to be indexed again; one query."""
    SearchChange.objects.create(kind=kind, object_id=str(object_id))


def apply_changes() -> Counts:
    """Indexes what was changed since the last time, until nothing is left; one query when nothing
    was. A change is forgotten after it is indexed, so that a crash in between only repeats it."""
    counts = Counts()
    while changes := list(SearchChange.objects.all()[:CHANGES]):
        by_kind: dict[str, set[str]] = {}
        for change in changes:
            by_kind.setdefault(change.kind, set()).add(change.object_id)
        for kind, object_ids in by_kind.items():
            _apply(kind, sorted(object_ids), counts)
        SearchChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
    return counts


def _apply(kind: str, object_ids: list[str], counts: Counts) -> None:
    source = next((s for s in search_sources if s.kind == kind), None)
    records = list(source.queryset().filter(pk__in=object_ids)) if source else []
    prepared = [_prepare(source, record) for record in records] if source else []
    known = dict(
        SearchEntry.objects.filter(kind=kind, object_id__in=object_ids).values_list("object_id", "digest")
    )
    changed = [p for p in prepared if known.get(p.entry.object_id) != p.entry.digest]
    if changed:
        _write(changed)
    counts.written += len(changed)
    counts.unchanged += len(prepared) - len(changed)
    if gone := set(known) - {p.entry.object_id for p in prepared}:
        counts.removed += _remove(kind, sorted(gone))
