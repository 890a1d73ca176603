"""A cache that is only a cache: while Redis is away, pages are slower and nothing else."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

T = TypeVar("T")
logger = logging.getLogger(__name__)
REST = 5.0  # seconds without asking after a failure, so that not every request waits for a time-out


def _forgiving(name: str, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """The method `name` of Django's backend; `otherwise(*args, **kwargs)` while Redis is away."""
    method = getattr(RedisCache, name)

    @wraps(method)
    def wrapper(self: "ForgivingRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() < ForgivingRedisCache.resting_until:
            return otherwise(*args, **kwargs)
        try:
            return method(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            ForgivingRedisCache.resting_until = time.monotonic() + REST
            logger.warning("cache unavailable, asking again in %d s: %s", REST, error)
            return otherwise(*args, **kwargs)

    return wrapper


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, whose failures are misses. What must not be lost is never kept here."""

    resting_until = 0.0

    get = _forgiving("get", lambda key, default=None, version=None: default)
    get_many = _forgiving("get_many", lambda keys, version=None: {})
    has_key = _forgiving("has_key", lambda key, version=None: False)
    set = _forgiving("set", lambda *args, **kwargs: None)
    set_many = _forgiving("set_many", lambda data, *args, **kwargs: list(data))
    add = _forgiving("add", lambda *args, **kwargs: True)
    touch = _forgiving("touch", lambda *args, **kwargs: False)
    delete = _forgiving("delete", lambda *args, **kwargs: False)
    delete_many = _forgiving("delete_many", lambda *args, **kwargs: None)
    incr = _forgiving("incr", lambda key, delta=1, version=None: delta)
    clear = _forgiving("clear", lambda: False)


def count_up(key: str, seconds: int) -> int:
    """Counts one more under `key`, which is forgotten `seconds` after its first; returns how many. 1 while the
    cache is away."""
    try:
        return int(cache.incr(key))
    except ValueError:  # the first, or it expired a moment ago
        return int(cache.incr(key)) if not cache.add(key, 1, seconds) else 1


def kept(key: str, make: Callable[[], T]) -> T:
    """What `make()` gives, kept as long as a public page is: for what many pages show alike. Plain values
    only, so that the next release can read them; None is asked for anew."""
    seconds = settings.PUBLIC_PAGE_SECONDS
    value: T | None = cache.get(key) if seconds else None
    if value is None:
        value = make()
        if seconds:
            cache.set(key, value, seconds)
    return value
