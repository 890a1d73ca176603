"""Words that mean the same, to start with; officers add their own in the admin."""

from pathlib import Path

from tuoxian_portal.core.reference import ReferenceSet, record_schema, reference_sets
from tuoxian_portal.search.models import SynonymGroup

TEXT = {"type": "string", "minLength": 1}

reference_sets.register(
    "synonyms",
    ReferenceSet(
        name="synonyms",
        order=90,
        path=Path(__file__).parent / "synonyms.yaml",
        schema=record_schema({"words": TEXT, "note": TEXT}, ["words"]),
        model=SynonymGroup,
        fields=lambda record: {"words": record["words"], "note": record.get("note", "")},
    ),
)
