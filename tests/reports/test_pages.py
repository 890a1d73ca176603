"""The archive pages: who sees what, downloads by permission, a page that never fails with the broker."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import UserFactory
from tests.reports.conftest import KIND, PERIOD
from tuoxian_portal.core.models import Job
from tuoxian_portal.reports import actions
from tuoxian_portal.reports.models import ReportRun

pytestmark = pytest.mark.django_db
LIST = "/reports/"


@pytest.fixture
def run(ledger):
    ledger(1)
    return actions.produce_report(
        kind=KIND, period=PERIOD, actor=None, progress=lambda done, total, message: None
    )


def text(response):
    return response.content.decode()


def produce_url():
    return reverse("reports:produce", args=[KIND])


def test_strangers_are_asked_to_sign_in(client, run):
    for url in (LIST, run.get_absolute_url(), run.files.first().get_absolute_url()):
        response = client.get(url)
        assert response.status_code == 302
        assert response.url.startswith("/login/")


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("official", 200),
        ("project_officer", 200),
        ("supervisor", 200),
        ("finance_officer", 403),
        ("bank_contact", 403),
        ("window", 403),
    ],
)
def test_who_reads(client, run, role, status):
    client.force_login(UserFactory(roles=[role]))
    for url in (LIST, run.get_absolute_url(), run.files.first().get_absolute_url()):
        assert client.get(url).status_code == status


def test_reading_reports_does_not_open_a_kind_that_is_none_of_ones_business(client, run):
    client.force_login(UserFactory(permissions=["reports.view_reportrun"]))
    assert run.title not in text(client.get(LIST))
    assert client.get(run.get_absolute_url()).status_code == 404
    assert client.get(run.files.first().get_absolute_url()).status_code == 404


def test_a_download_has_a_chinese_name_and_is_not_kept(client, run, reader):
    client.force_login(reader)
    response = client.get(run.files.get(format="docx").get_absolute_url())
    assert response.headers["Content-Disposition"] == (
        "attachment; filename*=UTF-8''%E6%89%98%E5%85%8B%E6%89%98%E5%8E%BF%E9%87%8D%E7%82%B9%E9%A1%B9%E7%9B%AE"
        "%E6%9C%88%E6%8A%A5%EF%BC%882026%E5%B9%B410%E6%9C%88%EF%BC%89.docx"
    )
    assert response.headers["Cache-Control"] == "private, no-store"
    assert b"".join(response.streaming_content)[:2] == b"PK"


@pytest.mark.parametrize(
    "path",
    [
        "/reports/2026-09/",
        "/reports/nonsense/",
        f"/reports/{PERIOD}/{KIND}/7/docx/",
        f"/reports/{PERIOD}/{KIND}/1/exe/",
        f"/reports/{PERIOD}/weather/1/docx/",
    ],
)
def test_what_does_not_exist_is_not_found(client, run, reader, path):
    client.force_login(reader)
    assert client.get(path).status_code == 404


def test_a_file_lost_from_storage_is_not_a_500(client, run, reader):
    client.force_login(reader)
    file = run.files.get(format="pdf")
    storages["private"].delete(file.file.name)
    assert client.get(file.get_absolute_url()).status_code == 404


def test_the_page_of_a_month(client, run, reader):
    client.force_login(reader)
    found = text(client.get(run.get_absolute_url()))
    for wanted in (
        "托克托县重点项目月报",
        "累计完成投资",
        "下载 DOCX",
        "口径说明",
        "测试项目0",
        "系统按期生成",
    ):
        assert wanted in found
    assert "重新生成的理由" not in found


def test_an_official_sees_no_button(client, run, reader):
    client.force_login(reader)
    assert "生成报告" not in text(client.get(LIST))
    client.post(produce_url(), {"period": "2026-09"})
    assert not Job.objects.exists()


def test_the_button_makes_the_report(client, ledger, officer, django_capture_on_commit_callbacks):
    ledger(1)
    client.force_login(officer)
    assert "2026年10月" in text(client.get(LIST))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(produce_url(), {"period": PERIOD})
    found = text(client.get(LIST))
    assert ReportRun.objects.count() == 1
    assert f"/reports/{PERIOD}/{KIND}/1/docx/" in found


def test_the_progress_bar_is_for_whoever_asked(client, ledger, officer, supervisor):
    ledger(1)
    client.force_login(officer)
    client.post(produce_url(), {"period": PERIOD})
    job = Job.objects.get()
    assert reverse("core:job-progress", args=[job.pk]) in text(client.get(LIST))
    client.force_login(supervisor)
    found = text(client.get(LIST))
    assert reverse("core:job-progress", args=[job.pk]) not in found
    assert "正在生成，稍后刷新本页" in found


def test_the_broker_is_down_and_the_page_says_later(
    client, ledger, officer, monkeypatch, django_capture_on_commit_callbacks
):
    from tuoxian_portal.core.tasks import run_job

    def down(*args, **kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr(run_job, "delay", down)
    ledger(1)
    client.force_login(officer)

    # The request itself commits inside the view, as it does outside of tests.
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(produce_url(), {"period": PERIOD}, follow=True)
    assert response.status_code == 200
    assert "任务队列暂时连不上" in text(response)
    assert "恢复后会自动办理" in text(client.get(LIST))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"period": "2026-99"}, "年-月"),
        ({}, "年-月"),
        ({"period": "2026-11"}, "尚未结束"),
        ({"period": "2026-08"}, "没有已审核的数据"),
        ({"period": PERIOD, "reason": " "}, "须写明理由"),
        ({"period": PERIOD, "reason": "更正"}, "没有生成"),
    ],
)
def test_bad_requests_are_explained(client, run, officer, data, message):
    client.force_login(officer)
    assert message in text(client.post(produce_url(), data, follow=True))


def test_asking_for_what_exists_leads_to_it(client, run, officer):
    client.force_login(officer)
    response = client.post(produce_url(), {"period": PERIOD}, follow=True)
    assert response.redirect_chain[-1][0] == run.get_absolute_url()
    assert "已经生成过" in text(response)


def test_a_rerun_keeps_the_old_files_at_hand(client, run, supervisor, django_capture_on_commit_callbacks):
    client.force_login(supervisor)
    assert "重新生成的理由" in text(client.get(run.get_absolute_url()))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(produce_url(), {"period": PERIOD, "reason": "投资额更正"})
    found = text(client.get(run.get_absolute_url()))
    assert "理由：投资额更正" in found
    assert f"/reports/{PERIOD}/{KIND}/1/docx/" in found
    assert f"/reports/{PERIOD}/{KIND}/2/docx/" in found


def test_a_failure_is_shown_until_it_is_made_good(client, ledger, officer):
    ledger(1)
    Job.objects.create(
        kind=actions.JOB,
        title="月报（2026年10月）",
        payload={"kind": KIND, "period": PERIOD},
        dedupe_key=f"{KIND}:{PERIOD}",
        state=Job.State.FAILED,
        message="办理时出错，已停止重试。",
    )
    client.force_login(officer)
    assert "已停止重试" in text(client.get(LIST))
    actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=lambda *args: None)
    assert "已停止重试" not in text(client.get(LIST))


def test_get_does_not_produce(client, officer):
    client.force_login(officer)
    assert client.get(produce_url()).status_code == 405


@pytest.mark.parametrize("months", [1, 8])
def test_list_queries_do_not_grow(client, run, reader, months, django_assert_max_num_queries):
    for month in range(1, months + 1):
        other = ReportRun.objects.create(kind=KIND, period=f"2026-{month:02d}", figures=run.figures)
        for file in run.files.all():
            file.pk, file.run = None, other
            file.save()
    client.force_login(reader)
    client.get(LIST)
    with django_assert_max_num_queries(12):
        client.get(LIST)


def test_the_admin_is_read_only(client, run, supervisor):
    client.force_login(supervisor)
    assert client.get("/admin/reports/reportrun/").status_code == 200
    page = client.get(f"/admin/reports/reportrun/{run.pk}/change/")
    assert page.status_code == 200
    assert run.files.first().get_absolute_url() in text(page)
    assert client.get("/admin/reports/reportrun/add/").status_code == 403
    assert client.post(f"/admin/reports/reportrun/{run.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_newest_failures_are_told_however_many_there_were(client, ledger):
    ledger(1)
    client.force_login(UserFactory(roles=["project_officer"]))
    failed = {"kind": actions.JOB, "title": "月报", "state": Job.State.FAILED}
    for number in range(60):
        key = {"kind": KIND, "period": "2020-01"}
        Job.objects.create(**failed, payload=key, dedupe_key=f"{KIND}:2020-01", message=f"旧{number}")
    for word in ("先前的原因", "最近的原因"):
        payload = {"kind": KIND, "period": PERIOD}
        Job.objects.create(**failed, payload=payload, dedupe_key=f"{KIND}:{PERIOD}", message=word)
        Job.objects.filter(message="先前的原因").update(created_at=timezone.now() - timedelta(hours=1))
    page = text(client.get(LIST))
    assert "最近的原因" in page
    assert "先前的原因" not in page


@pytest.mark.parametrize("period", ["", "../x", "2026-13"])
def test_a_rerun_without_reason_for_no_period_says_so(client, period):
    client.force_login(UserFactory(roles=["supervisor"]))
    response = client.post(produce_url(), {"period": period, "reason": " "}, follow=True)
    assert response.status_code == 200
    assert "重新生成须写明理由" in text(response)
