"""Those who answer for the county: from a figure to the record behind it, and the report of a month."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.browser.conftest import WIDTHS


def click(page: Any, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


@pytest.mark.parametrize("width", WIDTHS)
def test_from_a_figure_to_its_record(width: int, open_page: Callable[..., Any]) -> None:
    page = open_page(width=width, account="official-xu")
    assert page.url.endswith("/dashboard/")
    assert page.locator(".figures .stat").count() >= 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    # The figure and the number of rows behind it are the same.
    figure = page.locator(".bullet", has=page.locator("a[href*='counts=projects']")).first
    shown = figure.locator(".bullet-figures b").inner_text().replace(",", "")
    with page.expect_navigation():
        figure.locator("a").click()
    assert shown in page.locator(".page-header").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    rows = rows_of_export(page)
    name = page.locator("table.rows tbody th a").first.inner_text()
    assert name in {row[1] for row in rows[1:]}
    assert len(rows) - 1 == int(shown)

    # The project with its permits; then the record itself, to read only.
    click(page, "table.rows tbody th a")
    assert name in page.locator("h1").inner_text()
    assert "审批办件" in page.locator("#permits").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    click(page, "a:has-text('台账')")
    assert "/admin/projects/keyproject/" in page.url
    assert name in page.locator("#content").inner_text()
    assert page.locator("[name=_save]").count() == 0


def rows_of_export(page: Any) -> list[tuple[Any, ...]]:
    """The rows of the XLSX that the page offers: headers first, and a sheet that says what they mean."""
    with page.expect_download() as coming:
        page.locator("a:has-text('导出 XLSX')").click()
    book = load_workbook(io.BytesIO(coming.value.path().read_bytes()))
    assert len(book.sheetnames) == 2
    sheet = book.worksheets[0]
    rows = [row for row in sheet.iter_rows(values_only=True) if row[0] is not None]
    start = next(n for n, row in enumerate(rows) if row[0] == "编号")
    return rows[start:]


def test_the_report_of_last_month(open_page: Callable[..., Any], worker: Callable[[], None]) -> None:
    """Asked for while no worker runs, made when one comes, read by the official on paper and phone."""
    officer = open_page(account="project-yang")
    officer.goto("/reports/")
    month = officer.locator("[name=period] option").first.inner_text()
    officer.locator("button:has-text('生成报告')").dblclick()
    officer.wait_for_selector(".progress")
    assert officer.locator(".progress").count() == 1
    assert month in officer.locator(".progress-title").inner_text()
    worker()
    officer.wait_for_selector("[data-progress-result]:not([hidden])", timeout=90_000)
    assert officer.locator(".progress progress").evaluate("bar => bar.value") == 100
    click(officer, "[data-progress-result] a")
    assert month in officer.locator("h1").inner_text()
    title = officer.locator("h1").inner_text()

    phone = open_page(width=360, account="official-xu")
    phone.goto("/reports/")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    click(phone, f"a:has-text('{month}')")
    assert phone.locator("h1").inner_text() == title
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    files = {}
    for link in phone.locator("ul.actions a[download]").all():
        with phone.expect_download() as coming:
            link.click()
        name = coming.value.suggested_filename
        files[name.rpartition(".")[2]] = coming.value.path().read_bytes()
    assert set(files) == {"docx", "xlsx", "pdf"}
    document = Document(io.BytesIO(files["docx"]))
    assert any("重点项目" in paragraph.text for paragraph in document.paragraphs)
    assert document.tables
    book = load_workbook(io.BytesIO(files["xlsx"]))
    assert sum(1 for _ in book.worksheets[0].iter_rows()) > 1
    paper = PdfReader(io.BytesIO(files["pdf"]))
    assert "重点项目" in "".join(sheet.extract_text() for sheet in paper.pages)

    # Once a period: the month is no longer offered.
    officer.goto("/reports/")
    assert month not in officer.locator("[name=period]").inner_text()
