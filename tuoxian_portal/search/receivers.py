"""Saved and deleted records are indexed again. Indexing is not a rule, so a signal may do it; the
save itself only writes one small row."""

from typing import Any

from django.db import transaction

from tuoxian_portal.search.index import note_change, source_of
from tuoxian_portal.search.tasks import queue_index


def record_changed(sender: type, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """For every model; those that no source names cost a look into a short list."""
    source = None if raw else source_of(sender)
    if source is None:
        return
    note_change(source.kind, instance.pk)
    transaction.on_commit(queue_index)
