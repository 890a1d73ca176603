"""Everything between an empty folder and a portal that can be served; safe to run again."""

import errno
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

STEPS: list[tuple[str, list[str]]] = [
    ("准备数据库", ["migrate", "--verbosity=0"]),
    ("核对工作日历", ["import_calendar"]),
    ("载入参考数据", ["load_reference"]),
]
DEMO_STEPS: list[tuple[str, list[str]]] = [
    ("准备示例数据（页面上均标“示例”）", ["seed_demo", "--scale=1", "--if-empty"]),
    ("准备演示账号", ["create_demo_accounts"]),
]
LAST_STEPS: list[tuple[str, list[str]]] = [
    ("更新站内搜索", ["rebuild_search"]),
    ("计算驾驶舱数据", ["refresh_cockpit"]),
]

ELSEWHERE = "请清理磁盘或检查目录权限，也可以换一个目录：VAR_DIR=/其他目录 make run"


class Command(BaseCommand):
    help = "建表，导入日历和参考数据，更新搜索和驾驶舱；加 --demo 时准备示例数据和演示账号。可重复执行。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="准备示例数据和每个角色一个演示账号")

    def handle(self, *args: Any, **options: Any) -> None:
        steps = STEPS + (DEMO_STEPS if options["demo"] else []) + LAST_STEPS
        for number, (title, command) in enumerate(steps, start=1):
            self.stdout.write(f"[{number}/{len(steps)}] {title}……")
            self.stdout.flush()
            try:
                call_command(*command, stdout=self.stdout, stderr=self.stderr)
            except (OSError, OperationalError) as error:
                if reason := explain(error):
                    raise CommandError(reason) from error
                raise


SQLITE_FAULTS = ("unable to open", "readonly", "is locked", "not a database", "malformed")


def explain(error: OSError | OperationalError) -> str | None:
    """One line that says what is wrong with the disk or the database and what to do; None when the
    fault lies elsewhere and its trace is worth more."""
    text = str(error).strip().split("\n")[0]
    database = settings.DATABASES["default"]
    if isinstance(error, OSError):
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        reason = "磁盘空间不足" if full else f"无法写入（{error.strerror}：{error.filename}）"
        return f"数据目录 {settings.VAR_DIR} {reason}。{ELSEWHERE}"
    if "disk is full" in text or "disk I/O error" in text:
        return f"数据目录 {settings.VAR_DIR} 磁盘空间不足。{ELSEWHERE}"
    if database["ENGINE"].endswith("sqlite3"):
        known = any(fault in text for fault in SQLITE_FAULTS)
        return f"数据库文件 {database['NAME']} 无法使用（{text}）。{ELSEWHERE}" if known else None
    where = f"{database['HOST'] or '本机'}:{database['PORT'] or 5432}/{database['NAME']}"
    return f"数据库 {where} 无法使用（{text}）。请检查 DATABASE_URL 和数据库服务。"
