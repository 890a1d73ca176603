"""Versions of an item: what its content is, and how a draft becomes the next version."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import QuerySet

from services.models import ServiceItem

# What stays with the row when a next version is published.
IDENTITY = {
    "id",
    "code",
    "revises",
    "version_number",
    "state",
    "published_at",
    "search_text",
    "version",
    "created_at",
    "updated_at",
    "is_sample",
    "reference_id",
}
CONTENT = [f for f in ServiceItem._meta.concrete_fields if f.name not in IDENTITY]
CHILDREN = ("materials", "form_fields", "bases", "steps", "questions")
LINKS = ("themes", "outlets", "issues")
# The names of what a content refers to, so that a frozen version can be read without the tables.
NAMES = "names"
# Columns of child rows that refer to a catalogue, and where the name is.
NAMED_BY = {
    "materials": {"material_id": "material__name"},
    "form_fields": {"field_id": "field__label", "depends_on_id": "depends_on__label"},
}


def child_model(name: str) -> Any:
    """The model of the child rows `name`, one of `CHILDREN`."""
    return ServiceItem._meta.get_field(name).related_model


def child_fields(name: str) -> list[Any]:
    """The columns that make a child row what it is; not its key nor whose it is."""
    return [f for f in child_model(name)._meta.concrete_fields if f.name not in {"id", "item"}]


def link_through(name: str) -> Any:
    """The table behind a link, one of `LINKS`; it has `serviceitem_id` and `link_column(name)`."""
    return getattr(ServiceItem, name).through


def link_column(name: str) -> str:
    return str(ServiceItem._meta.get_field(name).m2m_reverse_name())  # type: ignore[union-attr]  # a to-many link


def plain_value(field: Any, row: models.Model) -> Any:
    """A column as JSON keeps it; a file is its name in storage."""
    value = field.value_from_object(row)
    return value.name or "" if isinstance(field, models.FileField) else value


def contents_of(items: Iterable[ServiceItem]) -> dict[int, dict[str, Any]]:
    """Everything the guides of `items` say, as plain JSON by primary key: fields, child rows, links and
    the names of what they refer to. Nine queries for any number of items."""
    rows = list(items)
    keys = [item.pk for item in rows]
    contents: dict[int, dict[str, Any]] = {}
    for item in rows:
        contents[item.pk] = {
            **{f.attname: plain_value(f, item) for f in CONTENT},
            **{name: [] for name in (*CHILDREN, *LINKS)},
            NAMES: {name: {} for name in ("departments", "materials", "form_fields", *LINKS)},
        }
    departments = _names_of("department", {item.department_id for item in rows if item.department_id})
    for item in rows:
        if item.department_id:
            names = contents[item.pk][NAMES]["departments"]
            names[str(item.department_id)] = departments[item.department_id]
    for name in CHILDREN:
        fields = [f.attname for f in child_fields(name)]
        referred = NAMED_BY.get(name, {})
        # A plain queryset: nothing here needs what a manager joins.
        found: Any = QuerySet(child_model(name)).filter(item__in=keys).order_by("order", "pk")
        for row in found.values("item_id", *fields, *referred.values()).iterator():
            content = contents[row.pop("item_id")]
            for column, path in referred.items():
                label = row.pop(path)
                if row[column] is not None:
                    content[NAMES][name][str(row[column])] = label
            content[name].append(row)
    for name in LINKS:
        column = link_column(name)
        target = column.removesuffix("_id")
        pairs = (
            link_through(name)
            .objects.filter(serviceitem__in=keys)
            .order_by(column)
            .values_list("serviceitem_id", column, f"{target}__name")
        )
        for key, other, label in pairs.iterator():
            contents[key][name].append(other)
            contents[key][NAMES][name][str(other)] = label
    return contents


def content_of(item: ServiceItem) -> dict[str, Any]:
    """`contents_of` for one item."""
    return contents_of([item])[item.pk]


def _names_of(field: str, keys: set[int]) -> dict[int, str]:
    model: Any = ServiceItem._meta.get_field(field).related_model
    return dict(model.objects.filter(pk__in=keys).values_list("pk", "name")) if keys else {}


def copy_content(source: ServiceItem, target: ServiceItem) -> None:
    """Gives `target` (saved by this) the content of `source`, child rows included."""
    for field in CONTENT:
        setattr(target, field.attname, plain_value(field, source))
    target.save()
    write_parts({target.pk: content_of(source)})


def write_parts(contents: dict[int, dict[str, Any]], parts: Iterable[str] = (*CHILDREN, *LINKS)) -> None:
    """Replaces child rows and links of the items by those of their content, for any number of items at
    once: two queries a part. The caller is in a transaction."""
    for name in parts:
        if name in CHILDREN:
            model = child_model(name)
            model.objects.filter(item__in=contents).delete()
            rows = [model(item_id=key, **row) for key, content in contents.items() for row in content[name]]
            model.objects.bulk_create(rows, batch_size=500)
            continue
        through, column = link_through(name), link_column(name)
        wanted: defaultdict[int, list[int]] = defaultdict(list)
        for key, content in contents.items():
            wanted[key] = content[name]
        through.objects.filter(serviceitem__in=contents).delete()
        through.objects.bulk_create(
            [
                through(**{"serviceitem_id": key, column: other})
                for key, others in wanted.items()
                for other in others
            ],
            batch_size=500,
        )
