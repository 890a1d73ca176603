"""The whole portal in one terminal: web, worker and beat (`make run`)."""

import socket
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection, connections

from tuoxian_portal.core.management.commands.prepare import explain
from tuoxian_portal.core.supervisor import Supervisor


class Command(BaseCommand):
    help = "同时启动网站、后台任务和定时任务；Ctrl-C 全部停止。适合开发、演示和单机试用。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="先执行 prepare --demo")

    def handle(self, *args: Any, **options: Any) -> None:
        host = settings.BIND_HOST
        port = check_port(host, settings.PORT)
        if options["demo"]:
            call_command("prepare", demo=True, stdout=self.stdout, stderr=self.stderr)
        check_prepared()
        connections.close_all()
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104  (compared, not bound)
        supervisor = Supervisor(commands(host, port), out=self.stdout)  # type: ignore[arg-type]  # writes like a stream

        def announce() -> None:
            if wait_for(address + "healthz/", lambda: supervisor.stopping.is_set()):
                supervisor.say(
                    f"\n托县门户已启动：{address}\n"
                    f"    工作台 {address}admin/    接口说明 {address}api/    按 Ctrl-C 停止\n"
                )

        self.stdout.write("正在启动网站、后台任务和定时任务……")
        code = supervisor.run(announce)
        if code:
            raise CommandError("启动失败。")
        self.stdout.write("已全部停止。")


def commands(host: str, port: int) -> dict[str, list[str]]:
    """What runs beside each other. One web process: the embedded cache is per process."""
    # In a container one is root; three lines about it would bury the address and the accounts.
    python = [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m"]
    celery = [*python, "celery", "--app", "tuoxian_portal", "--quiet"]
    level = ["--loglevel", "WARNING"]
    return {
        "web": [
            *[*python, "granian", "--interface", "wsgi", "--host", host, "--port", str(port)],
            *["--workers", "1", "--blocking-threads", "4", "--log-level", "warning"],
            *["--workers-kill-timeout", "5", "--respawn-failed-workers", "tuoxian_portal.wsgi:application"],
        ],
        "worker": [
            *[*celery, "worker", "--pool", "threads", "--concurrency", "2"],
            *["--without-mingle", "--without-gossip", *level],
        ],
        "beat": [*celery, "beat", *level],
    }


def check_port(host: str, text: str) -> int:
    """The port number in `text`; `CommandError` with what to do when it cannot be listened on."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CommandError(f"PORT 应为 1 至 65535 之间的整数，现为“{text}”。例如：PORT=8001 make run")
    port = int(text)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise CommandError(
                f"没有权限使用端口 {port}，请换用 1024 以上的端口：PORT=8001 make run"
            ) from None
        except OSError as error:
            raise CommandError(
                f"端口 {port} 不可用（可能已被其他程序占用），请换一个端口：PORT={min(port, 65000) + 1} make run"
            ) from error
    return port


def check_prepared() -> None:
    """`CommandError` with what to do when the database cannot be read or nobody has made its tables:
    every page would answer with a fault."""
    try:
        tables = connection.introspection.table_names()
    except OperationalError as error:
        raise CommandError(explain(error) or str(error)) from error
    if "django_migrations" not in tables:
        raise CommandError(
            "数据库里还没有数据表。请先执行 python manage.py prepare（要示例数据，请改用 make run），再启动。"
        )


def wait_for(url: str, given_up: Any) -> bool:
    """True as soon as `url` answers anything; False when `given_up()` says so first."""
    while not given_up():
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  (our own address)
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False
