"""Rows as files: XLSX with a 口径 sheet, CSV that Excel opens in Chinese. Constant memory.

A cell that begins like a formula is written as text, so that what a stranger typed into a form never
runs on an official's machine (OWASP, CSV injection).
"""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def disposition(filename: str) -> str:
    """`Content-Disposition` for a Chinese file name (RFC 6266, RFC 5987)."""
    return f"attachment; filename*=UTF-8''{quote(filename)}"


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
        writer = csv.writer(_Echo())  # type: ignore[arg-type]
        yield "\ufeff"
        yield writer.writerow(headers)  # type: ignore[misc]
        for row in rows:
            yield writer.writerow([safe(value) for value in row])  # type: ignore[misc]

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = disposition(filename)
    return response


def write_xlsx(
    target: Any,
    *,
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    notes: Sequence[tuple[str, str]] = (),
) -> int:
    """Writes one sheet of `rows` and a 口径 sheet of `notes` (name, meaning); returns the row count."""
    import xlsxwriter  # only processes that export load it

    book = xlsxwriter.Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True, "bg_color": "#D5E9E9", "border": 1, "text_wrap": True})
    sheet = book.add_worksheet(title[:31])
    sheet.freeze_panes(1, 0)
    widths = [max(10, 2 * len(str(header)) + 2) for header in headers]
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(40, width))
    for column, header in enumerate(headers):
        sheet.write_string(0, column, str(header), bold)
    count = 0
    for count, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            value = _plain(value)
            if isinstance(value, str):
                sheet.write_string(count, column, value)
            else:
                sheet.write_number(count, column, value)
    about = book.add_worksheet("口径")
    about.set_column(0, 0, 24)
    about.set_column(1, 1, 90)
    about.write_row(0, 0, ["名称", "说明"], bold)
    for line, (name, meaning) in enumerate(notes, start=1):
        about.write_string(line, 0, name)
        about.write_string(line, 1, meaning)
    book.close()
    return count


def xlsx_response(
    filename: str,
    *,
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    notes: Sequence[tuple[str, str]] = (),
) -> HttpResponseBase:
    """`write_xlsx` as a download; the file is a temporary one that goes with the response."""
    target = tempfile.TemporaryFile()  # noqa: SIM115  (FileResponse closes it)
    write_xlsx(target, title=title, headers=headers, rows=rows, notes=notes)
    target.seek(0)
    response = FileResponse(target, content_type=XLSX)
    response.headers["Content-Disposition"] = disposition(filename)
    return response
