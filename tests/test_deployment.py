"""What stands around the code agrees with it: variables, requirements, image and compose file."""

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from tests.pins import canonical, pins

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = (ROOT / "tuoxian_portal" / "settings.py").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
OPERATE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
READ = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
LISTED = set(re.findall(r"^(?:# )?([A-Z_]+)=", EXAMPLE, flags=re.MULTILINE))
COMPOSE_ONLY = {"POSTGRES_PASSWORD"}


# --- variables ----------------------------------------------------------------------------------
def test_every_variable_is_in_the_example() -> None:
    assert READ | COMPOSE_ONLY == LISTED


def test_every_variable_is_explained_to_who_operates_the_portal() -> None:
    assert {name for name in LISTED if f"`{name}`" not in OPERATE} == set()


def test_only_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for package in ("tuoxian_portal", "projects", "policies", "services", "finance")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"os\.environ(?!\.setdefault\(.DJANGO_SETTINGS_MODULE)|getenv\(", path.read_text())
    }
    assert readers == set()


# --- requirements -------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["requirements.txt", "tests/requirements.txt"])
def test_requirements_are_exact_and_name_no_host(path: str) -> None:
    for line in (ROOT / path).read_text(encoding="utf-8").splitlines():
        text = line.split("#")[0].strip()
        assert not text or text == "-r ../requirements.txt" or re.fullmatch(r"[\w.-]+==[\w.]+", text), line
    assert "://" not in (ROOT / path).read_text(encoding="utf-8")


def test_the_owners_seven_come_first() -> None:
    wanted = [
        "django",
        "djangorestframework",
        "django-filter",
        "psycopg2-binary",
        "celery",
        "redis",
        "pillow",
    ]
    assert list(pins((ROOT / "requirements.txt").read_text(encoding="utf-8")))[:7] == wanted


def needed_by(direct: set[str]) -> set[str]:
    """Everything that is installed because of `direct`, itself included."""
    found: set[tuple[str, str]] = set()
    queue = [(name, "") for name in direct]
    while queue:
        name, extra = queue.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for text in metadata.distribution(name).requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                queue += [(canonical(requirement.name), wanted) for wanted in ["", *requirement.extras]]
    return {name for name, _ in found}


def test_every_transitive_package_is_pinned_and_none_is_left_over() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    direct = set(pins(text.split("# --- Transitive")[0]))
    assert needed_by(direct) - {"setuptools", "pip"} == set(pins(text)), "run `make pins`"


def test_every_direct_package_has_a_reason() -> None:
    given: dict[str, str] = {}
    for row in (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").splitlines():
        if len(cells := [cell.strip() for cell in row.strip("|").split("|")]) == 3:
            names, versions = (cell.split(", ") for cell in cells[:2])
            given |= {canonical(name): version for name, version in zip(names, versions, strict=True)}
    for path in ("requirements.txt", "tests/requirements.txt"):
        direct = pins((ROOT / path).read_text(encoding="utf-8").split("# --- Transitive")[0])
        assert {name: given.get(name) for name in direct} == direct


# --- containers ---------------------------------------------------------------------------------
@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_compose_starts_everything(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"db", "redis", "migrate", "web", "worker", "beat"}
    for name, service in services.items():
        assert {"image", "build"} & set(service), name
        assert "healthcheck" in service or service.get("command") is None, f"{name}: not even the image's"
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"], name
        for other, condition in service.get("depends_on", {}).items():
            assert other in services
            assert condition["condition"] in {"service_healthy", "service_completed_successfully"}
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert services[name]["restart"] == "unless-stopped"
    assert services["migrate"]["restart"] == "no"


def test_compose_uses_only_variables_that_exist(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) <= LISTED
    for name in ("migrate", "web", "worker", "beat"):
        service = compose["services"][name]
        assert set(service["environment"]) <= READ
        assert service["env_file"] == ".env"
        assert service["environment"]["DEBUG"] == "False"


def test_containers_run_commands_that_exist(compose: dict[str, Any]) -> None:
    from django.core.management import get_commands

    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    called = set(re.findall(r"manage\.py\"?,? \"?(\w+)", dockerfile))
    for service in compose["services"].values():
        for command in (service.get("command"), service.get("healthcheck", {}).get("test")):
            if command and "manage.py" in command:
                called.add(command[command.index("manage.py") + 1])
    assert called >= {"prepare", "collectstatic", "check_health"}
    assert called <= set(get_commands())


def test_the_image_is_small_and_unprivileged() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert dockerfile.count("FROM python:3.11-slim") == 2
    assert dockerfile.rindex("USER portal") > dockerfile.rindex("RUN ")
    assert "HEALTHCHECK" in dockerfile
    assert set(re.findall(r"^ENV ([A-Z_]+)|^    ([A-Z_]+)=", dockerfile, flags=re.MULTILINE))
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", ".env", "var", "tests"} <= set(ignored)


def check_of_a_deployment(folder: Path, **changes: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": os.environ["PATH"],
        "DEBUG": "False",
        "SECRET_KEY": "k9-" + "x7Qm2_" * 12,
        "FIELD_ENCRYPTION_KEY": "f4-" + "Tz8-pW" * 12,
        "ALLOWED_HOSTS": "portal.example.gov.cn",
        "VAR_DIR": str(folder),
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment | changes,
        capture_output=True,
        text=True,
        check=False,
    )


def test_djangos_own_check_of_a_deployment_finds_nothing(tmp_path: Path) -> None:
    done = check_of_a_deployment(tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": ""}, "不能使用默认密钥"),
        ({"SECRET_KEY": "changeme"}, "SECRET_KEY 太短（8 个字符，至少 32 个）"),
        ({"FIELD_ENCRYPTION_KEY": ""}, "必须设置 FIELD_ENCRYPTION_KEY"),
        ({"FIELD_ENCRYPTION_KEY": "123456"}, "FIELD_ENCRYPTION_KEY 太短（6 个字符，至少 32 个）"),
        ({"ALLOWED_HOSTS": ""}, "必须在 ALLOWED_HOSTS 中写明域名"),
        ({"ALLOWED_HOSTS": "*"}, "必须在 ALLOWED_HOSTS 中写明域名"),
    ],
)
def test_what_would_serve_people_unsafely_does_not_start(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    done = check_of_a_deployment(tmp_path, **changes)
    assert done.returncode != 0
    assert said in done.stderr
