"""Versions of an item: what its content is, and how a draft becomes the next version."""

from typing import Any

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


def content_of(item: ServiceItem) -> dict[str, Any]:
    """Everything a guide says, as plain JSON: fields, child rows and links. Eight queries."""
    content: dict[str, Any] = {f.attname: f.value_from_object(item) for f in CONTENT}
    for name in CHILDREN:
        manager = getattr(item, name)
        skip = {"id", manager.field.attname}
        fields = [f.attname for f in manager.model._meta.concrete_fields if f.attname not in skip]
        content[name] = list(manager.order_by("order", "pk").values(*fields))
    for name in LINKS:
        content[name] = sorted(getattr(item, name).values_list("pk", flat=True))
    return content


def copy_content(source: ServiceItem, target: ServiceItem) -> None:
    """Gives `target` (saved by this) the content of `source`, child rows included."""
    for field in CONTENT:
        setattr(target, field.attname, field.value_from_object(source))
    target.save()
    for name in CHILDREN:
        manager = getattr(target, name)
        manager.all().delete()
        link = manager.field.name
        copies = list(getattr(source, name).order_by("order", "pk"))
        for row in copies:
            row.pk = None
            setattr(row, link, target)
        manager.model.objects.bulk_create(copies)
    for name in LINKS:
        wanted = list(getattr(source, name).values_list("pk", flat=True))
        getattr(target, name).set(wanted)
