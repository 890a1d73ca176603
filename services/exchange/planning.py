"""What an import would do: added, changed (old → new), unchanged, refused; and the contents to write.

The plan is computed for the dry run and once more, under lock, when it is carried out; `Plan.digest`
says whether it is still the plan that somebody confirmed. A published item is never changed in place:
its change is the draft of its next version. Nothing is published, nothing is deleted.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.choices import PublicationState
from services.comparison import Comparison, compare
from services.exchange.columns import WORDING_LENGTH, Cell, sheet_specs
from services.exchange.reading import ITEMS, Listed, Problem, Workbook
from services.models import Material, ServiceItem, ServiceTheme
from services.models.catalogue import split_words
from services.publishing import is_catch_all
from services.versions import CHILDREN, CONTENT, LINKS, NAMES, child_fields, contents_of
from tuoxian_portal.core.sheets import SheetRow
from tuoxian_portal.directory.models import Department, Outlet

# Sources of parts fall when what they vouch for is replaced from elsewhere.
VOUCHED = {
    "materials": {"materials"},
    "limit": {"statutory_days", "statutory_unit", "statutory_kind", "statutory_text", "statutory_basis"},
    "fee": {"charged", "fee", "fee_basis"},
}


class Door(StrEnum):
    """How a change is written."""

    CREATE = "create"  # a new item, as a draft
    DRAFT = "draft"  # into the draft that is there (a first one or that of a next version)
    REVISE = "revise"  # into a new draft of the next version


DOOR_LABELS = {
    Door.CREATE: "新增事项（编制稿）",
    Door.DRAFT: "修改现有稿件",
    Door.REVISE: "生成修订稿，已发布的版本不变",
}


@dataclass
class Change:
    """One item to write: `item` is the row that is changed or revised, None for a new one."""

    code: str
    door: Door
    item: ServiceItem | None
    content: dict[str, Any]
    comparison: Comparison

    @property
    def parts(self) -> list[str]:
        """The child rows and links that differ; all of them for a draft that is new."""
        if self.door != Door.DRAFT:
            return [*CHILDREN, *LINKS]
        differing = {section.name for section in self.comparison.sections}
        differing |= {change.name for change in self.comparison.fields} & set(LINKS)
        return [part for part in (*CHILDREN, *LINKS) if part in differing]

    @property
    def fields(self) -> list[str]:
        """The columns of the item that differ."""
        differing = {change.name for change in self.comparison.fields}
        return [f.name for f in CONTENT if f.name in differing]


@dataclass
class Plan:
    changes: list[Change] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    # New entries of the material catalogue, under the keys that contents hold until they exist.
    materials: dict[int, str] = field(default_factory=dict)

    @property
    def added(self) -> list[Change]:
        return [change for change in self.changes if change.door == Door.CREATE]

    @property
    def changed(self) -> list[Change]:
        return [change for change in self.changes if change.door != Door.CREATE]

    @property
    def digest(self) -> str:
        """The same for the same outcome: what is written, over what, and what is refused."""
        told = [
            [c.code, c.door, c.item.pk if c.item else None, c.item.version if c.item else None, c.content]
            for c in self.changes
        ]
        whole = [told, self.unchanged, list(self.materials.values()), [vars(p) for p in self.problems]]
        text = json.dumps(whole, ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


class _Catalogue:
    """What the file refers to by name, read once: four queries."""

    def __init__(self) -> None:
        departments = list(Department.objects.values_list("pk", "name", "short_name"))
        short = Counter(short for _, _, short in departments if short)
        self.tables: dict[str, dict[str, int]] = {
            "departments": {short_: pk for pk, _, short_ in departments if short[short_] == 1}
            | {name: pk for pk, name, _ in departments},
            "themes": {name: pk for pk, name in ServiceTheme.objects.values_list("pk", "name")},
            "outlets": {name: pk for pk, name in Outlet.objects.values_list("pk", "name")},
        }
        materials = list(Material.objects.order_by("pk").values_list("pk", "name", "aliases"))
        aliases = [(alias, pk) for pk, _, text in materials for alias in split_words(text)]
        several = Counter(alias for alias, _ in aliases)
        self.tables["materials"] = {alias: pk for alias, pk in aliases if several[alias] == 1} | {
            name: pk for pk, name, _ in materials
        }
        self.tables["issues"] = self.tables["materials"]
        self.names = {
            "departments": {pk: name for pk, name, _ in departments},
            "materials": {pk: name for pk, name, _ in materials},
            **{
                table: {pk: name for name, pk in self.tables[table].items()}
                for table in ("themes", "outlets")
            },
        }
        self.names["issues"] = self.names["materials"]
        self.new_materials: dict[int, str] = {}

    def material(self, name: str) -> int:
        """The material of that name or alias; a new entry under a negative key if there is none."""
        known = self.tables["materials"]
        if name not in known:
            key = -len(self.new_materials) - 1
            known[name] = key
            self.new_materials[key] = self.names["materials"][key] = name
        return known[name]

    def pick(self, table: str, lines: Iterable[str]) -> tuple[list[int], list[str]]:
        """Keys, and names that are unknown. A line is one name, or several with 、 between them."""
        keys, unknown = [], []
        known = self.tables[table]
        for line in lines:
            for name in [line] if line in known else split_words(line):
                if name in known:
                    keys.append(known[name])
                else:
                    unknown.append(name)
        return sorted(set(keys)), unknown


def make_plan(book: Workbook, *, lock: bool = False) -> Plan:
    """What importing `book` would do now. Some twenty queries for any number of rows; with `lock` the
    items of the file stay as they are until the caller's transaction ends."""
    plan = Plan(problems=list(book.problems))
    if not book.items:
        if not plan.problems:
            plan.problems.append(Problem(ITEMS, 0, "", "“事项”表里没有数据行。请填写后再上传。"))
        return plan
    catalogue = _Catalogue()
    rows = ServiceItem.objects.filter(code__in=book.items).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",))
    firsts: dict[str, ServiceItem] = {}
    drafts: dict[str, ServiceItem] = {}
    for row in rows:
        (drafts if row.revises_id else firsts)[row.code] = row
    working = {code: drafts.get(code, item) for code, item in firsts.items()}
    contents = contents_of(working.values())
    _reserve_materials(book, catalogue)
    for code, listed in book.items.items():
        item = working.get(code)
        current = contents[item.pk] if item else None
        problems: list[Problem] = []
        wanted = _content(book, listed, current, catalogue, problems)
        plan.problems += problems
        if problems or listed.faulty:
            continue  # what would become of it is not known before it is put right
        comparison = compare(current or _empty(), wanted)
        if comparison.is_empty and current is not None:
            plan.unchanged.append(code)
            continue
        door = _door(item)
        if item is not None and door is None:
            plan.problems.append(Problem(ITEMS, listed.number, "", _not_open(item)))
            continue
        plan.changes.append(Change(code, door or Door.CREATE, item, wanted, comparison))
    plan.materials = catalogue.new_materials
    plan.problems.sort()
    return plan


