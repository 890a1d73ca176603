"""Unbroken numbers, given under a lock."""

from django.db import connection, transaction

from tuoxian_portal.core.models import Sequence


def next_number(key: str) -> int:
    """The next number of the series `key`, starting at 1.

    Must be called inside the transaction that uses the number: the row stays locked until that
    transaction ends, so a rollback gives the number back and the series has no gap. Two queries
    after the first call of a series. Raises `TransactionManagementError` outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("next_number must run inside a transaction")
    Sequence.objects.get_or_create(key=key)
    row = Sequence.objects.select_for_update().get(key=key)
    row.last += 1
    row.save(update_fields=["last"])
    return row.last
