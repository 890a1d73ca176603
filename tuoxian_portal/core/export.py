"""Rows as files: XLSX with a 口径 sheet, CSV that Excel opens in Chinese. Constant memory.

A cell that begins like a formula is written as text, so that what a stranger typed into a form never
runs on an official's machine (OWASP, CSV injection).
"""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from unicodedata import east_asian_width
from urllib.parse import quote

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def disposition(filename: str) -> str:
    """`Content-Disposition` for a Chinese file name (RFC 6266, RFC 5987)."""
    return f"attachment; filename*=UTF-8''{quote(filename)}"


def width_of(text: str) -> int:
    """How many characters wide `text` is in a cell: Chinese takes two each."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "是" if value else "否"
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal):
        return value
    return str(value).replace("\u00a0", " ")


class _Echo:
    @staticmethod
    def write(text: str) -> str:
        return text


def csv_response(filename: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """Streams `rows` as CSV with a byte order mark."""

    def safe(value: Any) -> Any:
        value = _plain(value)
        return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())  # type: ignore[arg-type]  # an echo is all that csv asks for
        yield "\ufeff"
        yield writer.writerow(headers)  # type: ignore[misc]  # the echo returns the line
        for row in rows:
            yield writer.writerow([safe(value) for value in row])  # type: ignore[misc]  # the echo returns the line

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = disposition(filename)
    return response


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook. `choices` offers, by heading, what may be chosen in that column's cells."""

    title: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Any]]
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)


LIST_LIMIT = 255  # characters of a list that Excel offers in a cell
OFFERED_ROWS = 20_000
WIDEST = 40  # characters
FITTED_ROWS = 200
"""Columns are as wide as what stands in so many rows; later rows are not measured, nor kept."""


def write_book(target: Any, sheets: Iterable[Sheet], about: Sheet) -> int:
    """Writes `sheets` one after the other, then `about` in wide columns of text; returns the number of
    rows above it. Constant memory: rows are taken as they come."""
    import xlsxwriter  # only processes that export load it

    book = xlsxwriter.Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True, "bg_color": "#D5E9E9", "border": 1, "text_wrap": True})
    total = 0
    for sheet in sheets:
        page = book.add_worksheet(sheet.title[:31])
        page.freeze_panes(1, 0)
        widths = [width_of(str(header)) for header in sheet.headers]
        for column, header in enumerate(sheet.headers):
            labels = sheet.choices.get(header)
            if labels and len(",".join(labels)) <= LIST_LIMIT:
                offer = {"validate": "list", "source": list(labels), "error_type": "warning"}
                page.data_validation(1, column, OFFERED_ROWS, column, offer)
        for column, header in enumerate(sheet.headers):
            page.write_string(0, column, str(header), bold)
        count = _write_rows(page, sheet.rows, widths)
        for column, width in enumerate(widths):
            page.set_column(column, column, min(WIDEST, max(10, width + 2)))
        if count:
            page.autofilter(0, 0, count, len(widths) - 1)
        total += count
    page = book.add_worksheet(about.title[:31])
    page.set_column(0, 0, 24)
    page.set_column(1, len(about.headers) - 1, 90 if len(about.headers) == 2 else 40)
    page.write_row(0, 0, [str(header) for header in about.headers], bold)
    _write_rows(page, about.rows, [])
    book.close()
    return total


def _write_rows(page: Any, rows: Iterable[Sequence[Any]], widths: list[int]) -> int:
    """Writes `rows` below the headings and widens `widths` by the first of them; returns their number."""
    count = 0
    for count, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            value = _plain(value)
            if isinstance(value, str):
                # A carriage return would be read back as the letters _x000D_.
                page.write_string(count, column, value.replace("\r\n", "\n").replace("\r", "\n"))
            else:
                page.write_number(count, column, value)
            if count <= FITTED_ROWS and column < len(widths):
                widths[column] = max(widths[column], *map(width_of, str(value).split("\n")))
    return count


def write_xlsx(
    target: Any,
    *,
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    notes: Sequence[tuple[str, str]] = (),
) -> int:
    """Writes one sheet of `rows` and a 口径 sheet of `notes` (name, meaning); returns the row count."""
    return write_book(target, [Sheet(title, headers, rows)], Sheet("口径", ["名称", "说明"], notes))


def xlsx_response(
    filename: str,
    *,
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    notes: Sequence[tuple[str, str]] = (),
) -> HttpResponseBase:
    """`write_xlsx` as a download; the file is a temporary one that goes with the response."""
    return book_response(filename, [Sheet(title, headers, rows)], Sheet("口径", ["名称", "说明"], notes))


def book_response(filename: str, sheets: Iterable[Sheet], about: Sheet) -> HttpResponseBase:
    """`write_book` as a download; the file is a temporary one that goes with the response."""
    target = tempfile.TemporaryFile()  # noqa: SIM115  (FileResponse closes it)
    write_book(target, sheets, about)
    target.seek(0)
    response = FileResponse(target, content_type=XLSX)
    response.headers["Content-Disposition"] = disposition(filename)
    return response
