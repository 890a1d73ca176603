"""The sheets of the workbook: headings, what a cell may hold, and how a value is written into it.

One table for both ways, made from the models, so that a new element of an item is in the workbook as
soon as it is in the database. What is not in the workbook (files, the form's fields, the sources of
parts) an import leaves as it is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from services.models import ItemMaterial, ServiceItem
from services.models.catalogue import CODE, split_words
from services.publishing import LEAVABLE
from services.versions import CONTENT, NAMES, child_fields
from tuoxian_portal.core import sheets
from tuoxian_portal.core.sheets import Column

CODE_HEADING = "公开编号"
MAX_SMALL = 32_767
MANY = "多项用顿号“、”或换行隔开"
STATED_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True)
class Cell:
    """A column of the workbook: how it is read, how it is written, and what people are told about it.

    `write(content, row)` gives the cell from an item's content and, for child sheets, the row.
    `table` says that the cell holds names of that table; `many`, several of them.
    """

    column: Column
    write: Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
    hint: str = ""
    labels: tuple[str, ...] = ()
    table: str = ""
    many: bool = False

    @property
    def heading(self) -> str:
        return self.column.heading


@dataclass(frozen=True)
class SheetSpec:
    """A sheet: `part` is the content's key of its rows, "" for the items themselves."""

    part: str
    title: str
    cells: tuple[Cell, ...]
    max_rows: int
    informal: tuple[str, ...] = field(default=())  # written for people, not read

    @property
    def headings(self) -> list[str]:
        return [*self.informal, *(cell.heading for cell in self.cells)]

    @property
    def columns(self) -> list[Column]:
        return [cell.column for cell in self.cells]


# --- Parsers ----------------------------------------------------------------------------------------
def code(value: Any) -> str:
    text = sheets.text(value).upper()
    CODE(text)
    return text


def small_integer(value: Any) -> int:
    number = sheets.integer(value)
    if number > MAX_SMALL:
        raise ValidationError(f"“{number}”过大，请核对。")
    return number


def web_address(value: Any) -> str:
    text = sheets.text(value)
    if not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", text):
        raise ValidationError(f"“{text[:40]}”不是网址，请以 https:// 开头填写完整地址。")
    return text


def stated_date(value: Any) -> str:
    """A date as the source states it, which may be vague; one that is written out must exist."""
    text = sheets.text(value)
    if STATED_DATE.fullmatch(text):
        sheets.day(text)
    return text


def element_keys(value: Any) -> list[str]:
    """以窗口答复为准的要素, by their names."""
    known = {label: key for key, label in LEAVABLE.items()}
    names = split_words(sheets.lines(value))
    if wrong := [name for name in names if name not in known]:
        raise ValidationError(f"没有“{wrong[0][:20]}”这个要素。可填：{'、'.join(known)}。")
    keys = {known[name] for name in names}
    return [key for key in LEAVABLE if key in keys]


def names(value: Any) -> list[str]:
    """The lines of the cell. What is one name and what are several, `planning` knows: a material may be
    called “建设地点、建设规模”."""
    return [line for line in sheets.lines(value).splitlines() if line]


