"""What all tests share: people by role, an API client, and an honest account of what was left out."""

from collections.abc import Callable, Iterator
from typing import Any

import freezegun
import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import HealthCheck, settings

from tests import migrated, reference_rows, services_present

LEFT_OUT: dict[str, int] = {}

# A slow or busy machine must not fail a property that holds.
settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portal")

# A test that stops the clock does not stop pytest's own: without this a fixture that freezes time is
# reported to have taken fifty years. freezegun knows where older versions of pytest kept their clock.
freezegun.configure(extend_ignore_list=["_pytest.timing"])


def pytest_configure(config: pytest.Config) -> None:
    """With `REQUIRE_SERVICES=1` a missing service ends the run before it starts."""
    demanded = services_present.required() and not hasattr(config, "workerinput")
    if demanded and (missing := services_present.missing()):
        raise pytest.UsageError("REQUIRE_SERVICES=1，但：" + "；".join(sorted(set(missing.values()))))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests share a server and so a worker: the walk over every page one, the journeys another.
    What cannot run is taken out and counted."""
    for item in items:
        if item.get_closest_marker("browser"):
            walk = item.path.name == "test_accessibility.py"
            item.add_marker(pytest.mark.xdist_group("browser-walk" if walk else "browser"))
        elif item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker(pytest.mark.database)
    markers = {mark.name for item in items for mark in item.iter_markers()} & {
        "postgres",
        "redis",
        "browser",
        "axe",
    }
    missing = services_present.missing() if markers else {}
    kept, left_out = [], []
    for item in items:
        lacking = [name for name in missing if item.get_closest_marker(name)]
        (left_out if lacking else kept).append(item)
        for name in lacking[:1]:
            LEFT_OUT[name] = LEFT_OUT.get(name, 0) + 1
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = LEFT_OUT


class FromWorkers:
    """With pytest-xdist only the workers collect; each of them leaves out the same tests."""

    def pytest_testnodedown(self, node: Any) -> None:
        LEFT_OUT.update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_plugin_registered(plugin: object, manager: pytest.PytestPluginManager) -> None:
    if type(plugin).__name__ == "DSession" and not manager.has_plugin("left-out-from-workers"):
        manager.register(FromWorkers(), "left-out-from-workers")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if LEFT_OUT:
        terminalreporter.section("未运行的测试")
        for name, count in sorted(LEFT_OUT.items()):
            why = services_present.missing().get(name, "开始时不可用，现已可用，请再运行一次")
            terminalreporter.write_line(f"{count} 项（{name}）：{why}")


# --- fixtures -----------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def _tables(django_db_modify_db_settings: None) -> Iterator[migrated.Tables | None]:
    """Migrates once, not once in every process of the run."""
    if connection.vendor != "sqlite":
        yield None
        return
    tables = migrated.Tables()
    tables.begin()
    yield tables
    tables.release()


@pytest.fixture(scope="session")
def django_db_setup(_tables: migrated.Tables | None, django_db_setup: None, django_db_blocker: Any) -> None:
    """The roles are there once and for all: every test that needs a person needs them. A test that
    asserts an empty start takes `no_roles`; after a flush `UserFactory` loads them again."""
    from tuoxian_portal.accounts.reference import RoleSet
    from tuoxian_portal.celery import app

    app.loader.import_default_modules()  # as a worker does before it takes work: jobs find their handlers

    with django_db_blocker.unblock():
        if _tables:
            _tables.finish()
        RoleSet().load()


@pytest.fixture
def no_roles(db: None) -> None:
    """A database in which `load_reference` has not run yet."""
    from django.contrib.auth.models import Group

    Group.objects.all().delete()


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """No test sees what another left in the cache."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """`person("window", department=…)`: somebody who holds the roles named, with their permissions."""
    from tests.factories.accounts import UserFactory

    def make(*roles: str, **fields: Any) -> Any:
        return UserFactory(roles=list(roles), **fields)

    return make


@pytest.fixture
def api_client() -> Any:
    """DRF's client; `api_client.force_authenticate(person("window"))` signs somebody in."""
    from rest_framework.test import APIClient

    return APIClient()


@pytest.fixture
def reference(db: None) -> None:
    """The county's facts, as `load_reference` loads them."""
    reference_rows.load()
