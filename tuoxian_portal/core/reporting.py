"""The shape of a report's frozen figures: what a domain app collects and every renderer reads.

Figures are plain JSON: amounts are decimal strings in 万元, dates ISO, texts as they are printed. A
report that was frozen can be rendered again years later without asking the database::

    {"title", "period", "period_label", "as_of", "has_samples", "warnings": [text, …], "headline": [fact, …],
     "sections": [{"heading", "paragraphs": [text, …], "tables": [table, …]}, …],
     "notes": [[name, meaning], …]}

`warnings` stand under the title of every page and file; figures frozen before there were any lack the key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tuoxian_portal.core.money import plain as plain_number

SCHEMA = 1


@dataclass(frozen=True)
class Column:
    """One column. `kind` is one of text, count, wan (万元, shown in 万元), yi (万元, shown in 亿元),
    percent, number and date. `width` is relative. A `wide` column is left out on a portrait page."""

    key: str
    label: str
    kind: str = "text"
    width: float = 2
    wide: bool = False


def freeze(value: Any) -> Any:
    """`value` as JSON keeps it without loss."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[dict[str, Any]],
    *,
    sheet: str,
    print_rows: int = 200,
    note: str = "",
    landscape: bool = False,
) -> dict[str, Any]:
    """A table of a section. `sheet` names its XLSX sheet, where all rows stand; on paper the first
    `print_rows` do, and a line says where the others are."""
    return {
        "caption": caption,
        "columns": [asdict(column) for column in columns],
        "rows": [{c.key: freeze(row.get(c.key)) for c in columns} for row in rows],
        "sheet": sheet,
        "print_rows": print_rows,
        "note": note,
        "landscape": landscape,
    }


def fact(label: str, value: Any, kind: str, note: str = "") -> dict[str, Any]:
    """One of the report's main figures."""
    return {"label": label, "value": freeze(value), "kind": kind, "note": note}


def section(
    heading: str, *, paragraphs: Sequence[str] = (), tables: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    return {"heading": heading, "paragraphs": list(paragraphs), "tables": list(tables)}


UNITS = {"wan": "万元", "yi": "亿元", "percent": "%", "count": "个"}
NUMERIC = {"count", "wan", "yi", "percent", "number"}


def number_of(value: Any, kind: str) -> Decimal | None:
    """A frozen value as the number that is shown under its kind; None when it is not known."""
    if value in (None, ""):
        return None
    number = Decimal(str(value))
    return number / 10_000 if kind == "yi" else number


def cell_text(value: Any, kind: str, *, unknown: str = "—") -> str:
    """A frozen value as it is printed in a table, money without its unit. 亿元 has two decimals and a
    percentage one, so that a column reads evenly."""
    if kind in NUMERIC:
        number = number_of(value, kind)
        if number is None:
            return unknown
        if kind == "yi":
            return f"{number.quantize(Decimal('0.01'), rounding=ROUND_HALF_UP):,f}"
        if kind == "percent":
            return f"{number.quantize(Decimal('0.1'), rounding=ROUND_HALF_UP):f}%"
        return plain_number(number)
    return str(value) if value not in (None, "") else unknown


def header_text(column: dict[str, Any]) -> str:
    """A column's heading with its unit."""
    unit = UNITS.get(column["kind"], "")
    return f"{column['label']}（{unit}）" if unit in {"万元", "亿元"} else column["label"]


@dataclass(frozen=True)
class Printed:
    """What of a table stands on paper. `unit` is said once above it when all its money has the same."""

    headers: list[str]
    rows: list[list[str]]
    widths: list[float]
    sides: list[str]
    unit: str
    note: str


def on_paper(table: dict[str, Any], *, portrait: bool) -> Printed:
    """The table as it is printed: without wide columns on a portrait page, at most `print_rows` rows,
    and a line that says where the others are."""
    columns = [column for column in table["columns"] if not (portrait and column["wide"])]
    rows = table["rows"][: table["print_rows"]]
    notes = [table["note"]] if table["note"] else []
    if left := len(table["rows"]) - len(rows):
        notes.append(f"仅列前 {len(rows)} 行，其余 {left} 行见同期表格文件的“{table['sheet']}”页。")
    money = {UNITS[column["kind"]] for column in columns if column["kind"] in {"wan", "yi"}}
    one_unit = money.pop() if len(money) == 1 else ""
    return Printed(
        headers=[
            column["label"] if one_unit and column["kind"] in {"wan", "yi"} else header_text(column)
            for column in columns
        ],
        rows=[[cell_text(row[c["key"]], c["kind"]) for c in columns] for row in rows],
        widths=[column["width"] for column in columns],
        sides=["right" if column["kind"] in NUMERIC else "left" for column in columns],
        unit=f"单位：{one_unit}" if one_unit else "",
        note="　".join(notes),
    )


SAMPLE_WARNING = "示例数据，不是真实情况"


def fact_text(item: dict[str, Any]) -> str:
    """A main figure with its unit."""
    text = cell_text(item["value"], item["kind"])
    unit = UNITS.get(item["kind"], "")
    return text if text == "—" or unit in {"", "%"} else f"{text} {unit}"
