"""Workbooks that people fill in, read row by row, with every doubtful cell named.

`read_rows` finds the line of headings, gives each row as a dictionary with its Excel row number and the
errors of its cells, and never holds the sheet in memory. `ImportReport` says what an import would add,
change and refuse. Writing is in `export.py`.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError

MAX_ROWS = 200_000
HEADING_ROWS = 10  # titles and notes above the headings
EMPTY_ROWS = 200  # after so many empty rows the sheet is over; Excel keeps formatted ones by the million
REPORTED = 200  # refused rows that a report lists; all are counted

Parser = Callable[[Any], Any]


def text(value: Any) -> str:
    """The cell as text without outer and double spaces. A number that Excel made of a long code has
    lost its last digits; that is an error, not a code."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        if abs(value) >= 10**15:
            raise ValidationError("Excel 把它存成了数字，末几位已经丢失。请把该列设为“文本”后重新填写。")
        return str(int(value)) if float(value).is_integer() else str(value)
    return " ".join(str(value).split())


def is_blank(value: Any) -> bool:
    """Whether nobody sees anything in the cell."""
    return value is None or (isinstance(value, str) and not value.strip())


def lines(value: Any) -> str:
    """Text that keeps its line breaks."""
    if not isinstance(value, str):
        return text(value)
    return "\n".join(line.strip() for line in value.strip().splitlines())


def integer(value: Any) -> int:
    """A whole number, 0 or more."""
    cell = text(value)
    if not re.fullmatch(r"\d{1,9}", cell, re.ASCII):
        raise ValidationError(f"“{cell[:20]}”不是整数，请填 0 或正整数。")
    return int(cell)


