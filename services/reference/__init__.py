"""The catalogue's reference data: themes, materials, forms, items, bundles and facts about the hall."""

from pathlib import Path
from typing import Any

from services.actions.catalogue import publish_reference
from services.choices import (
    DayUnit,
    FactScope,
    ItemType,
    LimitKind,
    MaterialForm,
    MaterialOrigin,
    Necessity,
    ProjectStage,
)
from services.models import (
    BundleAnswer,
    BundleMember,
    BundleQuestion,
    HallMechanism,
    HallStatistic,
    ItemField,
    ItemMaterial,
    LegalBasis,
    Material,
    ServiceBundle,
    ServiceItem,
    ServiceTheme,
)
from services.publishing import LEAVABLE, unknown_elements
from services.reference.forms import form_rows, forms_of_items
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.reference import (
    CONFIDENCE_SCHEMA,
    SOURCE_SCHEMA,
    ReferenceSet,
    record_schema,
    reference_sets,
)
from tuoxian_portal.directory.models import Department

HERE = Path(__file__).parent
TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT}
COUNT = {"type": "integer", "minimum": 0}
SERVES = {"type": "array", "items": {"enum": ["individuals", "organisations"]}}
CHANNELS: dict[str, Any] = {"type": "array", "items": {"enum": ["at_window", "online", "mobile", "by_post"]}}


def enum(choices: type) -> dict[str, Any]:
    return {"enum": list(choices.values)}  # type: ignore[attr-defined]  # a TextChoices class


