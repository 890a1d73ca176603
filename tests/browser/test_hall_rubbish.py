"""Rubbish typed into the forms of the hall: an error beside the field, nothing lost, nothing run."""

from collections.abc import Callable
from typing import Any

from tests.browser.journeys import do, run
from tests.browser.test_clerk import record

SCRIPT = "<script>window.hacked = 1</script><img src=x onerror=window.hacked=1>"
LONG = "长" * 3000


def press(page: Any, form: str) -> None:
    """Sends the form as somebody whose browser checks nothing."""
    page.locator(form).evaluate("one => { one.noValidate = true; }")
    page.locator(f"{form} [maxlength]").evaluate_all(
        "all => all.forEach((one) => one.removeAttribute('maxlength'))"
    )
    with page.expect_navigation():
        page.locator(f"{form} button[type=submit]").last.click()
    assert page.evaluate("window.hacked") is None


def error_at(page: Any, name: str) -> str:
    """What is said beside the field `name`."""
    return str(
        page.locator(f"[name={name}]").first.evaluate(
            "one => [one, one.closest('fieldset')].filter(Boolean)"
            ".flatMap((part) => (part.getAttribute('aria-describedby') || '').split(' '))"
            ".map((id) => document.getElementById(id)?.textContent || '')"
            ".concat(one.closest('label')?.textContent || '').join(' ')"
        )
    )


