"""axe finds nothing on any public page, in four display settings, on a phone and on a desktop; and no
page is wider than its window."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from tests.browser.crawl import public_pages
from tests.browser.displays import in_every_display
from tests.browser.journeys import run
from tuoxian_portal.core.display import DisplaySettings

# (template, what it is told): what a healthy portal does not answer on request.
ERRORS: list[tuple[str, dict[str, Any]]] = [
    ("400.html", {}),
    ("403.html", {}),
    ("403.html", {"expired": True}),
    ("404.html", {}),
    ("500.html", {}),
    ("503.html", {}),
]


FIRST_OF_EACH_STAGE = """
from projects.models import KeyProject
rows = KeyProject.objects.samples().order_by("stage", "number").values_list("stage", "number")
print(*dict(reversed(list(rows))).values())
"""


@pytest.fixture(scope="session")
def pages(portal: str) -> dict[str, str]:
    return public_pages(portal)


def test_the_pages_are_found(pages: dict[str, str]) -> None:
    assert pages["dashboard:home"] == "/"
    assert len(pages) >= 15


@pytest.mark.axe
def test_axe_finds_nothing(pages: dict[str, str], open_page: Callable[..., Any]) -> None:
    page = open_page()
    found = []
    for path in pages.values():
        page.goto(path)
        found += in_every_display(page)
    assert not found, "\n" + "\n".join(found)


@pytest.fixture(scope="session")
def project_pages(portal: str, environment: dict[str, str]) -> list[str]:
    """The overview of a project of each stage, and the list that leads to them."""
    numbers = run(environment, FIRST_OF_EACH_STAGE).split()
    assert len(numbers) >= 5
    return ["/dashboard/projects/", *(f"/dashboard/projects/{number}/" for number in numbers)]


@pytest.mark.axe
def test_axe_finds_nothing_on_a_project(project_pages: list[str], open_page: Callable[..., Any]) -> None:
    page = open_page(account="supervisor-chen")
    found = []
    for path in project_pages:
        page.goto(path)
        found += in_every_display(page)
    assert not found, "\n" + "\n".join(found)


def show_error(page: Any, template: str, told: dict[str, Any]) -> None:
    """Opens `template` as if the portal had answered with it, under an address of the portal."""
    context = {"site": settings.SITE, "display": DisplaySettings(), **told}
    html = render_to_string(template, context)
    answer = {"status": int(template[:3]), "content_type": "text/html; charset=utf-8", "body": html}
    page.route("**/an-error/", lambda route: route.fulfill(**answer))
    page.goto("/an-error/")
    page.unroute("**/an-error/")


@pytest.mark.axe
def test_axe_finds_nothing_on_an_error_page(open_page: Callable[..., Any]) -> None:
    page = open_page()
    found = []
    for template, told in ERRORS:
        show_error(page, template, told)
        assert page.locator("h1").count() == 1
        found += [f"{template} {told}: {finding}" for finding in in_every_display(page)]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("display", ["normal", "elder"])
def test_no_page_scrolls_sideways_on_the_smallest_phone(
    display: str, pages: dict[str, str], open_page: Callable[..., Any]
) -> None:
    page = open_page(width=320, display=display)
    wide = {}
    for path in pages.values():
        page.goto(path)
        if (excess := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            wide[path] = f"{excess} px"
    assert wide == {}