def part(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """A part of an item that has a source of its own."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [*required, "source", "confidence"],
        "properties": {**properties, "source": SOURCE_SCHEMA, "confidence": CONFIDENCE_SCHEMA},
    }


def department_of(record: dict[str, Any]) -> Department | None:
    """The department that `record` names. Raises `PortalError` when it has not been loaded."""
    if not (wanted := record.get("department")):
        return None
    department = Department.objects.filter(reference_id=wanted).first()
    if department is None:
        raise PortalError(
            f"参考数据 {record['id']} 引用的部门 {wanted} 尚未载入，请先载入部门（load_reference departments）。"
        )
    return department


def replace_children(parent: Any, name: str, wanted: list[dict[str, Any]], model: Any) -> bool:
    """Makes the child rows of `parent` equal to `wanted`, in that order; True when they differed."""
    manager = getattr(parent, name)
    fields = list(wanted[0]) if wanted else []
    current = list(manager.order_by("order", "pk").values(*fields)) if fields else []
    if current == wanted and (wanted or not manager.exists()):
        return False
    manager.all().delete()
    link = manager.field.name
    model.objects.bulk_create(model(**{link: parent}, **row) for row in wanted)
    return True


# --- Themes and materials -------------------------------------------------------------------------
def theme_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "slug": record["slug"],
        "name": record["name"],
        "for_individuals": record.get("for_individuals", False),
        "for_organisations": record.get("for_organisations", False),
    }


reference_sets.register(
    "service_themes",
    ReferenceSet(
        name="service_themes",
        order=50,
        path=HERE / "themes.yaml",
        schema=record_schema(
            {
                "slug": TEXT,
                "name": TEXT,
                "for_individuals": {"type": "boolean"},
                "for_organisations": {"type": "boolean"},
            },
            ["slug", "name"],
        ),
        model=ServiceTheme,
        fields=theme_fields,
        keeps_order=True,
    ),
)


def material_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": record["name"],
        "aliases": "、".join(record.get("aliases", [])),
        "electronic_licence": record.get("electronic_licence", ""),
    }


reference_sets.register(
    "materials",
    ReferenceSet(
        name="materials",
        order=51,
        path=HERE / "materials.yaml",
        schema=record_schema({"name": TEXT, "aliases": TEXTS, "electronic_licence": TEXT}, ["name"]),
        model=Material,
        fields=material_fields,
    ),
)


# --- Items ----------------------------------------------------------------------------------------
ITEM_SCHEMA = record_schema(
    {
        "code": TEXT,
        "name": TEXT,
        "aliases": TEXTS,
        "item_type": enum(ItemType),
        "department": {"type": "string", "pattern": "^DEP-[0-9]+$"},
        "authority": TEXT,
        "serves": SERVES,
        "themes": TEXTS,
        "stage": enum(ProjectStage),
        "channels": CHANNELS,
        "basic_code": TEXT,
        "conditions": TEXT,
        "result": TEXT,
        "issues": TEXTS,
        "result_validity": TEXT,
        "legal_basis": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["statute"],
                "properties": {"statute": TEXT, "article": TEXT},
            },
        },
        "statutory": part(
            {
                "days": COUNT,
                "unit": enum(DayUnit),
                "kind": enum(LimitKind),
                "text": TEXT,
                "basis": TEXT,
            },
            ["kind", "text"],
        ),
        "fee": part({"charged": {"type": "boolean"}, "standard": TEXT, "basis": TEXT}, ["charged"]),
        "materials_source": {
            "type": "object",
            "additionalProperties": False,
            "required": ["title", "confidence"],
            "properties": {**SOURCE_SCHEMA["properties"], "confidence": CONFIDENCE_SCHEMA},
        },
        "materials": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["material", "necessity", "origin"],
                "properties": {
                    "material": TEXT,
                    "wording": TEXT,
                    "necessity": enum(Necessity),
                    "when": TEXT,
                    "origin": enum(MaterialOrigin),
                    "originals": COUNT,
                    "copies": COUNT,
                    "form": enum(MaterialForm),
                },
            },
        },
    },
    ["code", "name", "item_type", "serves", "themes", "legal_basis", "materials", "materials_source"],
)


def part_source(value: dict[str, Any] | None) -> dict[str, Any] | None:
    if value is None:
        return None
    source = value.get("source", value)
    kept = {k: source.get(k, "") for k in ("title", "publisher", "date", "where")}
    return {**kept, "confidence": value["confidence"]}


def item_fields(record: dict[str, Any]) -> dict[str, Any]:
    department = department_of(record)
    limit = record.get("statutory", {})
    fee = record.get("fee", {})
    sources = {
        "materials": part_source(record["materials_source"]),
        "limit": part_source(record.get("statutory")),
        "fee": part_source(record.get("fee")),
    }
    fields = {
        "code": record["code"],
        "name": record["name"],
        "aliases": "、".join(record.get("aliases", [])),
        "item_type": record["item_type"],
        "department": department,
        "authority": record.get("authority") or (department.name if department else ""),
        "for_individuals": "individuals" in record["serves"],
        "for_organisations": "organisations" in record["serves"],
        "stage": record.get("stage", ""),
        "basic_code": record.get("basic_code", ""),
        "statutory_days": limit.get("days"),
        "statutory_unit": limit.get("unit", ""),
        "statutory_kind": limit.get("kind", ""),
        "statutory_text": limit.get("text", ""),
        "statutory_basis": limit.get("basis", ""),
        "conditions": record.get("conditions", ""),
        "charged": fee.get("charged"),
        "fee": fee.get("standard", ""),
        "fee_basis": fee.get("basis", ""),
        "result": record.get("result", ""),
        "result_validity": record.get("result_validity", ""),
        "part_sources": {name: source for name, source in sources.items() if source},
        **{name: name in record.get("channels", []) for name in CHANNELS["items"]["enum"]},
    }
    # What no source states is left to the window, and the page says so.
    unknown = unknown_elements(ServiceItem(**fields), has_steps=False)
    return {**fields, "left_to_window": [key for key in LEAVABLE if key in unknown]}


def item_children(item: ServiceItem, record: dict[str, Any]) -> bool:
    themes = {theme.slug: theme for theme in ServiceTheme.objects.all()}
    materials = {material.name: material.pk for material in Material.objects.all()}
    try:
        wanted_issues = {materials[name] for name in record.get("issues", [])}
        wanted_themes = {themes[slug].pk for slug in record["themes"]}
        rows = [
            {
                "material_id": materials[row["material"]],
                "wording": row.get("wording", ""),
                "necessity": row["necessity"],
                "condition": row.get("when", ""),
                "originals": row.get("originals"),
                "copies": row.get("copies"),
                "form": row.get("form", ""),
                "origin": row["origin"],
                "order": order,
            }
            for order, row in enumerate(record["materials"], 1)
        ]
    except KeyError as error:
        raise PortalError(f"参考数据 {record['id']} 引用的主题或材料 {error} 不在目录中。") from error
    changed = replace_children(item, "materials", rows, ItemMaterial)
    changed |= replace_children(item, "form_fields", form_rows(record), ItemField)
    bases = [
        {"statute": b["statute"], "article": b.get("article", ""), "order": order}
        for order, b in enumerate(record["legal_basis"], 1)
    ]
    changed |= replace_children(item, "bases", bases, LegalBasis)
    if {theme.pk for theme in item.themes.all()} != wanted_themes:
        item.themes.set(wanted_themes)
        changed = True
    if {material.pk for material in item.issues.all()} != wanted_issues:
        item.issues.set(wanted_issues)
        changed = True
    return publish_reference(item) or changed


class ItemSet(ReferenceSet):
    """The items of `items.yaml`, each with its form of `item_forms.yaml`: a change of either is loaded."""

    def records(self) -> list[dict[str, Any]]:
        records, forms = super().records(), forms_of_items()
        if unknown := sorted(set(forms) - {record["id"] for record in records}):
            raise PortalError(f"参考数据 item_forms.yaml 写了没有的事项：{'、'.join(unknown)}。")
        return [{**record, "form": forms.get(record["id"], [])} for record in records]


reference_sets.register(
    "service_items",
    ItemSet(
        name="service_items",
        order=52,
        path=HERE / "items.yaml",
        schema=ITEM_SCHEMA,
        model=ServiceItem,
        fields=item_fields,
        after=item_children,
    ),
)


# --- Bundles --------------------------------------------------------------------------------------
BUNDLE_SCHEMA = record_schema(
    {
        "slug": TEXT,
        "name": TEXT,
        "aliases": TEXTS,
        "summary": TEXT,
        "theme": TEXT,
        "serves": SERVES,
        "stage": enum(ProjectStage),
        "department": {"type": "string", "pattern": "^DEP-[0-9]+$"},
        "lead_authority": TEXT,
        "form_note": TEXT,
        "note": TEXT,
        "published": {"type": "boolean"},
        "questions": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["key", "text", "answers"],
                "properties": {
                    "key": TEXT,
                    "text": TEXT,
                    "hint": TEXT,
                    "answers": {
                        "type": "array",
                        "minItems": 2,
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["value", "label"],
                            "properties": {"value": TEXT, "label": TEXT},
                        },
                    },
                },
            },
        },
        "members": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["key"],
                "properties": {
                    "key": COUNT,
                    "item": TEXT,
                    "title": TEXT,
                    "handled_by": TEXT,
                    "when": {"type": "object", "additionalProperties": TEXTS},
                    "after": {"type": "array", "items": COUNT},
                },
            },
        },
    },
    ["slug", "name", "serves", "members", "published"],
)


def bundle_fields(record: dict[str, Any]) -> dict[str, Any]:
    department = department_of(record)
    theme = None
    if slug := record.get("theme"):
        theme = ServiceTheme.objects.filter(slug=slug).first()
        if theme is None:
            raise PortalError(f"参考数据 {record['id']} 引用的主题 {slug} 不在目录中。")
    return {
        "slug": record["slug"],
        "name": record["name"],
        "aliases": "、".join(record.get("aliases", [])),
        "summary": record.get("summary", ""),
        "theme": theme,
        "for_individuals": "individuals" in record["serves"],
        "for_organisations": "organisations" in record["serves"],
        "stage": record.get("stage", ""),
        "department": department,
        "lead_authority": record.get("lead_authority") or (department.name if department else ""),
        "form_note": record.get("form_note", ""),
        "note": record.get("note", ""),
    }


def bundle_shape(bundle: ServiceBundle) -> list[Any]:
    """Questions, answers and members of a stored bundle, in the shape of `wanted_shape`."""
    questions = [
        [q.key, q.text, q.hint, [[a.value, a.label] for a in q.answers.all()]]
        for q in bundle.questions.prefetch_related("answers")
    ]
    members = list(
        bundle.members.select_related("item").prefetch_related("answers__question", "prerequisites")
    )
    return [
        questions,
        [
            [
                m.item.code if m.item else "",
                m.title,
                m.handled_by,
                sorted([a.question.key, a.value] for a in m.answers.all()),
                sorted(p.order for p in m.prerequisites.all()),
                m.order,
            ]
            for m in members
        ],
    ]


def wanted_shape(record: dict[str, Any]) -> list[Any]:
    return [
        [
            [q["key"], q["text"], q.get("hint", ""), [[a["value"], a["label"]] for a in q["answers"]]]
            for q in record.get("questions", [])
        ],
        [
            [
                m.get("item", ""),
                m.get("title", ""),
                m.get("handled_by", ""),
                sorted([key, value] for key, values in m.get("when", {}).items() for value in values),
                sorted(m.get("after", [])),
                m["key"],
            ]
            for m in record["members"]
        ],
    ]


def bundle_children(bundle: ServiceBundle, record: dict[str, Any]) -> bool:
    changed = bundle_shape(bundle) != wanted_shape(record)
    if changed:
        bundle.members.all().delete()
        bundle.questions.all().delete()
        answers: dict[tuple[str, str], BundleAnswer] = {}
        for order, q in enumerate(record.get("questions", []), 1):
            question = BundleQuestion.objects.create(
                bundle=bundle, key=q["key"], text=q["text"], hint=q.get("hint", ""), order=order
            )
            for place, a in enumerate(q["answers"], 1):
                answers[q["key"], a["value"]] = BundleAnswer.objects.create(
                    question=question, value=a["value"], label=a["label"], order=place
                )
        items = {item.code: item for item in ServiceItem.objects.filter(revises__isnull=True)}
        members: dict[int, BundleMember] = {}
        try:
            for m in record["members"]:
                member = BundleMember.objects.create(
                    bundle=bundle,
                    item=items[m["item"]] if "item" in m else None,
                    title=m.get("title", ""),
                    handled_by=m.get("handled_by", ""),
                    order=m["key"],
                )
                members[m["key"]] = member
                member.answers.set(answers[key, v] for key, vs in m.get("when", {}).items() for v in vs)
            for m in record["members"]:
                members[m["key"]].prerequisites.set(members[key] for key in m.get("after", []))
        except KeyError as error:
            raise PortalError(f"参考数据 {record['id']} 引用的事项、情形或成员 {error} 不存在。") from error
    return (record["published"] and publish_reference(bundle)) or changed


reference_sets.register(
    "service_bundles",
    ReferenceSet(
        name="service_bundles",
        order=53,
        path=HERE / "bundles.yaml",
        schema=BUNDLE_SCHEMA,
        model=ServiceBundle,
        fields=bundle_fields,
        after=bundle_children,
        keeps_order=True,
    ),
)


# --- Facts about the hall -------------------------------------------------------------------------
def statistic_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: record[name] for name in ("name", "group", "value", "unit", "period", "scope")},
        "note": record.get("note", ""),
    }


reference_sets.register(
    "hall_statistics",
    ReferenceSet(
        name="hall_statistics",
        order=54,
        path=HERE / "hall_statistics.yaml",
        schema=record_schema(
            {
                "name": TEXT,
                "group": TEXT,
                "value": {"type": "number"},
                "unit": TEXT,
                "period": TEXT,
                "scope": enum(FactScope),
                "note": TEXT,
            },
            ["name", "group", "value", "unit", "period", "scope"],
        ),
        model=HallStatistic,
        fields=statistic_fields,
        keeps_order=True,
    ),
)


def mechanism_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: record[name] for name in ("name", "meaning", "scope")},
        "parts": record.get("parts", []),
    }


reference_sets.register(
    "hall_mechanisms",
    ReferenceSet(
        name="hall_mechanisms",
        order=55,
        path=HERE / "hall_mechanisms.yaml",
        schema=record_schema(
            {
                "name": TEXT,
                "meaning": TEXT,
                "parts": TEXTS,
                "scope": enum(FactScope),
            },
            ["name", "meaning", "scope"],
        ),
        model=HallMechanism,
        fields=mechanism_fields,
        keeps_order=True,
    ),
)

# Registers itself; last, because ratings rest on the catalogue.
from services.reference import ratings  # noqa: E402, F401  # an import that registers
