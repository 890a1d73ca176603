"""Seals everything anew after `FIELD_ENCRYPTION_KEY` changed, and makes the keyed hashes anew.

Sealing goes on while the portal runs: both keys open, the new one seals. Hashes cannot: two rows with the
same number must have the same hash, so they stay under the oldest key until nobody writes
(`crypto.keyed_hash`). Both can be stopped at any moment and run again; neither touches what is done.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from tuoxian_portal.core import crypto
from tuoxian_portal.core.fields import EncryptedTextField
from tuoxian_portal.core.models import KeyedHashes

BATCH = 500


@dataclass
class Tally:
    """What a pass over one table came to, in rows. `unreadable` rows are under a key that is not listed."""

    seen: int = 0
    changed: int = 0
    unreadable: int = 0


def sealed_models() -> dict[type[Model], list[str]]:
    """Every table that keeps something sealed, with the columns that do."""
    found = {
        model: [f.name for f in model._meta.local_concrete_fields if isinstance(f, EncryptedTextField)]
        for model in apps.get_models()
    }
    return {model: names for model, names in found.items() if names}


def hashed_models() -> list[type[KeyedHashes]]:
    """Every table that is found through keyed hashes."""
    return [model for model in apps.get_models() if issubclass(model, KeyedHashes)]


def _stale(model: type[Model], names: list[str]) -> QuerySet[Any]:
    """Rows with something sealed that is not under the present key; `sealed_<name>` holds the token itself."""
    tokens = {f"sealed_{name}": Cast(F(name), TextField()) for name in names}
    present = crypto.sealed_prefix()
    left = [Q(**{f"{token}__gt": ""}) & ~Q(**{f"{token}__startswith": present}) for token in tokens]
    return model._base_manager.annotate(**tokens).filter(reduce(Q.__or__, left)).order_by("pk")


def left_to_seal(model: type[Model], names: list[str]) -> int:
    """How many rows are not wholly under the present key; one query that reads the table."""
    return _stale(model, names).count()


def seal_anew(model: type[Model], names: list[str]) -> Iterator[Tally]:
    """Seals the rows that `left_to_seal` counts under the present key; yields the tally after each batch.

    One transaction a batch. A row that somebody is changing at the moment is left for the next run
    rather than waited for, so that nobody ever waits for this in a circle.
    """
    tally, last = Tally(), None
    stale, tokens = _stale(model, names), [f"sealed_{name}" for name in names]
    while True:
        with transaction.atomic():
            rows = stale.filter(pk__gt=last) if last is not None else stale
            batch = list(rows.select_for_update(skip_locked=True).values_list("pk", *tokens)[:BATCH])
            _write(model, names, [row for pk, *old in batch if (row := _sealed(pk, old, tally))])
        if not batch:
            return
        last = batch[-1][0]
        yield tally


def _sealed(pk: Any, tokens: list[str], tally: Tally) -> list[Any] | None:
    """The tokens of one row under the present key and its pk; None when one of them does not open."""
    tally.seen += 1
    present = crypto.sealed_prefix()
    try:
        fresh = [
            crypto.encrypt(crypto.decrypt(token)) if token and not token.startswith(present) else token
            for token in tokens
        ]
    except crypto.Unreadable:
        tally.unreadable += 1
        return None
    tally.changed += 1
    return [*fresh, pk]


def _write(model: type[Model], names: Iterable[str], rows: list[list[Any]]) -> None:
    """`rows` are the values of `names`, then the pk. Plain SQL: compiling each update anew took six times as
    long as all the rest."""
    quote, meta = connection.ops.quote_name, model._meta
    columns = [quote(str(meta.get_field(name).column)) for name in names]  # type: ignore[union-attr]  # a column
    changes = ", ".join(f"{column} = %s" for column in columns)
    where = f"{quote(str(meta.pk.column))} = %s"
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {where}", rows)  # noqa: S608  (names of our own)


def hash_anew(model: type[KeyedHashes], *, write: bool) -> Iterator[Tally]:
    """Makes the hashes of every row under the present key; yields the tally after each batch.

    Reads the whole table. Without `write` it only counts (`changed`). Nobody else may write meanwhile.
    """
    tally, last = Tally(), None
    rows = model._base_manager.select_related(*model.hash_related) if model.hash_related else None
    if rows is None:
        rows = model._base_manager.only(*model.hash_sources, *filter(None, model.hash_sources.values()))
    rows = rows.order_by("pk")
    while True:
        keys = list(
            (rows.filter(pk__gt=last) if last is not None else rows).values_list("pk", flat=True)[:BATCH]
        )
        if not keys:
            return
        last = keys[-1]
        with transaction.atomic():
            found = _readable(rows.filter(pk__in=keys), keys, tally)
            changed = [[*fresh, row.pk] for row in found if (fresh := _hashed(row))]
            tally.seen, tally.changed = tally.seen + len(found), tally.changed + len(changed)
            if write:
                _write(model, model.hash_sources, changed)
        yield tally


def _readable(rows: QuerySet[Any], keys: list[Any], tally: Tally) -> list[KeyedHashes]:
    """The rows, one by one where one of them does not open."""
    try:
        found = list(rows)
    except crypto.Unreadable:
        found = []
        for key in keys:
            try:
                found += list(rows.filter(pk=key))
            except crypto.Unreadable:
                tally.seen += 1
                tally.unreadable += 1
    return found


def _hashed(row: KeyedHashes) -> list[str] | None:
    """The hashes of `row` under the present key; None when it has them already. What has none gets none."""
    stored = [str(getattr(row, name)) for name in row.hash_sources]
    texts = (
        str(reduce(getattr, source.split("."), row)) if source else "" for source in row.hash_sources.values()
    )
    fresh = [
        was and crypto.keyed_hash(text, settings.FIELD_KEYS[0])
        for was, text in zip(stored, texts, strict=True)
    ]
    return fresh if fresh != stored else None
