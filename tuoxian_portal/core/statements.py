"""Questions that are asked again and again in the same words: their SQL is put together once.

For each request the ORM puts its statements together anew. For one row of joined tables that takes ten
times as long as PostgreSQL takes to answer, and it was three quarters of the detail of a case. What is
asked stays a queryset; only the text that follows from it is kept. Rows are read from the database each
time.
"""

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import get_related_populators


class Slot(Expression):
    """Stands in a queryset for the `number`-th value, which is known when the statement is run."""

    def __init__(self, number: int = 0) -> None:
        super().__init__()
        self.number = number

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class Statement:
    """The SQL of a queryset, and how its rows are read: as tuples of `values_list`, or as records with what
    `select_related`, `only` and `annotate` say (no `prefetch_related`; see `remember`).

    The queryset must lead to the same statement whenever it is asked: what follows from the clock or
    the calendar goes into a `Slot`.
    """

    def __init__(self, queryset: QuerySet) -> None:
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            self.sql, self.params = compiler.as_sql()
        except EmptyResultSet:
            self.sql, self.params = "", ()
            return
        columns = [column[0] for column in compiler.select[: compiler.col_count]]
        self.converters = [(n, *found) for n, found in compiler.get_converters(columns).items()]
        self.select, self.info = compiler.select, compiler.klass_info
        self.annotations = compiler.annotation_col_map

    def rows(self, *values: Any) -> list[Any]:
        """The rows with `values` in the slots; one query, none when nothing can be found."""
        if not self.sql:
            return []
        params = [values[p.number] if isinstance(p, Slot) else p for p in self.params]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            found = cursor.fetchall()
        return [self._converted(row) for row in found] if self.converters else found

    def records(self, *values: Any) -> list[Any]:
        """The same as instances of the model."""
        return [self._record(row) for row in self.rows(*values)]

    @cached_property
    def _parts(self) -> tuple[Any, slice, list[str], list[Any]]:
        """The model, its own columns with their names, and what fills in its relations: taken from the
        compiler as `django.db.models.query.ModelIterable` takes them for every queryset."""
        own = slice(self.info["select_fields"][0], self.info["select_fields"][-1] + 1)
        names = [column[0].target.attname for column in self.select[own]]
        relations = get_related_populators(self.info, self.select, connection.alias)  # type: ignore[call-arg]  # the stubs are those of a later Django
        return self.info["model"], own, names, relations

    def _converted(self, row: Any) -> list[Any]:
        row = list(row)
        for n, converters, expression in self.converters:
            for convert in converters:
                row[n] = convert(row[n], expression, connection)
        return row

    def _record(self, row: Any) -> Any:
        model, own, names, relations = self._parts
        record = model.from_db(connection.alias, names, row[own])
        for relation in relations:
            relation.populate(row, record)
        for name, n in self.annotations.items():
            setattr(record, name, row[n])
        return record


class Statements:
    """Statements by all that they depend on. When there are `most` of them, they are forgotten."""

    def __init__(self, most: int = 500) -> None:
        self._kept: dict[Hashable, Statement] = {}
        self._most = most

    def get(self, key: Hashable, queryset: Callable[[], QuerySet]) -> Statement:
        """The statement kept under `key`; `queryset` is asked for it the first time. Whoever's rows a
        statement finds is part of its key (`User.standing`)."""
        statement = self._kept.get(key)
        if statement is None:
            if len(self._kept) >= self._most:
                self._kept.clear()
            statement = self._kept[key] = Statement(queryset())
        return statement


def remember(record: Model, name: str, records: list[Any]) -> None:
    """Makes `record.<name>.all()` answer with `records`, as `prefetch_related` does."""
    rows = getattr(record, name).all()
    rows._result_cache, rows._prefetch_done = records, True
    record.__dict__.setdefault("_prefetched_objects_cache", {})[name] = rows
    field: Any = record._meta.get_field(name)
    for one in records:
        field.remote_field.set_cached_value(one, record)
