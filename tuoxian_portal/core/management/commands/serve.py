"""The whole portal in one terminal: web, worker and beat (`make run`)."""

import socket
import sys
import time
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tuoxian_portal.core.supervisor import Supervisor


class Command(BaseCommand):
    help = "同时启动网站、后台任务和定时任务；Ctrl-C 全部停止。适合开发、演示和单机试用。"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = settings.HOST, settings.PORT
        check_port(host, port)
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104
        supervisor = Supervisor(commands(host, port), out=self.stdout)  # type: ignore[arg-type]

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
        self.stdout.write("\n已全部停止。")


def commands(host: str, port: int) -> dict[str, list[str]]:
    """What runs beside each other. One web process: the embedded cache is per process."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--app", "tuoxian_portal", "--quiet"]
    level = ["--loglevel", "WARNING"]
    return {
        "web": [
            *[*python, "granian", "--interface", "wsgi", "--host", host, "--port", str(port)],
            *["--workers", "1", "--blocking-threads", "8", "--log-level", "warning"],
            *["--workers-kill-timeout", "5", "--respawn-failed-workers", "tuoxian_portal.wsgi:application"],
        ],
        "worker": [
            *[*celery, "worker", "--pool", "threads", "--concurrency", "2"],
            *["--without-mingle", "--without-gossip", *level],
        ],
        "beat": [*celery, "beat", *level],
    }


def check_port(host: str, port: int) -> None:
    """Raises `CommandError` with what to do when `port` cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise CommandError(
                f"没有权限使用端口 {port}，请换用 1024 以上的端口：PORT=8001 make run"
            ) from None
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"端口 {port} 不可用（可能已被其他程序占用），请换一个端口：PORT={min(port, 65000) + 1} make run"
            ) from error


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
