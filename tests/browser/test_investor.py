"""Somebody with a plan and a phone: from the home page to the number of an enquiry."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.journeys import has_focus

PHONE = 360
NEEDS = "拟建果葡糖浆深加工项目，想了解蒸汽和用地。"


def fits(page: Any) -> None:
    """Nothing on the page is wider than the phone."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, page.url


def follow(page: Any, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


@pytest.mark.parametrize("scripts", [False, True], ids=["without-scripts", "with-scripts"])
def test_from_the_home_page_to_an_enquiry(scripts: bool, open_page: Callable[..., Any]) -> None:
    officer = open_page(account="project-yang")
    before = leads(officer)
    page = open_page(width=PHONE, scripts=scripts)
    page.goto("/")
    follow(page, ".door-invest a[href='/projects/']")
    assert page.url.endswith("/projects/")
    total = page.locator(".card").count()
    assert total

    # A facet and its count; the chip that names it takes it away again.
    facet = page.locator(".facet", has_text="产业").first
    facet.locator("summary").click()
    option = facet.locator("label.option").first
    expected = int(option.locator(".count").inner_text())
    option.locator("input").check()
    with page.expect_navigation():
        facet.locator("button").click()
    assert f"{expected}" in page.locator(".page-header").inner_text()
    assert page.locator(".card").count() == min(expected, total)
    fits(page)
    assert page.locator(".chip").count() == 1
    follow(page, ".chip")
    assert page.locator(".chip").count() == 0
    assert page.locator(".card").count() == total

    # One project, with where it is known from.
    follow(page, ".card-title a")
    project = page.locator("h1").inner_text()
    assert "来源" in page.locator(".source").first.inner_text()
    fits(page)

    # Policies: each says whether it holds, and who said so.
    page.locator(".site-menu summary").click()
    follow(page, ".site-menu a[href='/policies/']")
    follow(page, ".card-title a")
    assert page.locator(".notice").first.inner_text().strip()
    assert "来源" in page.locator(".source").first.inner_text()
    fits(page)

    calculate(page)

    page.goto("/projects/")
    follow(page, f".card-title a:has-text('{project}')")
    follow(page, "a:has-text('咨询这个项目')")
    number = enquire(page, project, scripts=scripts)
    assert leads(officer) - before == {number}


def calculate(page: Any) -> None:
    """Factor costs: rubbish is named and kept, a number gives an amount."""
    page.goto("/policies/")
    page.goto("/invest/costs/")
    field = page.locator("#calculator ~ form input[inputmode=decimal], form input[inputmode=decimal]").first
    field.fill("一百多")
    with page.expect_navigation():
        page.locator("button:has-text('计算年费用')").click()
    assert "“一百多”不是数字" in page.locator(".field-error").inner_text()
    assert field.input_value() == "一百多"
    field.fill("１２０ 万")
    with page.expect_navigation():
        page.locator("button:has-text('计算年费用')").click()
    assert page.locator(".field-error").count() == 0
    assert "估算年费用" in page.locator("[role=status]").inner_text()
    assert field.input_value() == "１２０ 万"
    fits(page)


def enquire(page: Any, project: str, *, scripts: bool) -> str:
    """The form with a wrong phone, then the right one; then the same form once more. Its number."""
    assert project in page.locator(".notice-info").inner_text()
    page.wait_for_timeout(2100)  # a form that comes back within two seconds was filled in by a robot
    page.fill("[name=contact_name]", "郑先生")
    page.fill("[name=phone]", "138 0000")
    page.fill("[name=needs]", NEEDS)
    page.check("[name=consent]")
    submit = page.locator("main form button[type=submit]")
    with page.expect_navigation():
        submit.click()
    error = page.locator("#id_phone_error").inner_text().removeprefix("错误：").strip()
    summary = page.locator(".error-summary")
    assert error
    assert error in summary.inner_text()
    if scripts:
        assert has_focus(page, ".error-summary")
    assert page.input_value("[name=contact_name]") == "郑先生"
    assert page.input_value("[name=phone]") == "138 0000"
    assert page.input_value("[name=needs]") == NEEDS
    assert page.is_checked("[name=consent]")
    assert project in page.locator(".notice-info").inner_text()
    fits(page)

    page.fill("[name=phone]", "138-0000-5678")
    sent = {
        field.get_attribute("name"): field.input_value()
        for field in page.locator("main form input:not([type=checkbox]), main form textarea").all()
    }
    # Without scripts the second click cuts off the first one's navigation: wait for what comes in the end.
    submit.dblclick(no_wait_after=True)
    page.wait_for_selector(".confirmation-number b")
    number = page.locator(".confirmation-number b").inner_text()
    fits(page)

    # The same form once more, as a browser that is told to send it again does: the same number.
    again = page.request.post("/invest/contact/", form={**sent, "consent": "on"})
    assert again.ok
    assert number in again.text()
    return number


def leads(officer: Any) -> set[str]:
    """The numbers of the enquiries that reached the investment officer, without the sample's."""
    page = officer.request.get("/admin/projects/investmentlead/?is_sample__exact=0").text()
    assert "郑先生" not in page
    assert "138-0000-5678" not in page
    return set(re.findall(r">(XS\d{8}-\d{4})<", page))
