"""The form fields in which an officer writes conditions, cases and lists: rows and lines, no code."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget

from policies.cases import lines_of, typed_from_lines
from policies.fact_labels import fresh_labels
from policies.rules import conditions
from policies.rules.conditions import (
    OPERATOR_WORDS,
    OPERATORS,
    All,
    AnyOf,
    Compare,
    ConditionError,
    Node,
    Not,
)
from policies.rules.facts import FACTS, FactError, Kind, Labels, show

UNSTATED, ALWAYS, ALL, ANY, NONE = "", "always", "all", "any", "none"
MODES = [
    (UNSTATED, "来源没有写明条件"),
    (ALWAYS, "不设条件，都可以享受"),
    (ALL, "以下各行全部满足"),
    (ANY, "以下各行满足任何一行"),
]
GROUPS = {ALL: "组：下面缩进的全部满足", ANY: "组：下面缩进的满足任何一行", NONE: "组：下面缩进的都不能有"}
LEVELS = range(conditions.MAX_DEPTH - 1)
BLANK_ROWS = 3
MAX_ROWS = conditions.MAX_NODES


@dataclass
class Row:
    """One line of the editor. `what` is a fact's key or a group; `level` its indentation."""

    level: int = 0
    what: str = ""
    op: str = ""
    value: str = ""


@dataclass
class Rows:
    """What the editor holds."""

    mode: str = UNSTATED
    rows: list[Row] = field(default_factory=list)


class RowError(ValueError):
    """A line that cannot be read; `number` counts from 0."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number, self.message = number, message


# --- Tree to rows and back ------------------------------------------------------------------------
def rows_of(data: Any, labels: Labels) -> Rows:
    """The editor's lines for a stored condition."""
    if data is None:
        return Rows(UNSTATED)
    node = _bare(conditions.read(data))
    if node == conditions.ALWAYS:
        return Rows(ALWAYS)
    mode, parts = (ANY, node.parts) if isinstance(node, AnyOf) else (ALL, _parts(node))
    rows = Rows(mode)
    for part in parts:
        _flatten(part, 0, rows.rows, labels)
    return rows


def _parts(node: Node) -> tuple[Node, ...]:
    return node.parts if isinstance(node, All) else (node,)


def _bare(node: Node) -> Node:
    """`node` without the groups around it that hold nothing else: they mean nothing of their own."""
    while isinstance(node, All | AnyOf) and len(node.parts) == 1:
        node = node.parts[0]
    return node


def _flatten(node: Node, level: int, rows: list[Row], labels: Labels) -> None:
    node = _bare(node)
    match node:
        case Compare(fact, op):
            rows.append(Row(level, fact.key, op, _typed(node, labels)))
        case All(parts) | AnyOf(parts):
            rows.append(Row(level, ALL if isinstance(node, All) else ANY))
            for part in parts:
                _flatten(part, level + 1, rows, labels)
        case Not(part):
            rows.append(Row(level, NONE))
            part = _bare(part)
            for inner in part.parts if isinstance(part, AnyOf) else (part,):
                _flatten(inner, level + 1, rows, labels)


def _typed(comparison: Compare, labels: Labels) -> str:
    """A comparison's value as somebody would type it."""
    fact, value = comparison.fact, comparison.value
    if isinstance(value, tuple):
        words = labels.get(fact.key, {})
        return "、".join(words.get(item, item) for item in value)
    if comparison.op in {"aged", "younger"}:
        return f"{value} 年"
    return show(fact, value, labels).replace("\u00a0", " ")


def condition_of(rows: Rows, labels: Labels) -> Any:
    """The JSON that the lines mean. Raises `RowError`."""
    if rows.mode == UNSTATED:
        if any(row.what for row in rows.rows):
            raise RowError(0, "写了条件行，请在上面选“全部满足”或“满足任何一行”；不要条件就把各行清空。")
        return None
    used = [(number, row) for number, row in enumerate(rows.rows) if row.what]
    if rows.mode == ALWAYS:
        if used:
            raise RowError(used[0][0], "选了“不设条件”，就不要再写条件行。")
        return {"all": []}
    if not used:
        raise RowError(0, "请至少写一行条件；不设条件请选“不设条件，都可以享受”。")
    parts, rest = _siblings(used, 0, labels)
    if rest:
        raise RowError(rest[0][0], "这一行缩进太多：上面没有可以归入的组。")
    data = {"any" if rows.mode == ANY else "all": parts}
    try:
        conditions.read(data)
    except ConditionError as error:
        raise RowError(used[0][0], error.message) from None
    return data


def _siblings(
    rows: list[tuple[int, Row]], level: int, labels: Labels
) -> tuple[list[Any], list[tuple[int, Row]]]:
    found: list[Any] = []
    while rows and rows[0][1].level == level:
        number, row = rows[0]
        rows = rows[1:]
        if row.what in GROUPS:
            inner, rows = _siblings(rows, level + 1, labels)
            if not inner:
                raise RowError(number, "这一组下面没有条件：请在下一行写条件，缩进多一级。")
            if row.what == NONE:
                found.append({"not": inner[0] if len(inner) == 1 else {"any": inner}})
            else:
                found.append({row.what: inner})
        else:
            found.append(_comparison(number, row, labels))
    if rows and rows[0][1].level > level:
        raise RowError(rows[0][0], "这一行缩进太多：它上面一行不是“组”。")
    return found, rows


