"""The tags that are offered with a rating."""

from pathlib import Path
from typing import Any

from services.choices_ratings import TagSide
from services.models import RatingTag
from tuoxian_portal.core.reference import ReferenceSet, record_schema, reference_sets

TEXT = {"type": "string", "minLength": 1}


def tag_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {"code": record["code"], "name": record["name"], "side": record["side"]}


reference_sets.register(
    "rating_tags",
    ReferenceSet(
        name="rating_tags",
        order=58,
        path=Path(__file__).parent / "rating_tags.yaml",
        schema=record_schema(
            {"code": TEXT, "name": TEXT, "side": {"enum": list(TagSide.values)}}, ["code", "name", "side"]
        ),
        model=RatingTag,
        fields=tag_fields,
        keeps_order=True,
    ),
)
