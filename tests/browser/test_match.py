"""An investor with a phone: from the home page to a result that can be printed, in at most six clicks."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.journeys import offered
from tests.browser.test_officers import act

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


def test_an_officer_writes_a_clause_and_an_investor_reads_what_it_pays(open_page: Callable[..., Any]) -> None:
    """Conditions and a tiered formula without code, a case that guards publishing, two people, the result."""
    officer = open_page(account="policy-huang")
    officer.goto("/admin/policies/incentivepolicy/?q=示例政策（起草）")
    with officer.expect_navigation():
        officer.locator("#result_list tbody a").first.click()
    policy = officer.url.split("?")[0]
    officer.goto(f"/admin/policies/policyclause/add/?policy={policy.rstrip('/').split('/')[-2]}")
    officer.fill("[name=heading]", "仓储建设补助")
    officer.fill("[name=text]", "对新建仓储设施按投资额分段补助。")
    officer.select_option("[name=benefit]", "subsidy")
    officer.select_option("[name=condition-mode]", "all")
    officer.select_option("[name=condition-0-what]", "investment")
    officer.select_option("[name=condition-0-op]", "gte")
    officer.fill("[name=condition-0-value]", "3,000 万元")
    officer.fill("[name=formula]", "分段（投资额；至 5000 万元：1%；其余：2%）")
    officer.locator("#cases-group a", has_text="添加").first.click()
    officer.fill("[name=cases-0-name]", "跨两段")
    officer.fill("[name=cases-0-facts]", "投资额：8000 万元")
    officer.select_option("[name=cases-0-verdict]", "yes")
    officer.fill("[name=cases-0-amount_wan]", "100")
    with officer.expect_navigation():
        officer.locator("[name=_continue]").click()
    clause = officer.url.split("?")[0]
    assert "投资额不低于 3,000 万元" in officer.locator("#content").inner_text().replace("\u00a0", " ")

    # The case expects what the formula does not give: named on the page, and nothing is published.
    other = open_page(account="admin-sun")
    other.goto(policy)
    assert "跨两段" in other.locator("body").inner_text()
    officer.goto(clause)
    officer.fill("[name=cases-0-amount_wan]", "110")
    with officer.expect_navigation():
        officer.locator("[name=_save]").click()

    other.goto(policy)
    act(other, "审核通过")
    assert not any("有效" in verb for verb in offered(other)), "it has no end and no review date"
    act(other, "按“待核实”公开")

    investor = open_page(width=PHONE)
    investor.goto("/policies/match/?investment=8000")
    content = investor.locator("main").inner_text().replace("\u00a0", " ")
    assert "仓储建设补助" in content
    assert "110 万元" in content
