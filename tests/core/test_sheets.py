"""Workbooks as people fill them in."""

import io
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError

from tuoxian_portal.core.sheets import (
    Column,
    ImportReport,
    day,
    integer,
    lines,
    one_of,
    read_rows,
    text,
    yes_no,
)

COLUMNS = (
    Column("code", "编号", required=True, longest=6, aliases=("代码",)),
    Column("count", "份数", integer, empty=0),
    Column("on", "日期", day, empty=None),
    Column("note", "说明", lines, optional=True),
)


def book(*rows: list[Any], sheet: str = "") -> io.BytesIO:
    made = openpyxl.Workbook()
    page = made.active if not sheet else made.create_sheet(sheet)
    for row in rows:
        page.append(row)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer


def test_rows_come_with_their_numbers_under_titles_and_stars() -> None:
    file = book(["清单"], [], ["编号 *", "份\n数", "日期", "无关"], ["A1", 2.0, "2026年1月5日"], [], ["A2"])
    rows = list(read_rows(file, COLUMNS))
    assert [(r.number, r.values, r.errors) for r in rows] == [
        (4, {"code": "A1", "count": 2, "on": date(2026, 1, 5), "note": ""}, {}),
        (6, {"code": "A2", "count": 0, "on": None, "note": ""}, {}),
    ]


def test_a_row_of_spaces_is_an_empty_row() -> None:
    file = book(["编号", "份数", "日期"], ["A1", 2, None], [" ", "\u3000", None], ["A2", 1, None])
    assert [(r.number, r.errors) for r in read_rows(file, COLUMNS)] == [(2, {}), (4, {})]


def test_every_wrong_cell_of_a_row_is_named() -> None:
    [row] = read_rows(book(["代码", "份数", "日期"], [None, "二", "昨天"]), COLUMNS)
    assert row.values == {"note": ""}
    assert list(row.errors) == ["编号", "份数", "日期"]
    assert "2026-11-24" in row.errors["日期"]


def test_missing_headings_are_named_at_once() -> None:
    with pytest.raises(ValidationError, match="份数、日期"):
        read_rows(book(["编号"], ["A1"]), COLUMNS)


def test_what_is_no_workbook_is_refused_in_words() -> None:
    with pytest.raises(ValidationError, match="另存为 XLSX"):
        read_rows(io.BytesIO(b"PK\x03\x04nonsense"), COLUMNS)


def test_a_named_sheet_is_read() -> None:
    [row] = read_rows(book(["编号", "份数", "日期"], ["B1"], sheet="事项"), COLUMNS, sheet="事项")
    assert row.values["code"] == "B1"


def test_too_many_rows_are_refused() -> None:
    rows = read_rows(book(["编号", "份数", "日期"], *([["A"]] * 4)), COLUMNS, max_rows=3)
    with pytest.raises(ValidationError, match="超过 3 行"):
        list(rows)


@pytest.mark.parametrize(
    ("parse", "cell", "value"),
    [
        (text, 123.0, "123"),
        (text, "  a   b ", "a b"),
        (text, True, "是"),
        (text, datetime(2026, 1, 2, 3), "2026-01-02"),
        (lines, " a \n b", "a\nb"),
        (day, datetime(2026, 1, 2, 3), date(2026, 1, 2)),
        (day, "2026/1/2", date(2026, 1, 2)),
        (day, "20260102", date(2026, 1, 2)),
        (yes_no, "√", True),
        (yes_no, "无", False),
        (one_of({"许可": "permit"}), "许可", "permit"),
        (one_of([("permit", "许可")]), "许可", "permit"),
    ],
)
def test_cells_are_understood(parse: Any, cell: Any, value: Any) -> None:
    assert parse(cell) == value


@pytest.mark.parametrize(
    ("parse", "cell", "says"),
    [
        (text, 1.5010219900101e17, "末几位已经丢失"),
        (integer, "-1", "整数"),
        (integer, "²", "整数"),
        (day, "2026-02-30", "2026-11-24"),
        (yes_no, "也许", "“是”或“否”"),
        (one_of({"许可": 1}), "奖励", "许可"),
    ],
)
def test_cells_are_refused_in_words(parse: Any, cell: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        parse(cell)


def test_a_report_counts_all_and_lists_the_first() -> None:
    report = ImportReport(added=1)
    for number in range(300):
        report.refuse(number, {"编号": "不能为空，请填写。"})
    assert (report.refused, len(report.refusals), report.total) == (300, 200, 301)
    assert report.refusals[0] == [0, "编号：不能为空，请填写。"]
    assert ImportReport(**report.as_dict()) == report
    assert "有误 300 行" in report.summary
