"""Files that people open in Excel: Chinese names, no formulas from strangers, a 口径 sheet."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl

from tuoxian_portal.core.export import csv_response, xlsx_response

HEADERS = ["名称", "金额", "日期", "公开"]
ROWS = [
    ["=HYPERLINK(1)", Decimal("12.5"), date(2026, 11, 24), True],
    ["普通", None, datetime(2026, 11, 24, 16, 30, tzinfo=UTC), False],
]


def body(response):
    return b"".join(response.streaming_content)


def test_csv_opens_in_excel_and_carries_no_formula():
    response = csv_response("项目.csv", HEADERS, ROWS)
    raw = body(response)
    assert raw.startswith("\ufeff".encode())
    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert lines == [
        HEADERS,
        ["'=HYPERLINK(1)", "12.5", "2026-11-24", "是"],
        ["普通", "", "2026-11-25 00:30", "否"],
    ]
    assert response["Content-Disposition"] == "attachment; filename*=UTF-8''%E9%A1%B9%E7%9B%AE.csv"


def test_a_negative_number_stays_a_number_in_csv():
    assert b"-3" in body(csv_response("x.csv", ["n"], [[-3]]))
    assert b"'-3" not in body(csv_response("x.csv", ["n"], [[-3]]))


def test_xlsx_keeps_numbers_as_numbers_and_explains_itself():
    response = xlsx_response("项目.xlsx", title="项目", headers=HEADERS, rows=ROWS, notes=[("金额", "万元")])
    book = openpyxl.load_workbook(io.BytesIO(body(response)))
    assert book.sheetnames == ["项目", "口径"]
    sheet = book["项目"]
    assert [c.value for c in sheet[1]] == HEADERS
    assert sheet["A2"].value == "=HYPERLINK(1)"
    assert sheet["A2"].data_type == "s", "written as text, not as a formula"
    assert sheet["B2"].value == 12.5
    assert book["口径"]["B2"].value == "万元"


def test_columns_are_as_wide_as_what_stands_in_them_and_can_be_filtered():
    rows = [["金河佑本生物制品有限公司（动物疫苗）", 1], ["x" * 300, 2], ["短", 3]]
    response = xlsx_response("x.xlsx", title="项目", headers=["项目", "数"], rows=rows)
    sheet = openpyxl.load_workbook(io.BytesIO(body(response)))["项目"]
    widths = {letter: column.width for letter, column in sheet.column_dimensions.items()}
    assert 40 <= widths["A"] < 42, "the widest that is of use"
    assert 10 <= widths["B"] < 12
    assert sheet.auto_filter.ref == "A1:B4"
    empty = openpyxl.load_workbook(
        io.BytesIO(body(xlsx_response("x.xlsx", title="项目", headers=["项目"], rows=[])))
    )
    assert empty["项目"].auto_filter.ref is None
