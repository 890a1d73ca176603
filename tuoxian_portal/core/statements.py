"""Questions that are asked again and again in the same words: their SQL is put together once.

For each request the ORM puts its statements together anew. For one row of joined tables that takes ten
times as long as PostgreSQL takes to answer, and it was three quarters of the detail of a case. What is
asked stays a queryset; only the text that follows from it is kept. Rows are read from the database each
time.
"""

from collections.abc import Callable, Hashable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, Model, QuerySet


class Slot(Expression):
    """Stands in a queryset for the `number`-th value, which is known when the statement is run."""

    def __init__(self, number: int = 0) -> None:
        super().__init__()
        self.number = number

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class Statement:
    """The SQL of a queryset of `values_list`.

    The queryset must lead to the same statement whenever it is asked: what follows from the clock or
    the calendar goes into a `Slot`.
    """

    def __init__(self, queryset: QuerySet) -> None:
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            self.sql, self.params = compiler.as_sql()
        except EmptyResultSet:
            self.sql, self.params = "", ()
        columns = [column[0] for column in compiler.select[: compiler.col_count]] if self.sql else []
        self.converters = [(n, *found) for n, found in compiler.get_converters(columns).items()]

    def rows(self, *values: Any) -> list[Any]:
        """The rows with `values` in the slots; one query, none when nothing can be found."""
        if not self.sql:
            return []
        params = [values[p.number] if isinstance(p, Slot) else p for p in self.params]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            found = cursor.fetchall()
        return [self._converted(row) for row in found] if self.converters else found

    def _converted(self, row: Any) -> list[Any]:
        row = list(row)
        for n, converters, expression in self.converters:
            for convert in converters:
                row[n] = convert(row[n], expression, connection)
        return row


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
