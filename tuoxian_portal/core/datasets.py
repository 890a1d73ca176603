"""Public datasets: what the portal gives away whole, with every column explained.

An app registers its datasets in `<app>/datasets.py`; the layer above draws the pages, the files and the
catalogue. A dataset names its columns one by one, so that a field which nobody named never leaves.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from tuoxian_portal.core.choices import Confidence
from tuoxian_portal.core.registries import Registry

CHUNK = 2000  # rows that are in memory at once
TEXT, INTEGER, DECIMAL, DATE, YES_NO = "文本", "整数", "小数", "日期", "是或否"


@dataclass(frozen=True)
class Column:
    """A column: its `name` for programs, its `heading` for people, what it means, its unit and type.

    `value` reads it from a row; without one it is the attribute `name`. It costs no query.
    """

    name: str
    heading: str
    meaning: str = ""
    type: str = TEXT
    unit: str = ""
    value: Callable[[Any], Any] | None = None

    def read(self, row: Any) -> Any:
        found = self.value(row) if self.value else getattr(row, self.name)
        if isinstance(found, list | tuple):
            return "、".join(str(part) for part in found)
        if found is None or isinstance(found, bool | int | float | Decimal | date):
            return found
        return str(found)


@dataclass(frozen=True)
class Dataset:
    """What anybody may have of one kind of record.

    `rows()` gives the published rows and no others, with everything that the columns read. `scope` says in
    words what is in it. `page` names the page that shows the same, `api` the list of the public API, `feed`
    the public list whose Atom feed tells of changes. `source` is the path from a row to the record that
    carries its source.
    """

    key: str
    title: str
    theme: str
    summary: str
    scope: str
    columns: Sequence[Column]
    rows: Callable[[], QuerySet]
    page: str
    api: str = ""
    feed: str = ""
    source: str = ""
    notes: Sequence[tuple[str, str]] = ()

    @property
    def headers(self) -> list[str]:
        """The line above the rows: `总投资（万元）`."""
        return [f"{c.heading}（{c.unit}）" if c.unit else c.heading for c in self.columns]

    def values(self) -> Iterator[list[Any]]:
        """The rows as plain values in the order of the columns. Constant memory."""
        for row in self.rows().iterator(chunk_size=CHUNK):
            yield [column.read(row) for column in self.columns]

    def sources(self, limit: int) -> list[tuple[str, str, str]]:
        """(title, publisher, date) of what the rows rest on, without repetition. One query."""
        fields = [f"{self.source}{name}" for name in ("source_title", "source_publisher", "source_date")]
        found = self.rows().exclude(**{fields[0]: ""}).order_by(*fields).values_list(*fields).distinct()
        return list(found[:limit])


datasets: Registry[Dataset] = Registry("datasets")


def register(dataset: Dataset) -> Dataset:
    """Announces a dataset of an app."""
    return datasets.register(dataset.key, dataset)


def follow(row: Any, path: str) -> Any:
    """`row.a.b` for "a.b", "" where a step is empty."""
    for name in path.split("."):
        row = getattr(row, name, None)
        if row is None:
            return ""
    return row


def through(path: str) -> Callable[[Any], Any]:
    """A column's value that stands in a record beside the row."""
    return lambda row: follow(row, path)


def label(name: str) -> Callable[[Any], Any]:
    """The words for the choice in the field `name`."""
    return lambda row: getattr(row, f"get_{name}_display")()


def moment(name: str) -> Callable[[Any], date | None]:
    """The day of the time in the field `name`, in the county."""

    def value(row: Any) -> date | None:
        found: datetime | None = getattr(row, name)
        return timezone.localdate(found) if found else None

    return value


def address(row: Any) -> str:
    """The path of the row's page."""
    return row.get_absolute_url()


def source_columns(path: str = "") -> tuple[Column, ...]:
    """Where the row's facts come from; `path` leads to the record that says so ("" is the row)."""

    def at(name: str) -> Callable[[Any], Any]:
        return through(f"{path}.{name}" if path else name)

    def confidence(row: Any) -> str:
        found = follow(row, path) if path else row
        return str(Confidence(found.confidence).label) if found.confidence else ""

    return (
        Column(
            "source_title",
            "来源标题",
            "写明这条记录的文件、报道或网页；空着的由县里工作人员录入。",
            value=at("source_title"),
        ),
        Column("source_publisher", "来源发布者", value=at("source_publisher")),
        Column("source_date", "来源日期", "照来源原样写，可以不精确。", value=at("source_date")),
        Column("confidence", "可信程度", "来源载明、据来源推算，或法规背景待核对。", value=confidence),
    )


def sample_column(path: str = "is_sample") -> Column:
    """Marks rows made for demonstration; `path` "" for what has no samples."""
    value = through(path) if path else lambda row: False
    return Column(
        "is_sample",
        "示例",
        "“是”表示演示用的示例，不是真实情况。",
        YES_NO,
        value=lambda row: bool(value(row)),
    )
