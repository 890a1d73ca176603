"""`make screenshots`: every page at 360 and 1280 px as PNG in `var/screenshots/`, to be looked at.

Not part of the tests (its name does not match); run with `-k` to take some only.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import DISPLAYS, WIDTHS
from tests.browser.crawl import public_pages

FOLDER = Path(__file__).resolve().parents[2] / "var" / "screenshots"
IMAGE_OF_README = FOLDER.parents[1] / "docs" / "images" / "home.png"
pytestmark = pytest.mark.browser


def save(page: Any, name: str, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    target = FOLDER / f"{name}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(target), full_page=True)


def file_name(view: str) -> str:
    return view.replace(":", "-")


@pytest.mark.parametrize("width", WIDTHS)
def test_public(width: int, portal: str, open_page: Callable[..., Any]) -> None:
    page = open_page(width=width)
    for view, path in public_pages(portal).items():
        save(page, f"public/{file_name(view)}-{width}", path)


@pytest.mark.parametrize("display", [name for name in DISPLAYS if name != "normal"])
def test_display_settings(display: str, open_page: Callable[..., Any]) -> None:
    page = open_page(width=1280, display=display)
    save(page, f"public/dashboard-home-1280-{display}", "/")


@pytest.mark.parametrize("width", WIDTHS)
def test_dashboards(width: int, open_page: Callable[..., Any]) -> None:
    page = open_page(width=width, account="official-xu")
    page.goto("/dashboard/")
    links = page.eval_on_selector_all("a[href^='/dashboard/']", "links => links.map(a => a.pathname)")
    for path in sorted({"/dashboard/", *links}):
        save(page, f"dashboard/{path.strip('/').replace('/', '-')}-{width}", path)


@pytest.mark.parametrize("width", WIDTHS)
def test_workbench(width: int, open_page: Callable[..., Any]) -> None:
    """The workbench's lists, and the first record of each."""
    page = open_page(width=width, account="admin-sun")
    page.goto("/admin/")
    save(page, f"admin/index-{width}", "/admin/")
    links = page.eval_on_selector_all("a[href^='/admin/']", "links => links.map(a => a.getAttribute('href'))")
    for path in sorted({link for link in links if link.count("/") == 4}):
        name = path.strip("/").replace("/", "-")
        save(page, f"admin/{name}-{width}", path)
        first = page.locator("#result_list tbody a").first
        if first.count():
            save(page, f"admin/{name}-change-{width}", first.get_attribute("href"))


def test_image_of_readme(open_page: Callable[..., Any]) -> None:
    page = open_page(width=1280)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    IMAGE_OF_README.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(IMAGE_OF_README))
