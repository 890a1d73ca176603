"""全帮办: one project, one authority, three cases, and every original back before the sign-off."""

import io
import re
from collections.abc import Callable
from typing import Any

from pypdf import PdfReader

from tests.browser.conftest import PASSWORD
from tests.browser.journeys import credit_code, do, double_click, run, staff_of

COMPANY = "示例制造（全帮办）有限公司"
ADD = "/admin/services/case/add/"
ITEMS = """
from services.models import ServiceItem
rows = ServiceItem.objects.published().filter(department__isnull=False).exclude(stage="")
print(*rows.order_by("code").values_list("code", flat=True)[:3])
"""
PROJECT = (
    "from projects.models import KeyProject\nprint(KeyProject.objects.filter(is_published=True).first().pk)"
)


def choose(page: Any, name: str, value: str) -> None:
    """A value of a list that a script has drawn anew."""
    page.locator(f"#content [name={name}]").evaluate(
        "(one, value) => { one.value = value; one.dispatchEvent(new Event('change', {bubbles: true})); }",
        value,
    )


def recorded(page: Any, item: str, number: int) -> str:
    page.goto(f"{ADD}?item={item}")
    page.fill("[name=number]", credit_code(number))
    page.fill("[name=name]", COMPANY)
    page.fill("[name=phone]", "0471-8512345")
    for tick in page.locator("#chosen input[type=checkbox]").all():
        tick.check()
    with page.expect_navigation(url="**?recorded=1"):
        page.press("[name=phone]", "Control+Enter")
    return str(page.locator(".wb-notice h2").inner_text().removeprefix("已收件："))


def test_a_whole_project_with_three_cases(open_page: Callable[..., Any], environment: dict[str, str]) -> None:
    helper, window = open_page(account="helper-liu"), open_page(account="window-zhang")
    helper.goto("/admin/services/entrustment/add/")
    helper.check("[name=principal_kind][value=organisation]")
    helper.fill("[name=principal_name]", COMPANY)
    helper.fill("[name=principal_number]", credit_code(61))
    helper.fill("[name=phone]", "0471-8512345")
    helper.fill("[name=contact_name]", "钱某")
    helper.fill("[name=needs]", "从立项到竣工全程帮办")
    helper.check("[name=mode][value=full]")
    choose(helper, "project", run(environment, PROJECT))
    helper.locator("#content form button[type=submit]").last.click()
    helper.wait_for_url("**/entrustment/*/change/**")
    whole = helper.url.split("?")[0]

    do(helper, whole, "作出服务承诺")
    do(helper, whole, "拟定委托书")
    do(helper, whole, "登记签署", signer="钱某")
    cases: list[str] = []
    for item in run(environment, ITEMS).split():
        number = recorded(window, item, 61)
        link(helper, whole, number)
        cases.append(window.url.split("?")[0])
    helper.goto(whole)
    text = helper.locator("#content").inner_text()
    assert "全帮办进度" in text
    assert text.count("150122-") >= 3

    # Nothing is signed off while a case is open, nor while a paper lies with the helper.
    do(helper, whole, "接收材料", papers="营业执照 原件 1", origin="principal")
    assert "尚未办结" in refused(helper, whole)
    first, *others = cases
    delivered_and_rated(open_page, environment, first)
    for case in others:
        do(window, case, "申请人撤回", reason="项目改期，申请人书面撤回。")
    assert "营业执照" in refused(helper, whole)
    helper.goto(whole.replace("/change/", "/do/return_papers/"))
    helper.locator("#content [name=papers]").first.check()
    double_click(helper, "#content form button[type=submit]", whole)
    do(helper, whole, "办结签单", result="三件均已办结", signer="钱某")
    assert "办结签单" in helper.locator("#content").inner_text()


def delivered_and_rated(open_page: Callable[..., Any], environment: dict[str, str], case: str) -> None:
    """The lawful way to the end: accepted, decided, picked up; then rated by the link on paper."""
    key = case.split("/change/")[0].rsplit("/", 1)[1]
    department = run(
        environment,
        f"from services.models import Case\nprint(Case.objects.get(pk={key}).department.reference_id)",
    )
    staff_of(environment, PASSWORD, [department])
    reviewer = open_page(account=f"r-{department.lower()}")
    approver, issuer = open_page(account=f"a-{department.lower()}"), open_page(account="issuer-zhao")
    window = open_page(account="window-zhang")
    do(window, case, "受理")
    do(window, case, "移交部门")
    do(reviewer, case, "签收")
    do(reviewer, case, "提出审查意见", outcome="approved", reason="符合法定条件。")
    do(approver, case, "准予")
    do(issuer, case, "送达")
    assert "已办结" in issuer.locator(".wb-sentence").inner_text()
    papers = issuer.locator("section[aria-labelledby=papers] li")
    receipt = papers.filter(has_text="送达回执").locator("a").first.get_attribute("href")
    sheets = PdfReader(io.BytesIO(issuer.request.get(receipt).body())).pages
    assert "受送达人签字" in "".join(sheet.extract_text() for sheet in sheets)
    issuer.goto(papers.filter(has_text="评价邀请").locator("a", has_text="网页打印").get_attribute("href"))
    link = re.search(r"/services/rate/[\w-]+/", issuer.locator("body").inner_text())
    assert link
    public = open_page(width=360)
    public.goto(link[0])
    public.check("[name=grade][value='5']")
    double_click(public, "form.rate-form button", re.compile(r"/rate/"))
    assert "评价已收到" in public.locator("main").inner_text()


def refused(page: Any, whole: str) -> str:
    """Why it cannot be signed off; what was written is still there."""
    page.goto(whole.replace("/change/", "/do/sign_off/"))
    page.fill("#content [name=result]", "三件均已办结")
    with page.expect_navigation():
        page.locator("#content form button[type=submit]").click()
    assert page.url.endswith("/do/sign_off/")
    assert page.input_value("#content [name=result]") == "三件均已办结"
    return str(page.locator("#content form").inner_text())


def link(page: Any, whole: str, number: str) -> None:
    page.goto(whole.replace("/change/", "/do/link_case/"))
    page.fill("#content [name=case_number]", number)
    double_click(page, "#content form button[type=submit]", whole)
