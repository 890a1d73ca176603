"""开餐饮店: from the answers on the public page to one pick-up."""

import re
from collections.abc import Callable
from typing import Any

from tests.browser.conftest import PASSWORD
from tests.browser.journeys import credit_code, do, run, staff_of

ANSWERS = {"public": "yes", "sign": "yes", "tobacco": "no"}


def questions_of_the_public(page: Any) -> str:
    """The number of papers that the applicant brings, as the phone says."""
    page.goto("/services/bundles/open-restaurant/?" + "&".join(f"{k}={v}" for k, v in ANSWERS.items()))
    text = page.locator("main").inner_text()
    assert "要办的事项（4\u00a0个）" in text
    return text


def test_from_the_answers_to_one_pick_up(open_page: Callable[..., Any], environment: dict[str, str]) -> None:
    public = questions_of_the_public(open_page(width=360))
    window = open_page(account="window-zhang")
    window.goto("/admin/services/case/add/")
    window.fill("#id_item", "开饭店")
    window.wait_for_selector("#item-options li")
    with window.expect_navigation():
        window.press("#id_item", "Enter")
    for key, value in ANSWERS.items():
        with window.expect_navigation():
            window.check(f"[name=question_{key}][value={value}]")
    for tick in window.locator("#chosen input[type=checkbox]").all():
        name = tick.locator("xpath=ancestor::tr").locator("label").inner_text()
        assert name in public  # the same engine at both doors
        tick.check()
    window.fill("[name=number]", credit_code(41))
    window.fill("[name=name]", "示例餐饮（旅程）有限公司")
    window.fill("[name=phone]", "0471-8512345")
    window.check("[name=paper_form]")
    with window.expect_navigation(url="**?recorded=1"):
        window.press("[name=phone]", "Control+Enter")
    whole = window.url.split("?")[0]
    assert window.evaluate("document.activeElement.textContent") == "打印接收回执"

    do(window, whole, "受理已收齐的事项")
    do(window, whole, "移交各部门")
    cases = decided(open_page, environment, whole)
    assert cases == 3
    issuer = open_page(account="issuer-zhao")
    do(issuer, whole, "一次领取")
    assert "已办结" in issuer.locator(".wb-sentence").inner_text()
    assert issuer.locator("section[aria-labelledby=cases] tbody").inner_text().count("办结") >= cases


def decided(open_page: Callable[..., Any], environment: dict[str, str], whole: str) -> int:
    """Each department decides its own case; returns how many there were."""
    key = re.search(r"/(\d+)/change/", whole)
    assert key
    found = run(
        environment,
        "from services.models import Case\n"
        f"print(*[f'{{c.pk}}:{{c.department.reference_id}}' for c in Case.objects.filter(bundle_case={key[1]})])",
    ).split()
    staff_of(environment, PASSWORD, sorted({pair.split(":")[1] for pair in found}))
    for pair in found:
        pk, department = pair.split(":")
        case = f"{whole.split('/admin/')[0]}/admin/services/case/{pk}/change/"
        reviewer = open_page(account=f"r-{department.lower()}")
        do(reviewer, case, "签收")
        do(reviewer, case, "提出审查意见", outcome="approved", reason="符合条件。")
        do(open_page(account=f"a-{department.lower()}"), case, "准予")
    return len(found)
