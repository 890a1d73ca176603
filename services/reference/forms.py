"""The portal's own general form fields, and which of them each item asks for.

No county published its forms; these are written by us from what the items are about, and every page
says 以窗口表单为准.
"""

from pathlib import Path
from typing import Any

import yaml

from services.choices_forms import ApplicantFact, DayRule, FieldGroup, FieldKind
from services.models import FormField, ItemField
from services.models.form_fields import condition_problems
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.reference import ReferenceSet, record_schema, reference_sets

HERE = Path(__file__).parent
TEXT = {"type": "string", "minLength": 1}
LIMITS = (
    "unit",
    "hint",
    "decimals",
    "min_value",
    "max_value",
    "max_length",
    "fills_from",
    "day_rule",
    "personal",
)


def field_fields(record: dict[str, Any]) -> dict[str, Any]:
    empty = {f.name: f.get_default() for f in FormField._meta.concrete_fields if f.name in LIMITS}
    return {
        "key": record["key"],
        "label": record["label"],
        "kind": record["kind"],
        "group": record["group"],
        "options": "、".join(record.get("options", [])),
        **{name: record.get(name, empty[name]) for name in LIMITS},
    }


reference_sets.register(
    "form_fields",
    ReferenceSet(
        name="form_fields",
        order=51,
        path=HERE / "form_fields.yaml",
        schema=record_schema(
            {
                "key": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
                "label": TEXT,
                "kind": {"enum": FieldKind.values},
                "group": {"enum": FieldGroup.values},
                "hint": TEXT,
                "options": {"type": "array", "minItems": 2, "items": TEXT},
                "unit": TEXT,
                "decimals": {"type": "integer", "minimum": 0},
                "min_value": {"type": "number"},
                "max_value": {"type": "number"},
                "max_length": {"type": "integer", "minimum": 1},
                "day_rule": {"enum": [value for value in DayRule.values if value]},
                "fills_from": {"enum": ApplicantFact.values},
                "personal": {"type": "boolean"},
            },
            ["key", "label", "kind", "group"],
        ),
        model=FormField,
        fields=field_fields,
        keeps_order=True,
    ),
)


def forms_of_items() -> dict[str, list[str]]:
    """What `item_forms.yaml` says, by the item's id."""
    return yaml.safe_load((HERE / "item_forms.yaml").read_text(encoding="utf-8")) or {}


def form_rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of an item's form, as columns of `ItemField`. A line reads `key`, `key?` where it may be
    left empty, `key@other=answer` where it is asked only then. Raises `PortalError` on a line that names
    what the field catalogue does not know."""
    lines = record.get("form", [])
    fields = {field.key: field for field in FormField.objects.all()} if lines else {}
    rows: list[ItemField] = []
    for order, line in enumerate(lines, 1):
        name, _, condition = line.partition("@")
        parent, _, answer = condition.partition("=")
        try:
            rows.append(
                ItemField(
                    field=fields[name.removesuffix("?")],
                    required=not name.endswith("?"),
                    depends_on=fields[parent] if parent else None,
                    depends_value=answer,
                    order=order,
                )
            )
        except KeyError as error:
            raise PortalError(
                f"参考数据 {record['id']} 的表单引用的项目 {error} 不在表单项目目录中，请先载入 form_fields。"
            ) from error
    if problems := condition_problems(rows):
        raise PortalError(f"参考数据 {record['id']} 的表单不能用：" + " ".join(problems))
    return [
        {
            "field_id": row.field_id,
            "required": row.required,
            "depends_on_id": row.depends_on_id,
            "depends_value": row.depends_value,
            "order": row.order,
        }
        for row in rows
    ]
