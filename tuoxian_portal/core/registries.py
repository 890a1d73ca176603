"""Where domain apps announce what the layers above them need: search, reports, navigation.

A domain app never imports upward. It registers in its `search.py`, `reports.py` or `apps.ready()`,
and the upper layer reads the registry after `autodiscover`.
"""

import datetime
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things found by importing one module of every app on first use."""

    def __init__(self, module: str) -> None:
        self.module = module
        self._items: dict[str, T] = {}
        self._discovered = False
        self._discovering = False
        self._lock = threading.RLock()

    def register(self, name: str, item: T) -> T:
        if name in self._items and self._items[name] is not item:
            raise ValueError(f"{self.module}: {name} is registered twice")
        self._items[name] = item
        return item

    def _discover(self) -> dict[str, T]:
        """All items. A thread that comes while another one looks waits for it, rather than seeing half."""
        if not self._discovered:
            with self._lock:
                if not (self._discovered or self._discovering):
                    self._discovering = True
                    try:
                        autodiscover_modules(self.module)
                    finally:
                        self._discovering = False
                    self._discovered = True
        return self._items

    def __iter__(self) -> Iterator[T]:
        return iter(self._discover().values())

    def __getitem__(self, name: str) -> T:
        return self._discover()[name]

    def __contains__(self, name: str) -> bool:
        return name in self._discover()

    def names(self) -> list[str]:
        return list(self._discover())


@dataclass(frozen=True)
class SearchSource:
    """Public records of one model that the search box finds.

    `queryset` returns the public rows; `document` turns one into title, summary, body and keywords.
    """

    kind: str
    label: str
    model: type
    queryset: Callable[[], Any]
    document: Callable[[Any], "SearchDocument"]


@dataclass(frozen=True)
class SearchDocument:
    """What is indexed and shown for one record. `date` is ISO or "" and only shown. `ends_on` is the last
    day on which it holds: after it, the record is found last and marked 已失效."""

    title: str
    url: str
    summary: str = ""
    body: str = ""
    keywords: str = ""
    date: str = ""
    ends_on: datetime.date | None = None


@dataclass(frozen=True)
class OpenRecord:
    """A record that a report counts and that can still change: what it is, why it is open, where it is
    put right."""

    label: str
    text: str
    url: str


@dataclass(frozen=True)
class PeriodClosing:
    """How a report closes what it prints, so that what was published changes openly or not at all.

    `close(until, actor, progress)` closes every record of the period that may be closed, in its order,
    and returns how many; `actor=None` is the report itself being made. `left_open(period)` names what is
    still open. `permission` is what a person needs to close by hand.
    """

    close: Callable[[str, Any, Callable[[int, int, str], None]], int]
    left_open: Callable[[str], list[OpenRecord]]
    permission: str


@dataclass(frozen=True)
class ReportKind:
    """A periodic report: `collect(period, progress)` freezes its figures as plain data (see
    `core.reporting`), which the renderers of `reports` turn into DOCX, XLSX and PDF.

    `period` is a month as "2026-10". `permission` is needed to read it. `has_data(period)` says
    whether there is anything to report; nothing is produced before. `closing` runs before `collect`.
    """

    kind: str
    title: str
    permission: str
    collect: Callable[[str, Callable[[int, int, str], None]], dict[str, Any]]
    has_data: Callable[[str], bool] = lambda period: True
    closing: PeriodClosing | None = None


@dataclass(frozen=True)
class NavEntry:
    """An entry of the public menu. It is shown only while `has_content()` is true."""

    label: str | Promise
    url_name: str
    order: int
    has_content: Callable[[], bool]


search_sources: Registry[SearchSource] = Registry("search")
report_kinds: Registry[ReportKind] = Registry("reports")
nav_entries: Registry[NavEntry] = Registry("navigation")
# What each role may do in one app: `{role code: [permission, …]}`, registered in `<app>/roles.py`.
role_grants: Registry[dict[str, list[str]]] = Registry("roles")
