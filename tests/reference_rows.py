"""The county's facts for a test, at the price of inserting rows.

`load_reference` reads, checks and publishes; that takes seconds. The first test of a process that needs
the facts runs it; what it wrote is kept as plain rows and put in again for the others.
"""

from io import StringIO
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models

Rows = dict[type[models.Model], tuple[list[str], list[tuple[Any, ...]]]]
kept: Rows = {}


def load() -> None:
    """The facts, inside the transaction of the test; loaded in earnest where it has rows of its own."""
    if kept and not any(model._base_manager.exists() for model in kept):
        _put_in()
        return
    if kept:
        call_command("load_reference", stdout=StringIO())
        return
    before = {model: set(model._base_manager.values_list("pk", flat=True)) for model in _models()}
    call_command("load_reference", stdout=StringIO())
    for model, present in before.items():
        columns = [f.column for f in model._meta.concrete_fields if not f.generated]
        key = columns.index(model._meta.pk.column)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {_names(columns)} FROM {_name(model._meta.db_table)}")  # noqa: S608  (our own tables)
            rows = [row for row in cursor.fetchall() if row[key] not in present]
        if rows:
            kept[model] = (columns, rows)


def _put_in() -> None:
    with connection.cursor() as cursor:
        for model, (columns, rows) in kept.items():
            places = ", ".join(["%s"] * len(columns))
            table = _name(model._meta.db_table)
            cursor.executemany(f"INSERT INTO {table} ({_names(columns)}) VALUES ({places})", rows)  # noqa: S608  (our own tables)
        for statement in connection.ops.sequence_reset_sql(no_style(), list(kept)):
            cursor.execute(statement)


def _models() -> list[type[models.Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy]


def _name(text: str) -> str:
    return connection.ops.quote_name(text)


def _names(columns: list[str]) -> str:
    return ", ".join(_name(column) for column in columns)
