"""Reference data: facts as YAML in `<app>/reference/`, checked by a schema, loaded idempotently.

An app registers in `<app>/reference/__init__.py`::

    reference_sets.register("towns", ReferenceSet(
        name="towns", order=10, path=HERE / "towns.yaml", schema=SCHEMA, model=Town, fields=to_fields))

What staff corrected afterwards stays: a record is written again only when the file says something
else than at the last load.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import jsonschema
import yaml
from django.db import models, transaction

from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.models import LoadedRecord
from tuoxian_portal.core.registries import Registry

SOURCE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["title"],
    "additionalProperties": False,
    "properties": {k: {"type": "string"} for k in ("title", "publisher", "date", "where")},
}
CONFIDENCE_SCHEMA = {"enum": ["stated", "derived", "background"]}


def record_schema(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """The JSON schema of a file: a list of records, each with `id`, `source` and `confidence`."""
    return {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["id", "source", "confidence", *required],
            "properties": {
                "id": {"type": "string", "pattern": r"^[A-Za-z0-9-]{1,40}$"},
                "source": SOURCE_SCHEMA,
                "confidence": CONFIDENCE_SCHEMA,
                **properties,
            },
        },
    }


def source_fields(record: dict[str, Any]) -> dict[str, Any]:
    """The fields of `core.models.Sourced` for one record."""
    source = record["source"]
    return {
        "source_title": source["title"],
        "source_publisher": source.get("publisher", ""),
        "source_date": source.get("date", ""),
        "source_where": source.get("where", ""),
        "confidence": record["confidence"],
    }


# PyYAML's safe loader; by libyaml, ten times as fast, where the wheel has it.
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Outcome:
    """What a load did, by record id."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ReferenceSet:
    """One YAML file and the model it becomes.

    `fields(record)` maps a record to model fields; `after(instance, record)` sets many-to-many and
    child rows and returns True when it changed any. With `keeps_order` the place in the file becomes
    the row's `order`. Sets load in `order`.
    """

    name: str
    order: int
    path: Path
    schema: dict[str, Any]
    model: type[models.Model]
    fields: Callable[[dict[str, Any]], dict[str, Any]]
    after: Callable[[Any, dict[str, Any]], bool] | None = None
    keeps_order: bool = False

    def records(self) -> list[dict[str, Any]]:
        """The file's records. Raises `PortalError` naming the record and field that is wrong."""
        text = self.path.read_text(encoding="utf-8")
        data = yaml.load(text, Loader=SAFE_LOADER) or []  # noqa: S506  (a safe loader, see there)
        try:
            jsonschema.validate(data, self.schema)
        except jsonschema.ValidationError as error:
            where = "/".join(str(part) for part in error.absolute_path) or "（文件顶层）"
            raise PortalError(f"参考数据 {self.path.name} 第 {where} 处不合格式：{error.message}") from error
        seen: set[str] = set()
        for record in data:
            if record["id"] in seen:
                raise PortalError(f"参考数据 {self.path.name} 中编号 {record['id']} 重复。")
            seen.add(record["id"])
        return data

    @transaction.atomic
    def load(self) -> Outcome:
        """Writes every record that is new, or that the file states differently than at the last load.

        A second load of the same file changes nothing, and does not undo what staff corrected.
        """
        outcome = Outcome()
        loaded = LoadedRecord.objects.filter(reference_set=self.name)
        digests = dict(loaded.values_list("record_id", "digest"))
        existing = {
            row.reference_id: row  # type: ignore[attr-defined]  # every model here is Sourced
            for row in self.model._default_manager.filter(reference_id__isnull=False)
        }
        for place, record in enumerate(self.records(), start=1):
            wanted = {**self.fields(record), **source_fields(record)}
            if self.keeps_order:
                wanted["order"] = place
            row = existing.get(record["id"])
            digest = _digest(record, wanted)
            if row is not None and digests.get(record["id"]) == digest:
                outcome.unchanged.append(record["id"])
                continue
            LoadedRecord.objects.update_or_create(
                reference_set=self.name, record_id=record["id"], defaults={"digest": digest}
            )
            if row is None:
                row = self.model(reference_id=record["id"], **wanted)
                row.full_clean(validate_unique=False, validate_constraints=False)
                row.save()
                if self.after:
                    self.after(row, record)
                outcome.added.append(record["id"])
                continue
            differing = [name for name, value in wanted.items() if getattr(row, name) != value]
            for name in differing:
                setattr(row, name, wanted[name])
            if differing:
                row.full_clean(validate_unique=False, validate_constraints=False)
                row.save(update_fields=differing)
            children_changed = bool(self.after and self.after(row, record))
            (outcome.changed if differing or children_changed else outcome.unchanged).append(record["id"])
        return outcome


def _digest(record: dict[str, Any], wanted: dict[str, Any]) -> str:
    """What the file says about a record and what the code makes of it, in 64 hex digits."""
    text = json.dumps(
        [record, wanted], sort_keys=True, default=lambda value: str(getattr(value, "pk", value))
    )
    return hashlib.sha256(text.encode()).hexdigest()


class Loadable(Protocol):
    """What `load_reference` loads. Most are a `ReferenceSet`; roles are not facts and load themselves."""

    @property
    def name(self) -> str: ...

    @property
    def order(self) -> int: ...

    def load(self) -> Outcome: ...


reference_sets: Registry[Loadable] = Registry("reference")
