"""Reads the text of a formula into its tree, or says what is wrong with it and where; see `formula`."""

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from policies.rules.facts import FACTS, Kind
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
    place,
)
from tuoxian_portal.core.money import NBSP, plain

MAX_LENGTH = 500
MAX_TOKENS = 200
MAX_DEPTH = 20
MAX_BANDS = 12
MOST = Decimal("1e15")  # of any number, in 元 or plain
TOO_LARGE = "数太大，请核对数字和单位。"

MONEY_UNITS = {"元": Decimal(1), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}
RATIO_UNITS = {"%": Decimal("0.01"), "‰": Decimal("0.001")}
COUNT_UNITS = {"人", "名", "年", "吨", "度", "个", "倍", "千瓦时"}
FUNCTIONS = {"取小": "min", "取大": "max", "取整": "floor", "分段": "graded", "分档": "banded"}
LIMITS = {"封顶": "cap", "保底": "floor"}
BAND_WORDS = {"至": "upto", "不满": "below", "其余": "rest"}
NAMES = {name: fact for fact in FACTS.values() if fact.is_numeric for name in (fact.label, *fact.aliases)}
WORDS = sorted({*NAMES, *FUNCTIONS, *LIMITS, *BAND_WORDS}, key=len, reverse=True)
SYMBOLS = {
    "+": "+", "＋": "+", "-": "-", "−": "-", "－": "-", "–": "-", "×": "*", "*": "*", "x": "*", "X": "*",
    "÷": "/", "/": "/", "(": "(", "（": "(", ")": ")", "）": ")", ",": ",", "，": ",", "、": ",",
    ";": ";", "；": ";", ":": ":", "：": ":",
}  # fmt: skip
NUMBER = re.compile(r"\d[\d_]*(?:,\d{3})*(?:\.\d+)?")
UNIT = re.compile(
    r"\s*(?:(?P<money>亿元|万元|元)(?:/(?:千瓦时|度|吨|人|名|年))?|(?P<ratio>[%％‰])|(?P<count>千瓦时|人|名|年|吨|度|个|倍))"
)


