"""What public sources state about policies and factor costs."""

from pathlib import Path
from typing import Any

from policies.choices import Benefit, Factor, Level, Nature, PriceKind, Publication, Recurrence, Theme
from policies.models import ClauseMaterial, FactorPrice, IncentivePolicy, PolicyClause
from services.models import Material, ServiceItem
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.reference import (
    CONFIDENCE_SCHEMA,
    SOURCE_SCHEMA,
    ReferenceSet,
    record_schema,
    reference_sets,
    source_fields,
)
from tuoxian_portal.directory.models import Industry

HERE = Path(__file__).parent
TEXT = {"type": "string", "minLength": 1}
WORKING_DAYS = {"type": "integer", "minimum": 1, "maximum": 250}
DAY = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}

POLICY_SCHEMA = record_schema(
    {
        "slug": {"type": "string", "pattern": r"^[a-z0-9-]{1,80}$"},
        "title": TEXT,
        "nature": {"enum": Nature.values},
        "level": {"enum": Level.values},
        "theme": {"enum": Theme.values},
        "industry": TEXT,
        "document_number": TEXT,
        "issuing_body": TEXT,
        "objects": TEXT,
        "issued_on": DAY,
        "issued_text": TEXT,
        "in_force_from": DAY,
        "repealed_on": DAY,
        "replaced_by": TEXT,
        "summary": TEXT,
        "note": TEXT,
        "clauses": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["text"],
                "additionalProperties": False,
                "properties": {
                    "heading": TEXT,
                    "text": TEXT,
                    "benefit": {"enum": Benefit.values},
                    "amount_text": TEXT,
                    "is_tax_tied": {"type": "boolean"},
                    "condition": {"type": "object"},
                    "formula": TEXT,
                    "recurrence": {"enum": Recurrence.values},
                    "review_within_days": WORKING_DAYS,
                    "objection_days": WORKING_DAYS,
                    "objection_to": TEXT,
                    "pay_within_days": WORKING_DAYS,
                    "service_item": TEXT,
                    "materials": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["name"],
                            "additionalProperties": False,
                            "properties": {"name": TEXT, "note": TEXT},
                        },
                    },
                    "source": SOURCE_SCHEMA,
                    "confidence": CONFIDENCE_SCHEMA,
                },
            },
        },
    },
    ["slug", "title", "level", "theme", "summary"],
)
PRICE_SCHEMA = record_schema(
    {
        "factor": {"enum": Factor.values},
        "item": TEXT,
        "kind": {"enum": PriceKind.values},
        "value": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
        "value_text": TEXT,
        "unit": TEXT,
        "as_of_date": DAY,
        "as_of_text": TEXT,
        "note": TEXT,
    },
    ["factor", "item", "kind", "as_of_text"],
)
STATED = [
    "slug",
    "title",
    "nature",
    "level",
    "theme",
    "document_number",
    "issuing_body",
    "issued_text",
    "summary",
    "note",
]
RULES = (
    "condition",
    "formula",
    "is_tax_tied",
    "recurrence",
    "review_within_days",
    "objection_days",
    "objection_to",
    "pay_within_days",
)
"""Of a clause, what the source may leave open and staff then enter."""
DAYS = ("issued_on", "in_force_from", "repealed_on")


def _python(model: Any, name: str, value: Any) -> Any:
    """`value` as the field `name` of `model` keeps it (a date, a Decimal)."""
    return model._meta.get_field(name).to_python(value)


def policy_fields(record: dict[str, Any]) -> dict[str, Any]:
    """Only what the record states: a document number that staff found later is not wiped."""
    fields = {name: record[name] for name in STATED if name in record}
    fields |= {name: _python(IncentivePolicy, name, record[name]) for name in DAYS if name in record}
    if "objects" in record:
        fields["objects_text"] = record["objects"]
    if "industry" in record:
        fields["industry"] = Industry.objects.filter(slug=record["industry"]).first()
    if "replaced_by" in record:
        fields["replaced_by"] = IncentivePolicy.objects.get(reference_id=record["replaced_by"])
    return fields


