"""Numbers as people type them: full-width digits, thousands marks, 万 and 亿, the unit behind."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from tuoxian_portal.core.money import plain

WAN = 10_000
TIMES = {"": 1, "万": 10_000, "亿": 100_000_000}
NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<digits>\d{1,15}(?:\.\d{0,6})?|\.\d{1,6})(?P<times>万|亿)?", re.ASCII)
TOO_LARGE = re.compile(r"[+-]?\d{16,}(?:\.\d*)?(?:万|亿)?", re.ASCII)
ABOUT = re.compile(r"^(?:大约|大概|约|近)|(?:左右|上下)$")


def compact(text: str) -> str:
    """`text` with full-width characters, spaces and thousands marks forgiven."""
    return re.sub(r"[\s,，_]", "", unicodedata.normalize("NFKC", text))


def read_number(text: str, unit: str) -> Decimal:
    """`text` as a number of `unit`: `1200`, `1,200 万元`, `1.2亿` of 万元 are 1200, 1200 and 12000.

    Raises `ValidationError` for what is no number, or could be two (`1.2万` of 万元).
    """
    typed = compact(text)
    tail = "元" if unit == "万元" else unit
    bare = typed.removesuffix(tail).removesuffix(tail.split("/")[0])
    match = NUMBER.fullmatch(bare)
    if match is None and TOO_LARGE.fullmatch(bare):
        raise ValidationError(f"“{text.strip()[:20]}”太大了，请核对数字和单位（单位是{unit}）。")
    if match is None:
        large = "1.2亿" if unit == "万元" else "1.2万"
        raise ValidationError(f"请填写数字，例如 1200 或 {large}；“{text.strip()[:20]}”不是数字。")
    try:
        value = Decimal(match["digits"])
    except InvalidOperation:  # a lone full stop
        raise ValidationError("请填写数字，例如 1200。") from None
    times = match["times"] or ""
    if unit == "万元":
        if times == "万" and not typed.endswith("元"):  # 1.2万元, or 1.2万 of 万元? Never guess.
            raise ValidationError(f"“{text.strip()[:20]}”不清楚是多少：请写成“{bare}元”，或写成多少亿。")
        if times or typed.endswith("元"):  # 1.2亿, 1200万元, 50000元: the unit was written
            value = value * TIMES[times] / WAN
    else:
        value *= TIMES[times]
    return -value if match["sign"] == "-" else value


class TypedNumberField(forms.CharField):
    """A positive number of `unit`, at most `most`, to `places` decimals; None when left empty. “约…左右” is
    forgiven; zero is not, since unknown is left empty."""

    def __init__(self, *, unit: str, most: int, places: int = 2, **kwargs: Any) -> None:
        self.unit, self.most, self.places = unit, most, places
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
        kwargs.setdefault(
            "error_messages", {"max_length": "太长了，这里只填一个数；其他写在“想了解什么”里。"}
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Decimal | None:
        text = ABOUT.sub("", compact(super().clean(value)))
        if not text:
            return None
        number = read_number(text, self.unit)
        if number <= 0:
            raise ValidationError("请填大于 0 的数；还没有打算可以空着。")
        if number > self.most:
            raise ValidationError(
                f"超过 {plain(self.most)} {self.unit}，请核对数字和单位（单位是{self.unit}）。"
            )
        if number != round(number, self.places):
            raise ValidationError(
                f"最多 {self.places} 位小数。" if self.places else f"请填整数（{self.unit}）。"
            )
        return number
