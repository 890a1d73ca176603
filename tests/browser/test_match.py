"""An investor with a phone: from the home page to a result that can be printed, in at most six clicks."""

from collections.abc import Callable
from typing import Any

import pytest

PHONE = 360


@pytest.mark.parametrize("scripts", [False, True], ids=["without-scripts", "with-scripts"])
def test_from_the_home_page_to_a_printed_match(scripts: bool, open_page: Callable[..., Any]) -> None:
    page = open_page(width=PHONE, scripts=scripts)
    clicks = 0

    def click(selector: str) -> None:
        nonlocal clicks
        clicks += 1
        page.locator(selector).first.click()

    page.goto("/")
    click(".site-menu summary")
    with page.expect_navigation():
        click(".site-menu a[href='/policies/match/']")
    page.select_option("[name=project_kind]", "new")
    page.fill("[name=investment]", "6,000 万元")
    page.fill("[name=equipment]", "1200")
    with page.expect_navigation():
        click("main form button[type=submit]")
    content = page.locator("main").inner_text().replace("\u00a0", " ")
    assert "1,200 万元 × 5% = 60 万元，封顶 50 万元，取 50 万元" in content
    assert "这是金额最高的组合" in content
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    pdf = page.locator("a[href*='result.pdf']").get_attribute("href")
    answer = page.request.get(pdf)
    assert answer.body().startswith(b"%PDF")
    assert clicks + 1 <= 6

    # The answers can be sent to somebody; what is wrong is said beside what was typed.
    link = page.locator("main a", has_text="本次结果的链接").get_attribute("href")
    other = open_page(width=PHONE, scripts=False)
    other.goto(link)
    assert "60 万元，封顶 50 万元" in other.locator("main").inner_text().replace("\u00a0", " ")
    other.fill("[name=investment]", "很多")
    with other.expect_navigation():
        other.locator("main form button[type=submit]").click()
    assert "不是数字" in other.locator(".error-summary").inner_text()
    assert other.locator("[name=investment]").input_value() == "很多"
