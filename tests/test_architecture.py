"""The rules of docs/adr/0001 that an import linter cannot see.

Each exception stands here with its reason; a new one needs a reason that a newcomer would accept.
"""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from tuoxian_portal.core.admin_site import PortalAdmin
from tuoxian_portal.core.workflow import Workflow

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    {"core"},
    {"audit"},
    {"directory"},
    {"accounts"},
    {"projects"},
    {"services", "finance"},
    {"policies"},
    {"search", "reports", "subscriptions", "opendata", "feedback", "dashboard"},
]
LEVEL = {label: level for level, labels in enumerate(LAYERS) for label in labels}
OUR_MODELS = [model for model in apps.get_models() if model._meta.app_label in LEVEL]
SOURCES = [
    path
    for package in ("tuoxian_portal", "projects", "policies", "services", "finance")
    for path in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in path.parts
]
MAX_LINES = 600
POSITIONAL = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}

NOT_SCOPED = {
    "core.CalendarYear": "the working-day calendar is the same for everybody",
    "core.CalendarDay": "the working-day calendar is the same for everybody",
    "core.Job": "read-only in the admin for administrators; the progress page asks for one's own",
    "audit.LogEntry": "read-only in the admin for administrators; elsewhere through history_of(record)",
    "accounts.Role": "reference data, edited by administrators only",
    "accounts.User": "Django's manager of users; edited by administrators only",
}
HELPERS = {
    "projects.actions.permission": "asks whether somebody may; changes nothing",
    "services.actions.acting": "what every act on a case does: lock, check, clock, number, log",
    "services.actions.following": "derives a bundle case's dates from its cases, within their acts",
    "services.actions.entrusting": "what every act on an entrustment does: lock, check, print, log",
}
SYSTEM_ACTIONS = {
    "services.actions.clocks.recompute_deadlines": "follows an edit of the calendar: nobody acts",
    "services.actions.catalogue.publish_reference": "called while reference data loads: nobody acts",
    "services.actions.entrustment_ends.expire_entrustment": "the period of an authority is over: nobody acts",
    "policies.actions.claim_notice.notified_later": "the mail goes out later than it was promised: nobody acts",
    "policies.actions.claim_batch.do_batch": "acts as who asked for the job",
    "tuoxian_portal.subscriptions.actions.sweep": "the time to keep it is over: nobody acts",
    "tuoxian_portal.audit.actions.log": "the entry itself; `actor` is what it is told",
}
SIGNALS_ALLOWED = {
    "tuoxian_portal.search.apps": "the index follows whatever writes a public record; it decides nothing",
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_named(name: str) -> list[ModuleType]:
    """Every module `<app>/<name>.py`, and every module of a package `<app>/<name>/`."""
    found = [p for p in SOURCES if p.stem == name or name in p.relative_to(ROOT).parts[:-1]]
    return [importlib.import_module(module_name(path)) for path in found]


def callbacks(resolver: URLResolver | None = None) -> Iterator[Callable[..., Any]]:
    """Every view of the portal."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.callback
        else:
            yield from callbacks(pattern)


def served_by_api() -> set[type[models.Model]]:
    viewsets = {cls for view in callbacks() if (cls := getattr(view, "cls", None))}
    querysets = [getattr(cls, "queryset", None) for cls in viewsets]
    return {queryset.model for queryset in querysets if queryset is not None}


def test_foreign_keys_point_downward() -> None:
    """A string foreign key cannot go round the layers; the user model is the one exception."""
    wrong = []
    for model in OUR_MODELS:
        source = model._meta.app_label
        for field in model._meta.get_fields():
            target_model = field.related_model if getattr(field, "concrete", False) else None
            if target_model is None or target_model._meta.label == "accounts.User":
                continue
            target = target_model._meta.app_label
            if target in LEVEL and target != source and LEVEL[target] >= LEVEL[source]:
                wrong.append(f"{model._meta.label}.{field.name} → {target_model._meta.label}")
    assert not wrong


def test_what_people_reach_is_scoped() -> None:
    """A model that the admin registers or the API serves answers `visible_to(user)`. Rows that are
    reached only through their parent are scoped with it."""
    reached = {model for model in admin.site._registry if model in OUR_MODELS} | served_by_api()
    unscoped = {
        model._meta.label
        for model in reached
        if not hasattr(model._default_manager.get_queryset(), "visible_to")
    }
    assert not unscoped - set(NOT_SCOPED)
    assert not set(NOT_SCOPED) - {model._meta.label for model in OUR_MODELS}, (
        "an exception outlived its model"
    )


def test_every_admin_of_ours_scopes_its_rows() -> None:
    wrong = [
        model._meta.label
        for model, model_admin in admin.site._registry.items()
        if model in OUR_MODELS
        and not isinstance(model_admin, PortalAdmin)
        and model._meta.label not in NOT_SCOPED
    ]
    assert not wrong


def test_staff_read_chinese() -> None:
    """Everything that the admin shows has a Chinese name: apps, models and their editable fields."""
    chinese = re.compile(r"[\u4e00-\u9fff]")
    wrong = []
    for model in admin.site._registry:
        if model not in OUR_MODELS:
            continue
        meta = model._meta
        read_only = meta.label == "core.Job"  # its page names what it shows
        names = {meta.label: meta.verbose_name, meta.app_label: meta.app_config.verbose_name}
        names |= {
            f"{meta.label}.{field.name}": field.verbose_name
            for field in meta.fields
            if field.editable and not field.primary_key and not read_only
        }
        wrong += [where for where, name in names.items() if not chinese.search(str(name))]
    assert not wrong


def test_no_module_is_named_services() -> None:
    assert [path for path in SOURCES if path.name == "services.py"] == []


def test_no_module_is_too_long() -> None:
    long = {
        str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > MAX_LINES
    }
    assert long == {}


def workflows() -> dict[str, Workflow]:
    return {
        value.name: value
        for path in SOURCES
        if path.stem.startswith("workflow")
        for value in vars(importlib.import_module(module_name(path))).values()
        if isinstance(value, Workflow)
    }


def test_the_domain_apps_have_workflows() -> None:
    assert len(workflows()) >= 4


@pytest.mark.parametrize("name", sorted(workflows()))
def test_a_workflow_has_no_dead_end_and_asks_for_real_permissions(name: str) -> None:
    workflow = workflows()[name]
    assert list(workflow.problems()) == []
    known = {
        f"{model._meta.app_label}.{codename}"
        for model in OUR_MODELS
        for codename in [
            *[codename for codename, _ in model._meta.permissions],
            *[f"{verb}_{model._meta.model_name}" for verb in model._meta.default_permissions],
        ]
    }
    assert {t.permission for t in workflow.transitions if t.permission} <= known


def actions() -> dict[str, Callable[..., Any]]:
    """Public functions that the `actions` modules define themselves."""
    return {
        f"{module.__name__}.{name}": function
        for module in modules_named("actions")
        if module.__name__ not in HELPERS
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and inspect.unwrap(function).__module__ == module.__name__
    }


WRITES = re.compile(r"\.(save|create|bulk_create|update|bulk_update|delete|update_or_create|get_or_create)\(")


def test_an_action_takes_keywords_only() -> None:
    """`verb(*, record, actor, …)`: a call can be read without looking the function up."""
    wrong = [
        name
        for name, function in actions().items()
        if "actor" in (parameters := inspect.signature(function).parameters)
        and any(parameter.kind in POSITIONAL for parameter in parameters.values())
    ]
    assert wrong == []


def test_whoever_writes_says_who_acts() -> None:
    """A public function of an `actions` module that writes takes `actor`; None is the system."""
    wrong = {
        name
        for name, function in actions().items()
        if "actor" not in inspect.signature(function).parameters
        and WRITES.search(inspect.getsource(inspect.unwrap(function)))
    }
    assert wrong <= set(SYSTEM_ACTIONS)
    assert set(SYSTEM_ACTIONS) <= set(actions()), "an exception outlived its function"


def test_no_rule_lives_in_a_signal() -> None:
    users = {
        module_name(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in {"django.db.models.signals", "django.dispatch"}
    }
    assert users <= set(SIGNALS_ALLOWED)


OUTSIDE = re.compile(
    r"""(?:\bsrc(?:set)?\s*=\s*["']?|<link[^>]*\bhref\s*=\s*["']?|url\(\s*["']?|@import\s+["']|\bimport\s+["'])"""
    r"""(?:https?:)?//""",
    re.IGNORECASE,
)


@pytest.mark.parametrize("folder", ["templates", "static"])
def test_nothing_is_loaded_from_outside(folder: str) -> None:
    """Pages load only what the portal serves: no CDN, no remote font, no counter."""
    files = [p for p in (ROOT / folder).rglob("*") if p.suffix in {".html", ".css", ".js", ".svg", ".txt"}]
    assert files
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in files
        if (match := OUTSIDE.search(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_a_web_process_loads_no_library_that_only_prints() -> None:
    """They weigh some 30 MB, which each worker would hold for papers that it seldom makes."""
    code = (
        "import sys, django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns; "
        "from django.contrib import admin; admin.autodiscover(); "
        "print(*sorted({'reportlab', 'fontTools', 'docx', 'openpyxl', 'xlsxwriter'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603  (our own code)
    assert done.stdout.split() == []


def test_moments_are_local_before_they_are_written_out() -> None:
    """A DateTimeField comes back in UTC: formatted as it is, what happened before eight in the morning
    is dated the day before."""
    raw = re.compile(r"\{[\w.]*(?:_at|\.at):%")
    found = [
        f"{path}: {line.strip()}"
        for path in SOURCES
        for line in path.read_text().split("\n")
        if raw.search(line)
    ]
    assert found == []
