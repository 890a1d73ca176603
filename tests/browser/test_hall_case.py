"""A case with everything that can happen to it: correction, special procedure, a bad rating put right."""

import io
import re
from collections.abc import Callable
from typing import Any

from pypdf import PdfReader

from tests.browser.journeys import ask, do, double_click, history, number_of
from tests.browser.test_clerk import record


def password(page: Any) -> str:
    answer = page.request.get(page.evaluate("document.activeElement.href"))
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.body())).pages)
    found = re.search(r"查询密码\s*([A-Z0-9]{4} ?[A-Z0-9]{4})", text)
    assert found
    return found[1]


def papers(page: Any) -> str:
    return page.locator("section[aria-labelledby=papers]").inner_text()


def test_corrected_examined_rated_badly_and_put_right(open_page: Callable[..., Any]) -> None:
    window = open_page(account="window-zhang")
    case = record(window, 31)
    number, code = number_of(window), password(window)

    # Asked once for everything, answered, and the five days begin anew.
    do(window, case, "一次性告知补正", missing="补交：总平面图\n补交：委托书", days="5")
    assert "补正告知书" in papers(window)
    assert "待补正" in window.locator(".wb-sentence").inner_text()
    # Whoever cannot find it in the correction queue would lose it.
    window.goto("/admin/services/case/?queue=correcting")
    assert number in window.locator("#result_list").inner_text()
    do(window, case, "接收补正材料")
    do(window, case, "受理")
    do(window, case, "移交部门")

    reviewer, approver = open_page(account="reviewer-li"), open_page(account="approver-wang")
    do(reviewer, case, "签收")
    do(approver, case, "启动特别程序", procedure="expert_review", days="7", reason="需要专家评审")
    assert "特别程序告知书" in papers(approver)
    do(reviewer, case, "结束特别程序")
    do(reviewer, case, "提出审查意见", outcome="approved", reason="符合法定条件。")
    do(approver, case, "准予")
    do(open_page(account="issuer-zhao"), case, "送达")

    page = rated_badly(open_page(width=360), number, code)
    assert "评价已收到" in page.locator("main").inner_text()
    put_right(open_page, case)


def rated_badly(page: Any, number: str, code: str) -> Any:
    """From the tracking page, with two presses on the button."""
    ask(page, number, code)
    page.locator("a.button", has_text="评价这次服务").click()
    page.check("[name=grade][value='2']")
    page.fill("[name=comment]", "等了很久才通知补材料。")
    double_click(page, "form.rate-form button", re.compile(r"/rate/"))
    return page


def put_right(open_page: Callable[..., Any], case: str) -> None:
    """Verified, answered, called back and closed; who answers does not close."""
    supervisor = open_page(account="supervisor-chen")
    supervisor.goto(case)
    supervisor.locator("section[aria-labelledby=rating] a", has_text="整改").click()
    supervisor.wait_for_url("**/ratingremediation/**")
    remedy = supervisor.url.split("?")[0]
    do(supervisor, remedy, "核实属实", reason="告知补正确实晚了一天。")
    answerer = open_page(account="reviewer-li")
    do(answerer, remedy, "提交整改答复", reason="已向申请人致歉，改为当天告知。")
    answerer.goto(remedy)
    assert answerer.locator("nav[aria-label=可办理的操作] a", has_text="办结").count() == 0
    do(supervisor, remedy, "登记回访", verdict="satisfied", reason="电话回访，表示认可。")
    do(supervisor, remedy, "办结", reason="整改到位。")
    assert history(supervisor).count("办结") == 1
