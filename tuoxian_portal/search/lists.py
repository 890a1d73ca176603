"""A search as something to follow: what it finds of the lists, named and told of as the lists do.

Only what has all the words counts, as it stands in the index when somebody looks; what the page shows for
want of better (`is_partial`) is nobody's news.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from tuoxian_portal.core.listing import Listing
from tuoxian_portal.core.lists import Followed, ListEntry, PublicList, public_lists
from tuoxian_portal.core.registries import SearchSource, search_sources
from tuoxian_portal.search.views import search_listing


def _sources() -> dict[str, SearchSource]:
    """`{kind of list: the source that puts its records into the index}`."""
    by_model = {source.model: source for source in search_sources}
    lists = [followed for followed in public_lists if isinstance(followed, PublicList)]
    return {one.kind: by_model[one.model] for one in lists if one.model in by_model}


@dataclass(frozen=True)
class SavedSearch(Followed):
    """The search page under a text and its kinds. Who may read what is the lists' matter: a record is told
    of only while its own list shows it, however late the index is."""

    def refusal(self, listing: Listing) -> str:
        return "" if listing.text else "请先输入关键词搜索，再订阅搜索结果。"

    def total(self, listing: Listing) -> int:
        hits: Any = listing.results
        return 0 if hits.is_partial else hits.count()

    def _hits(self, query: str) -> Any:
        return self.ask(query).results

    def members(self, query: str = "") -> list[PublicList]:
        kinds = self._hits(query).kinds
        found = [
            public_lists[kind] for kind, source in _sources().items() if not kinds or source.kind in kinds
        ]
        return [one for one in found if isinstance(one, PublicList)]

    def matching(self, query: str, kind: str, keys: Collection[str]) -> set[str]:
        hits, source, member = self._hits(query), _sources().get(kind), public_lists[kind]
        if (
            source is None
            or not isinstance(member, PublicList)
            or (hits.kinds and source.kind not in hits.kinds)
        ):
            return set()
        rows = member.ask("").results.filter(**{f"{member.key_field}__in": keys}).order_by()
        by_id = {str(pk): str(key) for pk, key in rows.values_list("pk", member.key_field)}
        return {by_id[object_id] for object_id in hits.among(source.kind, list(by_id))}

    def entries(self, query: str, kind: str, keys: Collection[str]) -> list[ListEntry]:
        found = self.matching(query, kind, keys)
        return public_lists[kind].entries("", kind, found) if found else []

    def newest(self, query: str, limit: int) -> list[tuple[str, ListEntry]]:
        """Of the best 1,000 matches (`backends.LIMIT`)."""
        found = self._hits(query).by_kind()
        entries = [
            (member.kind, member.entry(row))
            for member in self.members(query)
            if (ids := found.get(_sources()[member.kind].kind))
            for row in member.rows().filter(pk__in=ids).order_by(f"-{member.changed_field}", "pk")[:limit]
        ]
        return sorted(entries, key=lambda pair: (pair[1].updated, pair[1].key), reverse=True)[:limit]


public_lists.register("search", SavedSearch("search", "站内搜索", "search:results", search_listing))
