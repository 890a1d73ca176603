"""The cockpit as an official uses it: who may, what it says, where each figure leads."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from projects import targets as target_rules
from projects.choices import ReportState, Stage, TargetCategory
from projects.models import FundsReceipt, KeyProject, LeadConflict, ProgressReport, Target
from services.models import Case
from tests.factories.accounts import UserFactory
from tests.factories.cases import Hall
from tests.factories.directory import IndustryFactory
from tests.factories.finance import LoanIntentFactory
from tests.factories.projects import LeadFactory
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.models import Job
from tuoxian_portal.dashboard import cockpit, figures

pytestmark = pytest.mark.django_db
PAGES = ["cockpit", "projects", "industries", "finance", "hall"]
YEAR = today().year


@pytest.fixture
def official(person, client):
    user = person("official")
    client.force_login(user)
    return user


def project(number: str, **fields) -> KeyProject:
    return KeyProject.objects.create(
        **{"number": number, "name": f"测试项目{number}", "stage": Stage.BUILDING, **fields}
    )


def report(target: KeyProject, month: int, amount: int, year: int = YEAR, **fields) -> None:
    ProgressReport.objects.create(
        project=target,
        month=date(year, month, 1),
        invested_month_wan=Decimal(amount),
        physical_progress=Decimal(10),
        state=ReportState.ACCEPTED,
        accepted_at=timezone.now(),
        **fields,
    )


def goal(rule: str, value: int, unit: str = "个", **fields) -> Target:
    return Target.objects.create(
        **{
            "indicator": f"目标 {rule}",
            "year": YEAR,
            "category": TargetCategory.TARGET,
            "value": value,
            "unit": unit,
            "rule": rule,
            "source_title": "测试来源",
            **fields,
        }
    )


def numbers(response) -> set[str]:
    return {row.number for row in response.context["listing"].page.object_list}


# --- who may -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_asked_to_sign_in(client, page):
    response = client.get(reverse(f"dashboard:{page}"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("role", "refused"),
    [
        ("official", set()),
        ("supervisor", set()),
        ("project_officer", {"hall"}),
        ("finance_officer", {"hall"}),
        ("window", set(PAGES)),
        ("bank_contact", set(PAGES)),
    ],
)
def test_each_role_sees_its_pages(client, person, page, role, refused):
    client.force_login(person(role))
    status = client.get(reverse(f"dashboard:{page}")).status_code
    assert status == (403 if page in refused else 200)


def test_a_page_is_never_kept_by_a_shared_cache(client, official):
    assert "private" in client.get(reverse("dashboard:cockpit"))["Cache-Control"]


# --- targets -----------------------------------------------------------------------------------------
def test_elapsed_time_is_kept_within_the_year():
    assert cockpit.elapsed_percent(2026, date(2025, 12, 31)) == 0
    assert cockpit.elapsed_percent(2026, date(2026, 12, 31)) == 100
    assert cockpit.elapsed_percent(2026, date(2027, 6, 1)) == 100
    assert cockpit.elapsed_percent(2026, date(2026, 7, 2)) == Decimal("50.1")


def test_a_target_is_told_in_words_and_leads_to_its_rows(client, official):
    for n in range(3):
        report(project(f"P{n}", total_investment_wan=600), 1, 50)
    project("P9", total_investment_wan=600)
    sample = project("P8", total_investment_wan=600, is_sample=True)
    report(sample, 1, 50, is_sample=True)  # neither in the figure nor among its rows
    goal("projects_500", 4)
    page = client.get(reverse("dashboard:cockpit"))
    line = next(line for line in page.context["known"] if line.label == "目标 projects_500")
    assert line.value == 3
    assert line.words.startswith("75% ▼ 滞后" if cockpit.elapsed_percent(YEAR, today()) > 75 else "75% ▲")
    assert numbers(client.get(line.href)) == {"P0", "P1", "P2"}


@pytest.mark.parametrize("rule", sorted(set(target_rules.RULES) - {"invested", "received"}))
def test_the_rows_behind_a_count_are_as_many_as_the_count(client, official, rule):
    for n, (total, signed, started, produced, kind) in enumerate(
        [
            (400, date(YEAR, 2, 1), None, None, "new"),
            (600, date(YEAR, 3, 1), date(YEAR, 4, 1), None, "new"),
            (20_000, date(YEAR, 3, 1), date(YEAR, 4, 1), date(YEAR, 5, 1), "continuing"),
            (20_000, date(YEAR - 1, 3, 1), date(YEAR - 1, 4, 1), None, "new"),
            (None, None, None, None, ""),
        ]
    ):
        row = project(
            f"P{n}",
            total_investment_wan=total,
            signed_on=signed,
            actual_start=started,
            actual_production=produced,
            project_type=kind,
        )
        report(row, 1, 10)
    target = goal(rule, 10)
    actual = target_rules.actuals([target])[target.pk]
    response = client.get(cockpit.rows_url("projects", counts=rule, year=str(YEAR)))
    assert actual.value == response.context["listing"].total > 0


def test_the_rows_behind_a_sum_add_up_to_it(client, official):
    large, small = project("P1", total_investment_wan=20_000), project("P2", total_investment_wan=900)
    report(large, 1, 300)
    report(small, 2, 200)
    FundsReceipt.objects.create(project=large, received_on=date(YEAR, 1, 5), amount_wan=700, evidence="回单")
    FundsReceipt.objects.create(project=small, received_on=date(YEAR, 1, 5), amount_wan=700, evidence="回单")
    invested, received = goal("invested", 1, "亿元"), goal("received", 1, "亿元")
    actuals = target_rules.actuals([invested, received])
    rows = client.get(cockpit.rows_url("projects", counts="invested", year=str(YEAR))).context["listing"]
    assert sum(p.invested_year_wan for p in rows.page.object_list) / 10_000 == actuals[invested.pk].value
    rows = client.get(cockpit.rows_url("projects", counts="received", year=str(YEAR))).context["listing"]
    assert [p.number for p in rows.page.object_list] == ["P1"]
    assert sum(p.received_year_wan for p in rows.page.object_list) / 10_000 == actuals[received.pk].value


def test_an_unknown_year_is_said_and_nothing_breaks(client, official):
    goal("invested", 1, "亿元")
    for year in ("1066", "abc", "²", "-1", "9" * 40, "9" * 5000):
        response = client.get(reverse("dashboard:cockpit"), {"year": year})
        assert response.status_code == 200
        assert "已显示" in response.context["notice"]
        response = client.get(cockpit.rows_url("projects", counts="received", year=year))
        assert response.status_code == 200


def test_a_target_without_data_says_why(client, official):
    goal("", 97, "亿元", indicator="清洁能源总产值")
    response = client.get(reverse("dashboard:cockpit"))
    assert [line.label for line in response.context["unknown"]] == ["清洁能源总产值"]
    assert target_rules.NO_SOURCE in response.content.decode()


# --- what needs attention -----------------------------------------------------------------------------
def test_overdue_cases_are_named_and_lead_to_their_rows(client, official):
    hall = Hall()
    case = hall.record()
    Case.objects.filter(pk=case.pk).update(due_on=today() - timedelta(days=3))
    hall.record()
    page = client.get(reverse("dashboard:cockpit"))
    concern = next(c for c in page.context["concerns"] if c.label == "办件超期")
    assert concern.count == 1
    assert case.case_number in concern.lines[0]
    rows = client.get(concern.href).context["listing"].page.object_list
    assert [row.case_number for row in rows] == [case.case_number]


def test_a_grey_project_is_named_until_it_reports(client, official):
    row = project("P1", planned_production=today() + timedelta(days=300))
    figures.refresh()
    labels = [c.label for c in client.get(reverse("dashboard:cockpit")).context["concerns"]]
    assert labels == ["项目超过 35 天未更新"]
    report(row, today().month, 1)
    figures.refresh()
    assert client.get(reverse("dashboard:cockpit")).context["concerns"] == []


def test_each_queue_leads_to_as_many_rows_as_it_counts(client, official):
    hall = Hall()
    for state in ("received", "correcting", "reviewing", "deciding", "collecting"):
        hall.case_in(state)
    for label, count, href in client.get(reverse("dashboard:cockpit")).context["queues"]:
        assert client.get(href).context["listing"].total == count, label


@pytest.mark.parametrize(
    "query", ["queue=moon", "month=2020-01", "month=x", "state=moon", "page=99", "department=x", "queue=%00"]
)
def test_rubbish_in_the_address_of_the_hall_is_said(client, official, query):
    Hall().record()
    response = client.get(f"{reverse('dashboard:hall')}?{query}")
    assert response.status_code == 200
    assert response.context["listing"].notices


# --- files ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", ["projects", "finance", "hall"])
def test_an_export_holds_the_rows_of_the_list_and_its_conditions(client, official, page):
    project("P1", name="=1+1", stage=Stage.BUILDING)
    project("P2", stage=Stage.SIGNED)
    LoanIntentFactory()
    Hall().record()
    url = reverse(f"dashboard:{page}")
    query = "&stage=building" if page == "projects" else ""
    text = b"".join(client.get(f"{url}?export=csv{query}").streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == 2
    raw = b"".join(client.get(f"{url}?export=xlsx{query}").streaming_content)
    book = openpyxl.load_workbook(io.BytesIO(raw))
    assert book.worksheets[0].max_row == 2
    notes = {row[0].value: row[1].value for row in book["口径"].iter_rows(min_row=2)}
    assert notes["筛选条件"] == ("阶段：在建" if page == "projects" else "无")
    if page == "projects":
        assert lines[1][1] == "'=1+1"


# --- cost ----------------------------------------------------------------------------------------------
def test_the_cockpit_costs_the_same_for_few_rows_and_for_many(
    client, official, django_assert_max_num_queries
):
    hall = Hall()

    def grow(start: int, count: int) -> None:
        for n in range(start, start + count):
            report(project(f"P{n}", total_investment_wan=600), 1, 5)
            LoanIntentFactory()
            hall.record()

    goal("projects_500", 4)
    goal("invested", 4, "亿元")
    grow(0, 2)
    figures.refresh()
    client.get(reverse("dashboard:cockpit"))
    with django_assert_max_num_queries(45) as few:
        client.get(reverse("dashboard:cockpit"))
    grow(2, 12)
    figures.refresh()
    with django_assert_max_num_queries(45) as many:
        client.get(reverse("dashboard:cockpit"))
    assert len(many) == len(few)


@pytest.mark.parametrize("page", ["projects", "finance", "hall"])
def test_a_list_of_rows_costs_the_same_for_few_rows_and_for_many(
    client, official, page, django_assert_max_num_queries
):
    hall = Hall()

    def grow(start: int, count: int) -> None:
        for n in range(start, start + count):
            report(project(f"P{n}", total_investment_wan=600), 1, 5)
            LoanIntentFactory()
            hall.record()
        figures.refresh()

    grow(0, 2)
    url = reverse(f"dashboard:{page}")
    client.get(url)
    with django_assert_max_num_queries(25) as few:
        client.get(url)
    grow(2, 12)
    with django_assert_max_num_queries(25) as many:
        client.get(url)
    assert len(many) == len(few)


# --- refreshing ---------------------------------------------------------------------------------------
def test_refreshing_twice_makes_one_job_and_new_figures(client, official, django_capture_on_commit_callbacks):
    project("P1")
    with django_capture_on_commit_callbacks(execute=False):
        client.post(reverse("dashboard:refresh"))
        client.post(reverse("dashboard:refresh"))
    assert Job.objects.count() == 1
    from tuoxian_portal.core import jobs

    jobs.run(str(Job.objects.get().pk))
    assert Job.objects.get().state == Job.State.SUCCEEDED
    assert cockpit.as_of() is not None
    assert client.get(reverse("dashboard:cockpit")).context["levels"][3].count == 1


def test_refreshing_is_a_post(client, official):
    assert client.get(reverse("dashboard:refresh")).status_code == 405


def test_every_figure_of_the_page_leads_somewhere(client, official):
    report(project("P1", total_investment_wan=600), 1, 50)
    LoanIntentFactory()
    Hall().record()
    goal("projects_500", 4)
    figures.refresh()
    context = client.get(reverse("dashboard:cockpit")).context
    hrefs = [s["href"] for s in context["stats"]] + [c.href for c in context["concerns"]]
    hrefs += [level.href for level in context["levels"]] + [b["href"] for b in context["stages"] if b["href"]]
    hrefs += [b["href"] for b in context["loan_bars"] if b["href"]] + [
        b["href"] for b in context["hall_months"]
    ]
    for href in hrefs:
        response = client.get(href)
        assert response.status_code == 200, href
        assert not (parse_qs(urlsplit(href).query) and response.context["listing"].notices), href


def test_the_promised_answer_time_is_a_figure(client):
    """Kept and broken promises of the last 90 days, for those who see leads."""
    on = today()
    LeadFactory(answer_due=on, answered_at=timezone.now(), state="contacted")
    LeadFactory(answer_due=on - timedelta(days=1))
    client.force_login(UserFactory(roles=["supervisor"]))
    html = client.get(reverse("dashboard:cockpit")).content.decode()
    assert "近 90 天按期答复 50%" in html
    assert "投资咨询超期未答复" in html
    assert "follow=late" in html
    client.force_login(UserFactory(roles=["policy_officer"]))
    assert "按期答复" not in client.get(reverse("dashboard:cockpit")).content.decode()


def test_a_conflict_that_waits_is_a_concern(client):
    LeadConflict.objects.create(first=LeadFactory(), later=LeadFactory(), ground="name")
    client.force_login(UserFactory(roles=["supervisor"]))
    assert "撞单待裁定" in client.get(reverse("dashboard:cockpit")).content.decode()


def test_an_export_leaves_empty_what_is_not_known(client, official):
    report(project("TX-1"), 1, 5)
    report(project("TX-2"), 1, 5, year=YEAR - 1)
    file = client.get(reverse("dashboard:projects"), {"export": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    column = rows[0].index("本年完成投资（万元）")
    found = {row[0]: row[column] for row in rows[1:]}
    assert (float(found["TX-1"]), found["TX-2"]) == (5, "")


def test_an_industry_of_unknown_investment_is_not_said_to_have_none(client, official):
    known, unknown = IndustryFactory(), IndustryFactory()
    project("TX-1", industry=known, total_investment_wan=12_000)
    project("TX-2", industry=unknown)
    page = client.get(reverse("dashboard:industries")).content.decode()
    assert "总投资 1.2\xa0亿元" in page
    assert "总投资 未公布" in page
    assert "0\xa0万元" not in page
