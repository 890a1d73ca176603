"""Asking the index."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.registries import search_sources
from tuoxian_portal.search import words
from tuoxian_portal.search.backends import LIMIT, Condition, backend
from tuoxian_portal.search.models import SearchEntry
from tuoxian_portal.search.synonyms import alternatives

REPEATED_STOP = re.compile("。{2,}")
SNIPPET = 90
MAX_TEXT = 60


@dataclass(frozen=True)
class Hit:
    """One found record. `title_html` and `snippet` are escaped, with what was asked in `<mark>`."""

    kind: str
    kind_label: str
    title: str
    title_html: SafeString
    snippet: SafeString
    url: str
    date: str
    is_sample: bool
    is_over: bool = False


@dataclass(frozen=True)
class Found:
    """The matches of a text, best first, and how they were found."""

    matches: tuple[tuple[int, str], ...] = ()
    is_partial: bool = False
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class _Asked:
    """A text cut for asking: its words, its single characters, and its phrases."""

    long: tuple[str, ...]
    single: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str) -> "_Asked":
        asked = words.terms(text)
        return cls(
            long=tuple(word for word in asked if len(word) > 1 or word.isascii()),
            single=tuple(word for word in asked if len(word) == 1 and not word.isascii()),
            phrases=tuple(tuple(pieces) for pieces in words.phrase(text)),
        )


class Hits:
    """The records that match a text, best first, what no longer holds after all others; a sequence that
    `Paginator` can page through.

    All words are asked for first; when nothing has them all, the text as it stands, wherever the
    dictionary would cut it; then any of the words (`is_partial`). Each time its synonyms are asked for with
    it. One query for each of the three until one finds something, one for what is over, and one for the rows
    of a page.
    """

    def __init__(self, text: str, kinds: Sequence[str] = ()) -> None:
        self.text = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())[:MAX_TEXT]
        self.kinds = tuple(kinds)

    def filter(self, kinds: Sequence[str]) -> "Hits":
        """The same matches, of some kinds only; nothing is asked twice."""
        narrowed = Hits(self.text, kinds)
        narrowed.__dict__["found"] = self.found
        return narrowed

    @cached_property
    def alternatives(self) -> list[str]:
        """What else is asked for: the text with synonyms in place of its words."""
        return alternatives(self.text) if self.text else []

    @cached_property
    def found(self) -> Found:
        texts = [self.text, *self.alternatives]
        asked = [_Asked.of(text) for text in texts]
        attempts = [
            ([Condition(words=one.long, singles=one.single) for one in asked], False),
            ([Condition(phrases=one.phrases) for one in asked], False),
            (
                [
                    Condition(words=one.long, singles=one.single, any_word=True)
                    for one in asked
                    if len(one.long) + len(one.single) > 1
                ],
                True,
            ),
        ]
        for conditions, is_partial in attempts:
            wanted = [condition for condition in conditions if condition]
            if wanted and (matches := backend().find(*wanted)):
                return Found(tuple(matches), is_partial, tuple(wanted))
        return Found()

    @cached_property
    def counts(self) -> dict[str, int]:
        """Matches by kind, whatever kinds were chosen."""
        return dict(Counter(kind for _, kind in self.found.matches))

    @property
    def is_partial(self) -> bool:
        return self.found.is_partial

    @property
    def is_capped(self) -> bool:
        """Whether there may be more matches than were looked at."""
        return len(self.found.matches) >= LIMIT

    @cached_property
    def ids(self) -> list[int]:
        chosen = [pk for pk, kind in self.found.matches if not self.kinds or kind in self.kinds]
        return sorted(chosen, key=self.over.__contains__) if chosen else []

    @cached_property
    def over(self) -> set[int]:
        """The records of the index that hold no longer."""
        return set(SearchEntry.objects.filter(ends_on__lt=today()).values_list("pk", flat=True))

    def count(self) -> int:
        return len(self.ids)

    def among(self, kind: str, object_ids: Sequence[str]) -> set[str]:
        """Those of `object_ids` of one kind that have all that was asked, however many others match."""
        entries = dict(
            SearchEntry.objects.filter(kind=kind, object_id__in=object_ids).values_list("pk", "object_id")
        )
        if not entries or self.is_partial or not self.found.conditions:
            return set()
        return {entries[pk] for pk, _ in backend().find(*self.found.conditions, among=list(entries))}

    def by_kind(self) -> dict[str, list[str]]:
        """The object ids of what has all that was asked, by kind; one query."""
        found: dict[str, list[str]] = {}
        if not self.is_partial and self.ids:
            for kind, object_id in SearchEntry.objects.filter(pk__in=self.ids).values_list(
                "kind", "object_id"
            ):
                found.setdefault(kind, []).append(object_id)
        return found

    def __getitem__(self, wanted: slice) -> list[Hit]:
        ids = self.ids[wanted]
        entries = SearchEntry.objects.in_bulk(ids) if ids else {}
        marked = pattern(" ".join([self.text, *self.alternatives]))
        labels = {source.kind: source.label for source in search_sources}
        return [
            Hit(
                kind=entry.kind,
                kind_label=labels.get(entry.kind, ""),
                title=entry.title,
                title_html=highlight(entry.title, marked),
                snippet=snippet(entry, marked),
                url=entry.url,
                date=entry.date,
                is_sample=entry.is_sample,
                is_over=pk in self.over,
            )
            for pk in ids
            if (entry := entries.get(pk))
        ]


@dataclass(frozen=True)
class Results:
    """A page of hits for `search`."""

    hits: list[Hit]
    total: int
    counts: dict[str, int]
    is_partial: bool
    is_capped: bool


def search(text: str, *, kind: str | None = None, page: int = 1, page_size: int = 20) -> Results:
    """A page of what matches `text`. At most five queries, however many records match.

    `counts` are by kind over all kinds; `total` is that of `kind` when one is given.
    """
    found = Hits(text, [kind] if kind else [])
    start = (max(page, 1) - 1) * page_size
    return Results(
        hits=found[start : start + page_size],
        total=found.count(),
        counts=found.counts,
        is_partial=found.is_partial,
        is_capped=found.is_capped,
    )


def pattern(text: str) -> re.Pattern[str] | None:
    """What to mark: the pieces between spaces and their words, longest first."""
    marked = {piece for piece in words.normalise(text).split() if words.RUN.search(piece)}
    marked |= set(words.terms(text))
    if not marked:
        return None
    return re.compile("|".join(re.escape(m) for m in sorted(marked, key=len, reverse=True)), re.IGNORECASE)


def highlight(text: str, marked: re.Pattern[str] | None) -> SafeString:
    """`text` escaped, with every match of `marked` in `<mark>`."""
    if marked is None:
        return mark_safe(escape(text))  # noqa: S308  (escaped here)
    parts, last = [], 0
    for found in marked.finditer(text):
        parts += [escape(text[last : found.start()]), f"<mark>{escape(found.group())}</mark>"]
        last = found.end()
    return mark_safe("".join([*parts, escape(text[last:])]))  # noqa: S308  (every part is escaped)


def snippet(entry: SearchEntry, marked: re.Pattern[str] | None) -> SafeString:
    """About 90 characters of the summary, or of the text around the first match outside the title."""
    text = " ".join(entry.summary.split())
    found = marked.search(text) if marked else None
    if found is None and marked:
        # Parts are joined by full stops, and some end with one.
        body = REPEATED_STOP.sub("。", " ".join(entry.body.split()))
        if (in_body := marked.search(body)) is not None:
            text, found = body, in_body
    if len(text) <= SNIPPET:
        return highlight(text, marked)
    start = max(0, found.start() - SNIPPET // 3) if found else 0
    end = min(len(text), start + SNIPPET)
    start = max(0, min(start, end - SNIPPET))
    piece = highlight(text[start:end].lstrip("。，、；： "), marked)
    return mark_safe(("…" if start else "") + piece + ("…" if end < len(text) else ""))  # noqa: S308  (`piece` is escaped)
