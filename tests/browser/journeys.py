"""What the journeys share: a keyboard that does without a mouse, codes of enterprises, files that came."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

TABS = 150
IN_FOCUS = "selector => !!document.activeElement && document.activeElement.matches(selector)"


def double_click(page: Any, selector: str, lands_on: Any) -> None:
    """Presses a button twice and waits for the page `lands_on` (an address or a pattern).

    The guard against a second submit is a deferred script, so the page has to be loaded first; and a
    navigation that a second one cuts off is no fault, so the address is awaited and not the first
    navigation.
    """
    page.wait_for_load_state()
    page.locator(selector).dblclick(no_wait_after=True)
    expect(page).to_have_url(lands_on, timeout=30_000)
    page.wait_for_load_state()


def credit_code(number: int) -> str:
    """The code of an enterprise that nobody else in the sample has, with the right check digit."""
    body = f"91150122MAJRNY{number:03d}"
    return body + uscc.calc_check_digit(body)


def wrong_credit_code(number: int) -> str:
    """The same with a check digit that is not its own."""
    right = credit_code(number)
    return right[:-1] + ("1" if right[-1] != "1" else "2")


def identity(number: int) -> str:
    """The identity number of somebody who does not exist: born in 1900."""
    body = f"15012219000101{number:03d}"
    return body + mod_11_2.calc_check_digit(body)


class Keys:
    """Someone who works with the keyboard alone."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.press = page.keyboard.press

    def to(self, selector: str) -> "Keys":
        """Tab on until `selector` has the focus; fails when the keyboard does not lead there."""
        for _ in range(TABS):
            if self.page.evaluate(IN_FOCUS, selector):
                return self
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {selector} on {self.page.url}")

    def write(self, selector: str, text: str) -> None:
        """Types `text` instead of what is in the field."""
        self.to(selector)
        self.press("Control+a")
        self.page.keyboard.type(text)

    def follow(self, selector: str) -> None:
        """Enter on a link or button that leads to another page."""
        self.to(selector)
        with self.page.expect_navigation():
            self.press("Enter")

    def sign_in(self, account: str, password: str) -> None:
        self.page.goto("/login/")
        self.write("[name=username]", account)
        self.write("[name=password]", password)
        with self.page.expect_navigation():
            self.press("Enter")


def has_focus(page: Any, selector: str) -> bool:
    return bool(page.evaluate(IN_FOCUS, selector))


def offered(page: Any) -> list[str]:
    """The acts that a record in the workbench offers to whoever looks at it."""
    return page.locator("nav[aria-label=可办理的操作] a").all_inner_texts()


def do(page: Any, address: str, verb: str, **fields: str) -> None:
    """An act of somebody in the chain: the button, the form, and a double press on it."""
    page.goto(address)
    page.locator("nav[aria-label=可办理的操作] a", has_text=re.compile(f"^{verb}$")).click()
    for name, value in fields.items():
        field = page.locator(f"main [name={name}], #content [name={name}]").first
        if field.get_attribute("type") == "radio":
            page.check(f"[name={name}][value={value}]")
        elif field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    double_click(page, "#content form button[type=submit]", address)
    assert f"已{verb}" in page.locator("body").inner_text()
    assert history(page).count(verb) == 1


def history(page: Any) -> list[str]:
    """What was done to the case, by name, newest or oldest first."""
    return page.locator("#record-history ~ ol strong").all_inner_texts()


def number_of(page: Any) -> str:
    """The number on the page that a receipt leads to."""
    return page.locator(".wb-notice h2").inner_text().removeprefix("已收件：")


def ask(page: Any, number: str, code: str) -> str:
    page.goto("/track/")
    page.fill("[name=number]", number)
    page.fill("[name=code]", code)
    with page.expect_navigation():
        page.locator("form.track-form button").click()
    return page.locator("main").inner_text()


def run(environment: dict[str, str], code: str) -> str:
    """What `code` prints inside the portal that is being looked at."""
    answer = subprocess.run(  # noqa: S603  (our own code)
        [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", code],
        cwd=Path(__file__).resolve().parents[2],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return answer.stdout.strip().splitlines()[-1] if answer.stdout.strip() else ""


def staff_of(environment: dict[str, str], password: str, departments: list[str]) -> None:
    """`r-<code>` and `a-<code>`: who reviews and who decides in each of `departments`."""
    run(
        environment,
        f"""
from django.contrib.auth.hashers import make_password
from tuoxian_portal.accounts.models import Role, User
from tuoxian_portal.directory.models import Department
for code in {departments!r}:
    for letter, role in (("r", "reviewer"), ("a", "approver")):
        user, _ = User.objects.get_or_create(
            username=f"{{letter}}-{{code}}".lower(),
            defaults=dict(password=make_password({password!r}), is_staff=True, department=Department.objects.get(reference_id=code)),
        )
        user.groups.add(Role.objects.get(code=role).group)
""",
    )
