"""Fills the bench's database, runs every workload in interleaved rounds, prints one table."""

import argparse
import gzip
import json
import platform
import re
import subprocess
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any

from bench import environment

ROUNDS = 7
SECONDS_A_ROUND = 0.6  # about, for each workload


Row = list[str]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="测量门户性能，与自己的目标比较。")
    parser.add_argument("--scale", default="small", choices=["tiny", "small", "medium", "full"])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"轮数，默认 {ROUNDS}，不少于 5 才有意义")
    parser.add_argument("--check-only-runs", action="store_true", help="只确认能跑通（CI 用），不看快慢")
    parser.add_argument("--without-start", action="store_true", help="不测启动时间")
    parser.add_argument("--folder", default="", help="存放数据和结果的目录，默认 var/bench")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    folder = f"{options.folder or environment.ROOT / 'var' / 'bench'}/{options.scale}"
    var = environment.prepare(folder)

    import django

    django.setup()
    from bench import data
    from bench.measure import Ask, Server, seconds_to_start
    from bench.workloads import Known, workloads

    scale = data.SCALES[options.scale]
    rounds = 1 if options.check_only_runs else options.rounds
    base_file = var / "base.json"
    data.prepare(scale, say)
    if not base_file.exists():
        data.fill_cases(scale.base_cases, say)
        with Server(var / "server.log") as server:
            growing = [w for w in workloads(server) if w.grows]
            measure(server, growing, rounds, tiny=options.check_only_runs)
            base = {w.name: {"undisturbed": w.taken.undisturbed, "cpu": w.taken.cpu} for w in growing}
        base_file.write_text(json.dumps(base, ensure_ascii=False, indent=1))
    data.fill_cases(scale.cases, say)
    data.fill_search(scale, say)
    with Server(var / "server.log") as server:
        server.fetch(Ask("/bench/hello/"))
        at_rest = server.state()["memory_mb"]
        loads = workloads(server)
        measure(server, loads, rounds, tiny=options.check_only_runs)
        queries(loads)
        worked = server.state()["memory_mb"]
        weights = page_weights(server)
    known = Known({w.name: w.taken for w in loads}, json.loads(base_file.read_text()))
    rows = [timed_row(w, known) for w in loads]
    rows += other_rows(at_rest, worked, weights, monthly_report())
    rows += policy_rows(options.check_only_runs)
    if not (options.check_only_runs or options.without_start):
        seconds = seconds_to_start(var)
        rows.append(plain_row("make run 第二次启动", f"{seconds:.1f} s", "≤ 15 s", seconds <= 15))
    text = render(rows, heading(scale, rounds))
    (var / "result.md").write_text(text, encoding="utf-8")
    print(text)
    print(f"结果存于 {var / 'result.md'}")
    return 0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(server: Any, loads: list[Any], rounds: int, *, tiny: bool) -> None:
    """Rounds over all workloads in turn, so that a noisy minute touches them all alike."""
    counts = {}
    for load in loads:
        started = time.perf_counter()
        server.fetch(load.requests(0))
        server.fetch(load.requests(1))
        once = (time.perf_counter() - started) / 2
        counts[load.name] = 2 if tiny else max(3, min(load.most, int(SECONDS_A_ROUND / once)))
    for turn in range(rounds):
        say(f"第 {turn + 1} / {rounds} 轮")
        for load in loads:
            count = counts[load.name]
            server.time(load.requests, load.taken, first=10 + turn * count, count=count)


def queries(loads: list[Any]) -> None:
    from django.test import Client

    from bench.measure import count_queries

    for load in loads:
        if load.cached:
            continue
        client = Client()
        if load.user:
            client.force_login(load.user)
        count_queries(load.requests(1_000_000), client, load.taken)


