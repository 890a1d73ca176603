"""How many rows a dataset has, and when it changed last."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Max
from django.utils import timezone

from tuoxian_portal.core.datasets import Dataset
from tuoxian_portal.opendata.models import DatasetState


def _fingerprint(dataset: Dataset) -> tuple[str, int]:
    digest, count = hashlib.sha256(repr(dataset.headers).encode()), 0
    for row in dataset.values():
        digest.update(repr(row).encode())
        count += 1
    return digest.hexdigest(), count


def _first_change(dataset: Dataset) -> datetime:
    """For a dataset that was never looked at: when its rows were saved last, as far as they say."""
    rows = dataset.rows()
    try:
        rows.model._meta.get_field("updated_at")
    except FieldDoesNotExist:
        return timezone.now()
    return rows.order_by().aggregate(last=Max("updated_at"))["last"] or timezone.now()


def refresh(*wanted: Dataset) -> dict[str, DatasetState]:
    """Looks at every row and writes down what changed; the states by key. Constant memory; two queries
    beyond those of the rows, one while nothing changed."""
    known = {state.key: state for state in DatasetState.objects.all()}
    found = {dataset.key: _examined(dataset, known.get(dataset.key)) for dataset in wanted}
    changed = [state for key, state in found.items() if state is not known.get(key)]
    if changed:
        DatasetState.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["digest", "rows", "changed_at"],
        )
    return found


def _examined(dataset: Dataset, known: DatasetState | None) -> DatasetState:
    """`known` itself while the rows are the same, else a new state."""
    digest, rows = _fingerprint(dataset)
    if known and known.digest == digest:
        return known
    changed = timezone.now() if known else _first_change(dataset)
    return DatasetState(key=dataset.key, digest=digest, rows=rows, changed_at=changed)


def look(dataset: Dataset) -> DatasetState:
    """The state as it is now, at most as old as a public page may be."""
    seconds = settings.PUBLIC_PAGE_SECONDS
    key = f"opendata.{dataset.key}"
    kept: DatasetState | None = cache.get(key) if seconds else None
    if kept is None:
        kept = refresh(dataset)[dataset.key]
        if seconds:
            cache.set(key, kept, seconds)
    return kept


def states(wanted: Iterable[Dataset]) -> dict[str, DatasetState]:
    """What was last written down of each, by key; one query. What was never looked at is looked at."""
    wanted = list(wanted)
    known = {state.key: state for state in DatasetState.objects.all()}
    unseen = [dataset for dataset in wanted if dataset.key not in known]
    return {**known, **(refresh(*unseen) if unseen else {})}