class FormulaError(ValueError):
    """The formula cannot be read or calculated; `start` and `end` are the place in its text."""

    def __init__(self, message: str, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


PLAIN, MONEY, ANY = "number", "money", "any"
DIMENSION_WORDS = {PLAIN: "数", MONEY: "金额"}


# --- Reading ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Token:
    kind: str  # number, fact, function, limit, band, symbol, end
    text: str
    start: int
    end: int
    node: Number | None = None


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        character = text[at]
        if character.isspace():
            at += 1
            continue
        if match := NUMBER.match(text, at):
            yield _number(text, match)
            unit = UNIT.match(text, match.end())
            at = unit.end() if unit else match.end()
            continue
        if character in SYMBOLS:
            yield Token("symbol", SYMBOLS[character], at, at + 1)
            at += 1
            continue
        word = next((word for word in WORDS if text.startswith(word, at)), None)
        if word is None:
            raise _unknown_word(text, at)
        kind = (
            "fact"
            if word in NAMES
            else "function"
            if word in FUNCTIONS
            else "limit"
            if word in LIMITS
            else "band"
        )
        yield Token(kind, word, at, at + len(word))
        at += len(word)
    yield Token("end", "", len(text), len(text))


def _number(text: str, match: re.Match[str]) -> Token:
    digits = match[0].replace("_", "").replace(",", "")
    if len(digits) > 20:
        raise FormulaError("数字太长。", match.start(), match.end())
    value, is_money, shown = Decimal(digits), False, plain(Decimal(digits), 6)
    unit, end = UNIT.match(text, match.end()), match.end()
    if unit:
        end = unit.end()
        written = unit[0].strip()
        if unit["money"]:
            value, is_money, shown = value * MONEY_UNITS[unit["money"]], True, f"{shown}{NBSP}{written}"
        elif unit["ratio"]:
            written = "%" if written == "％" else written
            value, shown = value * RATIO_UNITS[written], f"{shown}{written}"
        else:
            shown = f"{shown}{NBSP}{written}"
    if value > MOST:
        raise FormulaError(TOO_LARGE, match.start(), end)
    return Token("number", match[0], match.start(), end, Number(value, shown, is_money, (match.start(), end)))


def _unknown_word(text: str, at: int) -> FormulaError:
    word = re.match(r"[^\s\d+\-−×*÷/()（）,，、;；:：]+", text[at:])
    found = word[0] if word else text[at]
    if any(unicodedata.category(c).startswith("C") for c in found):
        return FormulaError("这里有看不见的字符，请删去重打。", at, at + len(found))
    near = difflib.get_close_matches(found, [*NAMES, *FUNCTIONS, *LIMITS], n=2, cutoff=0.4)
    hint = f"是不是“{'”或“'.join(near)}”？" if near else "可用的名称见说明。"
    return FormulaError(f"不认识“{found[:20]}”。{hint}", at, at + len(found))


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = []
        for token in _tokens(text):
            self.tokens.append(token)
            if len(self.tokens) > MAX_TOKENS:
                raise FormulaError(f"公式太长，最多 {MAX_TOKENS} 个词。", token.start, token.end)
        self.at, self.depth = 0, 0

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.now
        self.at += 1
        return token

    def is_symbol(self, *symbols: str) -> bool:
        return self.now.kind == "symbol" and self.now.text in symbols

    def expect(self, symbol: str, why: str) -> Token:
        if not self.is_symbol(symbol):
            raise FormulaError(why, self.now.start, max(self.now.end, self.now.start))
        return self.take()

    def whole(self) -> Node:
        node = self.formula()
        if self.now.kind != "end":
            raise FormulaError(f"“{self.now.text}”多余，或前面缺运算符。", self.now.start, self.now.end)
        return node

    def formula(self) -> Node:
        node = self.sum()
        while self.now.kind == "limit" or (self.is_symbol(",") and self.tokens[self.at + 1].kind == "limit"):
            if self.now.kind != "limit":
                self.take()
            kind = LIMITS[self.take().text]
            node = Limited(kind, node, self.sum())
        return node

    def sum(self) -> Node:
        node = self.product()
        while self.is_symbol("+", "-"):
            token = self.take()
            node = Binary(token.text, node, self.product(), (token.start, token.end))
        return node

    def product(self) -> Node:
        node = self.factor()
        while self.is_symbol("*", "/"):
            token = self.take()
            right = self.factor()
            if token.text == "/" and isinstance(right, Number) and not right.value:
                raise FormulaError("除数不能是 0。", *right.at)
            node = Binary(token.text, node, right, (token.start, token.end))
        return node

    def factor(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError(f"括号嵌套太深，最多 {MAX_DEPTH} 层。", self.now.start, self.now.end)
        try:
            return self._factor()
        finally:
            self.depth -= 1

    def _factor(self) -> Node:
        token = self.take()
        if token.kind == "number" and token.node:
            return token.node
        if token.kind == "fact":
            return Asked(NAMES[token.text], (token.start, token.end))
        if token.kind == "symbol" and token.text == "-":
            return Negative(self.factor())
        if token.kind == "symbol" and token.text == "(":
            part = self.formula()
            self.expect(")", "这里缺右括号“）”。")
            return Group(part)
        if token.kind == "function":
            self.expect("(", f"“{token.text}”后面要有括号。")
            name = FUNCTIONS[token.text]
            node = self.bands(name, token) if name in {"graded", "banded"} else self.call(name, token)
            self.expect(")", f"“{token.text}”的括号没有关上，或各项之间缺“；”。")
            return node
        self.at -= 1
        what = f"“{token.text}”" if token.text else "公式在这里结束"
        raise FormulaError(
            f"{what}前面缺数字、名称或括号。" if token.text else f"{what}，还缺一个数。",
            token.start,
            token.end,
        )

    def call(self, name: str, token: Token) -> Node:
        arguments = [self.sum()]
        while self.is_symbol(";", ","):
            self.take()
            arguments.append(self.sum())
        wanted = len(arguments) == 1 if name == "floor" else len(arguments) >= 2
        if not wanted:
            raise FormulaError(
                "取整只要一项。" if name == "floor" else f"“{token.text}”至少要两项，用“；”隔开。",
                token.start,
                token.end,
            )
        return Call(name, tuple(arguments), (token.start, token.end))

    def bands(self, name: str, token: Token) -> Node:
        base, bands = self.sum(), []
        while self.is_symbol(";", ","):
            self.take()
            bands.append(self.band(token.text))
            if len(bands) > MAX_BANDS:
                raise FormulaError(f"最多 {MAX_BANDS} 档。", self.now.start, self.now.end)
        if not bands or bands[-1].bound is not None:
            raise FormulaError(f"“{token.text}”的最后一档应为“其余：…”。", token.start, token.end)
        bounds = [band.bound for band in bands[:-1]]
        if any(bound is None for bound in bounds):
            raise FormulaError("“其余”只能是最后一档。", token.start, token.end)
        numbers = [bound for bound in bounds if bound is not None]
        for earlier, later in pairwise(numbers):
            if later.value <= earlier.value:
                raise FormulaError("各档要从小到大。", *later.at)
        return Bands(name, base, tuple(bands), (token.start, token.end))

    def band(self, function: str) -> Band:
        token = self.take()
        if token.kind != "band":
            raise FormulaError(f"“{function}”的每一档以“至”“不满”或“其余”开头。", token.start, token.end)
        bound = None
        if token.text != "其余":
            number = self.take()
            if number.node is None:
                raise FormulaError(
                    f"“{token.text}”后面要写一个数，例如 1000 万元。", number.start, number.end
                )
            bound = number.node
        self.expect(":", f"“{token.text}”这一档缺“：”。")
        return Band(BAND_WORDS[token.text], bound, self.sum())


@lru_cache(maxsize=1024)
def read(text: str) -> Node:
    """The tree of a formula whose result is money. Raises `FormulaError` with its place."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"公式最多 {MAX_LENGTH} 个字。", MAX_LENGTH, len(text))
    if not text.strip():
        raise FormulaError("请写公式，例如：设备投入 × 5%，封顶 50 万元。")
    node = _Parser(text).whole()
    if dimension(node) == PLAIN:
        raise FormulaError("结果应为金额，现在是一个没有单位的数。请给数字加上“元”或“万元”。", 0, len(text))
    return node


def _same(left: str, right: str, at: tuple[int, int]) -> str:
    if ANY in (left, right):
        return right if left == ANY else left
    if left != right:
        raise FormulaError(
            f"{DIMENSION_WORDS[left]}和{DIMENSION_WORDS[right]}不能相加、相减或比较。金额请写单位，例如 10 万元。",
            *at,
        )
    return left


def dimension(node: Node) -> str:
    """Whether `node` is money or a plain number; raises where the two are mixed."""
    match node:
        case Number():
            return MONEY if node.is_money else (PLAIN if node.value else ANY)
        case Asked():
            return MONEY if node.fact.kind is Kind.MONEY else PLAIN
        case Negative(part) | Group(part):
            return dimension(part)
        case Binary(op, left, right, at):
            one, other = dimension(left), dimension(right)
            if op in "+-":
                return _same(one, other, at)
            if op == "*":
                if one == other == MONEY:
                    raise FormulaError("金额不能乘以金额。比例请写成 5% 或 0.05。", *at)
                return MONEY if MONEY in (one, other) else (ANY if ANY in (one, other) else PLAIN)
            if other == MONEY:
                if one == PLAIN:
                    raise FormulaError("数不能除以金额。", *at)
                return PLAIN if one == MONEY else ANY
            return one
        case Call(_, arguments, at):
            found = ANY
            for argument in arguments:
                found = _same(found, dimension(argument), at)
            return found
        case Bands():
            return _bands_dimension(node)
        case Limited(_, part, limit):
            return _same(dimension(part), dimension(limit), place(limit))


def _bands_dimension(node: Bands) -> str:
    base, found = dimension(node.base), ANY
    for band in node.bands:
        if band.bound is not None:
            _same(base, dimension(band.bound), band.bound.at)
        value = dimension(band.value)
        if node.name == "graded" and value == MONEY and base == MONEY:
            raise FormulaError("分段的每一段应为比例，例如 5%；按档给定额请用“分档”。", *place(band.value))
        found = _same(found, value, node.at)
    if node.name == "banded":
        return found
    return MONEY if MONEY in (base, found) else PLAIN
