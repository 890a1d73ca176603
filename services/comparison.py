"""Two versions of an item, side by side: what differs, in the words that staff and the public read.

A pure function over two contents (`services.versions.content_of`, `ItemVersion.content`): no queries, no
writes. Materials are matched by their entry in the catalogue, statutes, steps and questions by their
name; the mere renumbering of rows is no difference, another order of them is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from services.models import ServiceItem
from services.publishing import LEAVABLE
from services.versions import CHILDREN, CONTENT, LINKS, NAMES, child_fields, child_model

Content = Mapping[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class FieldChange:
    """One element that differs; texts as people read them, "" for what is empty."""

    name: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class RowChange:
    """One row (a material, a statute, a step, a question) with the elements that differ."""

    title: str
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Section:
    """The rows of one kind. `added` and `removed` are (title, what is known of it)."""

    name: str
    label: str
    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    changed: tuple[RowChange, ...]
    reordered: bool

    @property
    def count(self) -> int:
        return len(self.added) + len(self.removed) + len(self.changed) + self.reordered


@dataclass(frozen=True)
class Comparison:
    """What differs between two contents: elements of the item, then the sections that differ."""

    fields: tuple[FieldChange, ...]
    sections: tuple[Section, ...]

    @property
    def is_empty(self) -> bool:
        return not self.fields and not self.sections

    @property
    def count(self) -> int:
        """How many places differ."""
        return len(self.fields) + sum(section.count for section in self.sections)

    def lines(self) -> list[tuple[str, str, str]]:
        """Every difference as (where, old, new), for lists and reports."""
        found = [(change.label, change.old, change.new) for change in self.fields]
        for section in self.sections:
            found += [(f"{section.label}：{title}", "", text or "新增") for title, text in section.added]
            found += [(f"{section.label}：{title}", text or "原有", "") for title, text in section.removed]
            for row in section.changed:
                found += [(f"{section.label}：{row.title}，{c.label}", c.old, c.new) for c in row.changes]
            if section.reordered:
                found.append((f"{section.label}：顺序", "", "有调整"))
        return found

    def as_dict(self) -> dict[str, Any]:
        """The shape of the API."""

        def change(c: FieldChange) -> dict[str, str]:
            return {"name": c.name, "label": c.label, "old": c.old, "new": c.new}

        return {
            "is_empty": self.is_empty,
            "fields": [change(c) for c in self.fields],
            "sections": [
                {
                    "name": s.name,
                    "label": s.label,
                    "added": [{"title": title, "text": text} for title, text in s.added],
                    "removed": [{"title": title, "text": text} for title, text in s.removed],
                    "changed": [
                        {"title": row.title, "changes": [change(c) for c in row.changes]} for row in s.changed
                    ],
                    "reordered": s.reordered,
                }
                for s in self.sections
            ],
        }


# Where the names of what a column refers to are kept in a content.
TABLES = {
    "department": "departments",
    "material": "materials",
    "field": "form_fields",
    "depends_on": "form_fields",
}


class _Words:
    """Turns stored values into words, with the names that either content carries."""

    def __init__(self, *contents: Content) -> None:
        self.names: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for content in contents:
            for table, names in content.get(NAMES, {}).items():
                self.names[table].update(names)

    def name(self, table: str, key: Any) -> str:
        return self.names[table].get(str(key), f"编号 {key}")

    def text(self, field: Any, value: Any) -> str:
        if value is None or value == "" or value == [] or value == {}:
            return ""
        if field.name == "left_to_window":
            return "、".join(str(LEAVABLE.get(key, key)) for key in value)
        if field.name == "part_sources":
            return "；".join(part.get("title", "") for part in value.values())
        if isinstance(field, models.ForeignKey):
            return self.name(TABLES[field.name], value)
        if isinstance(field, models.FileField):
            name, _, extension = str(value).rsplit("/", 1)[-1].rpartition(".")
            return f"{extension.upper()} 文件（{name[:8]}）"
        if isinstance(value, bool):
            return "是" if value else "否"
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        return str(value)


# What a row is matched by, and what it is called.
KEYS: dict[str, Callable[[Row], Any]] = {
    "materials": lambda row: row["material_id"],
    "form_fields": lambda row: row["field_id"],
    "bases": lambda row: row["statute"],
    "steps": lambda row: row["name"],
    "questions": lambda row: row["question"],
}


def compare(old: Content, new: Content) -> Comparison:
    """What differs between two contents of an item. `compare(a, a)` is empty; `compare(b, a)` is
    `compare(a, b)` with added and removed, old and new exchanged. A key that only one content has (an
    element that the portal learned later) counts as empty in the other."""
    words = _Words(old, new)
    fields = [
        change
        for field in CONTENT
        if (change := _changed(field, old.get(field.attname), new.get(field.attname), words))
    ]
    for name in LINKS:
        before, after = sorted(old.get(name) or []), sorted(new.get(name) or [])
        if before != after:
            label = str(ServiceItem._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a link
            texts = ["、".join(words.name(name, key) for key in keys) for keys in (before, after)]
            fields.append(FieldChange(name, label, *texts))
    sections = [_compare_rows(name, old.get(name) or [], new.get(name) or [], words) for name in CHILDREN]
    return Comparison(tuple(fields), tuple(section for section in sections if section.count))


def _same(field: Any, old: Any, new: Any) -> bool:
    """Whether two values mean the same; what is missing equals what is empty or the field's default."""
    if old == new and isinstance(old, bool) == isinstance(new, bool):
        return True
    default = field.get_default()
    empty = {"", None}
    old, new = (default if value is None else value for value in (old, new))
    if isinstance(old, str | None) and isinstance(new, str | None) and old in empty and new in empty:
        return True
    return bool(old == new)


