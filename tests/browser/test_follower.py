"""Somebody who wants to hear of new policies, on a phone without scripts; and who compares costs."""

import email
import re
import subprocess
import sys
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser import axe
from tests.browser.conftest import ROOT

PHONE = 360
AMEND = """
from policies.models import IncentivePolicy
from django.utils import timezone
from tuoxian_portal.subscriptions.composing import compose_due
from tuoxian_portal.subscriptions.models import Subscription
from tuoxian_portal.subscriptions.sending import send_due
policy = IncentivePolicy.objects.published().filter(level="county").first()
policy.summary = "浏览器里看到的新解读"
policy.save()
Subscription.objects.filter(state="active").update(next_due_at=timezone.now())
compose_due()
send_due()
"""
SEND = "from tuoxian_portal.subscriptions.sending import send_due; send_due()"


@pytest.fixture
def run(environment: dict[str, str], portal: str) -> Callable[[str], None]:
    """Does in the portal's database what its worker would do."""

    def shell(code: str) -> None:
        command = [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", code]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603  (our own command)

    return shell


def newest(environment: dict[str, str], reader: str) -> tuple[EmailMessage, str]:
    """The last mail that was sent to `reader`, and its text. One file holds what one connection carried."""
    files = (Path(environment["VAR_DIR"]) / "mail").glob("*.log")
    for file in sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        for content in reversed(file.read_bytes().split(b"\n" + b"-" * 79 + b"\n")):
            message = email.message_from_bytes(content, policy=default)
            if message["To"] == reader:
                part = message.get_body(("plain",))
                assert part is not None
                return message, part.get_content()
    raise AssertionError(f"no mail to {reader}")


def link(text: str, purpose: str) -> str:
    found = re.search(rf"http\S+/{purpose}/\S+/", text)
    assert found
    return urlsplit(found.group()).path


def look(page: Any, accessible: bool) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    if accessible:
        assert not axe.findings(page), page.url


def press(page: Any, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_from_a_list_to_a_digest_and_out(
    width: int, open_page: Callable[..., Any], environment: dict[str, str], run: Callable[[str], None]
) -> None:
    page = open_page(width=width, scripts=False)
    page.goto("/policies/?level=county")
    with page.expect_navigation():
        page.get_by_role("link", name="订阅本列表").click()
    assert "惠企政策（层级：县级）" in page.locator("main").inner_text()
    look(page, False)
    page.fill("[name=email]", "not an address")
    page.wait_for_timeout(2100)
    press(page, "订阅")
    assert "邮箱格式不对" in page.locator("main").inner_text()
    reader = f"reader{width}@example.com"
    page.fill("[name=email]", reader)
    page.get_by_label("每天一封").check()
    page.wait_for_timeout(2100)
    press(page, "订阅")
    assert "请到邮箱确认" in page.locator("h1").inner_text()

    run(SEND)
    _, text = newest(environment, reader)
    page.goto(link(text, "confirm"))
    look(page, False)
    press(page, "确认订阅")
    assert "订阅已生效" in page.locator("h1").inner_text()
    with page.expect_navigation():
        page.get_by_role("link", name="管理我的订阅").click()
    look(page, False)

    run(AMEND.replace("新解读", f"新解读{width}"))
    digest, text = newest(environment, reader)
    assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"浏览器里看到的新解读{width}" in text
    page.goto(link(text, "mail"))
    look(page, False)
    press(page, "退订")
    assert "已退订" in page.locator("h1").inner_text()


@pytest.mark.axe
@pytest.mark.parametrize("display", ["normal", "elder", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_the_pages_of_a_subscription_are_accessible(
    width: int,
    display: str,
    open_page: Callable[..., Any],
    environment: dict[str, str],
    run: Callable[[str], None],
) -> None:
    page = open_page(width=width, display=display)
    page.goto("/subscriptions/")
    look(page, True)
    page.goto("/subscriptions/new/?list=policies")
    look(page, True)
    reader = f"{display}{width}@example.com"
    page.fill("[name=email]", reader)
    page.wait_for_timeout(2100)
    press(page, "订阅")
    look(page, True)
    run(SEND)
    _, text = newest(environment, reader)
    page.goto(link(text, "confirm"))
    look(page, True)
    press(page, "确认订阅")
    look(page, True)
    page.get_by_role("link", name="管理我的订阅").click()
    page.wait_for_load_state()
    look(page, True)
    press(page, "退订")
    look(page, True)


@pytest.mark.parametrize("scripts", [False, True], ids=["without-scripts", "with-scripts"])
def test_yearly_cost_in_three_clicks_and_compared(scripts: bool, open_page: Callable[..., Any]) -> None:
    page = open_page(width=PHONE, scripts=scripts)
    page.goto("/")
    with page.expect_navigation():  # one
        page.locator("main a[href='/invest/costs/']").first.click()
    page.fill("[name=power]", "１２０万")
    page.fill("[name=steam]", "1,0000")
    press(page, "计算年费用")  # two
    assert "逗号位置不对" in page.locator("main").inner_text()
    assert page.input_value("[name=power]") == "１２０万"
    page.fill("[name=steam]", "1万")
    press(page, "计算年费用")  # three
    main = page.locator("main").inner_text().replace("\u00a0", " ")
    assert "1,200,000 度 × 0.42 元/度 = 504,000 元" in main
    assert "10,000 吨 × 165 元/吨 = 1,650,000 元" in main
    page.get_by_text("和另一个地方比").click()
    page.fill("[name=place-name]", "外地")
    page.fill("[name=power-there]", "0.5")
    press(page, "计算年费用")
    assert "托克托县比外地每年少花 9.6 万元" in page.locator("main").inner_text().replace("\u00a0", " ")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.axe
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_the_compared_costs_are_accessible(width: int, open_page: Callable[..., Any]) -> None:
    page = open_page(width=width)
    page.goto("/invest/costs/?power=120万&steam=-1&power-there=0.5")
    assert not axe.findings(page)
    page.goto("/invest/costs/?power=120万&power-there=0.5")
    assert not axe.findings(page)
