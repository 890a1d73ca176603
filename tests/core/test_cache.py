"""While Redis is away the cache misses; pages, forms and throttles go on."""

import os
from collections.abc import Iterator

import pytest

from tuoxian_portal.core.cache import ForgivingRedisCache

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _rested() -> Iterator[None]:
    ForgivingRedisCache.resting_until = 0.0
    yield
    ForgivingRedisCache.resting_until = 0.0


def make(url: str) -> ForgivingRedisCache:
    return ForgivingRedisCache(url, {})


@pytest.mark.parametrize("_round", ["failing", "resting"])
def test_every_call_is_answered_while_redis_is_away(_round):
    cache = make(NOWHERE)
    if _round == "resting":
        cache.get("anything")
    assert cache.get("key") is None
    assert cache.get("key", "otherwise") == "otherwise"
    assert cache.get_many(["one", "two"]) == {}
    assert "key" not in cache
    assert cache.get_or_set("key", lambda: "made") == "made"
    cache.set("key", "value", 10)
    assert cache.set_many({"one": 1}) == ["one"]
    assert cache.add("key", "value") is True
    assert cache.touch("key") is False
    assert cache.delete("key") is False
    cache.delete_many(["one"])
    assert cache.incr("key") == 1
    cache.clear()


def test_it_does_not_wait_for_a_time_out_on_every_call(monkeypatch):
    asked = []
    cache = make(NOWHERE)
    monkeypatch.setattr(
        type(cache._cache), "get", lambda *args: asked.append(args) or (_ for _ in ()).throw(OSError("away"))
    )
    for _ in range(5):
        cache.get("key")
    assert len(asked) == 1
    ForgivingRedisCache.resting_until = 0.0
    cache.get("key")
    assert len(asked) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/projects/", "/policies/", "/services/", "/invest/", "/search/?q=风电"]
)
def test_pages_work_while_redis_is_away(client, settings, path):
    settings.PUBLIC_PAGE_SECONDS = 60
    settings.CACHES = {
        "default": {"BACKEND": "tuoxian_portal.core.cache.ForgivingRedisCache", "LOCATION": NOWHERE}
    }
    assert client.get(path).status_code == 200


@pytest.mark.redis
def test_it_is_a_cache_while_redis_is_there():
    cache = make(os.environ["REDIS_URL"])
    cache.set("core.test", {"figures": [1, 2]}, 10)
    try:
        assert cache.get("core.test") == {"figures": [1, 2]}
        assert "core.test" in cache
    finally:
        cache.delete("core.test")
    assert cache.get("core.test") is None
