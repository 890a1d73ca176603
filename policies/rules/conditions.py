"""Conditions as trees: read from JSON, judged in three values, said in Chinese, written to JSON.

A condition is one of
    {"all": [...]}   {"any": [...]}   {"not": {...}}
    {"fact": "headcount", "is": "gte", "value": "50"}

`read` refuses what is not exactly that, or larger than anybody needs. An empty `all` is always met.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from policies.rules.facts import (
    CODE,
    FACTS,
    Fact,
    FactError,
    Facts,
    Holdings,
    Kind,
    Labels,
    code_label,
    industry_code,
    number,
    show,
    words_of,
)
from policies.rules.facts import choice as read_choice
from policies.rules.facts import day as read_day
from policies.rules.logic import Truth, every, some
from tuoxian_portal.core.money import NBSP, plain

MAX_NODES = 60
MAX_DEPTH = 6
MAX_VALUES = 40
MAX_YEARS = 100

# operator: (its words, its words when denied)
NUMBERS = {
    "gte": ("不低于", "低于"),
    "gt": ("高于", "不高于"),
    "lte": ("不高于", "高于"),
    "lt": ("低于", "不低于"),
    "eq": ("等于", "不等于"),
}
DATES = {
    "since": ("不早于", "早于"),
    "until": ("不晚于", "晚于"),
    "aged": ("已满", "不满"),
    "younger": ("不满", "已满"),
}
OPERATORS: dict[Kind, dict[str, tuple[str, str]]] = {
    Kind.MONEY: NUMBERS,
    Kind.NUMBER: NUMBERS,
    Kind.DATE: DATES,
    Kind.CHOICE: {"in": ("是", "不是")},
    Kind.CODE: {"under": ("属于", "不属于")},
    Kind.SET: {"has": ("有", "没有")},
}
OPERATOR_WORDS = {op: words for table in OPERATORS.values() for op, words in table.items()}


class ConditionError(ValueError):
    """The tree is not a condition. `path` leads to the place, as in `("all", 2, "value")`."""

    def __init__(self, message: str, path: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.message, self.path = message, path


@dataclass(frozen=True)
class Compare:
    """One question about one fact. `value` is a Decimal, a date, a number of years, or a tuple."""

    fact: Fact
    op: str
    value: Any


@dataclass(frozen=True)
class All:
    parts: tuple["Node", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Not:
    part: "Node"


Node = Compare | All | AnyOf | Not
ALWAYS = All(())


# --- Reading and writing ------------------------------------------------------------------------
def read(data: Any) -> Node:
    """The tree that `data` describes. Raises `ConditionError`."""
    return _Reader().node(data, (), 1)


@lru_cache(maxsize=2048)
def _read_text(text: str) -> Node:
    return read(json.loads(text))


def read_stored(data: Any) -> Node:
    """`read` for what was checked when it was saved; each tree is read once a process."""
    return _read_text(json.dumps(data, sort_keys=True))


class _Reader:
    def __init__(self) -> None:
        self.nodes = 0

    def node(self, data: Any, path: tuple[Any, ...], depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise ConditionError(f"条件太多，最多 {MAX_NODES} 行。请拆成几个条款。", path)
        if depth > MAX_DEPTH:
            raise ConditionError(f"条件嵌套太深，最多 {MAX_DEPTH} 层。", path)
        if not isinstance(data, dict):
            raise ConditionError("条件应为一个对象。", path)
        keys = set(data)
        for key, group in (("all", All), ("any", AnyOf)):
            if keys == {key}:
                if not isinstance(data[key], list):
                    raise ConditionError(f"“{key}”应为列表。", (*path, key))
                if not data[key] and (key == "any" or path):
                    raise ConditionError("这一组下面没有条件，请补上或删去。", (*path, key))
                parts = (self.node(part, (*path, key, i), depth + 1) for i, part in enumerate(data[key]))
                return group(tuple(parts))
        if keys == {"not"}:
            return Not(self.node(data["not"], (*path, "not"), depth + 1))
        if keys == {"fact", "is", "value"}:
            return _compare(data, path)
        raise ConditionError("条件只能是 all、any、not 或 fact/is/value 之一。", path)


def _compare(data: dict[str, Any], path: tuple[Any, ...]) -> Compare:
    fact = FACTS.get(data["fact"]) if isinstance(data["fact"], str) else None
    if fact is None:
        raise ConditionError(f"没有“{str(data['fact'])[:40]}”这一项事实。", (*path, "fact"))
    op = data["is"]
    if not isinstance(op, str) or op not in OPERATORS[fact.kind]:
        raise ConditionError(f"“{fact.label}”不能这样比较。", (*path, "is"))
    try:
        return Compare(fact, op, _value(fact, op, data["value"]))
    except FactError as error:
        raise ConditionError(str(error), (*path, "value")) from None
    except (InvalidOperation, ValueError):
        what = "数字" if fact.is_numeric else "“2024-05-01”样子的日期"
        raise ConditionError(f"{fact.label}应为{what}。", (*path, "value")) from None


def _value(fact: Fact, op: str, value: Any) -> Any:
    if fact.is_numeric:
        amount = (
            Decimal(str(value))
            if isinstance(value, int | str | Decimal) and not isinstance(value, bool)
            else None
        )
        if amount is None or not amount.is_finite() or not 0 <= amount <= fact.most:
            raise FactError(f"{fact.label}应为 0 到 {plain(fact.most)} 之间的数（{fact.unit}）。")
        return amount
    if op in {"aged", "younger"}:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_YEARS:
            raise FactError(f"请填写 1 到 {MAX_YEARS} 之间的年数。")
        return value
    if fact.kind is Kind.DATE:
        if not isinstance(value, str):
            raise FactError("请按“2024-05-01”的样子填写日期。")
        return date.fromisoformat(value)
    if not isinstance(value, list) or not all(isinstance(v, str) and 0 < len(v) <= 120 for v in value):
        raise FactError(f"请写明{fact.label}是哪些。")
    if not 1 <= len(value) <= MAX_VALUES:
        raise FactError(f"{fact.label}应有 1 到 {MAX_VALUES} 个值。")
    if fact.kind is Kind.CODE and not all(CODE.fullmatch(v) for v in value):
        raise FactError("行业代码应为门类字母加 2 至 4 位数字，例如 C27。")
    return tuple(dict.fromkeys(value))


def typed_value(fact: Fact, op: str, text: str, labels: Labels) -> Any:
    """What somebody typed in the editor as the JSON value of a comparison. Raises `FactError`."""
    if not text.strip():
        raise FactError("请填写数值。" if fact.is_numeric else "请填写内容。")
    if fact.is_numeric:
        return str(number(fact, text))
    if op in {"aged", "younger"}:
        years = text.strip().removesuffix("年").strip()
        if not years.isascii() or not years.isdigit() or not 1 <= int(years[:6]) <= MAX_YEARS:
            raise FactError(f"请填写 1 到 {MAX_YEARS} 之间的年数。")
        return int(years)
    if fact.kind is Kind.DATE:
        return read_day(text).isoformat()
    items = words_of(text)
    if fact.kind is Kind.CODE:
        return [industry_code(item) for item in items]
    return [read_choice(fact, item, labels) for item in items]


def dump(node: Node) -> dict[str, Any]:
    """The JSON of `node`; `read(dump(node)) == node`."""
    match node:
        case All(parts):
            return {"all": [dump(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [dump(part) for part in parts]}
        case Not(part):
            return {"not": dump(part)}
        case Compare(fact, op, value):
            plain_value = value
            if isinstance(value, tuple):
                plain_value = list(value)
            elif isinstance(value, Decimal | date):
                plain_value = str(value)
            return {"fact": fact.key, "is": op, "value": plain_value}


def comparisons(node: Node) -> Iterator[Compare]:
    """Every comparison in the tree."""
    match node:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from comparisons(part)
        case Not(part):
            yield from comparisons(part)
        case Compare():
            yield node


def facts_asked(node: Node) -> set[str]:
    return {comparison.fact.key for comparison in comparisons(node)}


# --- Judging ------------------------------------------------------------------------------------
def years_before(day: date, years: int) -> date:
    """The same day `years` earlier; 29 February becomes 28 February. Never before the first year."""
    year = max(day.year - years, 1)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gte": lambda a, b: a >= b,
    "gt": lambda a, b: a > b,
    "lte": lambda a, b: a <= b,
    "lt": lambda a, b: a < b,
    "eq": lambda a, b: a == b,
    "since": lambda a, b: a >= b,
    "until": lambda a, b: a <= b,
    "aged": lambda a, b: a <= b,
    "younger": lambda a, b: a > b,
}


def bound(comparison: Compare, day: date) -> Any:
    """What the fact is compared with on `day`: years become the day they count from."""
    if comparison.op in {"aged", "younger"}:
        return years_before(day, comparison.value)
    return comparison.value


def holds(comparison: Compare, facts: Facts, day: date) -> Truth:
    """One comparison. A code that is coarser than what is asked says nothing."""
    value = facts.get(comparison.fact.key)
    if value is None:
        return Truth.MAYBE
    if comparison.op in ORDER:
        return Truth.of(ORDER[comparison.op](value, bound(comparison, day)))
    wanted = comparison.value
    if comparison.op == "in":
        return Truth.of(value in wanted)
    if comparison.op == "under":
        if any(value.startswith(code) for code in wanted):
            return Truth.YES
        return Truth.MAYBE if any(code.startswith(value) for code in wanted) else Truth.NO
    if value.held & set(wanted):
        return Truth.YES
    return Truth.NO if value.complete else Truth.MAYBE


def judge(node: Node, facts: Facts, day: date) -> Truth:
    """Whether the condition is met with these facts on `day`."""
    match node:
        case All(parts):
            return every(judge(part, facts, day) for part in parts)
        case AnyOf(parts):
            return some(judge(part, facts, day) for part in parts)
        case Not(part):
            return ~judge(part, facts, day)
        case Compare():
            return holds(node, facts, day)


# --- Saying -------------------------------------------------------------------------------------
def say_comparison(comparison: Compare, labels: Labels, denied: bool = False) -> str:
    """`从业人数不低于 50 人`; denied, `从业人数低于 50 人`."""
    fact, op, value = comparison.fact, comparison.op, comparison.value
    words = OPERATOR_WORDS[op][denied]
    if op in {"aged", "younger"}:
        return (
            f"注册{words}{NBSP}{value}{NBSP}年"
            if fact.key == "registered_on"
            else f"{fact.label}{words}{value}年"
        )
    if isinstance(value, tuple):
        if fact.kind is Kind.CODE:
            names = "、".join(code_label(code) for code in value)
        else:
            names = "、".join(labels.get(fact.key, {}).get(item, item) for item in value)
        one_of = "之一" if len(value) > 1 and not denied else ""
        if fact.kind is Kind.SET and fact.key != "qualifications":
            words = "是" if not denied else "不是"
        return f"{fact.label}{words}{names}{one_of}"
    return f"{fact.label}{words} {show(fact, value, labels)}"


def say(node: Node, labels: Labels, denied: bool = False, inner: bool = False) -> str:
    """The condition as one plain sentence, without its full stop."""
    match node:
        case Compare():
            return say_comparison(node, labels, denied)
        case Not(part):
            return say(part, labels, not denied, inner)
        case All(parts) if not parts:
            return "不设条件" if not denied else "任何企业都不符合"
        case All(parts) | AnyOf(parts):
            together = isinstance(node, All) is not denied
            said = [say(part, labels, denied, inner=True) for part in parts]
            text = ("，且" if together else "，或者").join(said)
            return f"（{text}）" if inner and len(said) > 1 else text


ASKED = "您填的是"


@dataclass
class Why:
    """A verdict with its reasons: what is met, what fails (and by how much), what is not known."""

    truth: Truth
    met: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Keys of facts that would decide it."""


