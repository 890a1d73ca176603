"""`/healthz/` and `check_health`."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from tuoxian_portal.core import health
from tuoxian_portal.core.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _beat_runs() -> None:
    PeriodicTask.objects.create(
        name="requeue-lost-jobs",
        task="tuoxian_portal.core.tasks.requeue_lost_jobs",
        interval=IntervalSchedule.objects.create(every=1, period="minutes"),
        last_run_at=timezone.now() - timedelta(minutes=2),
    )


def beat_was_seen(**ago: float) -> None:
    moment = timezone.now() - timedelta(**ago)
    PeriodicTask.objects.update(last_run_at=moment, date_changed=moment)


def test_all_well(client):
    response = client.get("/healthz/")
    assert response.status_code == 200
    found = response.json()
    assert found["status"] == "ok"
    assert {part for part, state in found.items() if isinstance(state, dict)} == {
        "database",
        "cache",
        "broker",
        "beat",
        "queue",
    }
    assert "no-store" in response.headers["Cache-Control"]


def test_it_costs_few_queries(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        client.get("/healthz/")


def test_a_dead_broker_degrades_but_does_not_take_pages_down(client, settings, tmp_path):
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_out": str(tmp_path / "gone")}
    response = client.get("/healthz/")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["broker"] == {"ok": False, "error": "FileNotFoundError"}


@pytest.mark.parametrize(("minutes", "ok"), [(9, True), (11, False)])
def test_beat_that_is_silent_is_told(client, minutes, ok):
    beat_was_seen(minutes=minutes)
    assert client.get("/healthz/").json()["beat"]["ok"] is ok


def test_beat_that_has_just_started_is_well(client):
    beat_was_seen(days=3)
    PeriodicTask.objects.update(date_changed=timezone.now())
    assert client.get("/healthz/").json()["beat"]["ok"] is True


def test_beat_that_never_ran_is_told(client):
    PeriodicTask.objects.all().delete()
    assert client.get("/healthz/").json()["beat"] == {"ok": False, "last_seen": None}


def test_a_queue_that_only_grows_is_told(client):
    Job.objects.create(kind="test", title="测试", created_at=timezone.now() - timedelta(minutes=11))
    Job.objects.create(kind="test", title="测试")
    queue = client.get("/healthz/").json()["queue"]
    assert (queue["ok"], queue["waiting"]) == (False, 2)
    assert queue["oldest_seconds"] >= 660


def test_a_dead_database_is_503_and_nothing_else_is_asked(client, monkeypatch):
    class Dead:
        def cursor(self) -> None:
            raise DatabaseError("no route to secret-host")

    monkeypatch.setattr(health, "connection", Dead())
    response = client.get("/healthz/")
    assert response.status_code == 503
    assert response.json()["status"] == "down"
    assert "secret-host" not in response.content.decode()
    assert "beat" not in response.json()


def test_the_command_fails_for_what_it_was_asked(capsys):
    call_command("check_health", "database", "beat")
    beat_was_seen(hours=1)
    call_command("check_health", "database")
    with pytest.raises(CommandError, match="beat"):
        call_command("check_health", "database", "beat")
    with pytest.raises(CommandError, match="beat"):
        call_command("check_health")


def test_the_command_asks_the_web_server_under_an_allowed_name(small_server, settings):
    settings.PORT = str(small_server.port)
    settings.ALLOWED_HOSTS = ["*", ".example.gov.cn", "portal.example.gov.cn"]
    call_command("check_health", "web")
    assert small_server.asked == [("/healthz/", "portal.example.gov.cn")]
    settings.PORT = "1"
    with pytest.raises(CommandError, match="web"):
        call_command("check_health", "web")
