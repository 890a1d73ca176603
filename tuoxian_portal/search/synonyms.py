"""Asking for a word also asks for its synonyms, both ways, within bounds."""

from django.core.cache import cache

from tuoxian_portal.search import words
from tuoxian_portal.search.models import SynonymGroup

CACHE_KEY = "search.synonyms"
KEPT = 300
MAX_ALTERNATIVES = 8


def groups() -> dict[str, tuple[str, ...]]:
    """`{word: the other words of its groups}`; one query, then from the cache until a group is saved."""
    found: dict[str, tuple[str, ...]] | None = cache.get(CACHE_KEY)
    if found is None:
        gathered: dict[str, dict[str, None]] = {}
        for group in SynonymGroup.objects.filter(is_active=True):
            members = [words.normalise(word) for word in group.word_list]
            for word in members:
                gathered.setdefault(word, {}).update(dict.fromkeys(m for m in members if m != word))
        found = {word: tuple(others) for word, others in gathered.items()}
        cache.set(CACHE_KEY, found, KEPT)
    return found


def forget() -> None:
    cache.delete(CACHE_KEY)


def alternatives(text: str) -> list[str]:
    """`text` with one word of a group replaced by another of the same group: at most `MAX_ALTERNATIVES`,
    those of the longest word first. A word inside a longer one of some group does not count."""
    known = groups()
    asked = words.normalise(text)
    found: dict[str, None] = {}
    taken: list[tuple[int, int]] = []
    for word in sorted((word for word in known if word in asked), key=lambda word: (-len(word), word)):
        at = asked.index(word)
        span = (at, at + len(word))
        if any(start < span[1] and span[0] < end for start, end in taken):
            continue
        taken.append(span)
        for other in known[word]:
            found[asked[: span[0]] + other + asked[span[1] :]] = None
    return [other for other in found if other != asked][:MAX_ALTERNATIVES]