def explain(
    node: Node, facts: Facts, day: date, labels: Labels, denied: bool = False, have: str = ASKED
) -> Why:
    """`judge` with its reasons; the truths agree always. `have` introduces a fact in a reason."""
    match node:
        case Not(part):
            return explain(part, facts, day, labels, not denied, have)
        case Compare():
            return _explain_comparison(node, facts, day, labels, denied, have)
        case All(parts) | AnyOf(parts):
            whys = [explain(part, facts, day, labels, denied, have) for part in parts]
            together = isinstance(node, All) is not denied
            truth = (every if together else some)(why.truth for why in whys)
            if truth is Truth.NO and not together and len(whys) > 1:
                return Why(
                    truth, failed=[f"以下都不满足：{'；'.join(f for why in whys for f in why.failed)}"]
                )
            result = Why(truth)
            for why in whys:
                # An OR that holds is explained by what holds; an AND that fails, by what fails.
                if why.truth is truth or (together and truth is Truth.MAYBE):
                    result.met += why.met
                    result.failed += why.failed
                    result.unknown += [key for key in why.unknown if key not in result.unknown]
            return result


def _explain_comparison(
    comparison: Compare, facts: Facts, day: date, labels: Labels, denied: bool, have: str
) -> Why:
    truth = holds(comparison, facts, day)
    truth = ~truth if denied else truth
    fact = comparison.fact
    said = say_comparison(comparison, labels, denied)
    if truth is Truth.MAYBE:
        return Why(truth, unknown=[fact.key])
    value = facts[fact.key]
    shown = show(fact, value, labels)
    if truth is Truth.YES:
        return Why(truth, met=[f"{said}（{have} {shown}）"])
    gap = ""
    if fact.is_numeric and not isinstance(value, Holdings):
        difference = abs(Decimal(comparison.value) - value)
        lacking = comparison.value > value
        if difference:
            gap = f"，{'还差' if lacking else '超出'} {show(fact, difference, labels)}"
    return Why(truth, failed=[f"要求{said}，{have} {shown}{gap}"])