def page_weights(server: Any) -> dict[str, float]:
    """Kilobytes after gzip: the stylesheets, the scripts, and pages with both."""
    from django.contrib.staticfiles import finders

    from bench.measure import Ask

    def static(pattern: str, html: str) -> float:
        total = 0
        for path in sorted(set(re.findall(pattern, html))):
            found = finders.find(path.removeprefix("/static/"))
            total += len(gzip.compress(Path(found).read_bytes(), 6)) if found else 0
        return total / 1024

    weights = {}
    for name, path in (("首页", "/"), ("项目列表", "/projects/"), ("要素成本", "/invest/costs/")):
        body = server.fetch(Ask(path))[1]
        html = body.decode()
        css = static(r'<link rel="stylesheet" href="(/static/[^"?]+)', html)
        js = static(r'<script[^>]+src="(/static/[^"?]+)', html)
        images = static(r'(?:src|href|data)="(/static/[^"?#]+\.(?:svg|png|webp|avif|jpg))', html)
        weights |= {"CSS": css, "JS": js, name: len(gzip.compress(body, 6)) / 1024 + css + js + images}
    return weights


def in_own_process(module: str, *options: str) -> dict[str, Any]:
    """What `python -m module` prints as its last line."""
    output = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=environment.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if output.returncode:
        raise SystemExit(f"{module} 没有完成：\n{output.stderr[-2000:]}")
    return json.loads(output.stdout.splitlines()[-1])


def monthly_report() -> dict[str, Any]:
    return in_own_process("bench.report")


def policy_rows(few: bool) -> list[Row]:
    """Matching in both directions; see `bench.policies`."""
    found = in_own_process("bench.policies", *(["--few"] if few else []))
    seconds, match = found["seconds"], found["match_ms"]
    return [
        plain_row(
            f"政策 → 企业：{found['enterprises']:,} 家 × 200 条", f"{seconds:.1f} s", "≤ 5 s", seconds <= 5
        ),
        plain_row("企业 → 政策：200 条，CPU", f"{match:.1f} ms", "≤ 20 ms", match <= 20),
    ]


# --- The table --------------------------------------------------------------------------------------
HEADERS = ["项目", "CPU ms", "p50 ms", "p95 ms", "查询", "实测", "目标", "结果"]
RESULT = {True: "达标", False: "不足", None: ""}


def timed_row(load: Any, known: Any) -> Row:
    taken = load.taken
    shown, good = load.judge(load.name, known)
    asked = "" if taken.queries is None else str(taken.queries)
    return [
        load.name,
        f"{taken.cpu:.2f}",
        f"{taken.p50:.2f}",
        f"{taken.p95:.2f}",
        asked,
        shown,
        load.target,
        RESULT[good],
    ]


def plain_row(name: str, shown: str, target: str, good: bool | None) -> Row:
    return [name, "", "", "", "", shown, target, RESULT[good]]


def other_rows(at_rest: float, worked: float, weights: dict[str, float], report: dict[str, Any]) -> list[Row]:
    limits = {"CSS": 15, "JS": 10, "首页": 150}
    rows = [
        plain_row(
            f"月报（{'、'.join(report['formats'])}）",
            f"{report['seconds']:.1f} s，{report['memory_mb']:.0f} MB",
            "≤ 10 s，≤ 300 MB",
            report["seconds"] <= 10 and report["memory_mb"] <= 300,
        ),
        plain_row("网站进程内存，空闲", f"{at_rest:.0f} MB", "≤ 160 MB", at_rest <= 160),
        plain_row("网站进程内存，全部测完", f"{worked:.0f} MB", "", None),
    ]
    for name, size in weights.items():
        limit = limits.get(name, 60)
        rows.append(plain_row(f"{name} gzip 后", f"{size:.1f} KB", f"≤ {limit} KB", size <= limit))
    return rows


def heading(scale: Any, rounds: int) -> str:
    from django.db import connection

    return (
        f"{time.strftime('%Y-%m-%d %H:%M')}，{platform.machine()}，Python {platform.python_version()}，"
        f"{connection.vendor}；规模 {scale.name}：办件 {scale.cases:,}（基准量 {scale.base_cases:,}），"
        f"项目 {scale.projects:,}，搜索文档 {scale.documents:,}；{rounds} 轮交错，取中位数。"
    )


def render(rows: list[Row], head: str) -> str:
    """A Markdown table, its columns aligned for the terminal too."""
    table = [HEADERS, *rows]
    widths = [max(width(row[i]) for row in table) for i in range(len(HEADERS))]
    lines = ["| " + " | ".join(pad(cell, widths[i]) for i, cell in enumerate(row)) + " |" for row in table]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return f"{head}\n\n" + "\n".join(lines) + "\n"


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, to: int) -> str:
    return text + " " * (to - width(text))


if __name__ == "__main__":
    sys.exit(main())
