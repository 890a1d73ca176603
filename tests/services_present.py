"""Which outside services a test run has. What is absent is left out and reported, or demanded.

`REQUIRE_SERVICES=1` (set by `.ci/run`) makes a missing service an error instead.
"""

import os
import shutil
from functools import cache

from tests.browser import axe

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ON_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


@cache
def chromium() -> str | None:
    """The path of a Chromium, from `CHROMIUM` or the system."""
    candidates = [os.environ.get("CHROMIUM", ""), *CHROMIUM_NAMES, CHROMIUM_ON_MACOS]
    return next((found for name in candidates if name and (found := shutil.which(name))), None)


@cache
def missing() -> dict[str, str]:
    """`{marker: what is missing and how to have it}` for every service that is absent."""
    from django.conf import settings

    found: dict[str, str] = {}
    if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        found["postgres"] = "未使用 PostgreSQL（设置 DATABASE_URL=postgres://… 后运行）"
    if reason := redis_problem(os.environ.get("REDIS_URL", "")):
        found["redis"] = reason
    if chromium() is None:
        found["browser"] = "未找到 Chromium（安装 chromium，或用 CHROMIUM 指明路径）"
        found["axe"] = found["browser"]
    elif reason := axe.problem():
        found["axe"] = reason
    return found


def redis_problem(url: str) -> str:
    """Why Redis at `url` cannot be used, or ""."""
    if not url:
        return "未使用 Redis（设置 REDIS_URL=redis://… 后运行）"
    import redis

    try:
        redis.Redis.from_url(url, socket_connect_timeout=2).ping()
    except redis.RedisError as error:
        return f"连不上 REDIS_URL 所指的 Redis（{error}）"
    return ""


def required() -> bool:
    return os.environ.get("REQUIRE_SERVICES", "") not in {"", "0"}
