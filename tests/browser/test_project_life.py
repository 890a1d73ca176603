"""One project from the first question to the answer of a supervision notice.

What people see and press is done in the browser; months of figures are entered through the same
actions, at the speed of actions.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import ROOT
from tests.browser.journeys import double_click
from tests.browser.test_officers import FORM, act, save

NAME = "旅程新材料示范项目"
# Five months of a project that began well and came to a stop, and a figure that was wrong.
FIVE_MONTHS = f"""
import json
from datetime import timedelta
from decimal import Decimal
from projects import actions
from projects.choices import MilestoneKind
from projects.models import KeyProject, ProgressReport, ProjectMilestone
from tuoxian_portal.accounts.models import User
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.months import month_of, previous_month
from tuoxian_portal.directory.models import Park

officer = User.objects.get(username="project-yang")
boss = User.objects.get(username="supervisor-chen")
on = today()
project = KeyProject.objects.get(name={NAME!r})
values = dict(
    industry=project.industry, department=project.department, total_investment_wan=Decimal(12000),
    signed_on=on - timedelta(days=500), park=Park.objects.first(), responsible="测试领导",
    project_code="2401-150122-04-01-123456", project_type="new", planned_start=on - timedelta(days=400),
    actual_start=on - timedelta(days=390), planned_production=on - timedelta(days=70), land_mu=Decimal(60),
    annual_plan_wan=Decimal(6000), annual_plan_year=on.year,
)
for name, value in values.items():
    setattr(project, name, value)
actions.save_project(project=project, actor=officer, changed=list(values))
for _ in range(5):
    project.refresh_from_db()
    actions.advance_stage(project=project, actor=officer)
ProjectMilestone.objects.create(
    project=project, kind=MilestoneKind.ENVIRONMENT, planned_on=on - timedelta(days=460),
    actual_on=on - timedelta(days=415),
)
months = [previous_month(month_of(on))]
while len(months) < 5:
    months.insert(0, previous_month(months[0]))
for n, month in enumerate(months):
    report = actions.save_report(
        report=ProgressReport(
            project=project, month=month, invested_month_wan=Decimal(300 + n), physical_progress=Decimal(10 + n)
        ),
        actor=officer, changed=[],
    )
    report = actions.submit_report(report=report, actor=officer)
    report = actions.accept_report(report=report, actor=boss)
    if n < 4:
        report = actions.freeze_report(report=report, actor=boss)
second = ProgressReport.objects.get(project=project, month=months[1])
actions.restate_report(
    report=second, figure="invested_month_wan", value=Decimal("281.5"), actor=boss, reason="监理核减设备款"
)
print(json.dumps({{"number": project.number, "pk": project.pk, "stage": KeyProject.objects.get(pk=project.pk).stage}}))
"""


def manage(environment: dict[str, str], *arguments: str) -> str:
    """A command of the portal on the server's data; its last line."""
    done = subprocess.run(  # noqa: S603  (our own commands)
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def ask(page: Any) -> str:
    """An investor's question; its number."""
    page.goto("/invest/contact/")
    page.wait_for_timeout(2100)  # a form that comes back within two seconds was filled in by a robot
    page.fill("[name=contact_name]", "钱女士")
    page.fill("[name=phone]", "13800007777")
    page.fill("[name=enterprise_name]", "旅程新材料有限公司")
    page.select_option("[name=industry]", index=1)
    page.fill("[name=needs]", "想建一条铝材深加工线，需要六十亩地。")
    page.check("[name=consent]")
    page.locator("main form button[type=submit]").click()
    page.wait_for_selector(".confirmation-number b")
    return str(page.locator(".confirmation-number b").inner_text())


def fill_verb(page: Any, verb: str, **fields: str) -> None:
    """A button over the record and its form, selects included."""
    record = page.url.split("?")[0]
    page.locator("nav[aria-label=可办理的操作] a", has_text=verb).first.click()
    for name, value in fields.items():
        field = page.locator(f"{FORM} [name={name}]")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    double_click(page, f"{FORM} button[type=submit]", record)


def text(page: Any) -> str:
    return str(page.locator("main, #content").first.inner_text())


def test_from_a_question_to_the_answer_of_a_notice(
    open_page: Callable[..., Any], environment: dict[str, str]
) -> None:
    number = ask(open_page(width=360))

    # The enquiry reaches the officer, who answers, receives a visit, and makes it a project.
    officer = open_page(account="project-yang")
    officer.goto(f"/admin/projects/investmentlead/?q={number}")
    officer.locator("#result_list a", has_text=number).first.click()
    officer.wait_for_load_state()
    officer.goto(officer.url.split("?")[0])
    act(officer, "已联系答复", reason="电话答复了地价和电价")
    fill_verb(
        officer,
        "登记拜访或接待",
        kind="reception",
        held_on="2026-01-15",
        place="园区三号地块",
        people="钱女士，招商专员",
        outcome="看中三号地块",
    )
    assert "看中三号地块" in text(officer)
    fill_verb(officer, "转为项目", name=NAME)

    # Months go by.
    known = json.loads(manage(environment, "shell", "--verbosity=0", "--command", FIVE_MONTHS))
    assert known["stage"] == "building"

    # The supervisor sees why it is red, what was restated, and where the project came from.
    boss = open_page(account="supervisor-chen")
    overview = f"/dashboard/projects/{known['number']}/"
    boss.goto(overview)
    page = text(boss)
    assert "红 现状难以按期" in page
    assert re.search(r"投产计划 \d{4}-\d\d-\d\d，已逾期 70 天", page)
    assert "环评" in page
    assert number in page
    book = boss.locator("section[aria-labelledby=book]").inner_text()
    assert "-19.5" in book
    assert book.count("已冻结") == 4

    # 督办, answered by its owner, closed by the supervisor.
    boss.goto(f"/admin/projects/supervisionnotice/add/?project={known['pk']}")
    boss.fill("[name=title]", "逾期投产")
    boss.fill("[name=requirement]", "说明原因，提出完成时间。")
    owner = boss.locator("[name=owner] option", has_text=re.compile("project-yang|杨")).first
    boss.select_option("[name=owner]", value=owner.get_attribute("value"))
    save(boss)
    officer.goto(overview)
    officer.locator("section[aria-labelledby=notices] a").first.click()
    officer.wait_for_load_state()
    act(officer, "答复", text="主变压器到货，下月底投产。")
    notice = officer.url
    boss.goto(notice)
    assert "主变压器到货" in text(boss)
    act(boss, "办结", reason="答复可行，按新日期跟踪")
    boss.goto(overview)
    assert "已办结" in boss.locator("section[aria-labelledby=notices]").inner_text()

    # Nothing of all this is public.
    public = open_page(width=360)
    assert public.goto(f"/projects/{known['number']}/").status == 404


@pytest.mark.parametrize("pick", ["TX", "SL"])
def test_a_brief_is_one_sheet(open_page: Callable[..., Any], pick: str) -> None:
    """Key facts, stage bar, what sources say and the contact on one A4, of a real and a sample project."""
    page = open_page()
    if pick == "TX":
        page.goto("/projects/TX2023-001/")
    else:
        page.goto("/projects/?stage=in_production")
        page.locator("main a[href*='/projects/SL']").first.click()
        page.wait_for_load_state()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
