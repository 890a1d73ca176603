"""tsvector columns with GIN. Title hits are gathered first, so that the cap never loses the best."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from tuoxian_portal.search.backends import LIMIT, Condition, IndexRow
from tuoxian_portal.search.words import is_open, is_prefix

COLUMNS = "(entry_id, kind, day, title, words, pairs)"
VALUES = (
    "(%s, %s, %s, to_tsvector('simple', %s), "
    "setweight(to_tsvector('simple', %s), 'A') || setweight(to_tsvector('simple', %s), 'C') || "
    "setweight(to_tsvector('simple', %s), 'B') || setweight(to_tsvector('simple', %s), 'D'), "
    "to_tsvector('simple', %s))"
)
# Weights of D, C, B, A: words inside those of the text, inside those of the title, text, title.
WEIGHTS = "'{0.05, 0.1, 0.3, 1.0}'"


class PostgresBackend:
    def put(self, rows: Sequence[IndexRow]) -> None:
        values: list[Any] = []
        for r in rows:
            values += [r.entry_id, r.kind, r.day, f"{r.title} {r.title_extra}"]
            values += [r.title, r.title_extra, r.words, r.extra, r.pairs]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO search_index {COLUMNS} VALUES {', '.join([VALUES] * len(rows))} "  # noqa: S608  (our own names; values are parameters)
                "ON CONFLICT (entry_id) DO UPDATE SET kind = excluded.kind, day = excluded.day, "
                "title = excluded.title, words = excluded.words, pairs = excluded.pairs",
                values,
            )

    def remove(self, entry_ids: Iterable[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_index WHERE entry_id = ANY(%s)", [list(entry_ids)])

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_index")

    def find(self, *conditions: Condition, among: Sequence[int] | None = None) -> list[tuple[int, str]]:
        parts = [_hits(condition, among) for condition in conditions]
        hits = " UNION ".join(sql for sql, _ in parts)
        with connection.cursor() as cursor:
            # What several conditions find counts once, by its best rank.
            cursor.execute(
                f"SELECT entry_id, kind FROM ({hits}) AS hits GROUP BY entry_id, kind, day "  # noqa: S608  (our own names; values are parameters)
                f"ORDER BY max(rank) DESC, day DESC, entry_id LIMIT {LIMIT}",
                [value for _, values in parts for value in values],
            )
            return cursor.fetchall()

    def tidy(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM search_index i WHERE NOT EXISTS "
                "(SELECT 1 FROM search_searchentry e WHERE e.id = i.entry_id)"
            )
            cursor.execute("ANALYZE search_index")


def _hits(condition: Condition, among: Sequence[int] | None = None) -> tuple[str, list[Any]]:
    """SQL for the matches with their rank: those by their title, then the others."""
    only, ids = ("", []) if among is None else ("entry_id = ANY(%s) AND ", [list(among)])
    asked, pairs = _query(condition), _pairs(condition)
    joint = " OR " if condition.any_word else " AND "

    def one(column: str) -> tuple[str, list[Any]]:
        parts, values = [], [asked, *ids]
        if condition.words:
            parts.append(f"{column} @@ to_tsquery('simple', %s)")
            values.append(asked)
        if pairs:
            parts.append("pairs @@ to_tsquery('simple', %s)")
            values.append(pairs)
        return (
            f"(SELECT entry_id, kind, day, ts_rank({WEIGHTS}, words, to_tsquery('simple', %s), 1) AS rank "  # noqa: S608  (our own names; values are parameters)
            f"FROM search_index WHERE {only}({joint.join(parts)}) LIMIT {LIMIT})",
            values,
        )

    everywhere, values = one("words")
    if not condition.words:
        return everywhere, values
    by_title, title_values = one("title")
    return f"{by_title} UNION {everywhere}", [*title_values, *values]


def _term(word: str) -> str:
    return f"'{word}':*" if is_prefix(word) else f"'{word}'"


def _query(condition: Condition) -> str:
    return (" | " if condition.any_word else " & ").join(map(_term, condition.words))


def _pairs(condition: Condition) -> str:
    parts = [f"'{single}':*" for single in condition.singles]
    for pieces in condition.phrases:
        *first, last = pieces
        star = ":*" if is_open(last) else ""
        parts.append("(" + " <-> ".join([*(f"'{p}'" for p in first), f"'{last}'{star}"]) + ")")
    return (" | " if condition.any_word else " & ").join(parts)
