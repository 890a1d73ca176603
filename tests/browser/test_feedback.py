"""A visitor without JavaScript says what is wrong on a page, an officer answers, the visitor reads it;
axe looks at every page of the way, and at open data."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.displays import in_every_display


def found_by(page: Any) -> tuple[str, str]:
    """Number and password as the confirmation shows them."""
    text = page.inner_text("main")
    number = re.search(r"YJ\d{8}-\d{4}", text)
    code = re.search(r"查询密码 (\S{4}[ \u00a0]\S{4})", text)
    assert number
    assert code
    return number[0], code[1]


def write(page: Any, text: str) -> tuple[str, str]:
    """From a page's footer to the confirmation."""
    page.goto("/invest/costs/")
    page.click("text=本页有问题？")
    assert page.input_value("[name=page]") == "/invest/costs/"
    page.check("[name=kind][value=wrong]")
    page.fill("[name=text]", text)
    page.wait_for_timeout(2500)  # faster than a person types is refused
    page.click("main button:has-text('提交')")
    return found_by(page)


def ask(page: Any, number: str, code: str) -> None:
    page.goto("/feedback/answer/")
    page.fill("[name=number]", number)
    page.fill("[name=code]", code)
    page.click("main button:has-text('查询')")


def test_from_a_page_to_its_answer_without_scripts(open_page: Callable[..., Any]) -> None:
    visitor = open_page(width=360, scripts=False)
    visitor.goto("/feedback/")
    visitor.click("main button:has-text('提交')")
    assert "请选择是哪一种情况" in visitor.inner_text(".error-summary")
    number, code = write(visitor, "电价的日期写错了。")
    ask(visitor, number, code)
    assert "已收到，最迟" in visitor.inner_text("main")

    officer = open_page(account="supervisor-chen")
    officer.goto("/admin/feedback/feedback/?state__exact=new")
    officer.click(f"text={number}")
    officer.click("a:has-text('答复') >> nth=0")
    officer.fill("[name=answer]", "已经改成 2023 年 2 月，谢谢。")
    officer.click("button[type=submit]:has-text('答复')")
    officer.wait_for_url("**/change/")
    assert "已答复" in officer.inner_text("body")

    ask(visitor, number, code)
    assert "已经改成 2023 年 2 月，谢谢。" in visitor.inner_text("main")


@pytest.mark.axe
def test_axe_finds_nothing_on_the_way(open_page: Callable[..., Any]) -> None:
    page = open_page()
    found: list[str] = []

    def look(name: str) -> None:
        found.extend(f"{name}: {finding}" for finding in in_every_display(page))

    for path in ("/open-data/", "/open-data/key-projects/", "/feedback/answer/", "/feedback/?page=/help/"):
        page.goto(path)
        look(path)
    page.click("main button:has-text('提交')")
    look("the form with errors")
    number, code = write(page, "这一页看不懂。")
    look("the confirmation")
    ask(page, number, code)
    look("the answer")
    ask(page, number, "WRONGONE")
    look("a wrong password")
    assert not found, "\n" + "\n".join(found)
