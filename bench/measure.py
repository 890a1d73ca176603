"""Asking the server, timing it, and counting its queries."""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from bench.environment import PORT, ROOT

TABLE_COUNT = re.compile(r'^SELECT COUNT\(\*\)[^"]*FROM "\w+"$')


@dataclass(frozen=True)
class Ask:
    """One request and the status that it must be answered with."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    form: dict[str, Any] | None = None


@dataclass
class Taken:
    """What a workload took. `cpu` is the server's, in ms a request: the median over the rounds.
    `latencies` are wall times at the client in ms, over all rounds."""

    rounds: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    queries: int | None = None
    counts_table: bool = False

    @property
    def cpu(self) -> float:
        return statistics.median(self.rounds)

    @property
    def p50(self) -> float:
        return statistics.median(self.latencies)

    @property
    def undisturbed(self) -> float:
        """The 10th percentile: what a request takes when nothing else wants the machine. Times of
        different minutes are compared by it."""
        return sorted(self.latencies)[len(self.latencies) // 10]

    @property
    def p95(self) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


class Server:
    """Granian with one worker, and one connection to it."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        command += [
            "--port",
            str(PORT),
            "--workers",
            "1",
            "--blocking-threads",
            "1",
            "--log-level",
            "warning",
        ]
        self.output = self.log.open("w")
        self.process = subprocess.Popen(
            [*command, "bench.server:application"], cwd=ROOT, stdout=self.output, stderr=subprocess.STDOUT
        )
        for _ in range(600):
            if self.process.poll() is not None:
                raise SystemExit(f"服务没有启动，见 {self.log}：\n{self.log.read_text()[-2000:]}")
            try:
                self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=600)
                self.state()
            except OSError:
                time.sleep(0.1)
            else:
                return self
        raise SystemExit(f"服务一分钟内没有启动，见 {self.log}")

    def __exit__(self, *exception: object) -> None:
        self.connection.close()
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.output.close()

    def state(self) -> dict[str, float]:
        """CPU seconds used and memory held, in MB."""
        self.connection.request("GET", "/bench/cpu/")
        return json.loads(self.connection.getresponse().read())

    def fetch(self, ask: Ask) -> tuple[http.client.HTTPResponse, bytes]:
        """Raises `SystemExit` when the answer is not what the workload expects."""
        if ask.form is None:
            self.connection.request("GET", ask.path, headers=ask.headers)
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded", **ask.headers}
            self.connection.request("POST", ask.path, urlencode(ask.form, doseq=True), headers)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != ask.status:
            text = body.decode(errors="replace")[:1500]
            raise SystemExit(f"{ask.path} 答复 {response.status}，应为 {ask.status}\n{text}")
        return response, body

    def time(self, requests: Callable[[int], Ask], taken: Taken, *, first: int, count: int) -> None:
        """One round of `count` requests, added to `taken`."""
        before = self.state()["cpu"]
        for number in range(first, first + count):
            ask = requests(number)
            started = time.perf_counter()
            self.fetch(ask)
            taken.latencies.append((time.perf_counter() - started) * 1000)
        taken.rounds.append((self.state()["cpu"] - before) * 1000 / count)


def count_queries(ask: Ask, client: Any, taken: Taken) -> None:
    """How many queries the request makes, in this process and past the page cache."""
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tuoxian_portal.core.navigation import menu

    cache.clear()
    menu()
    headers = {"HTTP_" + k.upper().replace("-", "_"): v for k, v in ask.headers.items() if k != "Cookie"}
    with CaptureQueriesContext(connection) as captured:
        if ask.form is None:
            client.get(ask.path, **headers)
        else:
            client.post(ask.path, ask.form, **headers)
    statements = [query["sql"] for query in captured.captured_queries]
    statements = [s for s in statements if not s.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
    taken.queries = len(statements)
    taken.counts_table = any(TABLE_COUNT.match(statement) for statement in statements)


def seconds_to_start(var: Path) -> float:
    """From `serve --demo` to its first answer, the second time: what `make run` does once installed."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tuoxian_portal.settings",
        "VAR_DIR": str(var / "start"),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "DEBUG": "true",
        "PORT": str(PORT + 1),
    }
    return [_start(environment) for _ in range(2)][-1]


def _start(environment: dict[str, str]) -> float:
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None and time.monotonic() - started < 300:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", PORT + 1, timeout=10)
                connection.request("GET", "/")
                if connection.getresponse().status == 200:
                    return time.monotonic() - started
            except OSError:
                time.sleep(0.1)
        raise SystemExit("serve --demo 没有启动。")
    finally:
        process.terminate()
        process.wait(30)
