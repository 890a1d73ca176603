"""The clerk's screens: by keyboard alone, kept after an accident, hostile input, and free of barriers."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser import axe
from tests.browser.conftest import PASSWORD, WIDTHS
from tests.browser.journeys import Keys, credit_code, identity, run, wrong_credit_code
from tests.browser.test_clerk import record
from tests.uploads import jpeg, pdf

ADD = "/admin/services/case/add/"
# The first record of each kind, by the address of its page.
PAGES = """
from services.models import Case, Entrustment, RatingRemediation, ServiceRating
print(*[rows.first().get_absolute_url() for rows in (
    Case.objects.filter(state="reviewing"), Case.objects.filter(state="completed"),
    Entrustment.objects.filter(project__isnull=False), ServiceRating.objects.all(),
    RatingRemediation.objects.all()) if rows.exists()])
"""


def test_five_materials_by_keyboard_alone_on_one_page(open_page: Callable[..., Any]) -> None:
    page = open_page()
    keys = Keys(page)
    keys.sign_in("window-zhang", PASSWORD)
    page.add_init_script("addEventListener('mousedown', () => { sessionStorage.mouse = 1; }, true)")
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    record(page, 51)
    assert page.evaluate("sessionStorage.mouse") is None
    assert [re.sub(r"\d+", "N", url.split("/admin/")[1]) for url in loads] == [
        "services/case/add/",
        "services/case/N/change/?recorded=N",
    ]
    # Nothing of what was typed stays on the machine.
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('counter:'))") == []


def filled(page: Any, number: str) -> None:
    page.goto(ADD + "?item=SI-016")
    page.check("#chosen tr:nth-child(1) input[type=checkbox]")
    page.fill("[name=number]", number)
    page.fill("[name=name]", "示例建设（草稿）有限公司")
    page.fill("[name=phone]", "0471-8512345")


def test_a_reload_brings_back_what_was_typed_and_signing_out_does_not(open_page: Callable[..., Any]) -> None:
    page = open_page(account="window-zhang")
    filled(page, credit_code(52))
    page.set_input_files("#id_attachments", {"name": "图纸.pdf", "mimeType": "", "buffer": pdf()})
    page.wait_for_selector("[data-list] li")
    page.goto(ADD)
    with page.expect_navigation():
        page.locator("#draft button", has_text="接着填写").click()
    assert page.input_value("[name=name]") == "示例建设（草稿）有限公司"
    assert page.locator("#chosen input[type=checkbox]:checked").count() == 1
    assert "图纸.pdf" in page.locator("[data-list]").inner_text()
    page.evaluate("document.getElementById('logout-form').requestSubmit()")
    page.wait_for_url(lambda url: "/counter" not in url and "/add/" not in url)
    assert page.evaluate("sessionStorage.length") == 0


def test_a_login_that_ran_out_loses_nothing(open_page: Callable[..., Any]) -> None:
    page = open_page(account="window-zhang")
    filled(page, credit_code(53))
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.set_input_files("#id_attachments", {"name": "图纸.pdf", "mimeType": "", "buffer": pdf()})
    page.locator("[data-progress] .wb-error", has_text="登录可能已过期").wait_for()
    page.press("[name=phone]", "Control+Enter")
    page.locator("dialog", has_text="登录已过期").wait_for()
    page.keyboard.press("Escape")
    assert page.input_value("[name=name]") == "示例建设（草稿）有限公司"
    page.context.add_cookies(cookies)  # signed in again in another window
    with page.expect_navigation(url="**?recorded=1"):
        page.press("[name=phone]", "Control+Enter")


def test_an_earlier_answer_about_the_number_does_not_replace_a_later_one(
    open_page: Callable[..., Any],
) -> None:
    page = open_page(account="window-zhang")
    held: list[Any] = []

    def hold_the_first(route: Any) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    page.route("**/services/case/applicant/", hold_the_first)
    filled(page, wrong_credit_code(58))
    page.fill("[name=number]", credit_code(58))
    page.locator("[name=phone]").focus()
    page.locator("#number-state", has_text="校验通过").wait_for()
    with page.expect_response("**/services/case/applicant/") as late:
        held[0].continue_()
    late.value.finished()
    page.evaluate("() => new Promise((shown) => requestAnimationFrame(() => setTimeout(shown)))")
    assert page.locator("#number-state").inner_text() == "校验通过"


def test_bad_input_is_refused_in_words(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page(account="window-zhang")
    filled(page, wrong_credit_code(54))
    page.locator("[name=phone]").focus()
    page.locator("#number-state.wb-error", has_text="校验位不符").wait_for()
    page.check("[name=kind][value=person]")
    page.fill("[name=number]", identity(54)[:-1] + ("0" if identity(54)[-1] != "0" else "1"))
    page.locator("[name=phone]").focus()
    page.locator("#number-state.wb-error", has_text="身份证号码校验位不符").wait_for()

    big = tmp_path / "大.pdf"
    big.write_bytes(b"%PDF-" + b"0" * (21 * 1024 * 1024))
    program = tmp_path / "材料.pdf"
    program.write_bytes(b"MZ\x90\x00" + b"\0" * 400)
    page.set_input_files("#id_attachments", [str(big), str(program)])
    page.locator("[data-progress] .wb-error", has_text="20 MB").wait_for()
    page.locator("[data-progress] .wb-error", has_text="程序文件").wait_for()
    assert page.locator("[data-list] li").count() == 0

    page.fill("[name=note]", "长" * 301)
    with page.expect_navigation():
        page.press("[name=phone]", "Control+Enter")
    assert "现为 301 字" in page.locator("#summary").inner_text()
    assert page.input_value("[name=note]") == "长" * 301


DROP = """([selector, name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "application/pdf" }));
  const place = document.querySelector(selector);
  for (const type of ["dragenter", "dragover", "drop"]) {
    place.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""


def test_dropped_and_photographed_files_go_under_their_material(open_page: Callable[..., Any]) -> None:
    page = open_page(account="window-zhang")
    filled(page, credit_code(56))
    first = page.locator("#id_attachment_material option").nth(1).inner_text()
    page.select_option("#id_attachment_material", label=first)
    page.evaluate(DROP, ["[data-drop]", "拖来的.pdf", pdf(b"/Dropped 1").decode()])
    dropped = page.locator("[data-list] li", has_text="拖来的.pdf")
    dropped.wait_for()
    assert dropped.locator("select option:checked").inner_text() == first
    assert page.locator(".wb-over").count() == 0

    # The camera: on a tablet the input opens it, here it is a chooser like another.
    page.select_option("#id_attachment_material", "")
    camera = page.locator("#id_camera")
    assert camera.get_attribute("capture") == "environment"
    assert camera.get_attribute("accept") == "image/jpeg,image/png"
    with page.expect_file_chooser() as chooser:
        camera.click()
    chooser.value.set_files({"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": jpeg()})
    taken = page.locator("[data-list] li", has_text="照片.jpg")
    taken.wait_for()
    assert taken.locator("select option:checked").inner_text() == "未归类"

    with page.expect_navigation(url="**?recorded=1"):
        page.press("[name=phone]", "Control+Enter")
    assert "拖来的.pdf" in page.locator("section[aria-labelledby=materials]").inner_text()
    files = page.locator("section[aria-labelledby=attachments]")
    assert first in files.locator("li", has_text="拖来的.pdf").inner_text()
    assert "未归类" in files.locator("li", has_text="照片.jpg").inner_text()
    page.evaluate(DROP, ["[data-drop]", "后来的.pdf", pdf(b"/Later 1").decode()])
    files.locator("[data-list] li", has_text="后来的.pdf").wait_for()


def test_a_name_without_end_stays_in_its_row(open_page: Callable[..., Any]) -> None:
    page = open_page(account="window-zhang", width=768)
    filled(page, credit_code(58))
    name = "site_plan_" + "0123456789_" * 8 + ".pdf"
    page.set_input_files("#id_attachments", {"name": name, "mimeType": "", "buffer": pdf(b"/Long 1")})
    page.locator("[data-list] li", has_text=name).wait_for()
    page.set_input_files("#id_attachments", {"name": "图.dwg", "mimeType": "", "buffer": b"AC1027" * 60})
    page.locator("[data-progress] .wb-error", has_text="图.dwg").wait_for()
    # What went up is said once, in the list; what did not is said in one sentence.
    assert name not in page.locator("[data-progress]").inner_text()
    assert page.locator("[data-progress]").inner_text().count("图.dwg") == 1
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    with page.expect_navigation(url="**?recorded=1"):
        page.press("[name=phone]", "Control+Enter")
    assert name in page.locator("section[aria-labelledby=attachments]").inner_text()
    assert page.evaluate(fits)


def test_files_go_up_with_the_form_where_there_are_no_scripts(open_page: Callable[..., Any]) -> None:
    page = open_page(account="window-zhang", scripts=False)
    filled(page, credit_code(57))
    first = page.locator("#id_attachment_material option").nth(1).inner_text()
    page.select_option("#id_attachment_material", label=first)
    page.set_input_files("#id_attachments", {"name": "图纸.pdf", "mimeType": "", "buffer": pdf()})
    with page.expect_navigation(url="**?recorded=1"):
        page.locator("[data-once]").click()
    assert "图纸.pdf" in page.locator("section[aria-labelledby=materials]").inner_text()


def test_a_day_in_the_past_is_no_promise(open_page: Callable[..., Any], environment: dict[str, str]) -> None:
    code = run(
        environment,
        "from services.models import ItemMaterial\n"
        "line = ItemMaterial.objects.filter(item__state='published', item__revises=None, "
        "item__department__isnull=False).first(); line.necessity = 'deferrable'; line.save()\n"
        "print(line.item.code)",
    )
    page = open_page(account="window-zhang")
    page.goto(f"{ADD}?item={code}")
    page.fill("#chosen [type=date] >> nth=0", "2020-01-01")
    page.fill("[name=number]", credit_code(55))
    page.fill("[name=name]", "示例")
    page.fill("[name=phone]", "0471-8512345")
    with page.expect_navigation():
        page.press("[name=phone]", "Control+Enter")
    assert "不早于今天" in page.locator("#summary").inner_text()


@pytest.mark.axe
@pytest.mark.parametrize("display", ["light", "dark"])
def test_axe_finds_nothing_on_the_screens_of_the_hall(
    display: str, open_page: Callable[..., Any], environment: dict[str, str]
) -> None:
    paths = run(environment, PAGES).split()
    assert len(paths) == 5
    found = {}
    for account, pages in (
        ("window-zhang", [ADD, ADD + "?item=SI-016", ADD + "open-restaurant/?question_public=yes"]),
        ("supervisor-chen", ["/admin/services/case/", "/admin/services/bundlecase/", *paths]),
    ):
        page = open_page(account=account)
        page.emulate_media(color_scheme=display)
        for path in pages:
            page.goto(path)
            page.locator("#content details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                if problems := axe.findings(page, looks_only=display != "light"):
                    found[f"{path} {width}"] = problems
    assert not found, "\n".join(f"{path}\n  " + "\n  ".join(all_) for path, all_ in found.items())
