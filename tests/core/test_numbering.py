"""Unbroken numbers."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection, connections, transaction

from tuoxian_portal.core.numbering import next_number


@pytest.mark.django_db
def test_numbers_follow_each_other_in_each_series():
    assert [next_number("a") for _ in range(3)] == [1, 2, 3]
    assert next_number("b") == 1


@pytest.mark.django_db(transaction=True)
def test_a_rollback_gives_the_number_back():
    def use(expected, *, fail=False):
        with transaction.atomic():
            assert next_number("a") == expected
            if fail:
                raise ValueError("rolled back")

    use(1)
    with pytest.raises(ValueError, match="rolled back"):
        use(2, fail=True)
    with transaction.atomic():
        assert next_number("a") == 2


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        next_number("a")


@pytest.mark.django_db
def test_a_series_in_use_costs_three_queries(django_assert_max_num_queries):
    next_number("a")
    with django_assert_max_num_queries(3):
        next_number("a")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_get_fifty_numbers_without_a_gap():
    assert connection.vendor == "postgresql"

    def one(_):
        close_old_connections()
        try:
            with transaction.atomic():
                return next_number("rush")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=20) as pool:
        numbers = list(pool.map(one, range(50)))
    assert sorted(numbers) == list(range(1, 51))
