"""Key projects, opportunities, targets and portfolio figures that public sources state."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import models

from projects.choices import Comparison, Nature, ProjectType, Stage, TargetCategory, TargetScope
from projects.choices_pipeline import NodeStanding
from projects.models import ChainNode, KeyProject, Opportunity, PortfolioFact, ProjectFact, Target
from projects.targets import RULES
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.reference import (
    CONFIDENCE_SCHEMA,
    SOURCE_SCHEMA,
    ReferenceSet,
    record_schema,
    reference_sets,
    source_fields,
)
from tuoxian_portal.directory.models import Enterprise, Industry, IndustryChain, Park

HERE = Path(__file__).parent
TEXT = {"type": "string", "minLength": 1}
AMOUNT = {"type": "number", "minimum": 0}
YEAR = {"type": "integer", "minimum": 1990, "maximum": 2100}
ISO_DATE = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


def _found(model: type[models.Model], record: dict[str, Any], key: str, field: str) -> Any:
    """The directory's row that `record[key]` names by `field`; None when the record names none."""
    if key not in record:
        return None
    row = model._default_manager.filter(**{field: record[key]}).first()
    if row is None:
        raise PortalError(
            f"参考数据 {record['id']} 所写的 {key}：{record[key]} 在名录中不存在，请先载入名录。"
        )
    return row


def _amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


PROJECT_SCHEMA = record_schema(
    {
        "number": {"type": "string", "pattern": r"^TX\d{4}-\d{3}$"},
        "name": TEXT,
        "nature": {"enum": Nature.values},
        "enterprise": TEXT,
        "enterprise_name": TEXT,
        "industry": TEXT,
        "park": TEXT,
        "location": TEXT,
        "project_type": {"enum": ProjectType.values},
        "is_chain_leader": {"type": "boolean"},
        "capacity": TEXT,
        "total_investment_wan": AMOUNT,
        "investment_note": TEXT,
        "land_mu": AMOUNT,
        "stage": {"enum": Stage.values},
        "stage_as_of": TEXT,
        "stage_note": TEXT,
        "actual_start": ISO_DATE,
        "summary": TEXT,
        "facts": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text", "source", "confidence"],
                "properties": {
                    "text": TEXT,
                    "as_of": TEXT,
                    "total_investment_wan": AMOUNT,
                    "source": SOURCE_SCHEMA,
                    "confidence": CONFIDENCE_SCHEMA,
                },
            },
        },
    },
    ["number", "name", "industry"],
)


def project_fields(record: dict[str, Any]) -> dict[str, Any]:
    start = record.get("actual_start")
    return {
        "number": record["number"],
        "name": record["name"],
        "nature": record.get("nature", Nature.PROJECT),
        "enterprise": _found(Enterprise, record, "enterprise", "reference_id"),
        "enterprise_name": record.get("enterprise_name", ""),
        "industry": _found(Industry, record, "industry", "slug"),
        "park": _found(Park, record, "park", "reference_id"),
        "location": record.get("location", ""),
        "project_type": record.get("project_type", ""),
        "is_chain_leader": record.get("is_chain_leader", False),
        "capacity": record.get("capacity", ""),
        "total_investment_wan": _amount(record.get("total_investment_wan")),
        "investment_note": record.get("investment_note", ""),
        "land_mu": _amount(record.get("land_mu")),
        "stage": record.get("stage", ""),
        "stage_as_of": record.get("stage_as_of", ""),
        "stage_note": record.get("stage_note", ""),
        # No source says whether a project goes on as it should.
        "status": "",
        "actual_start": date.fromisoformat(start) if start else None,
        "summary": record.get("summary", ""),
        "is_published": True,
    }


