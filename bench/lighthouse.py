"""Google Lighthouse over every public page of a running portal: `python -m bench.lighthouse [ADDRESS]`.

Lighthouse's own mobile setting: a simulated slow 4G and a slow phone. It is fetched once from npm into
`var/cache/`, never shipped; Chromium comes from the system (or `CHROMIUM=/path`). About ten seconds a page.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.environment import ROOT

VERSION = "12.8.2"
HOME = ROOT / "var" / "cache" / f"lighthouse-{VERSION}"
CHROME_FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --no-first-run"
CATEGORIES = {"performance": "性能", "accessibility": "无障碍", "best-practices": "最佳实践", "seo": "SEO"}
LCP_SECONDS, SHIFT = 1.5, 0.02


class Unmeasured(Exception):
    """Lighthouse saw no page, such as on a machine too busy to paint in time; worth another try."""


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SystemExit("需要 Node.js 和 npm 才能运行 Lighthouse。请安装后重试。")
    return found


def install() -> Path:
    """The program's entry point. Raises `SystemExit` when npm is missing or fails."""
    entry = HOME / "node_modules" / "lighthouse" / "cli" / "index.js"
    if entry.exists():
        return entry
    HOME.mkdir(parents=True, exist_ok=True)
    command = [
        _program("npm"),
        "install",
        "--prefix",
        str(HOME),
        "--no-audit",
        "--no-fund",
        f"lighthouse@{VERSION}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"npm 下载 Lighthouse 失败：{done.stderr.strip()[-300:]}")
    return entry


def browser() -> str:
    named = os.environ.get("CHROMIUM", "")
    found = named or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        raise SystemExit("没有找到 Chromium。请安装，或用 CHROMIUM=/路径 指明。")
    return found


def examine(entry: Path, url: str) -> dict[str, Any]:
    """Scores (0–100), LCP in seconds, CLS, bytes over the network, and the audits that fell short."""
    with tempfile.TemporaryDirectory() as folder:
        output, flags = Path(folder) / "report.json", f"--chrome-flags={CHROME_FLAGS}"
        done = subprocess.run(
            [_program("node"), str(entry), url, "--quiet", "--output=json", f"--output-path={output}", flags],
            env={**os.environ, "CHROME_PATH": browser()},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        if not output.exists():
            raise SystemExit(f"Lighthouse 没有给出结果：{url}\n{done.stderr.strip()[-600:]}")
        report = json.loads(output.read_text(encoding="utf-8"))
    audits = report["audits"]
    if trouble := audits["largest-contentful-paint"].get("errorMessage"):
        raise Unmeasured(trouble)
    short = [
        f"{audits[ref['id']]['title']}"
        for category in report["categories"].values()
        for ref in category["auditRefs"]
        if ref["weight"] and audits[ref["id"]]["score"] is not None and audits[ref["id"]]["score"] < 0.9
    ]
    return {
        "scores": {key: round((report["categories"][key]["score"] or 0) * 100) for key in CATEGORIES},
        "lcp": audits["largest-contentful-paint"]["numericValue"] / 1000,
        "cls": audits["cumulative-layout-shift"]["numericValue"],
        "kilobytes": audits["total-byte-weight"]["numericValue"] / 1024,
        # A page that asks search engines to stay away (settings, forms) cannot have the full SEO score.
        "hidden": audits["is-crawlable"]["score"] == 0,
        "short": short,
    }


def patiently(entry: Path, url: str) -> dict[str, Any]:
    """`examine`, tried three times. Raises `SystemExit` with Lighthouse's own words after that."""
    for attempt in range(1, 4):
        try:
            return examine(entry, url)
        except Unmeasured as trouble:
            if attempt == 3:
                raise SystemExit(f"Lighthouse 量不了 {url}：{trouble}") from None
    raise AssertionError("the loop always returns or raises")


def is_met(found: dict[str, Any]) -> bool:
    """The budgets of the portal: performance ≥ 98, the others 100, LCP ≤ 1.5 s, CLS ≤ 0.02."""
    scores = dict(found["scores"])
    if found["hidden"]:
        del scores["seo"]
    fast = scores.pop("performance") >= 98
    complete = all(score == 100 for score in scores.values())
    return fast and complete and round(found["lcp"], 1) <= LCP_SECONDS and found["cls"] <= SHIFT


def main() -> int:
    address = (sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000").rstrip("/")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tuoxian_portal.settings")
    import django

    django.setup()
    from tests.browser.crawl import public_pages

    entry = install()
    print(f"{time.strftime('%Y-%m-%d %H:%M')}，Lighthouse {VERSION}，手机，模拟慢速 4G\n")
    heads = ["页面", *CATEGORIES.values(), "LCP s", "CLS", "KB", "结果"]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    missed = 0
    for path in public_pages(address).values():
        found = patiently(entry, address + path)
        good = is_met(found)
        missed += not good
        cells = [path, *(str(score) for score in found["scores"].values())]
        cells += [f"{found['lcp']:.1f}", f"{found['cls']:.3f}", f"{found['kilobytes']:.0f}"]
        if found["hidden"]:
            cells[4] = "不收录"
        cells.append("达标" if good else "不足：" + "；".join(found["short"]))
        print("| " + " | ".join(cells) + " |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
