"""Asking, making, archiving: once a period, whatever happens in between."""

import hashlib
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connections
from django.utils import timezone
from freezegun import freeze_time

from projects.choices import ReportState
from projects.models import ProgressReport
from tests.factories.accounts import UserFactory
from tests.reports.conftest import KIND, PERIOD
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core import jobs
from tuoxian_portal.core.errors import NotPermitted, PortalError, WorkflowError
from tuoxian_portal.core.models import Job
from tuoxian_portal.reports import actions
from tuoxian_portal.reports.models import ReportFile, ReportRun
from tuoxian_portal.reports.tasks import produce_due_reports

pytestmark = pytest.mark.django_db


def quiet(done, total, message):
    return None


def request(actor, period=PERIOD, **values):
    return actions.request_report(kind=KIND, period=period, actor=actor, **values)


def files_on_disk():
    storage, found = storages["private"], []

    def walk(folder):
        folders, files = storage.listdir(folder)
        found.extend(f"{folder}/{name}" for name in files)
        for name in folders:
            walk(f"{folder}/{name}")

    if storage.exists("reports"):
        walk("reports")
    return set(found)


@pytest.fixture(autouse=True)
def only_new_files():
    before = files_on_disk()
    yield
    for name in files_on_disk() - before:
        storages["private"].delete(name)


class TestOnce:
    def test_a_request_makes_the_archive(self, ledger, officer, django_capture_on_commit_callbacks):
        ledger(2)
        with django_capture_on_commit_callbacks(execute=True):
            job = request(officer)
        run = ReportRun.objects.get()
        assert Job.objects.get(pk=job.pk).state == Job.State.SUCCEEDED
        assert Job.objects.get(pk=job.pk).result_url == "/reports/2026-10/"
        assert (run.kind, run.period, run.revision, run.produced_by) == (KIND, PERIOD, 1, officer)
        assert run.figures["headline"][0]["value"] == 2
        assert {f.format for f in run.files.all()} == {"docx", "xlsx", "pdf"}
        for file in run.files.all():
            content = file.file.read()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)
        assert LogEntry.objects.exclude(action="freeze").get().action == "produce_report"

    def test_a_second_request_gets_the_same_archive(
        self, ledger, officer, django_capture_on_commit_callbacks
    ):
        ledger(1)
        with django_capture_on_commit_callbacks(execute=True):
            request(officer)
        run = ReportRun.objects.get()
        assert request(officer) == run
        assert Job.objects.count() == 1

    def test_two_clicks_make_one_job(self, ledger, officer):
        ledger(1)
        assert request(officer).pk == request(UserFactory(roles=["supervisor"])).pk

    def test_a_job_delivered_twice_ends_with_one_archive(self, ledger):
        ledger(1)
        first = actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
        before = files_on_disk()
        assert actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet) == first
        assert files_on_disk() == before

    def test_figures_stay_frozen_when_the_ledger_moves(self, ledger):
        ledger(1)
        run = actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
        ProgressReport.objects.update(invested_month_wan=777)
        assert "777" not in str(ReportRun.objects.get(pk=run.pk).figures)


class TestRefused:
    @pytest.mark.parametrize("period", ["2026-13", "2026", "", "../..", "2026-1"])
    def test_a_malformed_period(self, officer, period):
        with pytest.raises(ValidationError, match="年-月"):
            request(officer, period)

    def test_an_unknown_kind(self, officer):
        with pytest.raises(PortalError, match="没有名为"):
            actions.request_report(kind="weather", period=PERIOD, actor=officer)

    def test_a_month_that_has_not_ended(self, ledger, officer):
        ledger(1)
        with pytest.raises(WorkflowError, match="尚未结束"):
            request(officer, "2026-11")

    def test_a_month_without_accepted_figures(self, officer):
        with pytest.raises(WorkflowError, match="没有已审核的数据"):
            request(officer)

    @pytest.mark.parametrize(
        ("role", "produce", "rerun"),
        [
            ("project_officer", True, False),
            ("supervisor", True, True),
            ("official", False, False),
            ("finance_officer", False, False),
            ("window", False, False),
            ("administrator", False, False),
        ],
    )
    def test_who_may(self, ledger, role, produce, rerun):
        ledger(1)
        user = UserFactory(roles=[role])
        if produce:
            assert isinstance(request(user), Job)
        else:
            with pytest.raises(NotPermitted):
                request(user)
        actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
        Job.objects.all().delete()
        if rerun:
            assert isinstance(request(user, reason="更正"), Job)
        else:
            with pytest.raises(NotPermitted):
                request(user, reason="更正")


class TestAgain:
    def test_a_rerun_supersedes_and_keeps(self, ledger, supervisor, django_capture_on_commit_callbacks):
        ledger(1)
        old = actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
        ProgressReport.objects.update(invested_month_wan=60)
        with django_capture_on_commit_callbacks(execute=True):
            request(supervisor, reason="9月投资额更正")
        old.refresh_from_db()
        new = ReportRun.objects.current().get()
        assert (old.state, new.revision, new.supersedes, new.reason) == (
            "superseded",
            2,
            old,
            "9月投资额更正",
        )
        assert old.figures["headline"][3]["value"] == "100"
        assert new.figures["headline"][3]["value"] == "120"
        assert ReportFile.objects.count() == 6
        assert new.files.first().filename == "托克托县重点项目月报（2026年10月，第2版）.docx"

    def test_the_same_rerun_delivered_twice_makes_one_revision(self, ledger):
        ledger(1)
        old = actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
        values = {"kind": KIND, "period": PERIOD, "actor": None, "progress": quiet, "reason": "更正"}
        first = actions.produce_report(**values, supersedes=old.pk)
        assert actions.produce_report(**values, supersedes=old.pk) == first
        assert ReportRun.objects.count() == 2

    def test_there_is_nothing_to_redo_before_the_first(self, ledger, supervisor):
        ledger(1)
        with pytest.raises(WorkflowError, match="还没有报告"):
            request(supervisor, reason="更正")


