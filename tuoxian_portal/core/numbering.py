"""Unbroken numbers, given under a lock."""

from django.db import connection, transaction

from tuoxian_portal.core.models import Sequence


def next_number(key: str) -> int:
    """The next number of the series `key`, starting at 1. See `next_numbers`."""
    return next_numbers(key, 1)[0]


def next_numbers(key: str, count: int) -> range:
    """The next `count` numbers of the series `key`, one after the other; the first ever is 1.

    Must be called inside the transaction that uses them: the row stays locked until that
    transaction ends, so a rollback gives them back and the series has no gap. Two queries
    after the first call of a series. Raises `TransactionManagementError` outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("next_numbers must run inside a transaction")
    rows = Sequence.objects.select_for_update().filter(key=key)
    row = rows.first()
    if row is None:  # the first ever; somebody else may be doing the same
        Sequence.objects.bulk_create([Sequence(key=key)], ignore_conflicts=True)
        row = rows[0]
    first = row.last + 1
    row.last += count
    row.save(update_fields=["last"])
    return range(first, first + count)
