"""Background work survives a dead worker, a dead broker and a double click."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from tuoxian_portal.core import jobs
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.tasks import requeue_lost_jobs, run_job, sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def handler() -> Iterator[list[Job]]:
    """Registers the kind `test`; what it was called with is in the list."""
    calls: list[Job] = []

    @jobs.job_handler("test")
    def work(job: Job, progress: jobs.Progress) -> str:
        calls.append(job)
        if error := job.payload.get("error"):
            raise {"rule": PortalError("材料还没有交齐。"), "fault": RuntimeError("内部细节")}[error]
        progress(1, 2, "写到一半")
        return "/reports/2026-10/"

    yield calls
    del jobs.HANDLERS["test"]


@pytest.fixture
def dead_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(run_job, "delay", refuse)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids that were handed to the broker; nothing runs."""
    ids: list[str] = []
    monkeypatch.setattr(run_job, "delay", ids.append)
    return ids


def make(state: str = Job.State.QUEUED, **fields: object) -> Job:
    return Job.objects.create(kind="test", title="测试任务", state=state, **fields)


def ago(**span: float) -> object:
    return timezone.now() - timedelta(**span)


def test_enqueued_work_is_done_after_commit(handler, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.enqueue("test", title="月报", payload={"period": "2026-10"})
        assert not handler, "must not run before the caller's transaction is committed"
    job.refresh_from_db()
    assert [call.payload for call in handler] == [{"period": "2026-10"}]
    assert (job.state, job.percent, job.attempts) == (Job.State.SUCCEEDED, 100, 1)
    assert job.result_url == "/reports/2026-10/"
    assert None not in {job.published_at, job.started_at, job.finished_at}


def test_nothing_is_published_when_the_caller_rolls_back(published, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        jobs.enqueue("test", title="月报")
        transaction.set_rollback(True)
    assert not Job.objects.exists()
    assert not published


@pytest.mark.parametrize("state", [Job.State.QUEUED, Job.State.RUNNING])
def test_a_double_click_gives_the_same_open_job(state, published):
    first = make(state, dedupe_key="2026-10")
    assert jobs.enqueue("test", title="月报", dedupe_key="2026-10") == first
    assert Job.objects.count() == 1


@pytest.mark.parametrize("state", [Job.State.SUCCEEDED, Job.State.FAILED])
def test_a_finished_job_does_not_stand_in_the_way(state, published):
    first = make(state, dedupe_key="2026-10")
    assert jobs.enqueue("test", title="月报", dedupe_key="2026-10") != first


def test_without_a_key_nothing_is_the_same_work(published):
    assert jobs.enqueue("test", title="月报") != jobs.enqueue("test", title="月报")


def test_a_click_between_look_and_insert_finds_the_other_job(published, monkeypatch):
    other = make(dedupe_key="2026-10")
    real, seen = jobs._open_job, []

    def blind_at_first(kind: str, key: str) -> Job | None:
        seen.append(key)
        return real(kind, key) if len(seen) > 1 else None

    monkeypatch.setattr(jobs, "_open_job", blind_at_first)
    assert jobs.enqueue("test", title="月报", dedupe_key="2026-10") == other
    assert Job.objects.count() == 1


def test_a_dead_broker_delays_but_refuses_nothing(dead_broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.enqueue("test", title="月报")
    job.refresh_from_db()
    assert (job.state, job.published_at) == (Job.State.QUEUED, None)
    assert job.as_dict()["message"] == "任务队列暂时不可用，恢复后会自动办理。"
    assert jobs.requeue_lost() == 0, "still dead: nothing was published"


def test_the_sweeper_finishes_what_a_dead_broker_left(handler):
    job = make()
    assert requeue_lost_jobs() == 1
    job.refresh_from_db()
    assert job.state == Job.State.SUCCEEDED
    assert job.message == ""


def test_a_broken_broker_folder_does_not_reach_the_caller(tmp_path, monkeypatch):
    """The embedded transport itself, with a file where its folder should be."""
    folder = tmp_path / "queue"
    folder.write_text("not a folder")
    broken = Celery("broken", broker="filesystem://", set_as_current=False)
    broken.conf.broker_transport_options = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(tmp_path / "control"),
    }
    monkeypatch.setattr(run_job, "delay", lambda job_id: broken.send_task(run_job.name, args=[job_id]))
    assert jobs.publish(make()) is False
    assert Job.objects.get().message.startswith("任务队列暂时不可用")


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({"state": "queued", "published_at": None}, True),
        ({"state": "queued", "published_at": timedelta(minutes=6)}, True),
        ({"state": "queued", "published_at": timedelta(minutes=4)}, False),
        ({"state": "running", "heartbeat_at": timedelta(minutes=6), "attempts": 1}, True),
        ({"state": "running", "heartbeat_at": timedelta(minutes=4), "attempts": 1}, False),
        ({"state": "succeeded", "published_at": timedelta(days=1)}, False),
        ({"state": "failed", "published_at": timedelta(days=1)}, False),
    ],
)
def test_what_counts_as_lost(fields, lost, published):
    moments = {k: timezone.now() - v if isinstance(v, timedelta) else v for k, v in fields.items()}
    job = make(**moments)
    assert jobs.requeue_lost() == int(lost)
    assert published == ([str(job.pk)] if lost else [])


