"""A policy officer grants what needs no application, and follows the officials' page to what is due."""

import re
from collections.abc import Callable
from typing import Any

from tests.browser.journeys import do, double_click, offered

CLAIMS = "/admin/policies/policyclaim/"
OUTCOME = re.compile(r"/policyclaim/outcome/")
SEND = "#content form button.wb-primary"


def ask(page: Any, address: str, action: str) -> int:
    """Selects every claim of the list at `address` and asks for `action`; how many there are."""
    page.goto(address)
    page.locator("#action-toggle").check()
    page.select_option("select[name=action]", action)
    page.locator("#changelist-form button[name=index]").click()
    page.wait_for_selector(SEND)
    return int(re.search(r"选中 (\d+) 笔", page.locator("#content").inner_text())[1])


def done(page: Any) -> int:
    """How many the outcome says were done."""
    found = re.search(r"已\D+ (\d+) 笔", page.locator(".wb-notice h2").inner_text())
    return int(found[1]) if found else 0


def test_from_the_clause_to_the_notices(open_page: Callable[..., Any]) -> None:
    page = open_page(account="policy-huang")
    page.goto("/admin/policies/policyclause/?status=in_force&mode__exact=auto")
    with page.expect_navigation():
        page.locator("#result_list tbody a").first.click()
    clause = re.search(r"/(\d+)/change/", page.url)[1]
    with page.expect_navigation():
        page.locator("a", has_text="名录里哪些企业符合").click()
    double_click(page, "button[name=everybody]", re.compile(r"/policyclaim/\?clause"))
    assert "列入免申即享名单" in page.locator("body").inner_text()

    proposed = f"{CLAIMS}?clause__id__exact={clause}&state__exact=proposed"
    stale = open_page(account="policy-huang")
    ask(stale, proposed, "confirm_selected")
    asked = ask(page, proposed, "confirm_selected")
    double_click(page, SEND, OUTCOME)
    confirmed = done(page)
    assert 0 < confirmed <= asked
    assert "由另一位" in page.locator(".wb-notice").inner_text()
    # The page that was opened before does nothing a second time.
    double_click(stale, SEND, OUTCOME)
    assert done(stale) == 0
    assert "已被修改" in stale.locator("#content").inner_text()

    ask(page, f"{CLAIMS}?clause__id__exact={clause}&state__exact=reviewed", "notify_selected")
    page.select_option("[name=method]", "public")
    double_click(page, SEND, OUTCOME)
    assert done(page) >= confirmed
    paper = page.request.get(page.locator("a", has_text="告知书（PDF）").get_attribute("href"))
    assert paper.body().startswith(b"%PDF")


def test_the_officials_page_leads_to_the_payment(open_page: Callable[..., Any]) -> None:
    page = open_page(account="policy-huang")
    page.goto("/dashboard/policies/")
    with page.expect_navigation():
        page.locator("a", has_text="政策资金超时未兑付").click()
    with page.expect_navigation():
        page.locator("#result_list tbody a").first.click()
    claim = re.sub(r"\?.*", "", page.url)
    assert "可以兑付" in page.locator("[role=status]").first.inner_text()

    stale = open_page(account="admin-sun")
    stale.goto(claim.replace("/change/", "/do/pay_claim/"))
    page.goto(claim.replace("/change/", "/do/pay_claim/"))
    page.fill("[name=payment_reference]", "凭证 2026-001")
    page.fill("[name=paid_on]", "昨天")
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.locator("#content form button[type=submit]").click()
    assert "请填写日期" in page.locator("#content").inner_text()
    assert page.input_value("[name=payment_reference]") == "凭证 2026-001"
    do(page, claim, "登记兑付", payment_reference="凭证 2026-001")
    assert "已兑付" in page.locator("[role=status]").first.inner_text()
    assert "登记兑付" not in offered(page)

    stale.fill("[name=payment_reference]", "凭证 2026-002")
    with stale.expect_navigation():
        stale.locator("#content form button[type=submit]").click()
    assert stale.input_value("[name=payment_reference]") == "凭证 2026-002"
    assert "凭证 2026-001" in stale.locator("section[aria-label=您打开之后的变化]").inner_text()
