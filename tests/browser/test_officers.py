"""Officers for finance, projects and policies at their desks."""

import re
from collections.abc import Callable
from typing import Any

from tests.browser.conftest import PASSWORD
from tests.browser.journeys import double_click, offered

FORM = "#content form"


def choose(page: Any, name: str, text: str) -> None:
    """Types into the search of a related record and takes the first that is found."""
    page.locator(f".field-{name} .select2-selection").click()
    page.locator(".select2-search__field").fill(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def save(page: Any) -> None:
    """Saves with a double click, which saves once."""
    page.wait_for_load_state()
    with page.expect_navigation():
        page.locator("[name=_save]").dblclick()


def act(page: Any, verb: str, **fields: str) -> None:
    """One of the buttons over the record, its short form, and back to the record."""
    record = page.url.split("?")[0]
    page.locator("nav[aria-label=可办理的操作] a", has_text=verb).first.click()
    for name, value in fields.items():
        page.fill(f"{FORM} [name={name}]", value)
    double_click(page, f"{FORM} button[type=submit]", record)
    assert (verb if verb.startswith("已") else f"已{verb}") in page.locator("body").inner_text()


def count(page: Any, address: str) -> int:
    """How many records the list has."""
    page.goto(address)
    return page.locator("#result_list tbody tr").count()


def test_a_loan_intent_from_one_form_to_the_credit(open_page: Callable[..., Any]) -> None:
    page = open_page(account="finance-zhou")
    address = "/admin/finance/loanintent/?is_sample__exact=0"
    before = count(page, address)
    page.goto("/admin/finance/loanintent/add/")
    choose(page, "enterprise", "久泰")
    page.select_option("[name=bank]", index=1)
    page.fill("[name=amount_wan]", "1200.5")
    save(page)
    assert count(page, address) == before + 1
    with page.expect_navigation():
        page.locator("#result_list tbody a").first.click()
    assert "1,200.5" in page.locator("#content").inner_text()
    act(page, "登记授信", amount_wan="1000")
    assert re.search("授信.*1,000", page.locator("#content").inner_text())
    # More than the credit is refused at its field, and what was typed stays.
    page.locator("nav[aria-label=可办理的操作] a", has_text="登记签约").first.click()
    page.fill(f"{FORM} [name=amount_wan]", "1100")
    with page.expect_navigation():
        page.locator(f"{FORM} button[type=submit]").click()
    assert "授信" in page.locator(FORM).inner_text()
    assert page.input_value(f"{FORM} [name=amount_wan]") == "1100"


def test_a_month_of_progress_is_handed_in_and_accepted_by_another(open_page: Callable[..., Any]) -> None:
    officer = open_page(account="project-yang")
    officer.goto("/admin/projects/progressreport/add/")
    officer.select_option("[name=project]", index=1)
    officer.fill("[name=month]", "2026-10-19")
    officer.fill("[name=invested_month_wan]", "350")
    officer.fill("[name=physical_progress]", "120")
    officer.fill("[name=progress_text]", "主体结构封顶。")
    save(officer)
    assert "100" in officer.locator(FORM).inner_text()
    assert officer.input_value("[name=progress_text]") == "主体结构封顶。"
    officer.fill("[name=physical_progress]", "45")
    save(officer)
    officer.goto("/admin/projects/progressreport/?state__exact=draft&is_sample__exact=0")
    with officer.expect_navigation():
        officer.locator("#result_list tbody a").first.click()
    record = officer.url.split("?")[0]
    officer.goto(record)
    act(officer, "提交审核")
    assert "审核通过" not in offered(officer)

    supervisor = open_page(account="supervisor-chen")
    supervisor.goto(record)
    act(supervisor, "审核通过")
    assert "审核通过" not in offered(supervisor)


def test_a_policy_with_gaps_is_not_called_valid(open_page: Callable[..., Any]) -> None:
    page = open_page(account="policy-huang")
    page.goto("/admin/policies/incentivepolicy/?q=总部经济&status=unverified")
    with page.expect_navigation():
        page.locator("#result_list tbody a").first.click()
    gate = page.locator("section", has=page.locator("#gate"))
    missing = gate.locator("li").all_inner_texts()
    assert missing
    assert not any("有效" in verb for verb in offered(page))
    # Nor by the address that the button would have led to: the same list is the answer.
    page.goto(page.url.split("?")[0].replace("/change/", "/do/verify/"))
    with page.expect_navigation():
        page.locator(f"{FORM} button[type=submit]").click()
    answer = page.locator(FORM).inner_text()
    for gap in missing:
        assert gap in answer


def test_who_follows_a_link_into_the_workbench_signs_in_there_and_arrives(
    open_page: Callable[..., Any],
) -> None:
    page = open_page()
    page.goto("/admin/policies/incentivepolicy/")
    page.fill("input[name=username]", "policy-huang")
    page.fill("input[name=password]", PASSWORD)
    page.locator("#login-form button[type=submit]").click()
    page.wait_for_url("**/admin/policies/incentivepolicy/")
    assert page.locator("#result_list tbody tr").count()
