"""The month entry grid: saves what changed, names what is wrong, loses nothing."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from zeal import zeal_ignore

from projects.choices import ReportState, Stage, Status
from projects.models import ProgressReport
from tests.factories.accounts import UserFactory
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory, ProgressReportFactory
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.months import period_of, previous_month

pytestmark = pytest.mark.django_db
MONTH = previous_month(today())
BEFORE = previous_month(MONTH)


@pytest.fixture
def url():
    return reverse("admin:projects_progressreport_grid")


@pytest.fixture
def officer(client):
    user = UserFactory(roles=["project_officer"])
    client.force_login(user)
    return user


def project(**fields):
    return KeyProjectFactory(stage=Stage.BUILDING, **fields)


def inputs(response):
    """What a browser would send back of the page."""
    text = response.content.decode()
    form = text[text.index('id="grid-form"') :]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            found[name[1]] = value[1] if value else ""
    found.pop("csrfmiddlewaretoken", None)
    return found


def entered(project, amount, progress, text="", reason=""):
    return {
        f"r{project.pk}-invested_month_wan": amount,
        f"r{project.pk}-physical_progress": progress,
        f"r{project.pk}-progress_text": text,
        f"r{project.pk}-regress_reason": reason,
    }


def post(client, url, data):
    with zeal_ignore():  # each row is an action of its own
        return client.post(url, data)


def test_a_month_is_entered_for_several_projects(client, officer, url):
    first, second, third = project(), project(), project()
    data = inputs(client.get(url))
    data |= entered(first, "1,200.5", "30%", "主厂房封顶") | entered(second, "０", "12")
    response = post(client, url, data)
    assert response.status_code == 302
    report = first.progress_reports.get()
    assert (report.month, report.invested_month_wan, report.physical_progress) == (
        MONTH,
        Decimal("1200.5"),
        Decimal(30),
    )
    assert report.progress_text == "主厂房封顶"
    assert second.progress_reports.get().invested_month_wan == 0
    assert not third.progress_reports.exists()
    assert "保存 2 行" in client.get(response.url).content.decode()


def test_only_what_changed_is_saved(client, officer, url):
    report = ProgressReportFactory(project=project(), month=MONTH, progress_text="未动")
    other = ProgressReportFactory(project=project(), month=MONTH)
    data = inputs(client.get(url))
    assert post(client, url, data).status_code == 302
    report.refresh_from_db()
    assert report.version == 0
    data[f"r{other.project_id}-invested_month_wan"] = "7"
    post(client, url, data)
    report.refresh_from_db()
    other.refresh_from_db()
    assert (report.version, other.version, other.invested_month_wan) == (0, 1, 7)


@pytest.mark.parametrize(
    ("amount", "progress", "words"),
    [
        ("abc", "10", "“abc”不是数字"),
        ("-1", "10", "不能小于 0"),
        ("1", "101", "不能大于 100"),
        ("1", "10.55", "小数"),
        ("", "10", "请填写；没有进展时填 0"),
        ("1", "", "请填写；没有进展时填 0"),
        ("1" * 30, "1", "位"),
        ("NaN", "1", "不是数字"),
    ],
)
def test_a_wrong_cell_is_named_and_right_rows_are_saved(client, officer, url, amount, progress, words):
    wrong, right = project(), project()
    data = inputs(client.get(url)) | entered(wrong, amount, progress, "写了说明") | entered(right, "5", "6")
    response = post(client, url, data)
    text = response.content.decode()
    assert response.status_code == 400
    assert words in text
    assert "已保存 1 行；1 行没有保存" in text
    assert f'href="#r{wrong.pk}"' in text
    again = inputs(response)
    assert again[f"r{wrong.pk}-invested_month_wan"] == amount
    assert again[f"r{wrong.pk}-progress_text"] == "写了说明"
    assert right.progress_reports.exists()
    assert not wrong.progress_reports.exists()
    again |= entered(wrong, "8", "9", "写了说明")
    assert post(client, url, again).status_code == 302
    assert wrong.progress_reports.get().invested_month_wan == 8
    assert right.progress_reports.get().version == 0


def test_going_back_needs_its_reason_in_the_row(client, officer, url):
    row = project()
    AcceptedReportFactory(project=row, month=BEFORE, physical_progress=40)
    data = inputs(client.get(url)) | entered(row, "5", "30")
    response = post(client, url, data)
    assert "形象进度低于" in response.content.decode()
    data = inputs(response) | entered(row, "5", "30", reason="返工")
    assert post(client, url, data).status_code == 302
    assert row.progress_reports.get(month=MONTH).regress_reason == "返工"


def test_two_people_in_one_row(client, officer, url):
    report = ProgressReportFactory(project=project(), month=MONTH, invested_month_wan=1)
    calm = ProgressReportFactory(project=project(), month=MONTH, invested_month_wan=2)
    data = inputs(client.get(url))
    ProgressReport.objects.filter(pk__in=[report.pk, calm.pk]).update(invested_month_wan=99, version=1)
    data[f"r{report.project_id}-invested_month_wan"] = "7"
    response = post(client, url, data)
    text = response.content.decode()
    assert response.status_code == 400
    assert "别人已把本行存为：99 万元" in text
    assert text.count("别人已把本行存为") == 2  # in the summary and at its row; the untouched row is calm
    again = inputs(response)
    assert again[f"r{report.project_id}-invested_month_wan"] == "7"
    assert post(client, url, again).status_code == 302
    report.refresh_from_db()
    calm.refresh_from_db()
    assert (report.invested_month_wan, calm.invested_month_wan) == (7, 99)


def test_a_row_that_is_wrong_and_stale_still_meets_the_conflict(client, officer, url):
    report = ProgressReportFactory(project=project(), month=MONTH, invested_month_wan=1)
    data = inputs(client.get(url))
    ProgressReport.objects.filter(pk=report.pk).update(invested_month_wan=99, version=1)
    data[f"r{report.project_id}-invested_month_wan"] = "七"
    again = inputs(post(client, url, data))
    again[f"r{report.project_id}-invested_month_wan"] = "7"
    assert "别人已把本行存为" in post(client, url, again).content.decode()


def test_somebody_added_the_month_meanwhile(client, officer, url):
    row = project()
    data = inputs(client.get(f"{url}?missing=1")) | entered(row, "5", "6", "我的说明")
    ProgressReportFactory(project=row, month=MONTH, invested_month_wan=3)
    response = post(client, url, data)
    assert response.status_code == 400
    assert "别人已把本行存为：3 万元" in response.content.decode()
    assert inputs(response)[f"r{row.pk}-progress_text"] == "我的说明"


@pytest.mark.parametrize("state", [s for s in ReportState if s != ReportState.DRAFT])
def test_a_row_that_was_handed_in_is_read_only_and_says_what_was_typed(client, officer, url, state):
    report = ProgressReportFactory(project=project(), month=MONTH)
    data = inputs(client.get(url))
    ProgressReport.objects.update(state=state)
    data[f"r{report.project_id}-invested_month_wan"] = "12345"
    response = post(client, url, data)
    assert response.status_code == 400
    assert "12345" in response.content.decode()
    assert f"r{report.project_id}-invested_month_wan" not in inputs(client.get(url))
    report.refresh_from_db()
    assert report.invested_month_wan == 100


def test_a_project_that_ended_meanwhile_is_named(client, officer, url):
    row = project()
    data = inputs(client.get(url)) | entered(row, "5", "6")
    row.status = Status.TERMINATED
    row.save()
    response = post(client, url, data)
    assert "项目已终止" in response.content.decode()
    assert inputs(response)[f"r{row.pk}-invested_month_wan"] == "5"


def test_an_expired_session_loses_nothing(client, officer, url):
    row = project()
    officer.set_password("right-horse-1")
    officer.save()
    client.force_login(officer)
    data = inputs(client.get(url)) | entered(row, "5", "6", "说明<b>")
    client.logout()
    response = post(client, url, data)
    text = response.content.decode()
    assert response.status_code == 403
    assert "您填的还在" in text
    assert "说明&lt;b&gt;" in text
    signing = {**data, "signing-in": "1", "username": officer.username}
    wrong = post(client, url, {**signing, "password": "no"})
    assert wrong.status_code == 400
    assert "说明&lt;b&gt;" in wrong.content.decode()
    assert "no" not in re.findall(r'name="password"[^>]*value="([^"]*)"', wrong.content.decode())
    assert not row.progress_reports.exists()
    done = post(client, url, {**signing, "password": "right-horse-1"})
    assert done.status_code == 302
    assert row.progress_reports.get().progress_text == "说明<b>"


def test_signing_in_there_gives_nobody_more_than_she_may(client, url, officer):
    row = project()
    data = inputs(client.get(url)) | entered(row, "5", "6")
    clerk = UserFactory(roles=["window"])
    clerk.set_password("right-horse-1")
    clerk.save()
    client.logout()
    signing = {**data, "signing-in": "1", "username": clerk.username, "password": "right-horse-1"}
    assert post(client, url, signing).status_code == 403
    assert not row.progress_reports.exists()


def test_saving_and_handing_in(client, officer, url):
    first, second = project(), project()
    ProgressReportFactory(project=second, month=MONTH)
    data = inputs(client.get(url)) | entered(first, "5", "6") | {"submit": "1"}
    assert post(client, url, data).status_code == 302
    assert set(ProgressReport.objects.values_list("state", flat=True)) == {ReportState.SUBMITTED}


@pytest.mark.parametrize("role", ["official", "supervisor", "window", "reviewer"])
def test_who_may_not_enter(client, url, role):
    client.force_login(UserFactory(roles=[role]))
    assert client.get(url).status_code == 403
    assert client.post(url, {}).status_code == 403
    client.logout()
    assert client.get(url).status_code == 302


def test_choosing_month_department_and_what_is_missing(client, officer, url):
    done, open_ = project(), project()
    ProgressReportFactory(project=done, month=MONTH)
    names = lambda query: {  # noqa: E731  (short, used four times)
        p.pk for p in (done, open_) if f"r{p.pk}-was" in client.get(url + query).content.decode()
    }
    assert names("") == {done.pk, open_.pk}
    assert names("?missing=1") == {open_.pk}
    assert names(f"?department={done.department_id}") == {done.pk}
    for rubbish in ("?month=x", "?department=x", "?page=x", "?department=9" + "9" * 30):
        assert names(rubbish) == {done.pk, open_.pk}
    page = client.get(f"{url}?month={period_of(BEFORE)}").content.decode()
    assert f"批量填报 {BEFORE:%Y年%m月}" in page


@pytest.mark.parametrize("count", [2, 50])
def test_the_page_costs_the_same_for_2_and_50(client, officer, url, count, django_assert_max_num_queries):
    for _ in range(count):
        row = project()
        AcceptedReportFactory(project=row, month=BEFORE)
        ProgressReportFactory(project=row, month=MONTH)
    client.get(url)
    with django_assert_max_num_queries(12):
        response = client.get(url)
    data = inputs(response)
    assert len([name for name in data if name.endswith("-was")]) == count
    with django_assert_max_num_queries(14):
        client.post(url, data)


def test_the_list_leads_to_the_grid(client, officer, url):
    assert url in client.get(reverse("admin:projects_progressreport_changelist")).content.decode()