def day(value: Any) -> date:
    """A date, as Excel's own or written 2026-11-24, 2026/11/24, 2026.11.24, 20261124, 2026年11月24日."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    cell = text(value)
    found = re.fullmatch(
        r"(\d{4})(?:[-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})日?", cell, re.ASCII
    ) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", cell, re.ASCII)
    try:
        return date(*(int(part) for part in found.groups())) if found else date.fromisoformat(cell)
    except ValueError:
        raise ValidationError(f"“{cell[:20]}”不是日期，请写成 2026-11-24 的样子。") from None


def yes_no(value: Any) -> bool:
    cell = text(value).lower()
    if cell in {"是", "有", "√", "y", "yes", "true", "1"}:
        return True
    if cell in {"否", "无", "×", "n", "no", "false", "0"}:
        return False
    raise ValidationError(f"“{cell[:20]}”应填“是”或“否”。")


def one_of(choices: Mapping[str, Any] | Iterable[tuple[Any, Any]]) -> Parser:
    """A parser for the label of one of `choices` (label → value, or Django's pairs of value and label)."""
    pairs = choices.items() if isinstance(choices, Mapping) else ((str(label), v) for v, label in choices)
    known = dict(pairs)

    def parse(value: Any) -> Any:
        cell = text(value)
        if cell not in known:
            raise ValidationError(f"“{cell[:20]}”不在可填的值之内：{'、'.join(known)}。")
        return known[cell]

    return parse


@dataclass(frozen=True)
class Column:
    """A column under `heading` (or one of `aliases`), whose cells `parse` makes into values.

    `required`: no cell may be empty. `optional`: the whole column may be absent. An empty cell is
    `empty` and is not parsed. `longest` limits texts.
    """

    name: str
    heading: str
    parse: Parser = text
    required: bool = False
    optional: bool = False
    empty: Any = ""
    longest: int | None = None
    aliases: tuple[str, ...] = ()

    def read(self, value: Any) -> Any:
        """Raises `ValidationError` for a cell that is empty but required, too long, or no such value."""
        if is_blank(value):
            if self.required:
                raise ValidationError("不能为空，请填写。")
            return self.empty
        parsed = self.parse(value)
        if self.longest and isinstance(parsed, str) and len(parsed) > self.longest:
            raise ValidationError(f"超过 {self.longest} 字，请缩短。")
        return parsed


@dataclass
class SheetRow:
    """A row: its number as Excel shows it, its values by column name (those in error are absent), and
    `{heading: what is wrong}`. `unsaid` names the optional columns that the sheet has not: their values
    are `Column.empty`, and say nothing."""

    number: int
    values: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    unsaid: frozenset[str] = frozenset()


def read_rows(
    file: Any, columns: Iterable[Column], *, sheet: str = "", max_rows: int = MAX_ROWS
) -> Iterator[SheetRow]:
    """The rows under the headings, empty ones left out. `file` has passed `uploads.check_upload`.

    Reads `sheet`, or the first one when none is named or there is no such one. Constant memory; about
    100,000 cells a second. Raises `ValidationError`: at once when the workbook cannot be read or
    headings are missing (all of them named), while iterating beyond `max_rows` rows.
    """
    import openpyxl  # only processes that import load it

    columns = list(columns)
    try:
        file.seek(0)
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        page = book[sheet] if sheet in book.sheetnames else book.worksheets[0]
        page.reset_dimensions()  # what the file says about its size is often wrong
        rows = enumerate(page.iter_rows(values_only=True), start=1)
        places = _find_headings(rows, columns)
    except ValidationError:
        raise
    except Exception as error:  # openpyxl raises whatever its parts raise
        raise ValidationError("工作簿打不开。请用 Excel 或 WPS 另存为 XLSX 后再上传。") from error
    return _rows(rows, columns, places, max_rows)


def _find_headings(rows: Iterator[tuple[int, tuple]], columns: list[Column]) -> dict[str, int]:
    """Where each column is. Raises `ValidationError` naming the missing headings of the best line."""
    best: dict[str, int] = {}
    for number, cells in rows:
        titles = {_squeezed(cell): at for at, cell in reversed(list(enumerate(cells))) if cell is not None}
        places = {
            c.name: titles[name] for c in columns for name in _names(c) if name in titles and name is not None
        }
        if len(places) > len(best):
            best = places
        if all(c.name in places or c.optional for c in columns) and places:
            return places
        if number >= HEADING_ROWS:
            break
    missing = [c.heading for c in columns if c.name not in best and not c.optional]
    raise ValidationError(
        f"没有找到列：{'、'.join(missing) or columns[0].heading}。请下载模板，保留标题行后填写。"
    )


def _names(column: Column) -> list[str]:
    return [_squeezed(name) for name in (*reversed(column.aliases), column.heading)]


def _squeezed(cell: Any) -> str:
    """A heading without spaces, line breaks and the star that marks what is required."""
    return re.sub(r"[\s*＊]", "", str(cell))


def _rows(
    rows: Iterator[tuple[int, tuple]], columns: list[Column], places: dict[str, int], max_rows: int
) -> Iterator[SheetRow]:
    count = blank = 0
    unsaid = frozenset(column.name for column in columns) - set(places)
    for number, cells in rows:
        if all(map(is_blank, cells)):
            blank += 1
            if blank > EMPTY_ROWS:
                return
            continue
        blank = 0
        count += 1
        if count > max_rows:
            raise ValidationError(f"超过 {max_rows} 行，请分成几份导入。")
        row = SheetRow(number, {}, unsaid=unsaid)
        for column in columns:
            at = places.get(column.name)
            try:
                row.values[column.name] = column.read(
                    cells[at] if at is not None and at < len(cells) else None
                )
            except ValidationError as error:
                row.errors[column.heading] = "".join(error.messages)
        yield row


# --- What a reader of values does not see -----------------------------------------------------------
FORMULA = re.compile(rb'<c [^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*<f[ />]')
MERGED = re.compile(rb'<mergeCell [^>]*?\bref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
NAMED = 5  # cells that a message lists
OVERLAP = 4096


def doubtful_cells(file: Any, sheets: Iterable[str] = ()) -> list[str]:
    """What would be read wrongly, in sentences that say what to do; [] if nothing.

    A formula has no value until Excel has computed it, and of merged cells only the first has one: an
    import would take empty for what people see filled. Looks at `sheets`, or at all of them. `file` has
    passed `uploads.check_upload`. Constant memory.
    """
    found = []
    with zipfile.ZipFile(file) as archive:
        for name, path in _sheet_paths(archive).items():
            if sheets and name not in sheets:
                continue
            formulas, merged = _scan(archive, path)
            if formulas:
                found.append(
                    f"工作表“{name}”有 {len(formulas)} 个单元格是公式（{_some(formulas)}），"
                    "请复制后用“选择性粘贴—数值”粘贴，再上传。"
                )
            if merged:
                found.append(
                    f"工作表“{name}”有合并单元格（{_some(merged)}），请取消合并，把每一行填完整，再上传。"
                )
    file.seek(0)
    return found


def sheet_names(file: Any) -> list[str]:
    """The names of the sheets of a workbook that has passed `uploads.check_upload`, in order."""
    with zipfile.ZipFile(file) as archive:
        names = list(_sheet_paths(archive))
    file.seek(0)
    return names


def _sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """`{name: path in the archive}`. Raises `ValidationError` for a workbook that does not say."""
    from openpyxl.xml.functions import fromstring  # resolves no entities

    try:
        places = {
            node.attrib["Id"]: node.attrib["Target"]
            for node in fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        paths = {}
        for node in fromstring(archive.read("xl/workbook.xml")).iter():
            if node.tag.endswith("}sheet"):
                key = next(value for name, value in node.attrib.items() if name.endswith("}id"))
                target = places[key]
                paths[node.attrib["name"]] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        return paths
    except Exception as error:  # whatever a broken part raises
        raise ValidationError("工作簿打不开。请用 Excel 或 WPS 另存为 XLSX 后再上传。") from error


def _scan(archive: zipfile.ZipFile, path: str) -> tuple[list[str], list[str]]:
    formulas: dict[str, None] = {}
    merged: dict[str, None] = {}
    before = b""
    with archive.open(path) as part:
        while chunk := part.read(1024 * 1024):
            text_ = before + chunk
            formulas.update((ref.decode(), None) for ref in FORMULA.findall(text_))
            merged.update((ref.decode(), None) for ref in MERGED.findall(text_))
            before = text_[-OVERLAP:]
    return list(formulas), list(merged)


def _some(cells: list[str]) -> str:
    return "、".join(cells[:NAMED]) + ("等" if len(cells) > NAMED else "")


@dataclass
class ImportReport:
    """What an import adds, changes, leaves and refuses; of the refused rows the first `REPORTED` are
    listed as `[row number, what is wrong]`."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    refusals: list[list[Any]] = field(default_factory=list)

    def refuse(self, number: int, reason: str | Mapping[str, str]) -> None:
        """`reason` in words, or `SheetRow.errors`."""
        self.refused += 1
        if len(self.refusals) < REPORTED:
            words = (
                reason
                if isinstance(reason, str)
                else "；".join(f"{heading}：{message}" for heading, message in reason.items())
            )
            self.refusals.append([number, words])

    @property
    def total(self) -> int:
        return self.added + self.changed + self.unchanged + self.refused

    @property
    def summary(self) -> str:
        return (
            f"新增 {self.added} 行，变更 {self.changed} 行，不变 {self.unchanged} 行，有误 {self.refused} 行"
        )

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON, such as a job keeps; `ImportReport(**…)` reads it."""
        return asdict(self)
