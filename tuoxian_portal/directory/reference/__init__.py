"""The county's master data as the sources state it. What no source states stays empty."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import models

from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.reference import ReferenceSet, record_schema, reference_sets
from tuoxian_portal.directory.models import (
    FACTS_SCHEMA,
    CountyFact,
    Department,
    Enterprise,
    Industry,
    IndustryChain,
    Outlet,
    Park,
    Town,
)

HERE = Path(__file__).parent

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT}
SLUG = {"type": "string", "pattern": "^[a-z0-9-]+$"}
NAMED = {"name": TEXT, "note": TEXT}


def plain(*names: str, **defaults: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Copies `names` as they are and `defaults` where the record leaves them out."""

    def fields(record: dict[str, Any]) -> dict[str, Any]:
        return {
            **{name: record.get(name, "") for name in names},
            **{name: record.get(name, value) for name, value in defaults.items()},
        }

    return fields


def industry(record: dict[str, Any]) -> Industry | None:
    """The industry that a record names by its slug. Raises `PortalError` for an unknown one."""
    slug = record.get("industry")
    if slug is None:
        return None
    found = Industry.objects.filter(slug=slug).first()
    if found is None:
        raise PortalError(f"参考数据 {record['id']} 所属产业 {slug} 不存在，请先载入 industries。")
    return found


def town(record: dict[str, Any]) -> Town | None:
    """The town that a record names. Raises `PortalError` for an unknown one."""
    name = record.get("town")
    if name is None:
        return None
    found = Town.objects.filter(name=name).first()
    if found is None:
        raise PortalError(f"参考数据 {record['id']} 所属乡镇 {name} 不存在，请先载入 towns。")
    return found


def register(
    name: str,
    order: int,
    model: type[models.Model],
    properties: dict[str, Any],
    required: list[str],
    fields: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    reference_sets.register(
        name,
        ReferenceSet(
            name=name,
            order=order,
            path=HERE / f"{name}.yaml",
            schema=record_schema(properties, required),
            model=model,
            fields=fields,
            keeps_order=True,
        ),
    )


register(
    "towns",
    10,
    Town,
    {**NAMED, "code": {"type": "string", "pattern": r"^\d{9}$"}, "kind": TEXT},
    ["name", "code", "kind"],
    plain("name", "note", "code", "kind"),
)
register(
    "departments",
    11,
    Department,
    {**NAMED, "short_name": TEXT, "phone": TEXT, "duties": TEXTS},
    ["name", "short_name"],
    plain("name", "note", "short_name", "phone", duties=[]),
)
register(
    "outlets",
    12,
    Outlet,
    {
        **NAMED,
        "level": {"enum": list(Outlet.Level.values)},
        "town": TEXT,
        "address": TEXT,
        "phone": TEXT,
        "opening_hours": TEXT,
    },
    ["name", "level"],
    lambda record: {
        **plain("name", "note", "level", "address", "phone", "opening_hours")(record),
        "town": town(record),
    },
)
register(
    "parks",
    13,
    Park,
    {**NAMED, "aliases": TEXTS, "facts": FACTS_SCHEMA},
    ["name"],
    plain("name", "note", aliases=[], facts=[]),
)
register(
    "industries",
    14,
    Industry,
    {**NAMED, "slug": SLUG},
    ["name", "slug"],
    plain("name", "note", "slug"),
)
register(
    "chains",
    15,
    IndustryChain,
    {**NAMED, "industry": SLUG, "links": TEXTS},
    ["name", "links"],
    lambda record: {**plain("name", "note", links=[])(record), "industry": industry(record)},
)
register(
    "enterprises",
    16,
    Enterprise,
    {**NAMED, "short_name": TEXT, "industry": SLUG, "facts": FACTS_SCHEMA},
    ["name", "facts"],
    lambda record: {**plain("name", "note", "short_name", facts=[])(record), "industry": industry(record)},
)
register(
    "county_facts",
    17,
    CountyFact,
    {
        "key": SLUG,
        "topic": {"enum": list(CountyFact.Topic.values)},
        "label": TEXT,
        "value": TEXT,
        "unit": TEXT,
        "year": TEXT,
        "text": TEXT,
    },
    ["key", "topic", "label", "value"],
    plain("key", "topic", "label", "value", "unit", "year", "text"),
)
