"""The index itself: FTS5 on SQLite, tsvector with GIN on PostgreSQL; nothing else differs.

The tables are made by `migrations/0002_index.py`, keyed by `SearchEntry.pk`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db import connection

# No more matches than this are counted and ranked; the page then says “1,000 条以上”.
LIMIT = 1_000


@dataclass(frozen=True)
class IndexRow:
    """One entry cut into words; every text is a list of terms joined by spaces.

    `title_extra` and `extra` are the smaller words inside those of `title` and `words`.
    """

    entry_id: int
    kind: str
    day: str
    title: str
    title_extra: str
    words: str
    extra: str
    pairs: str


@dataclass(frozen=True)
class Condition:
    """What is asked. `words` are all wanted (or any, with `any_word`); `singles` are single
    characters; `phrases` are pairs that follow each other."""

    words: tuple[str, ...] = ()
    singles: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    any_word: bool = False

    def __bool__(self) -> bool:
        return bool(self.words or self.singles or self.phrases)


class Backend(Protocol):
    def put(self, rows: Sequence[IndexRow]) -> None:
        """Writes `rows`, replacing what was there for the same entries."""

    def remove(self, entry_ids: Iterable[int]) -> None:
        """Forgets entries."""

    def clear(self) -> None:
        """Forgets everything."""

    def find(self, *conditions: Condition, among: Sequence[int] | None = None) -> list[tuple[int, str]]:
        """(entry id, kind) of the best `LIMIT` matches of any of `conditions`, best first; one query.
        `among` leaves out all entries but these, `LIMIT` at most."""

    def tidy(self) -> None:
        """After a rebuild: drops what has no entry any more and refreshes statistics."""


def backend() -> Backend:
    """The one for the database in use."""
    if connection.vendor == "postgresql":
        from tuoxian_portal.search.backends.postgres import PostgresBackend

        return PostgresBackend()
    from tuoxian_portal.search.backends.sqlite import SqliteBackend

    return SqliteBackend()
