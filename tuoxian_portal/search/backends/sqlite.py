"""FTS5: one virtual table whose columns weigh differently."""

import json
from collections.abc import Iterable, Sequence

from django.db import connection

from tuoxian_portal.search.backends import LIMIT, Condition, IndexRow
from tuoxian_portal.search.words import is_open, is_prefix

# The weights are those of kind, day, title, words, extra and pairs; bm25 is smaller for better.
MATCHING = "SELECT rowid, kind FROM search_fts WHERE search_fts MATCH %s "
AMONG = "AND rowid IN (SELECT value FROM json_each(%s)) "
FIND = "ORDER BY bm25(search_fts, 0, 0, 12.0, 4.0, 1.0, 2.0), day DESC, rowid LIMIT %s"


class SqliteBackend:
    def put(self, rows: Sequence[IndexRow]) -> None:
        self.remove([row.entry_id for row in rows])
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO search_fts (rowid, kind, day, title, words, extra, pairs) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [
                    (r.entry_id, r.kind, r.day, r.title, r.words, f"{r.title_extra} {r.extra}", r.pairs)
                    for r in rows
                ],
            )

    def remove(self, entry_ids: Iterable[int]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM search_fts WHERE rowid = %s", [(pk,) for pk in entry_ids])

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_fts")

    def find(self, *conditions: Condition, among: Sequence[int] | None = None) -> list[tuple[int, str]]:
        asked = " OR ".join(f"({match(condition)})" for condition in conditions)
        only = [] if among is None else [json.dumps(list(among))]
        with connection.cursor() as cursor:
            cursor.execute(MATCHING + (AMONG if only else "") + FIND, [asked, *only, LIMIT])
            return cursor.fetchall()

    def tidy(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_fts WHERE rowid NOT IN (SELECT id FROM search_searchentry)")
            cursor.execute("INSERT INTO search_fts (search_fts) VALUES ('optimize')")


def match(condition: Condition) -> str:
    """The MATCH expression. Terms are letters, digits and Chinese only, so quoting is enough."""
    parts = []
    if condition.words:
        joint = " OR " if condition.any_word else " AND "
        parts.append(f"{{title words extra}} : ({joint.join(map(_term, condition.words))})")
    parts += [f'{{pairs}} : ("{single}" *)' for single in condition.singles]
    for pieces in condition.phrases:
        # A last piece of one character is the beginning of a pair.
        star = " *" if is_open(pieces[-1]) else ""
        parts.append(f'{{pairs}} : ("{" ".join(pieces)}"{star})')
    return (" OR " if condition.any_word else " AND ").join(f"({part})" for part in parts)


def _term(word: str) -> str:
    return f'"{word}" *' if is_prefix(word) else f'"{word}"'
