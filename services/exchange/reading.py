"""A workbook into rows, with every cell that cannot be right named: sheet, row, column, what to do.

Knows nothing of the database; `planning` does.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from services.exchange.columns import CODE_HEADING, SheetSpec, sheet_specs
from tuoxian_portal.core.sheets import SheetRow, doubtful_cells, read_rows, sheet_names

MAX_MB = 10
ITEMS = "事项"
Advance = Callable[[str], None]


@dataclass(frozen=True, order=True)
class Problem:
    """Why the file is refused. `row` is the number that Excel shows, 0 for a sheet as a whole."""

    sheet: str
    row: int
    column: str
    text: str


@dataclass
class Listed:
    """One item of the file, with its rows by part. A part that is None has no sheet."""

    number: int
    code: str
    values: dict[str, Any]
    parts: dict[str, list[SheetRow] | None] = field(default_factory=dict)
    faulty: bool = False  # a cell of it is named among the problems


@dataclass
class Workbook:
    """What the file says. `columns` names, by part, the columns that it has."""

    items: dict[str, Listed]
    columns: dict[str, set[str]]
    problems: list[Problem]
    rows: int


def read_workbook(file: Any, advance: Advance = lambda message: None) -> Workbook:
    """`file` has passed `core.uploads.check_upload`. Never raises for what people typed: what is wrong
    is in `problems`. Constant memory for the file, one object a row."""
    found = Workbook({}, {}, [], 0)
    specs = sheet_specs()
    try:
        present = [spec.title for spec in specs.values() if spec.title in sheet_names(file)]
        if ITEMS not in present:
            raise ValidationError("没有名为“事项”的工作表。请下载模板，按模板的工作表和标题行填写。")
        found.problems = [Problem("", 0, "", text) for text in doubtful_cells(file, present)]
    except ValidationError as error:
        found.problems.append(Problem("", 0, "", "".join(error.messages)))
    if found.problems:
        return found
    for spec in specs.values():
        if spec.title in present:
            advance(f"读取“{spec.title}”表")
            _read_sheet(file, spec, found)
    for listed in found.items.values():
        for part in specs:
            if part and specs[part].title in present:
                listed.parts.setdefault(part, [])
            elif part:
                listed.parts[part] = None
    found.problems.sort()
    return found


def _read_sheet(file: Any, spec: SheetSpec, found: Workbook) -> None:
    rows: list[SheetRow] = []
    try:
        headings = _headings(file, spec)
        found.columns[spec.part] = {
            cell.column.name
            for cell in spec.cells
            if any(_same(cell.heading, heading) for heading in headings)
        }
        rows = list(read_rows(file, spec.columns, sheet=spec.title, max_rows=spec.max_rows))
    except ValidationError as error:
        found.problems.append(Problem(spec.title, 0, "", "".join(error.messages)))
        return
    found.rows += len(rows)
    orphans: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        for heading, text in row.errors.items():
            found.problems.append(Problem(spec.title, row.number, heading, text))
        code = row.values.get("code")
        if not code:
            continue
        if spec.part:
            if code in found.items:
                found.items[code].parts.setdefault(spec.part, [])
                found.items[code].parts[spec.part].append(row)  # type: ignore[union-attr]  # just made
                found.items[code].faulty |= bool(row.errors)
            else:
                orphans[code] += 1
                text = f"“事项”表中没有 {code} 这个事项。请改正编号，或者在“事项”表中补上它。"
                found.problems.append(Problem(spec.title, row.number, CODE_HEADING, text))
        elif code in found.items:
            text = (
                f"{code} 与第 {found.items[code].number} 行重复。一个事项只能有一行，请删去一行或改正编号。"
            )
            found.problems.append(Problem(spec.title, row.number, CODE_HEADING, text))
        else:
            found.items[code] = Listed(row.number, code, row.values, faulty=bool(row.errors))


def _same(heading: str, cell: Any) -> bool:
    """As `core.sheets` compares headings: without spaces and the star of what must be filled in."""

    def squeezed(text: Any) -> str:
        return "".join(str(text).replace("*", "").replace("＊", "").split())

    return squeezed(heading) == squeezed(cell)


def _headings(file: Any, spec: SheetSpec) -> list[Any]:
    """The cells of the first rows, among them the headings: which columns the file has at all."""
    import openpyxl  # only processes that import load it

    file.seek(0)
    book = openpyxl.load_workbook(file, read_only=True)
    try:
        first = book[spec.title].iter_rows(max_row=10, values_only=True)
        return [cell for row in first for cell in row if cell is not None]
    finally:
        book.close()
