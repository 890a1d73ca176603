"""A registry is whole for everybody, also for who asks while it is being filled."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest

from tuoxian_portal.core.registries import Registry


def test_threads_that_ask_at_once_all_see_everything():
    registry: Registry[int] = Registry("nothing")

    def slowly(_module):
        registry.register("one", 1)
        time.sleep(0.05)
        registry.register("two", 2)

    start = threading.Barrier(4)

    def ask():
        start.wait()
        return registry.names()

    with (
        mock.patch("tuoxian_portal.core.registries.autodiscover_modules", slowly),
        ThreadPoolExecutor(4) as pool,
    ):
        answers = [future.result() for future in [pool.submit(ask) for _ in range(4)]]
    assert answers == [["one", "two"]] * 4


def test_a_module_that_fails_is_asked_again():
    registry: Registry[int] = Registry("nothing")
    path = "tuoxian_portal.core.registries.autodiscover_modules"
    with mock.patch(path, side_effect=ImportError), pytest.raises(ImportError):
        registry.names()
    with mock.patch(path, side_effect=lambda _: registry.register("one", 1)):
        assert registry.names() == ["one"]


def test_one_name_is_one_thing():
    registry: Registry[int] = Registry("nothing")
    registry.register("one", 1)
    with pytest.raises(ValueError, match="registered twice"):
        registry.register("one", 2)