class TestFaults:
    def test_a_broker_that_is_down_delays_the_report(
        self, ledger, officer, monkeypatch, django_capture_on_commit_callbacks
    ):
        from tuoxian_portal.core.tasks import run_job

        def down(*args, **kwargs):
            raise ConnectionError("no broker")

        ledger(1)
        with monkeypatch.context() as patch:
            patch.setattr(run_job, "delay", down)
            with django_capture_on_commit_callbacks(execute=True):
                job = request(officer)
            job.refresh_from_db()
            assert (job.state, job.published_at) == (Job.State.QUEUED, None)
        assert jobs.requeue_lost() == 1
        assert ReportRun.objects.count() == 1

    def test_a_worker_killed_while_rendering_leaves_nothing_and_is_made_up_for(
        self, ledger, officer, monkeypatch
    ):
        ledger(1)
        job = request(officer)
        before = files_on_disk()

        def killed(figures):
            raise SystemExit  # what a kill looks like from inside: nothing below is run

        with monkeypatch.context() as patch:
            patch.setitem(actions.RENDERERS, "pdf", killed)
            with pytest.raises(SystemExit):
                jobs.run(str(job.pk))
        job.refresh_from_db()
        assert job.state == Job.State.RUNNING
        assert not ReportRun.objects.exists()
        assert files_on_disk() == before
        with freeze_time(timezone.now() + jobs.LOST_AFTER + timedelta(minutes=1)):
            assert jobs.requeue_lost() == 1
        job.refresh_from_db()
        assert job.state == Job.State.SUCCEEDED
        assert (ReportRun.objects.count(), len(files_on_disk() - before)) == (1, 3)

    def test_a_worker_killed_while_archiving_keeps_no_half(self, ledger, monkeypatch):
        ledger(1)
        before = files_on_disk()
        with monkeypatch.context() as patch:
            patch.setattr(actions, "log", lambda **kwargs: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
        assert not ReportRun.objects.exists()
        assert files_on_disk() == before
        actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
        assert ReportRun.objects.count() == 1

    def test_another_worker_was_faster(self, ledger, monkeypatch):
        """Both find no archive; the one that comes second takes the first one's and leaves no files."""
        ledger(1)
        before = files_on_disk()
        original, inner = actions._archive, []

        def slow(**kwargs):
            if not inner:
                inner.append(True)
                inner[0] = actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
            return original(**kwargs)

        monkeypatch.setattr(actions, "_archive", slow)
        run = actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
        assert run == inner[0]
        assert ReportRun.objects.count() == 1
        assert len(files_on_disk() - before) == 3

    def test_what_a_kill_left_behind_is_cleared_away_after_a_day(self, ledger):
        ledger(1)
        storage = storages["private"]
        run = actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
        name = storage.save(f"reports/{KIND}/{PERIOD}/left-behind/report.docx", ContentFile(b"x"))
        real_now = storage.get_modified_time(name)  # files carry the clock of the machine, not the frozen one
        with freeze_time(real_now + timedelta(hours=20)):
            assert actions.remove_orphans() == 0
        with freeze_time(real_now + timedelta(hours=30)):
            assert actions.remove_orphans() == 1
        assert not storage.exists(name)
        assert all(storage.exists(file.file.name) for file in run.files.all())

    def test_a_file_row_is_never_rewritten(self, ledger):
        ledger(1)
        run = actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet)
        with pytest.raises(TypeError):
            run.files.first().save()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_make_one_archive(ledger):
    ledger(1)
    before, runs, barrier = files_on_disk(), [], threading.Barrier(4)

    def work():
        try:
            barrier.wait()
            runs.append(actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 4
    assert len(set(runs)) == ReportRun.objects.count() == 1
    assert len(files_on_disk() - before) == 3


class TestSchedule:
    def test_last_month_is_made_once(self, ledger, django_capture_on_commit_callbacks):
        ledger(1)
        with django_capture_on_commit_callbacks(execute=True):
            produced = produce_due_reports()
        # September had accepted figures as well and was missed.
        assert produced == 2
        assert set(ReportRun.objects.values_list("period", flat=True)) == {"2026-09", "2026-10"}
        with django_capture_on_commit_callbacks(execute=True):
            assert produce_due_reports() == 0

    def test_it_waits_until_the_figures_can_be_in(self, ledger, django_capture_on_commit_callbacks):
        ledger(1)
        with freeze_time("2026-11-03 02:00:00"), django_capture_on_commit_callbacks(execute=True):
            produce_due_reports()
        assert set(ReportRun.objects.values_list("period", flat=True)) == {"2026-09"}

    def test_months_without_data_and_long_gone_ones_are_left_alone(self, ledger):
        assert produce_due_reports() == 0
        ledger(1)
        with freeze_time("2027-06-10 02:00:00"):
            assert produce_due_reports() == 0

    def test_submitted_figures_are_not_enough(self, ledger):
        ledger(1, state=ReportState.SUBMITTED)
        assert produce_due_reports() == 0
