"""A real server on sample data, and a real browser: what the tests in this folder share.

The server is `manage.py serve`'s web process on a database of its own, so that what is looked at is
what people get. It starts once for all tests of this folder (they share one xdist worker).
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services_present import chromium
from tuoxian_portal.core.management.commands.serve import commands

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "one-password-for-every-account"
# (size, contrast, scheme) of the display cookie.
DISPLAYS = {
    "normal": "normal.normal.light",
    "elder": "elder.normal.light",
    "contrast": "normal.high.light",
    "dark": "normal.normal.dark",
}
WIDTHS = (360, 1280)
SET_PASSWORDS = f"""
from django.contrib.auth.hashers import make_password
from tuoxian_portal.accounts.demo import ensure_demo_accounts
from tuoxian_portal.accounts.models import User
ensure_demo_accounts()
User.objects.update(password=make_password({PASSWORD!r}))
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the portal's processes: an embedded database and broker of their own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}},
        "DJANGO_SETTINGS_MODULE": "tuoxian_portal.settings",
        "VAR_DIR": str(tmp_path_factory.mktemp("portal")),
        "PORT": str(port),
        "LOG_LEVEL": "ERROR",
    }


@pytest.fixture(scope="session")
def portal(environment: dict[str, str]) -> Iterator[str]:
    """The address of a running portal with reference facts, sample activity and accounts."""
    port = environment["PORT"]

    def manage(*arguments: str) -> None:
        subprocess.run(  # noqa: S603  (our own commands)
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    manage("prepare")
    manage("seed_demo", "--scale=1", "--if-empty")
    manage("shell", "--verbosity=0", "--command", SET_PASSWORDS)
    server = subprocess.Popen(  # noqa: S603  (our own command)
        [
            *[sys.executable, "-m", "granian", "--interface", "wsgi", "--port", port],
            *["--blocking-threads", "4", "--log-level", "error", "tuoxian_portal.wsgi:application"],
        ],
        cwd=ROOT,
        env=environment,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            if server.poll() is not None:
                raise RuntimeError(f"the server ended with code {server.returncode}")
            try:
                urllib.request.urlopen(f"{address}/healthz/", timeout=5).close()  # noqa: S310  (our own server)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(15)


@pytest.fixture(scope="module")
def worker(portal: str, environment: dict[str, str]) -> Iterator[Callable[[], None]]:
    """Starts the Celery worker that `make run` starts; until then what is asked for waits."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        command = commands("127.0.0.1", int(environment["PORT"]))["worker"]
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment))  # noqa: S603  (our own command)

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    """One Chromium for a module. Playwright's loop ends with it, so that tests with the database
    in the same process are not disturbed."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(portal: str, chrome: Any) -> Iterator[Callable[..., Any]]:
    """`open_page(width=360, display="elder", account="window-zhang")`: a page in a context of its own
    that fails the test when a script throws. Go somewhere with `page.goto("/projects/")`. With
    `scripts=False` there is no JavaScript; `display=""` leaves the cookie to the pages."""
    contexts: list[Any] = []
    errors: list[str] = []

    def make(*, width: int = 1280, display: str = "normal", account: str = "", scripts: bool = True) -> Any:
        context = chrome.new_context(
            base_url=portal,
            viewport={"width": width, "height": 800},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        if display:
            context.add_cookies([{"name": "display", "value": DISPLAYS[display], "url": portal}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        if account:
            sign_in(page, account)
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


def sign_in(page: Any, account: str) -> None:
    page.goto("/login/")
    page.fill("[name=username]", account)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: not url.rstrip("/").endswith("/login"))