def test_a_job_that_keeps_killing_its_worker_is_given_up(published):
    job = make(Job.State.RUNNING, heartbeat_at=ago(minutes=6), attempts=jobs.MAX_ATTEMPTS)
    assert jobs.requeue_lost() == 0
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "已停止重试" in job.message


def test_a_job_whose_worker_was_killed_is_done_again(handler):
    job = make(Job.State.RUNNING, heartbeat_at=ago(minutes=6), attempts=1)
    jobs.run(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.SUCCEEDED, 2)


@pytest.mark.parametrize("late", ["fails", "ends", "goes on"])
def test_a_worker_that_was_given_up_has_no_say_any_more(late):
    """It was only slow: another one took the job over and finished it meanwhile."""
    job, attempts = make(), []

    @jobs.job_handler("test")
    def work(claimed: Job, progress: jobs.Progress) -> str:
        attempts.append(claimed.attempts)
        if len(attempts) == 2:
            return "/the-second/"
        Job.objects.filter(pk=claimed.pk).update(heartbeat_at=ago(minutes=6))
        jobs.run(str(claimed.pk))
        if late == "fails":
            raise RuntimeError
        progress(1, 9, "还在写")
        return "/the-first/"

    jobs.run(str(job.pk))
    job.refresh_from_db()
    assert attempts == [1, 2]
    assert (job.state, job.result_url, job.message) == (Job.State.SUCCEEDED, "/the-second/", "")


@pytest.mark.parametrize("state", [Job.State.RUNNING, Job.State.SUCCEEDED, Job.State.FAILED])
def test_a_second_delivery_does_nothing(state, handler):
    job = make(state, heartbeat_at=timezone.now())
    jobs.run(str(job.pk))
    job.refresh_from_db()
    assert not handler
    assert (job.state, job.attempts) == (state, 0)


def test_a_delivery_of_a_deleted_job_does_nothing(handler):
    jobs.run("00000000-0000-0000-0000-000000000000")
    assert not handler


def test_a_fault_is_retried_and_then_given_up_without_telling_its_insides(handler):
    job = make(payload={"error": "fault"})
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        jobs.run(str(job.pk))
        job.refresh_from_db()
        assert job.attempts == attempt
        assert "内部细节" not in job.message
        last = attempt == jobs.MAX_ATTEMPTS
        assert job.state == (Job.State.FAILED if last else Job.State.QUEUED)
        assert ("稍后自动重试" in job.message) is not last
        assert (job.finished_at is not None) is last
        assert job.published_at is None, "the sweeper must find it"


def test_a_rule_that_refuses_is_not_retried(handler):
    job = make(payload={"error": "rule"})
    jobs.run(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.message) == (Job.State.FAILED, "材料还没有交齐。")


def test_a_kind_that_nobody_handles_fails_in_the_end():
    job = Job.objects.create(kind="unknown", title="测试任务", attempts=jobs.MAX_ATTEMPTS - 1)
    jobs.run(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.FAILED


def test_progress_is_a_sign_of_life_and_one_small_update(django_assert_num_queries):
    job = make(Job.State.RUNNING, heartbeat_at=ago(minutes=4))
    with django_assert_num_queries(1):
        jobs.Progress(job)(3, 4, "长" * 400)
    job.refresh_from_db()
    assert job.percent == 75
    assert len(job.message) == 300
    assert job.heartbeat_at > timezone.now() - timedelta(minutes=1)


def test_a_running_job_never_shows_as_finished():
    job = make(Job.State.RUNNING, progress_done=5, progress_total=5)
    assert job.percent == 99


def test_every_schedule_names_a_task_that_exists():
    from tuoxian_portal.celery import app

    app.loader.import_default_modules()
    wanted = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}
    assert wanted <= set(app.tasks)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_claim_a_job_once(handler):
    from threading import Barrier, Thread

    job, barrier = make(), Barrier(4)

    def worker() -> None:
        barrier.wait()
        jobs.run(str(job.pk))
        connection.close()

    threads = [Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(handler) == 1


def test_what_is_over_and_tells_nothing_is_swept(django_user_model):
    old = {"finished_at": ago(days=31)}
    make(Job.State.SUCCEEDED, **old)
    kept = [
        make(Job.State.SUCCEEDED, finished_at=ago(days=29)),
        make(Job.State.FAILED, **old),
        make(Job.State.SUCCEEDED, payload={"moved": ["一件"]}, **old),
        make(Job.State.SUCCEEDED, result_url="/reports/2026-10/", **old),
        make(Job.State.SUCCEEDED, requested_by=django_user_model.objects.create(username="x"), **old),
    ]
    for key, days in (("over", -1), ("open", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days)
        )
    sweep()
    assert set(Job.objects.all()) == set(kept)
    assert Session.objects.get().session_key == "open"
