"""The cost calculator's form: yearly use, in whatever way people write numbers."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from policies.costs import CostLine, Tariff
from tuoxian_portal.core.money import plain

TIMES = {"": 1, "万": 10_000, "亿": 100_000_000}
NUMBER = re.compile(r"(?P<digits>[+-]?(?:\d+\.?\d*|\.\d+))(?P<times>万|亿)?")


class UseField(forms.CharField):
    """A quantity a year: `1200000`, `1,200,000`, `１２０ 万`, `1.2亿度` all mean a number."""

    def __init__(self, tariff: Tariff, **kwargs: Any) -> None:
        self.tariff = tariff
        kwargs.setdefault("label", f"{tariff.price.item}：每年用量（{tariff.unit}）")
        kwargs.setdefault("help_text", f"按 {tariff.price.value_label} 计算；可写“120万”。")
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(
            error_messages={"max_length": "数字太长，请核对。"},
            **kwargs,
        )

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        compact = re.sub(r"[\s,，_]", "", unicodedata.normalize("NFKC", text)).removesuffix(self.tariff.unit)
        if not compact:
            return None
        match = NUMBER.fullmatch(compact)
        if match is None:
            raise forms.ValidationError(f"请填写数字，例如 1200000 或 120万；“{text[:20]}”不是数字。")
        try:
            use = Decimal(match["digits"]) * TIMES[match["times"] or ""]
        except InvalidOperation:
            raise forms.ValidationError("请填写数字，例如 1200000 或 120万。") from None
        if use < 0:
            raise forms.ValidationError("用量不能是负数。")
        if use > self.tariff.limit:
            raise forms.ValidationError(
                f"每年超过 {plain(self.tariff.limit)} {self.tariff.unit}，请核对单位是否为“{self.tariff.unit}”。"
            )
        return use


class CostForm(forms.Form):
    """One field for each price that can be multiplied. A GET form: the address holds the answer."""

    def __init__(self, tariffs: list[Tariff], data: Any = None) -> None:
        asked = data is not None and any(tariff.name in data for tariff in tariffs)
        super().__init__(data if asked else None)
        self.tariffs = tariffs
        for tariff in tariffs:
            self.fields[tariff.name] = UseField(tariff)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and all(value is None for value in data.values()):
            raise forms.ValidationError("请至少填写一项用量。")
        return data

    def lines(self) -> list[CostLine]:
        """The result, for the fields that were filled in; only after `is_valid()`."""
        return [
            CostLine(tariff, use)
            for tariff in self.tariffs
            if (use := self.cleaned_data.get(tariff.name)) is not None
        ]