def _key_of(rows: Any, field: str, value: str) -> int:
    """The key of the row of the hall's catalogue that a clause names. Raises `PortalError` when there is
    none."""
    found = rows.filter(**{field: value}).values_list("pk", flat=True).first()
    if found is None:
        raise PortalError(f"政策参考数据写到的“{value}”不在办事大厅的目录里，请先写进材料或事项的参考数据。")
    return int(found)


def _write_materials(clause: PolicyClause, stated: list[dict[str, str]]) -> bool:
    """Makes the papers of `clause` those that the source states; True when they differed."""
    wanted = [
        (_key_of(Material.objects.all(), "name", line["name"]), line.get("note", "")) for line in stated
    ]
    if list(clause.materials.values_list("material", "note")) == wanted:
        return False
    clause.materials.all().delete()
    ClauseMaterial.objects.bulk_create(
        ClauseMaterial(clause=clause, material_id=material, order=order, note=note)
        for order, (material, note) in enumerate(wanted, start=1)
    )
    return True


def policy_children(policy: IncentivePolicy, record: dict[str, Any]) -> bool:
    """Its clauses; and its first publication, as 待核实, once: staff decide everything after."""
    changed = False
    kept = []
    for order, clause in enumerate(record.get("clauses", []), start=1):
        key = f"{record['id']}-{order}"
        own = {name: clause[name] for name in ("source", "confidence") if name in clause}
        # Rules only where the source states them: what staff entered for the rest is not wiped.
        stated = {name: clause[name] for name in RULES if name in clause}
        if code := clause.get("service_item"):
            stated["service_item_id"] = _key_of(ServiceItem.objects.filter(revises=None), "code", code)
        wanted = {
            "policy": policy,
            "code": key,
            "order": order,
            "heading": clause.get("heading", ""),
            "text": clause["text"],
            "benefit": clause.get("benefit", Benefit.GENERAL),
            "amount_text": clause.get("amount_text", ""),
            **stated,
            **source_fields({**record, **own}),
        }
        row = PolicyClause.objects.filter(reference_id=key).first() or PolicyClause(reference_id=key)
        if any(getattr(row, name, None) != value for name, value in wanted.items() if name != "policy"):
            for name, value in wanted.items():
                setattr(row, name, value)
            row.full_clean(validate_unique=False, validate_constraints=False)
            row.save()
            changed = True
        if "materials" in clause:
            changed |= _write_materials(row, clause["materials"])
        kept.append(key)
    gone = policy.clauses.filter(reference_id__isnull=False).exclude(reference_id__in=kept)
    changed |= bool(gone.delete()[0])
    never_touched = policy.version == 0 and policy.edited_by_id is None and policy.published_at is None
    if policy.state == Publication.DRAFT and never_touched:
        policy.state = Publication.PUBLISHED
        policy.published_at = policy.created_at
        policy.save(update_fields=["state", "published_at"])
        log(actor=None, action="publish_unverified", target=policy, reason="载入参考数据")
    return changed


def price_fields(record: dict[str, Any]) -> dict[str, Any]:
    fields = {
        name: record.get(name, "")
        for name in ("factor", "item", "kind", "value_text", "unit", "as_of_text", "note")
    }
    fields |= {name: _python(FactorPrice, name, record.get(name)) for name in ("value", "as_of_date")}
    return {"code": record["id"], **fields}


reference_sets.register(
    "policies",
    ReferenceSet(
        name="policies",
        order=65,
        path=HERE / "policies.yaml",
        schema=POLICY_SCHEMA,
        model=IncentivePolicy,
        fields=policy_fields,
        after=policy_children,
    ),
)
reference_sets.register(
    "factor-prices",
    ReferenceSet(
        name="factor-prices",
        order=66,
        path=HERE / "factor_prices.yaml",
        schema=PRICE_SCHEMA,
        model=FactorPrice,
        fields=price_fields,
    ),
)