def _changed(field: Any, old: Any, new: Any, words: _Words) -> FieldChange | None:
    if _same(field, old, new):
        return None
    label = str(field.verbose_name)
    return FieldChange(field.name, label, words.text(field, old), words.text(field, new))


def _compare_rows(name: str, old: Sequence[Row], new: Sequence[Row], words: _Words) -> Section:
    fields = [f for f in child_fields(name) if f.name != "order"]
    old, new = ([*sorted(rows, key=lambda row: row.get("order", 0))] for rows in (old, new))
    pairs, gone, come = _match(old, new, KEYS[name], fields)
    changed = []
    for a, b in pairs:
        changes = [
            change
            for f in fields
            if (change := _changed(f, old[a].get(f.attname), new[b].get(f.attname), words))
        ]
        if changes:
            changed.append(RowChange(_title(name, old[a], words), tuple(changes)))
    # The rows that both have, in the order of each.
    places = [b for _, b in sorted(pairs)]
    return Section(
        name=name,
        label=str(child_model(name)._meta.verbose_name),
        added=tuple((_title(name, new[b], words), _summary(fields, new[b], words)) for b in come),
        removed=tuple((_title(name, old[a], words), _summary(fields, old[a], words)) for a in gone),
        changed=tuple(changed),
        reordered=places != sorted(places),
    )


def _match(
    old: Sequence[Row], new: Sequence[Row], key: Callable[[Row], Any], fields: Iterable[Any]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pairs of places, and what is left on either side. Rows that are equal find each other first, then
    those with the same key in their order (one statute may stand with several articles)."""

    def whole(row: Row) -> Any:
        return tuple(str(row.get(f.attname)) for f in fields)

    pairs: list[tuple[int, int]] = []
    left, right = list(range(len(old))), list(range(len(new)))
    for identity in (whole, key):
        waiting: defaultdict[Any, list[int]] = defaultdict(list)
        for b in right:
            waiting[identity(new[b])].append(b)
        rest = []
        for a in left:
            if candidates := waiting.get(identity(old[a])):
                pairs.append((a, candidates.pop(0)))
            else:
                rest.append(a)
        taken = {b for _, b in pairs}
        left, right = rest, [b for b in right if b not in taken]
    return pairs, left, right


def _title(name: str, row: Row, words: _Words) -> str:
    if name in {"materials", "form_fields"}:
        return words.name(name, KEYS[name](row))
    if name == "bases":
        return f"《{row['statute']}》"
    return str(KEYS[name](row))


def _summary(fields: Iterable[Any], row: Row, words: _Words) -> str:
    """What is filled in of a row that only one side has, besides its title."""
    skip = {"material", "field", "statute", "name", "question", "licence_accepted", "required"}
    parts = [
        f"{f.verbose_name}：{text}"
        for f in fields
        if f.name not in skip and (text := words.text(f, row.get(f.attname)))
    ]
    return "；".join(parts)
