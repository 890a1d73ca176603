"""axe finds nothing on any public page, in four display settings, on a phone and on a desktop; and no
page is wider than its window."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import axe
from tests.browser.conftest import DISPLAYS, WIDTHS
from tests.browser.crawl import public_pages


@pytest.fixture(scope="session")
def pages(portal: str) -> dict[str, str]:
    return public_pages(portal)


def test_the_pages_are_found(pages: dict[str, str]) -> None:
    assert pages["dashboard:home"] == "/"
    assert len(pages) >= 15


@pytest.mark.axe
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("display", DISPLAYS)
def test_axe_finds_nothing(
    display: str, width: int, pages: dict[str, str], open_page: Callable[..., Any]
) -> None:
    page = open_page(width=width, display=display)
    found = []
    for path in pages.values():
        page.goto(path)
        found += [f"{path}\n    {finding}" for finding in axe.findings(page)]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("width", [320, *WIDTHS])
@pytest.mark.parametrize("display", ["normal", "elder"])
def test_no_page_scrolls_sideways(
    display: str, width: int, pages: dict[str, str], open_page: Callable[..., Any]
) -> None:
    page = open_page(width=width, display=display)
    wide = {}
    for path in pages.values():
        page.goto(path)
        if (excess := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            wide[path] = f"{excess} px"
    assert wide == {}
