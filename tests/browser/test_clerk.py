"""The service hall: a clerk with a keyboard, the department behind her, and the applicant at home."""

import io
import re
from collections.abc import Callable
from typing import Any

from pypdf import PdfReader

from tests.browser.conftest import PASSWORD, sign_in
from tests.browser.journeys import (
    Keys,
    ask,
    credit_code,
    do,
    double_click,
    history,
    identity,
    number_of,
    offered,
    wrong_credit_code,
)

ITEM = "特殊建设工程消防设计审查"
INITIALS = "xfsjsc"
APPLICANT = "示例建设（旅程）有限公司"
REVIEW = ("签收", "提出审查意见", "准予", "不予")


def record(page: Any, number: int, *, wrong_first: bool = False) -> str:
    """A clerk at the counter records a case with the keyboard; the address of its page."""
    keys = Keys(page)
    page.goto("/admin/services/case/add/")
    keys.to("#id_item")
    page.keyboard.type(INITIALS)
    page.wait_for_selector("#item-options li")
    assert ITEM in page.locator("#item-options li").first.inner_text()
    keys.press("Enter")
    page.wait_for_selector("#chosen input[type=checkbox]:focus")
    for _ in range(5):
        keys.press("Space")
        keys.press("ArrowDown")
    assert page.locator("#chosen input[type=checkbox]:checked").count() == 5
    code = wrong_credit_code(number) if wrong_first else credit_code(number)
    keys.write("[name=number]", code)
    keys.write("[name=name]", APPLICANT)
    keys.write("[name=phone]", "0471-8512345")
    if wrong_first:
        with page.expect_navigation():
            keys.press("Control+Enter")
        corrected(page, keys, code, number)
    with page.expect_navigation(url="**?recorded=1"):
        keys.press("Control+Enter")
    return page.url.split("?")[0]


def corrected(page: Any, keys: Keys, wrong: str, number: int) -> None:
    """The wrong check digit is named in the summary and at the field; nothing typed is lost."""
    error = page.locator("#number-state").inner_text()
    assert "校验" in error
    assert error in page.locator("#summary").inner_text()
    assert page.evaluate("document.activeElement.id") == "summary"
    assert page.locator("#chosen input[type=checkbox]:checked").count() == 5
    assert page.input_value("[name=name]") == APPLICANT
    assert page.input_value("[name=phone]") == "0471-8512345"
    assert page.input_value("[name=number]") == wrong
    keys.write("[name=number]", credit_code(number))


def test_a_case_from_the_counter_to_the_applicant(open_page: Callable[..., Any]) -> None:
    clerk = open_page()
    keys = Keys(clerk)
    keys.sign_in("window-zhang", PASSWORD)
    case = record(clerk, 1, wrong_first=True)
    number, code = number_of(clerk), slip(clerk)

    # Accepted by the keyboard; the number and the working days that are left stand on the page.
    accept(clerk, keys, number)
    assert not set(REVIEW) & set(offered(clerk))

    do(clerk, case, "移交部门")
    reviewer = open_page(account="reviewer-li")
    reviewer.goto(case)
    assert offered(reviewer) == ["签收"]
    do(reviewer, case, "签收")
    assert "准予" not in offered(reviewer)
    forbidden(reviewer, case, "approve")
    do(reviewer, case, "提出审查意见", outcome="approved", reason="材料齐全，符合法定条件。")
    assert offered(reviewer) == []
    approver = open_page(account="approver-wang")
    do(approver, case, "准予")
    issuer = open_page(account="issuer-zhao")
    do(issuer, case, "送达")
    assert "办结" in issuer.locator(".wb-sentence").inner_text()
    assert offered(issuer) == []

    follow_in_public(open_page(width=360), number, code)


def slip(page: Any) -> str:
    """The receipt is a PDF with text; the password on it."""
    assert page.evaluate("document.activeElement.textContent") == "打印接收回执"
    answer = page.request.get(page.evaluate("document.activeElement.href"))
    assert answer.headers["content-type"] == "application/pdf"
    text = "\n".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.body())).pages)
    assert ITEM in text
    found = re.search(r"查询密码\s*([A-Z0-9]{4} ?[A-Z0-9]{4})", text)
    assert found
    return found[1]


def accept(page: Any, keys: Keys, number: str) -> None:
    keys.follow("nav a[href$='/do/accept/']")
    keys.to("#content form button[type=submit]")
    with page.expect_navigation(url="**/change/"):
        keys.press("Enter")
        keys.press("Enter")
    assert number in page.title()
    assert re.search(r"\d{4}-\d\d-\d\d，还剩 \d+ 个工作日", page.locator(".wb-due").inner_text())
    assert history(page).count("受理") == 1


def forbidden(page: Any, case: str, verb: str) -> None:
    """Who goes round the buttons is refused in words, and nothing happens."""
    page.goto(case.replace("/change/", f"/do/{verb}/"))
    with page.expect_navigation():
        page.locator("#content form button[type=submit]").click()
    assert re.search("权限|不能|须由", page.locator("#content form").inner_text())
    page.goto(case)
    assert "审查" in page.locator(".wb-sentence").inner_text()


def follow_in_public(page: Any, number: str, code: str) -> None:
    """Number and password as people type them; a wrong pair learns nothing."""
    text = ask(page, number.replace("-", " "), code.lower())
    assert "办结" in text
    assert ITEM in text
    assert APPLICANT in text  # an enterprise's name is public; its number and phone are not shown
    assert credit_code(1) not in text
    assert "8512345" not in text
    for step in ("窗口收到申请材料", "受理", "部门开始审查", "作出准予决定", "送达"):
        assert step in text
    refused = []
    for wrong in ((number, "AAAA AAAA"), ("150122-20200101-0001", code)):
        ask(page, *wrong)
        refused.append(page.locator(".error-summary").inner_text())
        assert (page.input_value("[name=number]"), page.input_value("[name=code]")) == wrong
    assert refused[0] == refused[1]
    assert "没有找到" in refused[0]


def test_two_clerks_on_one_case(open_page: Callable[..., Any]) -> None:
    """The second is told, what she wrote stays, and nothing is overwritten."""
    first, second = open_page(account="window-zhang"), open_page()
    case = record(first, 2)
    sign_in(second, "window-zhang")
    second.goto(case.replace("/change/", "/do/request_correction/"))
    second.fill("[name=missing]", "补交：图纸一套")
    do(first, case, "受理")
    with second.expect_navigation():
        second.locator("#content form button[type=submit]").click()
    assert re.search("已被|他人|当前", second.locator("#content form").inner_text())
    assert second.input_value("[name=missing]") == "补交：图纸一套"
    second.goto(case)
    assert "已受理" in second.locator(".wb-sentence").inner_text()
    assert "一次性告知补正" not in history(second)


def test_a_double_press_records_one_case(open_page: Callable[..., Any]) -> None:
    """The number of a person, who finds his own name masked when he looks at home."""
    page = open_page(account="window-zhang")
    page.goto("/admin/services/case/add/?item=SI-016")
    page.check("[name=kind][value=person]")
    page.fill("[name=number]", identity(4))
    page.fill("[name=name]", "郑旅程")
    page.fill("[name=phone]", "138-0000-5678")
    double_click(page, "[data-once]", re.compile(r"\?recorded=1$"))
    number, code = number_of(page), slip(page)
    page.goto(f"/admin/services/case/?q={identity(4)}")
    assert page.locator("#result_list tbody tr").count() == 1

    text = ask(open_page(width=360), number, code)
    assert "郑*程" in text
    for secret in ("郑旅程", identity(4), "5678"):
        assert secret not in text
