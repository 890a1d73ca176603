"""Formulas as officers write them, read by a grammar of our own; there is no `eval` anywhere.

    设备投入 × 5%，封顶 50 万元
    引进人才人数 × 1 万元
    分段(投资额；至 1000 万元：3%；至 5000 万元：5%；其余：8%)，保底 10 万元
    分档(投资额；不满 1000 万元：0；不满 5000 万元：10 万元；其余：30 万元)
    取小(研发费用 × 10%；设备投入 × 2%)

    formula := sum ("，" ("封顶" | "保底") sum)*
    sum     := product (("+" | "−") product)*
    product := factor (("×" | "÷") factor)*
    factor  := "−" factor | number [unit] | fact | "(" formula ")" | function "(" … ")"

分段 charges each part of the base at its own rate (超额累进); 分档 takes one value for the whole base.
至 includes its bound, 不满 does not (民法典 art. 1259). Every value is an amount of money or a plain
number, checked when the formula is read: adding the two, or a result that is not money, is an error
with its place. Length, tokens, depth and magnitudes are bounded and there is no power operator, so
reading and evaluating take time linear in a short text. Arithmetic is decimal; the result is rounded
half up to the cent, and below nought is nought.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from policies.rules.facts import FACTS, Facts, Kind, show
from policies.rules.formula_reader import (
    FUNCTIONS,
    MAX_LENGTH,
    MONEY,
    MOST,
    TOO_LARGE,
    FormulaError,
    dimension,
    read,
)
from policies.rules.formula_tree import (
    Asked,
    Band,
    Bands,
    Binary,
    Call,
    Group,
    Limited,
    Negative,
    Node,
    Number,
    facts_asked,
)
from tuoxian_portal.core.money import format_yuan, plain

__all__ = [
    "MAX_LENGTH",
    "Amount",
    "FactsMissing",
    "FormulaError",
    "calculate",
    "facts_asked",
    "read",
]

CENT = Decimal("0.01")
CONTEXT = Context(prec=34, rounding=ROUND_HALF_UP)


class FactsMissing(Exception):
    """The amount cannot be known yet; `keys` are the facts it needs, in the order of the text."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__("、".join(FACTS[key].label for key in keys))
        self.keys = keys


# --- Calculating --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Amount:
    """What a formula gives, in 元, and the sum as anybody would write it down."""

    yuan: Decimal
    shown: str


def calculate(text: str, facts: Facts) -> Amount:
    """The amount with these facts. Raises `FormulaError`, or `FactsMissing` naming what is not known."""
    node = read(text)
    missing = [key for key in facts_asked(node) if facts.get(key) is None]
    if missing:
        raise FactsMissing(missing)
    with localcontext(CONTEXT):
        limits = []
        inner = node
        while isinstance(inner, Limited):
            limits.append(inner)
            inner = inner.part
        value = _value(inner, facts)
        filled = _filled(inner, facts)
        shown = filled if filled == format_yuan(value) else f"{filled} = {format_yuan(value)}"
        for limited in reversed(limits):
            limit = _value(limited.limit, facts)
            word = "封顶" if limited.kind == "cap" else "保底"
            reached = value > limit if limited.kind == "cap" else value < limit
            value = limit if reached else value
            shown += f"，{word} {format_yuan(limit)}" + (f"，取 {format_yuan(limit)}" if reached else "")
        if value < 0:
            value, shown = Decimal(0), f"{shown}，不足 0 按 0 计"
        return Amount(value.quantize(CENT, rounding=ROUND_HALF_UP), shown)


def _checked(value: Decimal, at: tuple[int, int]) -> Decimal:
    if abs(value) > MOST:
        raise FormulaError(TOO_LARGE, *at)
    return value


def _value(node: Node, facts: Facts) -> Decimal:
    match node:
        case Number():
            return node.value
        case Asked(fact, at):
            value = facts[fact.key]
            return _checked(value * fact.yuan if fact.kind is Kind.MONEY else value, at)
        case Negative(part):
            return -_value(part, facts)
        case Group(part):
            return _value(part, facts)
        case Binary(op, left, right, at):
            one, other = _value(left, facts), _value(right, facts)
            if op == "/":
                if not other:
                    raise FormulaError(f"除数为 0：{_filled(right, facts)}。", *at)
                return _checked(one / other, at)
            return _checked(one + other if op == "+" else one - other if op == "-" else one * other, at)
        case Call(name, arguments, _):
            values = [_value(argument, facts) for argument in arguments]
            if name == "floor":
                return values[0].to_integral_value(rounding="ROUND_FLOOR")
            return min(values) if name == "min" else max(values)
        case Bands():
            if node.name == "banded":
                return _value(_band(node, facts).value, facts)
            total = sum((part * rate for part, rate, _ in _parts(node, facts)), Decimal(0))
            return _checked(total, node.at)
        case Limited(kind, part, limit):
            return (min if kind == "cap" else max)(_value(part, facts), _value(limit, facts))


def _band(node: Bands, facts: Facts) -> Band:
    base = _value(node.base, facts)
    for band in node.bands:
        if (
            band.bound is None
            or base < band.bound.value
            or (band.kind == "upto" and base == band.bound.value)
        ):
            return band
    return node.bands[-1]


def _parts(node: Bands, facts: Facts) -> list[tuple[Decimal, Decimal, Node]]:
    """What of the base lies in each band, with that band's rate."""
    base, below, parts = _value(node.base, facts), Decimal(0), []
    for band in node.bands:
        top = base if band.bound is None else min(base, band.bound.value)
        if top > below:
            parts.append((top - below, _value(band.value, facts), band.value))
            below = top
    return parts


SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}


def _filled(node: Node, facts: Facts) -> str:
    """`node` with the numbers filled in."""
    match node:
        case Number():
            return node.shown
        case Asked(fact, _):
            return show(fact, facts[fact.key], {})
        case Negative(part):
            return f"−{_filled(part, facts)}"
        case Group(part):
            return f"（{_filled(part, facts)}）"
        case Binary(op, left, right, _):
            return f"{_filled(left, facts)} {SIGNS[op]} {_filled(right, facts)}"
        case Call(name, arguments, _):
            word = next(word for word, key in FUNCTIONS.items() if key == name)
            return f"{word}（{'；'.join(_filled(argument, facts) for argument in arguments)}）"
        case Bands():
            return _filled_bands(node, facts)
        case Limited(kind, part, limit):
            word = "封顶" if kind == "cap" else "保底"
            return f"{_filled(part, facts)}，{word} {_filled(limit, facts)}"


def _filled_bands(node: Bands, facts: Facts) -> str:
    if node.name == "banded":
        band = _band(node, facts)
        return f"{_filled(band.value, facts)}（{_filled(node.base, facts)}，在“{band.shown}”一档）"
    is_money = dimension(node.base) == MONEY
    sums = [
        f"{format_yuan(part) if is_money else plain(part, 6)} × {_filled(rate, facts)}"
        for part, _, rate in _parts(node, facts)
    ]
    return " + ".join(sums) or (format_yuan(Decimal(0)) if is_money else "0")