def test_asking_for_help(open_page: Callable[..., Any]) -> None:
    page, form = open_page(width=360), "main form[method=post]"
    page.goto("/services/assist/")
    press(page, form)
    for name, says in (
        ("principal_kind", "请选择为个人还是为单位办"),
        ("principal_name", "请填写姓名或单位名称"),
        ("phone", "请填写联系电话"),
        ("needs", "请写明想办什么事"),
        ("mode", "请选择希望怎样帮办"),
        ("consent", "请先同意"),
    ):
        assert says in error_at(page, name), name
    page.check("[name=principal_kind] >> nth=0")
    page.fill("[name=principal_name]", SCRIPT)
    page.fill("[name=phone]", "一二三四")
    page.locator("[name=needs]").evaluate("(one, text) => { one.value = text; }", LONG)
    page.check("[name=mode][value=on_site]")
    page.check("[name=consent]")
    press(page, form)
    assert "电话" in error_at(page, "phone")
    assert "1000" in error_at(page, "needs")
    assert "请填写上门地址" in error_at(page, "visit_address")
    assert page.input_value("[name=principal_name]") == SCRIPT
    assert page.input_value("[name=phone]") == "一二三四"
    assert page.input_value("[name=needs]") == LONG
    assert page.is_checked("[name=mode][value=on_site]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_rating(open_page: Callable[..., Any], environment: dict[str, str]) -> None:
    page, form = open_page(width=360), "form.rate-form"
    page.goto(
        run(
            environment,
            "from services.models import RatingInvitation\n"
            "print(RatingInvitation.objects.open().filter(entrustment__isnull=False).first().address())",
        )
    )
    page.locator("[name=comment]").evaluate("(one, text) => { one.value = text; }", SCRIPT + LONG)
    press(page, form)
    assert "请选择" in error_at(page, "grade")
    assert "500" in error_at(page, "comment")
    assert page.input_value("[name=comment]") == SCRIPT + LONG
    page.goto("/services/rate/" + "x" * 200 + "/")
    assert "评价" in page.locator("main").inner_text()


def test_following(open_page: Callable[..., Any]) -> None:
    page, form = open_page(width=360), "form.track-form"
    page.goto("/track/")
    press(page, form)
    for name in ("number", "code"):
        assert "请" in error_at(page, name), name
    for number, code in ((SCRIPT, "9" * 400), (LONG, "\u0000\u202e"), ("150122-99999999-9999", "²²²²")):
        for name, value in (("number", number), ("code", code)):
            page.locator(f"[name={name}]").evaluate("(one, text) => { one.value = text; }", value)
        press(page, form)
        assert page.locator(".error-summary").count() == 1
        assert page.input_value("[name=number]").startswith(number[:20])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_questions_of_a_bundle(open_page: Callable[..., Any]) -> None:
    """Answers that are none are named, not guessed."""
    page = open_page(width=360)
    page.goto(f"/services/bundles/open-restaurant/?public={SCRIPT}&sign={'9' * 500}&tobacco=no&nobody=1")
    assert page.evaluate("window.hacked") is None
    assert page.locator("[name=public]:checked, [name=sign]:checked").count() == 0
    assert page.is_checked("[name=tobacco][value=no]")
    clerk = open_page(account="window-zhang")
    clerk.goto("/admin/services/case/add/open-restaurant/")
    clerk.fill("[name=note]", SCRIPT + "备注" * 200)
    clerk.fill("[name=number]", "0" * 200)
    clerk.fill("[name=name]", SCRIPT)
    press(clerk, "#counter-form")
    summary = clerk.locator("#summary").inner_text()
    for question in clerk.locator("[data-recompute] legend").all_inner_texts():
        assert question.split("？")[0] in summary
    assert clerk.input_value("[name=name]") == SCRIPT
    assert clerk.input_value("[name=note]") == SCRIPT + "备注" * 200


def test_handing_papers_over(open_page: Callable[..., Any]) -> None:
    page = open_page(account="window-zhang")
    record(page, 71)
    page.locator("details", has_text="移交勾选的材料").locator("summary").first.click()
    page.fill("[name=due_back_on]", "2020-01-01")
    page.fill("[name=note]", SCRIPT[:60])
    page.check("[name=materials] >> nth=0")
    with page.expect_navigation():
        page.locator("button[value=send]").click()
    assert "不能早于今天" in error_at(page, "due_back_on")
    assert page.input_value("[name=note]") == SCRIPT[:60]
    assert page.is_checked("[name=materials] >> nth=0")
    assert page.evaluate("window.hacked") is None
    page.locator("details", has_text="转交网点").locator("summary").first.click()
    transfer = page.locator("form", has=page.locator("button[value=transfer]"))
    transfer.locator("[name=reason]").fill("   ")
    with page.expect_navigation():
        transfer.locator("button").click()
    assert "请填写理由" in page.locator("form", has=page.locator("button[value=transfer]")).inner_text()


def test_an_entrustment(open_page: Callable[..., Any]) -> None:
    page, form = open_page(account="helper-liu"), "#content form"
    page.goto("/admin/services/entrustment/add/")
    page.check("[name=principal_kind][value=organisation]")
    page.fill("[name=principal_name]", SCRIPT)
    page.fill("[name=phone]", "9" * 30)
    page.fill("[name=principal_number]", "91150122MAJRNY0011")
    press(page, form)
    text = page.locator("#content").inner_text()
    assert "电话" in text
    assert "这个字段是必填项" in text or "请" in text
    assert page.input_value("[name=principal_name]") == SCRIPT
    assert page.input_value("[name=phone]") == "9" * 30

    page.fill("[name=principal_name]", "示例（乱填）有限公司")
    page.fill("[name=contact_name]", "钱某")
    page.fill("[name=phone]", "0471-8512345")
    page.fill("[name=principal_number]", "")
    page.fill("[name=needs]", "想办手续")
    page.check("[name=mode][value=window]")
    page.locator(f"{form} button[type=submit]").last.click()
    page.wait_for_url("**/entrustment/*/change/**")
    whole = page.url.split("?")[0]
    do(page, whole, "作出服务承诺")
    page.goto(whole.replace("/change/", "/do/draw_up/"))
    for name, value in (("starts_on", "2026-12-31"), ("ends_on", "2020-02-31")):
        page.locator(f"[name={name}]").first.evaluate("(one, text) => { one.value = text; }", value)
    press(page, form)
    assert page.url.endswith("/do/draw_up/")
    assert "日期" in page.locator(form).inner_text()
    assert page.input_value("[name=ends_on] >> nth=0") == "2020-02-31"
