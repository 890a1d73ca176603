"""A bundle on a phone: the result follows the answers, with and without scripts."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import axe

PATH = "/services/bundles/open-restaurant/"
ANSWERS = {"public": "yes", "sign": "yes", "tobacco": "no"}


def answer(page: Any, key: str, value: str) -> None:
    page.locator(f"input[name={key}][value={value}]").check()


def says(page: Any, words: str) -> None:
    """What a screen reader is told."""
    page.locator("[role=status]", has_text=words).wait_for(state="attached")


def test_the_result_follows_each_answer(open_page: Callable[..., Any]) -> None:
    page = open_page(width=360)
    page.goto(PATH)
    before = page.locator("#result").inner_text()
    for key, value in ANSWERS.items():
        with page.expect_response(lambda response: "_part=1" in response.url):
            answer(page, key, value)
    says(page, "要办 4 个事项")
    assert page.locator("#result").inner_text() != before
    # Who answers by keyboard stays where she is, and the address can be sent to somebody.
    assert page.evaluate("document.activeElement.name") == "tobacco"
    assert page.url.endswith("?public=yes&sign=yes&tobacco=no")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_answer_that_cannot_be_fetched_is_not_lost(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.goto(PATH)
    page.route("**/*_part=1*", lambda route: route.abort())
    answer(page, "sign", "yes")
    says(page, "暂时连不上")
    page.unroute_all()
    with page.expect_navigation():
        page.locator("form[data-compose] button").click()
    assert "sign=yes" in page.url
    assert page.locator("input[name=sign][value=yes]").is_checked()


def test_everything_is_there_without_scripts(open_page: Callable[..., Any]) -> None:
    page = open_page(width=360, scripts=False)
    page.goto(PATH)
    for key, value in ANSWERS.items():
        answer(page, key, value)
    with page.expect_navigation():
        page.locator("form[data-compose] button").click()
    assert page.url.endswith("#result")
    assert "4" in page.locator("#result").inner_text()
    assert page.locator(".saving tbody tr").count() == 5
    with page.expect_navigation():
        page.locator("#papers + ul a").first.click()
    assert page.locator(".checklist input").count() == 12


@pytest.mark.axe
@pytest.mark.parametrize("display", ["normal", "elder", "contrast", "dark"])
def test_axe_finds_nothing_in_a_full_result(display: str, open_page: Callable[..., Any]) -> None:
    page = open_page(width=360, display=display)
    page.goto(PATH + "?public=yes&sign=yes")
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    assert axe.findings(page) == []