# --- From a model's column --------------------------------------------------------------------------
def _cell(column: Any, *, of_row: bool, heading: str = "", required: bool = False) -> Cell:
    """The cell for a column of a model. Only texts of many lines keep their line breaks."""
    name = column.attname
    optional = not required
    heading = heading or str(column.verbose_name)

    def stored(content: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
        return (row if of_row else content).get(name)

    def make(parse: Any, empty: Any, hint: str = "", **more: Any) -> Cell:
        write = more.pop("write", stored)
        kept = Column(
            name, heading, parse, required=required, optional=optional, empty=empty, longest=column.max_length
        )
        return Cell(kept, write, hint, **more)

    default = column.get_default()
    if column.choices:
        words = {str(value): str(label) for value, label in column.flatchoices}
        labels = tuple(words.values())

        def label(content: Mapping[str, Any], row: Mapping[str, Any]) -> str:
            return words.get(str(stored(content, row)), "")

        hint = "可填：" + "、".join(labels)
        if default:
            hint += f"；不填为“{words[str(default)]}”"
        parse = sheets.one_of(column.flatchoices)
        return make(parse, default or "", hint, labels=labels, write=label)
    if isinstance(column, models.BooleanField):
        hint = "是或否"
        hint += "；不清楚时不填" if column.null else f"；不填为“{'是' if default else '否'}”"
        return make(sheets.yes_no, None if column.null else bool(default), hint, labels=("是", "否"))
    if isinstance(column, models.PositiveSmallIntegerField):
        return make(small_integer, None, "整数；来源没有写明时不填")
    if isinstance(column, models.URLField):
        return make(web_address, "", "以 https:// 开头的完整网址")
    hint = f"最多 {column.max_length} 字" if column.max_length else ""
    if isinstance(column, models.TextField):
        return make(sheets.lines, "", hint)
    return make(stated_date if name == "source_date" else sheets.text, "", hint)


def _named(name: str, heading: str, table: str, *, hint: str, many: bool = False) -> Cell:
    """A cell that holds names of another table instead of keys."""

    def write(content: Mapping[str, Any], row: Mapping[str, Any]) -> str:
        known = content[NAMES][table]
        keys = content[name] if many else [content[name]] if content[name] else []
        found = [known[str(key)] for key in keys]
        return ("\n" if any("、" in name for name in found) else "、").join(found)

    column = Column(name, heading, names if many else sheets.text, optional=True, empty=[] if many else "")
    return Cell(column, write, hint, table=table, many=many)


def _left_to_window(content: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    return "、".join(LEAVABLE[key] for key in content["left_to_window"] if key in LEAVABLE)


# In the order in which a clerk thinks of them; what is not named follows as in the model.
FIRST = ("name", "basic_code", "implementation_code", "aliases", "item_type", "department", "authority")
NOT_IN_WORKBOOK = {"result_sample", "part_sources"}
REQUIRED = {"name", "item_type", "authority"}


def _code_cell() -> Cell:
    column = Column("code", CODE_HEADING, code, required=True)
    return Cell(
        column, lambda content, row: content["code"], "大写字母、数字和连字符，例如 SI-001；一个事项一个编号"
    )


def _item_cells() -> tuple[Cell, ...]:
    columns = {f.name: f for f in CONTENT if f.name not in NOT_IN_WORKBOOK}
    cells = [_code_cell()]
    for name in (*FIRST, *(other for other in columns if other not in FIRST)):
        column = columns[name]
        if name == "department":
            hint = "部门目录中的名称或简称；部门以外的机构不填"
            cells.append(_named("department_id", str(column.verbose_name), "departments", hint=hint))
        elif name == "left_to_window":
            hint = f"{MANY}；可填：{'、'.join(LEAVABLE.values())}"
            parsed = Column(name, str(column.verbose_name), element_keys, optional=True, empty=[])
            cells.append(Cell(parsed, _left_to_window, hint))
        else:
            cells.append(_cell(column, of_row=False, required=name in REQUIRED))
    for name, table, hint in (
        ("themes", "themes", f"{MANY}；须是主题目录中的名称"),
        ("outlets", "outlets", f"{MANY}；须是网点目录中的名称"),
        ("issues", "issues", f"{MANY}；须是材料目录或本工作簿“材料”表中的名称"),
    ):
        link: Any = ServiceItem._meta.get_field(name)
        cells.append(_named(name, str(link.verbose_name), table, hint=hint, many=True))
    return tuple(cells)


def _child_cells(part: str, required: set[str]) -> tuple[Cell, ...]:
    cells = [_code_cell()]
    for column in child_fields(part):
        if column.name == "order" or isinstance(column, models.FileField):
            continue
        if column.name == "material":
            heading = "材料名称"
            read = Column("material_id", heading, sheets.text, required=True, longest=120)
            hint = "材料目录中的名称或别名；目录里没有的，导入时加入目录。不能写“其他材料”一类"
            cells.append(Cell(read, _material_name, hint, table="materials"))
        else:
            cells.append(_cell(column, of_row=True, required=column.name in required))
    return tuple(cells)


def _material_name(content: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    return content[NAMES]["materials"][str(row["material_id"])]


@cache
def sheet_specs() -> dict[str, SheetSpec]:
    """The sheets by the part of an item they hold, "" first: the items themselves."""
    return {
        spec.part: spec
        for spec in (
            SheetSpec("", "事项", _item_cells(), 3_000, informal=("状态",)),
            SheetSpec("materials", "材料", _child_cells("materials", set()), 30_000),
            SheetSpec("bases", "依据", _child_cells("bases", {"statute"}), 15_000),
            SheetSpec("steps", "流程", _child_cells("steps", {"name"}), 30_000),
            SheetSpec("questions", "常见问题", _child_cells("questions", {"question", "answer"}), 15_000),
        )
    }


def guide_rows() -> list[tuple[str, str, str, str]]:
    """填写说明: sheet, heading, whether it must be filled in, what may be filled in."""
    rows = [
        ("总则", "", "", "一行一个事项；各表靠“公开编号”对应。不要合并单元格，不要写公式，不要改标题行。"),
        ("总则", "", "", "没有的工作表、没有的列，导入时不改动；有列而单元格留空，表示该要素为空。"),
        ("总则", "", "", "材料、依据、流程、常见问题按出现的先后排序；某个事项在表中一行也没有，表示清空。"),
        ("总则", "", "", "文件中没有的事项不受影响。导入只产生编制稿或修订稿，审核、发布另行办理。"),
    ]
    for spec in sheet_specs().values():
        for cell in spec.cells:
            must = "必填" if cell.column.required else ""
            rows.append((spec.title, cell.heading, must, cell.hint))
    return rows


MATERIAL_NAME_LENGTH = 120
WORDING_LENGTH: int = ItemMaterial._meta.get_field("wording").max_length or 0