def _door(item: ServiceItem | None) -> Door | None:
    """How `item` may be changed; None when it may not."""
    if item is None:
        return Door.CREATE
    if item.state == PublicationState.DRAFTED:
        return Door.DRAFT
    return Door.REVISE if item.state == PublicationState.PUBLISHED else None


def _not_open(item: ServiceItem) -> str:
    if item.state == PublicationState.REVIEWED:
        return f"{item.code} 已经审核、等待发布，不能修改。请先发布它，或者先“退回修改”，再导入。"
    return f"{item.code} 已经停办，不能修改。请先“重新编制”，或者从文件中删去这一行。"


def _empty() -> dict[str, Any]:
    """The content of an item about which nothing is known."""
    return {
        **{f.attname: f.get_default() for f in CONTENT},
        **{name: [] for name in (*CHILDREN, *LINKS)},
        NAMES: {name: {} for name in ("departments", "materials", "form_fields", *LINKS)},
    }


def _reserve_materials(book: Workbook, catalogue: _Catalogue) -> None:
    """Gives new materials their keys in the order of the file, before anything refers to them."""
    for listed in book.items.values():
        for row in listed.parts.get("materials") or []:
            name = row.values.get("material_id")
            if name and not is_catch_all(name):
                catalogue.material(name)


def _content(
    book: Workbook,
    listed: Listed,
    current: dict[str, Any] | None,
    catalogue: _Catalogue,
    problems: list[Problem],
) -> dict[str, Any]:
    """What the file wants the item to say; what it has no column for stays as it is."""
    base = current or _empty()
    content = {**base, NAMES: {table: dict(names) for table, names in base[NAMES].items()}}
    spec = sheet_specs()[""]
    for cell in spec.cells:
        name = cell.column.name
        if name == "code" or name not in book.columns[""] or name not in listed.values:
            continue
        value = listed.values[name]
        if cell.table:
            value = _keys(cell, value, listed.number, catalogue, content, problems)
        if current is None or value != _read_back(cell, current, {}, catalogue):
            content[name] = value
    for part, rows in listed.parts.items():
        if rows is not None:
            content[part] = _rows(part, rows, base, book.columns[part], catalogue, content, problems)
    if current is not None and content["part_sources"]:
        differing = compare(current, content)
        names = {c.name for c in differing.fields} | {s.name for s in differing.sections}
        content["part_sources"] = {
            part: source
            for part, source in content["part_sources"].items()
            if not VOUCHED.get(part, set()) & names
        }
    return content


