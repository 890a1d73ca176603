"""Public lists that people follow, as a feed or by e-mail.

An app registers each of its lists in `<app>/lists.py`; the layer above reads the registry, so that no app
knows who follows it. What a list holds for an address is what its page shows for the same address.
"""

import hashlib
from collections.abc import Callable
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


@dataclass(frozen=True)
class ListEntry:
    """One public record as a feed or a message tells of it.

    `key` is its public name within the list and never changes. `revision` changes when readers should hear
    of the record again, and only then; see `revision_of`. `url` is a path.
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
class PublicList:
    """A list with a page of its own.

    `listing(request)` is the page's own `Listing`: same filters, same rows. `entry(row)` tells of one row;
    `prepare` adds what it reads, so that a row costs no query. `key_field` is where a row's key stands.
    """

    kind: str
    label: str
    url_name: str
    listing: Callable[[HttpRequest], Listing]
    entry: Callable[[Any], ListEntry]
    key_field: str = "slug"
    prepare: Callable[[QuerySet], QuerySet] = lambda rows: rows

    @property
    def url(self) -> str:
        return reverse(self.url_name)

    def ask(self, query: str) -> Listing:
        """The list as a stranger sees it under `query`; what it does not understand is left out."""
        request = HttpRequest()
        request.method, request.path = "GET", self.url
        request.GET = QueryDict(query[:MAX_QUERY])
        request.user = AnonymousUser()
        return self.listing(request)

    def rows(self, listing: Listing) -> QuerySet:
        """Every row of `listing`, with what `entry` reads."""
        return self.prepare(listing.results)


public_lists: Registry[PublicList] = Registry("lists")


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


def describe(public_list: PublicList, listing: Listing) -> str:
    """`惠企政策`, or `惠企政策（“光伏”，层级：县级）`."""
    chips = "，".join(chip.label for chip in listing.chips)
    return f"{public_list.label}（{chips}）" if chips else public_list.label
