"""What a condition or a formula may ask about an enterprise, and how people write the answers.

A fact that is not in the mapping is unknown. Amounts of `MONEY` facts are kept in the fact's own
unit (万元, or 元 a unit); formulas turn them into 元.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from django.core.exceptions import ValidationError

from tuoxian_portal.core.money import NBSP, format_wan, plain
from tuoxian_portal.core.typed import compact, read_number


class Kind(Enum):
    MONEY = "money"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    CODE = "code"
    SET = "set"


@dataclass(frozen=True)
class Holdings:
    """What an enterprise is known to hold; `complete` when it holds nothing else."""

    held: frozenset[str]
    complete: bool = True


@dataclass(frozen=True)
class Fact:
    """One thing that is asked. `yuan` is what one unit is worth in 元, for `MONEY`; `most` the largest
    number anybody could mean; `aliases` are other names that a formula may use."""

    key: str
    label: str
    kind: Kind
    question: str
    unit: str = ""
    hint: str = ""
    yuan: Decimal = Decimal(1)
    most: Decimal = Decimal("1e8")
    aliases: tuple[str, ...] = ()

    @property
    def is_numeric(self) -> bool:
        return self.kind in {Kind.MONEY, Kind.NUMBER}


Facts = Mapping[str, Any]
Labels = Mapping[str, Mapping[str, str]]
"""Of each choice fact, the words for its values."""

WAN = Decimal(10_000)


def _wan(key: str, label: str, question: str, *aliases: str, hint: str = "") -> Fact:
    return Fact(key, label, Kind.MONEY, question, "万元", hint, WAN, aliases=aliases)


FACTS: dict[str, Fact] = {
    fact.key: fact
    for fact in (
        Fact("industry", "所属产业", Kind.CHOICE, "属于县里的哪个产业？"),
        Fact("chain", "所在产业链", Kind.CHOICE, "在哪条产业链上？"),
        Fact(
            "industry_code",
            "行业代码",
            Kind.CODE,
            "国民经济行业代码（GB/T 4754）？",
            hint="写到知道的一级即可，例如 C27 或 2710。",
            aliases=("行业",),
        ),
        Fact("park", "所在园区", Kind.CHOICE, "在哪个园区？"),
        Fact("town", "所在乡镇", Kind.CHOICE, "在哪个乡镇？"),
        Fact("project_kind", "项目性质", Kind.CHOICE, "项目是新建、扩建还是技术改造？"),
        Fact("project_stage", "项目阶段", Kind.SET, "项目到了哪一步？"),
        _wan("investment", "投资额", "计划或已完成的固定资产投资？", "固定资产投资", "投资"),
        _wan("equipment", "设备投入", "其中设备投入？", "设备投资"),
        _wan("revenue", "年营业收入", "上一年营业收入？", "营业收入"),
        _wan("rd_spending", "研发费用", "上一年研发费用？", "研发投入"),
        _wan("loan", "项目贷款额", "项目贷款余额？", "贷款额"),
        Fact(
            "headcount", "从业人数", Kind.NUMBER, "从业人数？", "人", most=Decimal("1e6"), aliases=("人数",)
        ),
        Fact(
            "talent",
            "引进人才人数",
            Kind.NUMBER,
            "引进的人才有几人？",
            "人",
            most=Decimal("1e5"),
            aliases=("人才人数",),
        ),
        Fact(
            "registered_on",
            "注册日期",
            Kind.DATE,
            "哪天注册？",
            hint="例如 2024-05-01，只记得年份可写 2024。",
        ),
        Fact("size", "企业规模", Kind.CHOICE, "企业规模（按国家统计局划型）？"),
        Fact(
            "qualifications",
            "企业资质",
            Kind.SET,
            "有哪些资质？",
            hint="选了任何一项，没选的就当作没有；不清楚就都不选。",
        ),
        Fact(
            "power_use",
            "年用电量",
            Kind.NUMBER,
            "每年用电？",
            "度",
            most=Decimal("1e10"),
            aliases=("用电量",),
        ),
        Fact(
            "power_price", "实际电价", Kind.MONEY, "实际电价？", "元/度", most=Decimal(100), aliases=("电价",)
        ),
        Fact("steam_use", "年用汽量", Kind.NUMBER, "每年用蒸汽？", "吨", aliases=("用汽量",)),
        Fact(
            "sewage",
            "年污水处理量",
            Kind.NUMBER,
            "每年处理污水？",
            "吨",
            most=Decimal("1e9"),
            aliases=("污水量",),
        ),
    )
}
NONE_HELD = "none"
"""The answer 以上都没有 to a question about holdings."""

SECTIONS = {
    "A": "农、林、牧、渔业",
    "B": "采矿业",
    "C": "制造业",
    "D": "电力、热力、燃气及水生产和供应业",
    "E": "建筑业",
    "F": "批发和零售业",
    "G": "交通运输、仓储和邮政业",
    "H": "住宿和餐饮业",
    "I": "信息传输、软件和信息技术服务业",
    "J": "金融业",
    "K": "房地产业",
    "L": "租赁和商务服务业",
    "M": "科学研究和技术服务业",
    "N": "水利、环境和公共设施管理业",
    "O": "居民服务、修理和其他服务业",
    "P": "教育",
    "Q": "卫生和社会工作",
    "R": "文化、体育和娱乐业",
    "S": "公共管理、社会保障和社会组织",
    "T": "国际组织",
}
"""The sections of GB/T 4754-2017."""
LAST_DIVISION = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRST",
        (5, 12, 43, 46, 50, 52, 60, 62, 65, 69, 70, 72, 75, 79, 82, 83, 85, 90, 96, 97),
        strict=True,
    )
)
"""The last two-digit division of each section."""
CODE = re.compile(r"[A-T](?:\d{2,4})?")


class FactError(ValueError):
    """What was typed is not such a fact; the message says how to write it."""


def industry_code(text: str) -> str:
    """`c 27`, `C2710` or `2710` as `C2710`. Raises `FactError`."""
    code = compact(text).upper()
    if re.fullmatch(r"\d{2,4}", code):
        division = int(code[:2])
        code = next((s for s, last in LAST_DIVISION.items() if division <= last), "?") + code
    first = ord(code[0]) if code else 0
    if not CODE.fullmatch(code):
        raise FactError("请填写国民经济行业代码：门类字母加 2 至 4 位数字，例如 C27。")
    if len(code) > 1:
        low = LAST_DIVISION[chr(first - 1)] + 1 if code[0] != "A" else 1
        if not low <= int(code[1:3]) <= LAST_DIVISION[code[0]]:
            raise FactError(f"门类 {code[0]} 没有大类 {code[1:3]}，请核对行业代码。")
    return code


def number(fact: Fact, text: str) -> Decimal:
    """What people write for a number, in the fact's unit; see `read_number`. Raises `FactError` with what
    to do."""
    try:
        value = read_number(text, fact.unit)
    except ValidationError as error:
        raise FactError(error.message) from None
    if value < 0:
        raise FactError(f"{fact.label}不能是负数。")
    if value > fact.most:
        raise FactError(
            f"{fact.label}超过 {plain(fact.most)} {fact.unit}，请核对数字和单位（单位是{fact.unit}）。"
        )
    return value


def day(text: str) -> date:
    """`2024-05-01`, `2024年5月1日`, `2024.5` or `2024` (its first day). Raises `FactError`."""
    parts = re.fullmatch(r"(\d{4})(?:[-./年](\d{1,2})?)?(?:[-./月](\d{1,2})?日?)?月?", compact(text))
    try:
        if parts is None:
            raise ValueError
        return date(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1))
    except ValueError:
        raise FactError("请按“2024-05-01”的样子填写日期。") from None


def choice(fact: Fact, text: str, labels: Labels) -> str:
    """A value of `fact` by its value or its word. Raises `FactError` that names the words."""
    words = labels.get(fact.key, {})
    typed = text.strip()
    if typed in words:
        return typed
    found = [value for value, word in words.items() if compact(word) == compact(typed)]
    if not found:
        some = "、".join(list(words.values())[:12]) or "（尚未设置）"
        raise FactError(f"{fact.label}没有“{typed[:30]}”这一项。可以填：{some}。")
    return found[0]


def words_of(text: str) -> list[str]:
    """The items of a list that is written with 、 ， ； or line breaks."""
    return [word for part in re.split(r"[、，,;；\n]", text) if (word := part.strip())]


def read(fact: Fact, text: str, labels: Labels) -> Any:
    """What `text` says of `fact`. Raises `FactError`."""
    if fact.is_numeric:
        return number(fact, text)
    if fact.kind is Kind.DATE:
        return day(text)
    if fact.kind is Kind.CODE:
        return industry_code(text)
    if fact.kind is Kind.CHOICE:
        return choice(fact, text, labels)
    items = words_of(text)
    if items in (["无"], ["没有"], [NONE_HELD]):
        return Holdings(frozenset())
    return Holdings(frozenset(choice(fact, item, labels) for item in items))


def show(fact: Fact, value: Any, labels: Labels) -> str:
    """A value as people read it: `1,200 万元`, `C27`, `高新技术企业`."""
    if fact.unit == "万元":
        return format_wan(value)
    if fact.is_numeric:
        return f"{plain(value, 6)}{NBSP}{fact.unit}"
    if fact.kind is Kind.DATE:
        return str(value.isoformat())
    if fact.kind is Kind.CODE:
        return code_label(value)
    words = labels.get(fact.key, {})
    if isinstance(value, Holdings):
        return "、".join(sorted(words.get(item, item) for item in value.held)) or "无"
    return words.get(value, value)


def code_label(code: str) -> str:
    """`C27` with the name of its section, `C27（制造业）`."""
    return f"{code}（{SECTIONS[code[0]]}）" if code[:1] in SECTIONS else code


def by_name(text: str) -> Fact | None:
    """The fact of that label, alias or key."""
    name = text.strip()
    for fact in FACTS.values():
        if name in (fact.key, fact.label, *fact.aliases):
            return fact
    return None