def _comparison(number: int, row: Row, labels: Labels) -> dict[str, Any]:
    fact = FACTS.get(row.what)
    if fact is None:
        raise RowError(number, "请选择这一行比较什么。")
    allowed = OPERATORS[fact.kind]
    op = row.op or (next(iter(allowed)) if len(allowed) == 1 else "")
    if op not in allowed:
        words = "、".join(words[0] for words in allowed.values())
        raise RowError(number, f"“{fact.label}”可以用的比较是：{words}。")
    try:
        return {"fact": fact.key, "is": op, "value": conditions.typed_value(fact, op, row.value, labels)}
    except FactError as error:
        raise RowError(number, str(error)) from None


# --- Fields ---------------------------------------------------------------------------------------
class ConditionWidget(forms.Widget):
    """A table of lines; works without scripts, `clause.js` adds lines and a live preview."""

    template_name = "policies/admin/condition.html"

    class Media:
        css = {"all": ("css/clause.css",)}
        js = ("js/clause.js",)

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.labels: Labels = {}
        self.row_errors: dict[int, str] = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Rows:
        mode = data.get(f"{name}-mode", UNSTATED)
        rows = []
        for number in range(MAX_ROWS + 1):
            if f"{name}-{number}-what" not in data:
                break
            level = data.get(f"{name}-{number}-level", "0")
            rows.append(
                Row(
                    int(level) if level in {str(n) for n in LEVELS} else 0,
                    data.get(f"{name}-{number}-what", "")[:40],
                    data.get(f"{name}-{number}-op", "")[:20],
                    data.get(f"{name}-{number}-value", "")[:2000],
                )
            )
        return Rows(mode if mode in dict(MODES) else UNSTATED, rows)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-mode" not in data

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = value if isinstance(value, Rows) else rows_of(value, self.labels)
        shown = [*rows.rows]
        while shown and not shown[-1].what and not shown[-1].value:
            shown.pop()
        shown += [Row() for _ in range(max(min(BLANK_ROWS, MAX_ROWS - len(shown)), 0))]
        sentence = ""
        if not self.row_errors:
            try:
                data = condition_of(rows, self.labels)
                sentence = "" if data is None else conditions.say(conditions.read(data), self.labels)
            except RowError:
                sentence = ""
        return {
            "widget": {"name": name, "attrs": attrs or {}},
            "mode": rows.mode,
            "modes": MODES,
            "rows": [
                {"number": n, "row": row, "error": self.row_errors.get(n, "")} for n, row in enumerate(shown)
            ],
            "levels": LEVELS,
            "groups": list(GROUPS.items()),
            "facts": [(key, fact.label) for key, fact in FACTS.items()],
            "operators": [(op, words[0]) for op, words in OPERATOR_WORDS.items()],
            "guide": self._guide(),
            "sentence": sentence,
        }

    def _guide(self) -> list[dict[str, Any]]:
        """For each fact how its value is written, and which comparisons it has."""
        guide = []
        for key, fact in FACTS.items():
            words = list(self.labels.get(key, {}).values())
            how = f"单位{fact.unit}" if fact.unit else "、".join(words) if words else fact.hint
            if fact.kind is Kind.DATE:
                how = "日期，例如 2024-01-01；“已满”“不满”写年数"
            guide.append({"key": key, "label": fact.label, "how": how, "ops": " ".join(OPERATORS[fact.kind])})
        return guide


class ConditionField(forms.Field):
    """A condition, edited as lines; its cleaned value is the JSON of `rules.conditions` or None."""

    widget = ConditionWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)
        self.labels: Labels = {}

    def use(self, labels: Labels) -> None:
        self.labels = labels
        if isinstance(self.widget, ConditionWidget):
            self.widget.labels = labels

    def clean(self, value: Any) -> Any:
        try:
            return condition_of(value, self.labels)
        except RowError as error:
            if isinstance(self.widget, ConditionWidget):
                self.widget.row_errors = {error.number: error.message}
            raise ValidationError(f"第 {error.number + 1} 行：{error.message}") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            now = condition_of(data, self.labels)
        except RowError:
            return True
        if now is None or initial is None:
            return bool(now != initial)
        return conditions.read(now) != conditions.read(initial)


class TypedFactsField(forms.CharField):
    """The facts of a case, one a line; its cleaned value is `{fact key: what was typed}`."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 2000)
        kwargs.setdefault(
            "widget",
            UnfoldAdminTextareaWidget(attrs={"rows": 4, "placeholder": "投资额：1200 万元\n从业人数：50"}),
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return lines_of(value) if isinstance(value, dict) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return typed_from_lines(text, fresh_labels())
        except FactError as error:
            raise ValidationError(str(error)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (data or "").strip() != lines_of(initial or {}).strip()