def _read_back(cell: Cell, content: dict[str, Any], row: dict[str, Any], catalogue: _Catalogue) -> Any:
    """The stored value as it would come back from a workbook: an export that nobody touched changes
    nothing, whatever spaces and line breaks it holds."""
    try:
        value = cell.column.read(cell.write(content, row))
    except Exception:  # what is stored breaks a rule of today: it differs from whatever the file says
        return _NOTHING
    if cell.table == "materials":
        return row["material_id"]
    if cell.table:
        keys, unknown = catalogue.pick(cell.table, value if cell.many else [value] if value else [])
        return _NOTHING if unknown else keys if cell.many else next(iter(keys), None)
    return value


_NOTHING = object()


def _keys(
    cell: Cell,
    value: Any,
    number: int,
    catalogue: _Catalogue,
    content: dict[str, Any],
    problems: list[Problem],
) -> Any:
    """Names into keys; an unknown name is a problem."""
    keys, unknown = catalogue.pick(cell.table, value if cell.many else [value] if value else [])
    if unknown:
        text = f"没有“{unknown[0][:30]}”。请填写目录中的名称，或者先在后台把它加入目录。"
        problems.append(Problem(ITEMS, number, cell.heading, text))
    known = content[NAMES][cell.table]
    known.update({str(key): catalogue.names[cell.table][key] for key in keys})
    return keys if cell.many else next(iter(keys), None)


def _rows(
    part: str,
    rows: list[SheetRow],
    base: dict[str, Any],
    columns: set[str],
    catalogue: _Catalogue,
    content: dict[str, Any],
    problems: list[Problem],
) -> list[dict[str, Any]]:
    """The child rows that the file wants, in its order. A row that says what a stored one says is that
    row; a material that is there already keeps what the workbook does not hold (its files)."""
    spec = sheet_specs()[part]
    cells = [cell for cell in spec.cells if cell.column.name != "code" and cell.column.name in columns]
    stored: dict[Any, list[dict[str, Any]]] = {}
    for row in base[part]:
        told = tuple(_read_back(cell, base, row, catalogue) for cell in cells)
        stored.setdefault(_hashable(told), []).append(row)
    by_material = {row["material_id"]: row for row in base[part]} if part == "materials" else {}
    found: list[dict[str, Any]] = []
    seen: dict[int, int] = {}
    for order, row in enumerate(rows, start=1):
        values = dict(row.values)
        if part == "materials":
            key = _material(row, values, catalogue, content, problems, seen)
            if key is None:
                continue
        told = tuple(values.get(cell.column.name) for cell in cells)
        same = stored.get(_hashable(told))
        if same:
            found.append({**same.pop(0), "order": order})
            continue
        kept = by_material.get(values.get("material_id", 0)) or {
            f.attname: f.get_default() for f in child_fields(part)
        }
        fresh = {**kept, **{c.column.name: values[c.column.name] for c in cells if c.column.name in values}}
        found.append({**fresh, "order": order})
    # Only the order of rows counts; numbers that mean the same stay.
    if [{**row, "order": 0} for row in found] == [{**row, "order": 0} for row in base[part]]:
        return list(base[part])
    return found


def _hashable(told: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(id(value) if value is _NOTHING else (type(value).__name__, value) for value in told)


def _material(
    row: SheetRow,
    values: dict[str, Any],
    catalogue: _Catalogue,
    content: dict[str, Any],
    problems: list[Problem],
    seen: dict[int, int],
) -> int | None:
    """Puts the material's key into `values`; None when the row is refused."""
    title = sheet_specs()["materials"].title
    name = values.get("material_id")
    if not name:
        return None  # its cell is named already
    if is_catch_all(name) or is_catch_all(values.get("wording") or "无"):
        text = f"“{name[:30]}”是兜底条款，群众无法准备。请写明具体材料，或者删去这一行。"
        problems.append(Problem(title, row.number, "材料名称", text))
        return None
    key = catalogue.material(name)
    if key in seen:
        text = f"“{name[:30]}”与第 {seen[key]} 行是同一份材料。一个事项中同一份材料只列一行，请合并份数。"
        problems.append(Problem(title, row.number, "材料名称", text))
        return None
    seen[key] = row.number
    called = catalogue.names["materials"][key]
    if called != name and not values.get("wording") and len(name) <= WORDING_LENGTH:
        values["wording"] = name  # an alias is what this item calls it
    values["material_id"] = key
    content[NAMES]["materials"][str(key)] = called
    return key
