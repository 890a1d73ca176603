"""Rewrites the transitive half of both requirements files (`make pins`).

pip resolves the direct pins as into an empty environment and reports what it would install; whatever
is not direct is written below the heading with who asks for it. The same input gives the same output.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADING = "# --- Transitive: written by `make pins`, do not edit below ---"
UNPINNED = {"pip", "setuptools", "wheel"}  # the environment's own tools


def canonical(name: str) -> str:
    """PEP 503: `Foo.Bar_baz` and `foo-bar-baz` are one project."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """`{canonical name: version}` of the `name==version` lines of a requirements file."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;#]+)", text, flags=re.MULTILINE)
    return {canonical(name): version for name, version in found}


def resolve(requirements: Path) -> list[dict]:
    """What pip would install for `requirements` into an empty environment."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = ["install", "-qq", "--dry-run", "--ignore-installed", "--report", report.name]
        subprocess.run(  # noqa: S603  (our own arguments)
            [sys.executable, "-m", "pip", *command, "-r", str(requirements)], check=True
        )
        return json.load(report)["install"]


def rewrite(path: Path, already: set[str]) -> set[str]:
    """Pins what `path` pulls in beyond its direct pins and `already`; returns everything pinned."""
    direct_text = path.read_text(encoding="utf-8").split(HEADING)[0]
    direct = set(pins(direct_text))
    with tempfile.NamedTemporaryFile("w", suffix=".txt", dir=path.parent, encoding="utf-8") as only_direct:
        only_direct.write(direct_text)
        only_direct.flush()
        packages = [item["metadata"] for item in resolve(Path(only_direct.name))]
    asked_by, asked_by_extra = defaultdict(set), defaultdict(set)
    for package in packages:
        for requirement in package.get("requires_dist", []):
            needed = canonical(re.match(r"[A-Za-z0-9._-]+", requirement)[0])
            book = asked_by_extra if "extra ==" in requirement else asked_by
            book[needed].add(canonical(package["name"]))
    lines = []
    for package in sorted(packages, key=lambda package: canonical(package["name"])):
        name = canonical(package["name"])
        if name not in direct | already | UNPINNED:
            via = ", ".join(sorted(asked_by[name] or asked_by_extra[name]))
            lines.append(f"{package['name']}=={package['version']}  # via {via}")
    path.write_text(direct_text + HEADING + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return direct | already | set(pins("\n".join(lines)))


if __name__ == "__main__":
    runtime = rewrite(ROOT / "requirements.txt", set())
    rewrite(ROOT / "tests" / "requirements.txt", runtime)
