"""Public lists that people follow, as a feed or by e-mail.

An app registers each of its lists in `<app>/lists.py`; the layer above reads the registry, so that no app
knows who follows it. What a list holds for an address is what its page shows for the same address.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from tuoxian_portal.core.listing import PAGE, SORT, Listing
from tuoxian_portal.core.registries import Registry

MAX_QUERY = 600  # characters of an address that anybody could have filtered by hand
BATCH = 500


@dataclass(frozen=True)
class ListEntry:
    """One public record as a feed or a message tells of it.

    `key` is its public name within the list `kind` and never changes. `revision` changes when readers should
    hear of the record again, and only then; see `revision_of`. `url` is a path.
    """

    key: str
    title: str
    url: str
    updated: datetime
    revision: str
    summary: str = ""
    labels: tuple[str, ...] = ()
    is_sample: bool = False


@dataclass(frozen=True)
class Followed(ABC):
    """A page that can be followed under the conditions of its address: a list, or a search over lists.

    `listing(request)` is the page's own `Listing`: same filters, same rows. Records have their name and
    their revisions in the list that they belong to, so that whoever follows a list and a search is told of
    one record once.
    """

    kind: str
    label: str
    url_name: str
    listing: Callable[[HttpRequest], Listing]

    @property
    def url(self) -> str:
        return reverse(self.url_name)

    def ask(self, query: str) -> Listing:
        """The page as a stranger sees it under `query`; what it does not understand is left out."""
        request = HttpRequest()
        request.method, request.path = "GET", self.url
        request.GET = QueryDict(query[:MAX_QUERY])
        request.user = AnonymousUser()
        return self.listing(request)

    def refusal(self, listing: Listing) -> str:
        """Why `listing` cannot be followed; "" when it can."""
        return ""

    def total(self, listing: Listing) -> int:
        """How many records it shows that count."""
        return listing.total

    @abstractmethod
    def members(self, query: str = "") -> list["PublicList"]:
        """The lists whose records it shows under `query`."""

    @abstractmethod
    def matching(self, query: str, kind: str, keys: Collection[str]) -> set[str]:
        """Those of `keys` of the list `kind` that it shows under `query`."""

    @abstractmethod
    def entries(self, query: str, kind: str, keys: Collection[str]) -> list[ListEntry]:
        """Those of `keys` of the list `kind` that it shows under `query`, as they are public now."""

    @abstractmethod
    def newest(self, query: str, limit: int) -> list[tuple[str, ListEntry]]:
        """(kind, entry) of what changed last among what it shows under `query`."""


@dataclass(frozen=True)
class PublicList(Followed):
    """A list with a page of its own.

    `entry(row)` tells of one row; `prepare` adds what it reads, so that a row costs no query. `key_field` is
    where a row's key stands, `changed_field` when it changed.
    """

    entry: Callable[[Any], ListEntry]
    key_field: str = "slug"
    changed_field: str = "updated_at"
    prepare: Callable[[QuerySet], QuerySet] = lambda rows: rows

    @property
    def model(self) -> type:
        return self.ask("").results.model

    def rows(self, query: str = "") -> QuerySet:
        """Every row under `query`, with what `entry` reads."""
        return self.prepare(self.ask(query).results)

    def everything(self) -> Iterator[ListEntry]:
        """Every public record of the list."""
        return map(self.entry, self.rows().iterator(chunk_size=BATCH))

    def members(self, query: str = "") -> list["PublicList"]:
        return [self]

    def matching(self, query: str, kind: str, keys: Collection[str]) -> set[str]:
        found = self.ask(query).results.filter(**{f"{self.key_field}__in": keys})
        return {str(key) for key in found.order_by().values_list(self.key_field, flat=True)}

    def entries(self, query: str, kind: str, keys: Collection[str]) -> list[ListEntry]:
        return list(map(self.entry, self.rows(query).filter(**{f"{self.key_field}__in": keys})))

    def newest(self, query: str, limit: int) -> list[tuple[str, ListEntry]]:
        rows = self.rows(query).order_by(f"-{self.changed_field}", "pk")[:limit]
        return [(self.kind, entry) for entry in map(self.entry, rows)]


public_lists: Registry[Followed] = Registry("lists")


def revision_of(*parts: Any) -> str:
    """A short digest of what readers can see of a record. A save that changes none of it leaves it."""
    return hashlib.sha256(repr([str(part) for part in parts]).encode()).hexdigest()[:24]


def canonical(listing: Listing) -> str:
    """The conditions of `listing` as one query string: in a fixed order, without what was not understood,
    without sorting and pages."""
    pairs = [(name, value) for name, value in listing.conditions if name not in {SORT, PAGE}]
    query = QueryDict(mutable=True)
    for name, value in sorted(set(pairs)):
        query.appendlist(name, value)
    return query.urlencode()


def describe(followed: Followed, listing: Listing) -> str:
    """`惠企政策`, or `惠企政策（“光伏”，层级：县级）`."""
    chips = "，".join(chip.label for chip in listing.chips)
    return f"{followed.label}（{chips}）" if chips else followed.label
