"""How the pages look is chosen once and goes along; a wrong address stays inside the site."""

from collections.abc import Callable
from typing import Any

import pytest

PAGES = ("/", "/projects/", "/policies/", "/services/", "/track/", "/dashboard/", "/no-such-page/")


def look(page: Any) -> list[str]:
    """Size, contrast and scheme of the page that is open."""
    return page.evaluate("['size', 'contrast', 'scheme'].map(name => document.documentElement.dataset[name])")


@pytest.mark.parametrize("scripts", [False, True], ids=["without-scripts", "with-scripts"])
@pytest.mark.parametrize(
    ("size", "contrast", "scheme"), [("elder", "normal", "light"), ("normal", "high", "dark")]
)
def test_the_choice_follows_from_page_to_page(
    scripts: bool, size: str, contrast: str, scheme: str, open_page: Callable[..., Any]
) -> None:
    page = open_page(width=360, display="", scripts=scripts)
    page.goto("/policies/")
    plain = page.locator("h1").evaluate("title => getComputedStyle(title).fontSize")
    with page.expect_navigation():
        page.locator(".footer-links a", has_text="显示设置").click()
    for name, value in (("size", size), ("contrast", contrast), ("scheme", scheme)):
        page.check(f".display-form [name={name}][value={value}]")
    with page.expect_navigation():
        page.locator(".display-form button").click()
    assert page.url.endswith("/policies/")
    bigger = page.locator("h1").evaluate("title => getComputedStyle(title).fontSize")
    assert (float(bigger[:-2]) > float(plain[:-2])) == (size == "elder")
    for path in PAGES:
        page.goto(path)
        assert look(page) == [size, contrast, scheme], path
    assert page.locator("h1").inner_text() == "没有找到这个页面"


def test_one_touch_gives_large_type_and_takes_it_back(open_page: Callable[..., Any]) -> None:
    page = open_page(width=360, display="")
    page.goto("/services/?q=施工")
    for size, label in (("elder", "退出长辈模式"), ("normal", "长辈模式")):
        with page.expect_navigation():
            page.locator("button[name=size]").click()
        assert look(page)[0] == size
        assert page.locator("button[name=size]").inner_text().strip() == label
        assert "q=" in page.url
    assert page.input_value("[name=q]") == "施工"


def test_a_wrong_address_leads_back_into_the_site(open_page: Callable[..., Any]) -> None:
    page = open_page(width=360)
    answer = page.goto("/projects/TX1999-999/")
    assert answer.status == 404
    assert "没有找到这个页面" in page.locator("h1").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    with page.expect_navigation():
        page.locator(".error-page a[href='/']").click()
    assert page.locator(".doors").count() == 1
