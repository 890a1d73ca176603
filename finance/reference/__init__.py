"""The published events, with their sources. The county's loan products are not known: none is here."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from finance.choices import Level
from finance.models import MatchmakingEvent
from tuoxian_portal.core.reference import ReferenceSet, record_schema, reference_sets

HERE = Path(__file__).parent
COUNT = {"type": "integer", "minimum": 1}
AMOUNT = {"type": "number", "exclusiveMinimum": 0}
TEXT = {"type": "string", "minLength": 1}
NAMES = {"type": "array", "items": TEXT}

SCHEMA = record_schema(
    {
        "slug": {"type": "string", "pattern": "^[a-z0-9-]+$"},
        "name": TEXT,
        "kind": {"enum": MatchmakingEvent.Kind.values},
        "level": {"enum": Level.values},
        "held_on": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "date_text": TEXT,
        "enterprises": COUNT,
        "banks": COUNT,
        "projects": COUNT,
        "intention_wan": AMOUNT,
        "credit_wan": AMOUNT,
        "bank_names": NAMES,
        "enterprise_names": NAMES,
        "summary": TEXT,
    },
    required=["slug", "name", "kind", "level", "summary"],
)


def _amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def event_fields(record: dict[str, Any]) -> dict[str, Any]:
    held_on = record.get("held_on")
    return {
        "slug": record["slug"],
        "name": record["name"],
        "kind": record["kind"],
        "level": record["level"],
        "held_on": date.fromisoformat(held_on) if held_on else None,
        "date_text": record.get("date_text", ""),
        "enterprises": record.get("enterprises"),
        "banks": record.get("banks"),
        "projects": record.get("projects"),
        "intention_wan": _amount(record.get("intention_wan")),
        "credit_wan": _amount(record.get("credit_wan")),
        "bank_names": record.get("bank_names", []),
        "enterprise_names": record.get("enterprise_names", []),
        "summary": record["summary"],
    }


reference_sets.register(
    "matchmaking_events",
    ReferenceSet(
        name="matchmaking_events",
        order=60,
        path=HERE / "events.yaml",
        schema=SCHEMA,
        model=MatchmakingEvent,
        fields=event_fields,
    ),
)
