"""Exit code 0 while the named parts are well: for container health checks and cron."""

import json
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tuoxian_portal.core.health import report


class Command(BaseCommand):
    help = "检查运行状况：web（本机网站）、database、cache、broker、beat、queue；有一项不正常即以非零退出。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "parts", nargs="*", choices=["web", "database", "cache", "broker", "beat", "queue", []]
        )

    def handle(self, *args: Any, **options: Any) -> None:
        parts = options["parts"] or ["database", "cache", "broker", "beat", "queue"]
        found = report()
        if "web" in parts:
            found["web"] = ask_web()
        wrong = {part: found.get(part, {"ok": False}) for part in parts if not found.get(part, {}).get("ok")}
        if wrong:
            raise CommandError(json.dumps(wrong, ensure_ascii=False))
        self.stdout.write("正常")


def ask_web() -> dict[str, Any]:
    """Whether the web server beside this command answers that pages work."""
    host = next((h for h in settings.ALLOWED_HOSTS if h and not h.startswith((".", "*"))), "127.0.0.1")
    request = urllib.request.Request(f"http://127.0.0.1:{settings.PORT}/healthz/", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310  (our own address)
            return {"ok": response.status == 200}
    except (OSError, urllib.error.URLError) as error:
        return {"ok": False, "error": str(error)}
