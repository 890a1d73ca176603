"""axe-core, the accessibility rules: fetched once from npm into `var/cache/`, never shipped."""

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

VERSION = "4.14.1"
CACHED = Path(__file__).resolve().parents[2] / "var" / "cache" / f"axe-core-{VERSION}.min.js"

# The rules that depend on colours and sizes: what a display setting changes. The others read the document.
LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
RUN = """async (rules) => {
    const which = rules ? {runOnly: {type: "rule", values: rules}} : {rules: {"target-size": {enabled: true}}};
    const result = await axe.run(document, {resultTypes: ["violations"], ...which});
    return result.violations.map(v => ({
        id: v.id, impact: v.impact, help: v.help,
        nodes: v.nodes.slice(0, 5).map(n => n.target.join(" ") + "  " + (n.any[0] || n.all[0] || n.none[0] || {}).message),
    }));
}"""


@cache
def source() -> str:
    """The rules as JavaScript. Raises `OSError` when they can be had neither here nor from npm."""
    if not CACHED.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise OSError("npm 不可用，且本机没有 axe-core 的缓存")
        CACHED.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            packed = subprocess.run(  # noqa: S603  (our own arguments)
                [npm, "pack", f"axe-core@{VERSION}", "--json", "--silent", "--pack-destination", folder],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            if packed.returncode:
                raise OSError(f"npm 下载 axe-core 失败：{packed.stderr.strip()[-200:]}")
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
                member = archive.extractfile("package/axe.min.js")
                if member is None:
                    raise OSError("axe-core 的包里没有 axe.min.js")
                text = member.read().decode()
        temporary = CACHED.with_suffix(f".{os.getpid()}.tmp")  # several test processes may fetch at once
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(CACHED)
    return CACHED.read_text(encoding="utf-8")


def problem() -> str:
    """Why axe-core cannot be used, or ""."""
    try:
        source()
    except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
        return f"没有 axe-core（{error}）"
    return ""


def findings(page: Any, *, looks_only: bool = False) -> list[str]:
    """What axe finds on the page that is open, one line for each rule broken, and whether the page is
    wider than its window. `looks_only`: by the rules that a display setting can break."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(source())
    excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{excess} px too wide"] * (excess > 0) + [
        f"{found['id']} ({found['impact']}): {found['help']}\n      " + "\n      ".join(found["nodes"])
        for found in page.evaluate(RUN, LOOKS if looks_only else None)
    ]


if __name__ == "__main__":
    print(json.dumps({"axe-core": VERSION, "problem": problem()}, ensure_ascii=False))  # noqa: T201  (its output is its purpose)
