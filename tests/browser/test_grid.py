"""The month grid in a browser: a keyboard, a column from a spreadsheet, leaving too early, two at once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.browser import axe
from tests.browser.conftest import WIDTHS

GRID = "/admin/projects/progressreport/grid/"
INVESTED, PHYSICAL = "invested_month_wan", "physical_progress"


def open_grid(page: Any) -> list[Any]:
    """The grid of the current month, which the samples leave empty; its editable rows."""
    page.goto(f"{GRID}?month={date.today():%Y-%m}")
    rows = page.locator("tbody tr").filter(has=page.locator("input:not([type=hidden])"))
    assert rows.count() >= 6
    return rows.all()


def cell(row: Any, name: str) -> Any:
    return row.locator(f"input[name$={name}]")


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.name"))


def name_of(row: Any, name: str) -> str:
    return str(cell(row, name).get_attribute("name"))


def state(page: Any) -> str:
    return str(page.locator("#grid-state").inner_text())


def test_the_keyboard_moves_restores_and_saves(open_page: Callable[..., Any]) -> None:
    page = open_page(account="project-yang")
    rows = open_grid(page)
    cell(rows[0], INVESTED).focus()
    page.keyboard.type("1,2")
    page.keyboard.press("Escape")
    assert cell(rows[0], INVESTED).input_value() == ""
    page.keyboard.type("１２.５")
    page.keyboard.press("ArrowRight")
    assert focused(page) == name_of(rows[0], PHYSICAL)
    page.keyboard.type("100%")
    page.keyboard.press("Enter")
    assert focused(page) == name_of(rows[1], PHYSICAL)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    assert focused(page) == name_of(rows[1], INVESTED)
    page.keyboard.type("7")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("100")
    assert state(page) == "2 行有改动，尚未保存"
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    assert "保存 2 行" in page.inner_text("body")
    rows = open_grid(page)
    assert (cell(rows[0], INVESTED).input_value(), cell(rows[1], INVESTED).input_value()) == ("12.5", "7")


def test_a_block_from_a_spreadsheet_fills_from_the_cell_on(open_page: Callable[..., Any]) -> None:
    page = open_page(account="project-yang")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    rows = open_grid(page)
    block = "21\t100\r\n1,022\t100\r\n23\tx\r\n"
    page.evaluate("text => navigator.clipboard.writeText(text)", block)
    cell(rows[2], INVESTED).focus()
    page.keyboard.press("Control+v")
    assert [cell(row, INVESTED).input_value() for row in rows[2:5]] == ["21", "1,022", "23"]
    assert cell(rows[4], PHYSICAL).input_value() == "x"
    assert state(page) == "3 行有改动，尚未保存"
    # Right rows are saved, the wrong one comes back as it was typed, with the reason at its cell.
    with page.expect_navigation():
        page.locator("button", has_text="保存").first.click()
    summary = page.locator("#summary")
    assert "已保存 2 行；1 行没有保存" in summary.inner_text()
    assert page.evaluate("document.activeElement.id") == "summary"
    wrong = page.locator("tr.wb-wrong")
    assert cell(wrong, PHYSICAL).input_value() == "x"
    assert "不是数字" in wrong.inner_text()
    # One word pasted into a cell is only that word.
    page.evaluate("text => navigator.clipboard.writeText(text)", "100")
    cell(wrong, PHYSICAL).select_text()
    page.keyboard.press("Control+v")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    assert "保存 1 行" in page.inner_text("body")


def leave(page: Any) -> list[str]:
    """Tries to go away by a link and stays if asked; the kinds of dialogs seen."""
    seen: list[str] = []

    def stay(dialog: Any) -> None:
        seen.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("document.querySelector('a[href*=keyproject]').click()")
    page.wait_for_timeout(500)
    page.remove_listener("dialog", stay)
    return seen


def test_leaving_with_unsaved_rows_asks_first(open_page: Callable[..., Any]) -> None:
    page = open_page(account="project-yang")
    rows = open_grid(page)
    cell(rows[5], INVESTED).click()
    page.keyboard.type("5")
    assert leave(page) == ["beforeunload"]
    assert GRID in page.url
    assert cell(rows[5], INVESTED).input_value().endswith("5")
    page.keyboard.press("Escape")
    assert state(page) == ""
    assert leave(page) == []
    page.wait_for_url("**/keyproject/**")


def test_a_refused_row_is_still_unsaved(open_page: Callable[..., Any]) -> None:
    page = open_page(account="project-yang")
    rows = open_grid(page)
    cell(rows[5], INVESTED).click()
    page.keyboard.type("不知道")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    assert state(page) == "1 行有改动，尚未保存"
    page.locator("tr.wb-wrong input").nth(2).click()
    assert leave(page) == ["beforeunload"]


def test_the_second_of_two_is_told_what_the_first_saved(open_page: Callable[..., Any]) -> None:
    first, second = open_page(account="project-yang"), open_page(account="project-yang")
    ours, theirs = open_grid(first), open_grid(second)
    for page, row, amount in ((first, ours[3], "301"), (second, theirs[3], "302")):
        cell(row, INVESTED).fill(amount)
        cell(row, PHYSICAL).fill("100")
        with page.expect_navigation():
            cell(row, PHYSICAL).press("Control+s")
    assert "保存 1 行" in first.inner_text("body")
    text = second.inner_text("tr.wb-wrong")
    assert "别人已把本行存为：301 万元" in text
    assert cell(second.locator("tr.wb-wrong"), INVESTED).input_value() == "302"
    with second.expect_navigation():
        second.locator("tr.wb-wrong input").nth(2).press("Control+s")
    assert cell(open_grid(first)[3], INVESTED).input_value() == "302"


@pytest.mark.axe
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(width: int, open_page: Callable[..., Any]) -> None:
    page = open_page(width=width, account="project-yang")
    open_grid(page)
    assert axe.findings(page) == []
