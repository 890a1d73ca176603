"""Carrying a plan out: a few dozen statements for any number of items. The caller holds the transaction
and the locks, and has made sure that the plan is still the one that was confirmed."""

from typing import Any

from django.utils import timezone

from services.exchange.planning import Change, Door, Plan
from services.models import Material, ServiceItem
from services.models.catalogue import split_words
from services.pinyin import search_text
from services.versions import CONTENT, write_parts
from tuoxian_portal.audit.actions import log_many

BATCH = 200


def apply_plan(plan: Plan, *, actor: Any, reason: str) -> None:
    """Writes drafts, child rows and links, and one audit entry for each item. Publishes nothing."""
    if plan.problems:
        raise ValueError("a plan with problems is not carried out")
    keys = _make_materials(plan)
    for change in plan.changes:
        _put_keys(change.content, keys)
    fresh = [change for change in plan.changes if change.door != Door.DRAFT]
    standing = [change for change in plan.changes if change.door == Door.DRAFT]
    made = ServiceItem.objects.bulk_create([_new_row(change) for change in fresh], batch_size=BATCH)
    rows = {change.code: row for change, row in zip(fresh, made, strict=True)}
    rows |= _write_drafts(standing)
    _write_children(plan.changes, rows)
    log_many(
        actor=actor,
        action="import",
        targets=[change.item if change.door == Door.REVISE else rows[change.code] for change in plan.changes],  # type: ignore[misc]  # a revised item is there
        reason=reason,
        changes=[_told(change, rows[change.code]) for change in plan.changes],
    )


def _make_materials(plan: Plan) -> dict[int, int]:
    """The new entries of the material catalogue: placeholder → key."""
    rows = Material.objects.bulk_create(
        [Material(name=name) for name in plan.materials.values()], batch_size=BATCH
    )
    return {placeholder: row.pk for placeholder, row in zip(plan.materials, rows, strict=True)}


def _put_keys(content: dict[str, Any], keys: dict[int, int]) -> None:
    for row in content["materials"]:
        row["material_id"] = keys.get(row["material_id"], row["material_id"])
    content["issues"] = [keys.get(key, key) for key in content["issues"]]


def _set_fields(row: ServiceItem, content: dict[str, Any]) -> None:
    for column in CONTENT:
        setattr(row, column.attname, content[column.attname])
    # What `save` does for a single row.
    row.search_text = search_text(row.name, *split_words(row.aliases), row.code)


def _new_row(change: Change) -> ServiceItem:
    row = ServiceItem(code=change.code)
    if change.item is not None:
        row.revises = change.item
        row.version_number = change.item.version_number + 1
        row.is_sample = change.item.is_sample
    _set_fields(row, change.content)
    return row


def _write_drafts(changes: list[Change]) -> dict[str, ServiceItem]:
    """The drafts that are there take their new elements; only columns that differ somewhere are written."""
    columns = {"search_text", "version", "updated_at"}
    rows = {}
    for change in changes:
        if change.item is None:
            continue
        _set_fields(change.item, change.content)
        change.item.version += 1
        change.item.updated_at = timezone.now()
        columns |= set(change.fields)
        rows[change.code] = change.item
    ServiceItem.objects.bulk_update(rows.values(), sorted(columns), batch_size=BATCH)
    return rows


def _write_children(changes: list[Change], rows: dict[str, ServiceItem]) -> None:
    """Child rows and links, each kind for all the items in which it differs."""
    by_part: dict[str, dict[int, dict[str, Any]]] = {}
    for change in changes:
        for part in change.parts:
            by_part.setdefault(part, {})[rows[change.code].pk] = change.content
    for part, contents in by_part.items():
        write_parts(contents, [part])


def _told(change: Change, row: ServiceItem) -> dict[str, Any]:
    """What the item's history says: where it differs, not the texts."""
    places = [where for where, _old, _new in change.comparison.lines()]
    told: dict[str, Any] = {"fields": [None, places[:40]]}
    if change.door == Door.REVISE:
        told["draft"] = [None, row.pk]
    return told
