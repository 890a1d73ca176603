"""`prepare`, `serve` and the supervisor behind it."""

import errno
import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from tuoxian_portal.core.management.commands import prepare, serve
from tuoxian_portal.core.supervisor import Supervisor


# --- supervisor ---------------------------------------------------------------------------------
def python(code: str) -> list[str]:
    return [sys.executable, "-uc", code]


FOREVER = python("import time; print('ready'); time.sleep(60)")


def run(commands: dict[str, list[str]], *, then: object = None) -> tuple[int, str]:
    """Runs `commands`; `then(supervisor)` is called once in a thread. Returns code and output."""
    out = io.StringIO()
    supervisor = Supervisor(commands, out)
    code = supervisor.run(lambda: then(supervisor) if then else None)
    assert all(child.poll() is not None for child in supervisor.children.values()), "an orphan is left"
    return code, out.getvalue()


def stop_when(text: str, number: int = signal.SIGTERM, times: int = 1) -> object:
    def wait(supervisor: Supervisor) -> None:
        deadline = time.monotonic() + 15
        while supervisor.out.getvalue().count(text) < times and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    return wait


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(number):
    code, out = run({"web": FOREVER, "worker": FOREVER}, then=stop_when("ready", number, times=2))
    assert code == 0
    assert "web    | ready" in out
    assert "worker | ready" in out


def test_children_of_a_process_are_stopped_with_it():
    parent = python(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('child', child.pid); time.sleep(60)"
    )
    _, out = run({"web": parent}, then=stop_when("child"))
    pid = int(re.search(r"child (\d+)", out)[1])
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout  # noqa: S603, S607  (our own command)
    assert state.strip() in {"", "Z"}


def test_what_does_not_want_to_stop_is_killed(monkeypatch):
    monkeypatch.setattr("tuoxian_portal.core.supervisor.PATIENCE", 0.3)
    deaf = python(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(60)"
    )
    started = time.monotonic()
    code, _ = run({"worker": deaf}, then=stop_when("ready"))
    assert code == 0
    assert time.monotonic() - started < 10


def test_a_killed_process_comes_back():
    def kill_once(supervisor: Supervisor) -> None:
        stop = threading.Thread(target=stop_when("ready", times=2), args=(supervisor,))
        while "ready" not in supervisor.out.getvalue():
            time.sleep(0.02)
        supervisor.children["worker"].kill()
        stop.start()

    code, out = run({"worker": FOREVER}, then=kill_once)
    assert code == 0
    assert out.count("ready") == 2
    assert "worker 意外退出（代码 -9），正在重新启动" in out


def test_a_process_that_cannot_start_stops_all_and_says_why():
    code, out = run({"web": python("import sys; sys.exit('没有这个模块')"), "worker": FOREVER})
    assert code == 1
    assert out.count("web    | 没有这个模块") == 3
    assert "web 连续三次启动失败" in out


# --- serve --------------------------------------------------------------------------------------
def test_a_busy_port_is_named_and_another_offered():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"端口 {port} 不可用.*PORT={port + 1} make run"):
            serve.check_port("127.0.0.1", str(port))


@pytest.mark.parametrize("text", ["", "abc", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_refused(text):
    with pytest.raises(CommandError, match="PORT 应为"):
        serve.check_port("127.0.0.1", text)


def test_a_free_port_is_taken():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert serve.check_port("127.0.0.1", str(port)) == port


def test_waiting_ends_when_the_server_answers_or_somebody_gives_up(small_server):
    assert serve.wait_for(f"http://127.0.0.1:{small_server.port}/no-such-page/", lambda: False)
    assert not serve.wait_for("http://127.0.0.1:1/", lambda: True)


# --- prepare ------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_prepare_can_be_repeated():
    first, second = io.StringIO(), io.StringIO()
    call_command("prepare", stdout=first)
    call_command("prepare", stdout=second)
    assert "[1/5] 准备数据库" in first.getvalue()
    assert re.search(r"新增 [1-9]", first.getvalue())
    assert not re.search(r"(新增|更新) [1-9]", second.getvalue())


@pytest.fixture
def sqlite(settings, monkeypatch):
    file = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/x/portal.sqlite3"}
    monkeypatch.setitem(settings.DATABASES, "default", file)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "磁盘空间不足"),
        (OSError(errno.EROFS, "Read-only file system", "/x"), "无法写入（Read-only file system：/x）"),
        (OperationalError("database or disk is full"), "磁盘空间不足"),
        (OperationalError("unable to open database file"), "数据库文件 .* 无法使用"),
    ],
)
def test_faults_of_disk_and_database_become_one_line(error, reason, sqlite):
    line = prepare.explain(error)
    assert re.search(reason, line)
    assert "VAR_DIR=" in line
    assert "\n" not in line


def test_a_server_that_cannot_be_reached_is_named_without_its_password(settings, monkeypatch):
    server = {"HOST": "db", "PORT": 5432, "NAME": "portal", "PASSWORD": "secret"}
    server["ENGINE"] = "django.db.backends.postgresql"
    monkeypatch.setitem(settings.DATABASES, "default", server)
    line = prepare.explain(OperationalError("connection refused\nIs the server running?"))
    assert line == "数据库 db:5432/portal 无法使用（connection refused）。请检查 DATABASE_URL 和数据库服务。"


def test_a_fault_of_ours_keeps_its_trace(sqlite):
    assert prepare.explain(OperationalError("no such column: x")) is None


# --- serve on what `prepare` makes ----------------------------------------------------------------
@pytest.mark.django_db
def test_a_database_that_is_prepared_is_served():
    serve.check_prepared()


@pytest.mark.django_db
def test_a_database_without_tables_is_named_before_anything_starts(monkeypatch):
    monkeypatch.setattr(connection.introspection, "table_names", list)
    with pytest.raises(CommandError, match=r"请先执行 python manage\.py prepare"):
        serve.check_prepared()