def set_facts(project: KeyProject, record: dict[str, Any]) -> bool:
    """Replaces what other sources say about `project`; True when that changed anything."""
    wanted = [
        {
            "reference_id": f"{record['id']}-F{order}",
            "text": fact["text"],
            "as_of": fact.get("as_of", ""),
            "total_investment_wan": _amount(fact.get("total_investment_wan")),
            "order": order,
            **source_fields(fact),
        }
        for order, fact in enumerate(record.get("facts", []), start=1)
    ]
    names = list(wanted[0]) if wanted else []
    rows = project.source_facts.filter(reference_id__isnull=False)
    if wanted and list(rows.values(*names)) == wanted:
        return False
    removed = rows.delete()[0]
    ProjectFact.objects.bulk_create(ProjectFact(project=project, **fields) for fields in wanted)
    return bool(wanted or removed)


OPPORTUNITY_SCHEMA = record_schema(
    {
        "number": {"type": "string", "pattern": r"^ZS\d{4}-\d{3}$"},
        "name": TEXT,
        "industry": TEXT,
        "park": TEXT,
        "summary": TEXT,
    },
    ["number", "name", "industry"],
)


def opportunity_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": record["number"],
        "name": record["name"],
        "industry": _found(Industry, record, "industry", "slug"),
        "park": _found(Park, record, "park", "reference_id"),
        "summary": record.get("summary", ""),
        "is_published": True,
    }


TARGET_SCHEMA = record_schema(
    {
        "indicator": TEXT,
        "year": YEAR,
        "period": TEXT,
        "scope": {"enum": TargetScope.values},
        "industry": TEXT,
        "park": TEXT,
        "category": {"enum": TargetCategory.values},
        "comparison": {"enum": Comparison.values},
        "value": {"type": "number"},
        "words": {"type": "array", "items": TEXT},
        "unit": TEXT,
        "note": TEXT,
        "rule": {"enum": list(RULES)},
    },
    ["indicator", "category"],
)


def target_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "indicator": record["indicator"],
        "year": record.get("year"),
        "period": record.get("period", ""),
        "scope": record.get("scope", TargetScope.COUNTY),
        "industry": _found(Industry, record, "industry", "slug"),
        "park": _found(Park, record, "park", "reference_id"),
        "category": record["category"],
        "comparison": record.get("comparison", Comparison.EQUAL),
        "value": _amount(record.get("value")),
        "words": record.get("words", []),
        "unit": record.get("unit", ""),
        "note": record.get("note", ""),
        "rule": record.get("rule", ""),
        "order": int(record["id"].rpartition("-")[2]),
    }


PORTFOLIO_SCHEMA = record_schema(
    {"text": TEXT, "year": YEAR, "figures": {"type": "object", "additionalProperties": {"type": "number"}}},
    ["text"],
)


def portfolio_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": record["text"],
        "year": record.get("year"),
        "figures": record.get("figures", {}),
        "order": int(record["id"].rpartition("-")[2]),
    }


CHAIN_NODE_SCHEMA = record_schema(
    {
        "chain": TEXT,
        "name": TEXT,
        "position": {"type": "integer", "minimum": 1},
        "standing": {"enum": NodeStanding.values},
        "enterprise": TEXT,
        "note": TEXT,
    },
    ["chain", "name", "position"],
)


def chain_node_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "chain": _found(IndustryChain, record, "chain", "reference_id"),
        "name": record["name"],
        "position": record["position"],
        "standing": record.get("standing", NodeStanding.UNSTATED),
        "enterprise": _found(Enterprise, record, "enterprise", "reference_id"),
        "note": record.get("note", ""),
        "is_published": True,
    }


for item in (
    ReferenceSet(
        "key-projects", 30, HERE / "projects.yaml", PROJECT_SCHEMA, KeyProject, project_fields, set_facts
    ),
    ReferenceSet(
        "opportunities", 31, HERE / "opportunities.yaml", OPPORTUNITY_SCHEMA, Opportunity, opportunity_fields
    ),
    ReferenceSet("targets", 32, HERE / "targets.yaml", TARGET_SCHEMA, Target, target_fields),
    ReferenceSet(
        "chain-nodes", 34, HERE / "chain_nodes.yaml", CHAIN_NODE_SCHEMA, ChainNode, chain_node_fields
    ),
    ReferenceSet("portfolio", 33, HERE / "portfolio.yaml", PORTFOLIO_SCHEMA, PortfolioFact, portfolio_fields),
):
    reference_sets.register(item.name, item)
