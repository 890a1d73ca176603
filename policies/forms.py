"""The cost calculator's form: yearly use, in whatever way people write numbers, and another place's prices."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from policies.costs import CostLine, Elsewhere, Tariff
from policies.models import ComparisonPrice
from tuoxian_portal.core.money import plain

TIMES = {"": 1, "万": 10_000, "亿": 100_000_000}
NUMBER = re.compile(r"(?P<digits>[+-]?(?:\d+\.?\d*|\.\d+))(?P<times>万|亿)?", re.ASCII)
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?(?:万|亿)?", re.ASCII)
PLACE = "place"
PLACE_NAME = "place-name"
OTHER = "另一个地方"
MOST_A_UNIT = Decimal(1_000_000)


def read_number(text: str, unit: str) -> Decimal | None:
    """`1200000`, `1,200,000`, `１２０ 万`, `1.2亿度` as a number; None for nothing. Raises
    `ValidationError` for what is no number, or could be two."""
    compact = re.sub(r"[\s_]", "", unicodedata.normalize("NFKC", text)).removesuffix(unit)
    if not compact:
        return None
    compact = compact.replace("，", ",").replace("−", "-")
    if "," in compact:
        if not GROUPED.fullmatch(compact):
            raise forms.ValidationError(
                f"“{text.strip()[:20]}”中的逗号位置不对。小数点请写“.”，千分位写成 1,200,000，或者不写逗号。"
            )
        compact = compact.replace(",", "")
    match = NUMBER.fullmatch(compact)
    if match is None:
        raise forms.ValidationError(f"请填写数字，例如 1200000 或 120万；“{text[:20]}”不是数字。")
    try:
        return Decimal(match["digits"]) * TIMES[match["times"] or ""]
    except InvalidOperation:
        raise forms.ValidationError("请填写数字，例如 1200000 或 120万。") from None


class _NumberField(forms.CharField):
    """A number as people write it, of one tariff."""

    negative = "不能是负数。"

    def __init__(self, tariff: Tariff, **kwargs: Any) -> None:
        self.tariff = tariff
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(
            error_messages={"max_length": "数字太长，请核对。"},
            **kwargs,
        )

    def limit_message(self, value: Decimal) -> str:
        """What is wrong with so large a number; "" if nothing."""
        return ""

    def unit_of_entry(self) -> str:
        """The unit that may stand behind the number."""
        return self.tariff.unit

    def clean(self, value: Any) -> Decimal | None:
        number = read_number(super().clean(value), self.unit_of_entry())
        if number is None:
            return None
        if number < 0:
            raise forms.ValidationError(self.negative)
        if message := self.limit_message(number):
            raise forms.ValidationError(message)
        return number


class UseField(_NumberField):
    """A quantity a year."""

    negative = "用量不能是负数。"

    def __init__(self, tariff: Tariff, **kwargs: Any) -> None:
        kwargs.setdefault("label", f"{tariff.price.item}：每年用量（{tariff.unit}）")
        kwargs.setdefault("help_text", f"按 {tariff.price.value_label} 计算；可写“120万”。")
        super().__init__(tariff, **kwargs)

    def limit_message(self, value: Decimal) -> str:
        limit, unit = self.tariff.limit, self.tariff.unit
        return f"每年超过 {plain(limit)} {unit}，请核对单位是否为“{unit}”。" if value > limit else ""


class PriceField(_NumberField):
    """What one unit costs elsewhere."""

    negative = "价格不能是负数。"

    def __init__(self, tariff: Tariff, **kwargs: Any) -> None:
        kwargs.setdefault("label", f"那里的{tariff.price.get_factor_display()}价格（{tariff.price.unit}）")
        kwargs.setdefault("help_text", "填您知道的价格，优先于县里收集的。")
        super().__init__(tariff, **kwargs)

    def unit_of_entry(self) -> str:
        return self.tariff.price.unit

    def limit_message(self, value: Decimal) -> str:
        unit = self.tariff.price.unit
        return f"价格太高，请核对单位是否为“{unit}”。" if value > MOST_A_UNIT else ""


def _place_label(place: str, prices: dict[str, ComparisonPrice]) -> str:
    return f"{place}（示例数据）" if any(price.is_sample for price in prices.values()) else place


class CostForm(forms.Form):
    """Two fields for each price that can be multiplied: yearly use, and what a unit costs elsewhere. A GET
    form: the address holds the answer. `known` are other places' prices, by place and field."""

    def __init__(
        self,
        tariffs: list[Tariff],
        data: Any = None,
        known: dict[str, dict[str, ComparisonPrice]] | None = None,
    ) -> None:
        names = [name for tariff in tariffs for name in (tariff.name, self.other(tariff))]
        asked = data is not None and any(name in data for name in names)
        super().__init__(data if asked else None)
        self.tariffs = tariffs
        self.known = known or {}
        for tariff in tariffs:
            self.fields[tariff.name] = UseField(tariff)
        if self.known:
            self.fields[PLACE] = forms.ChoiceField(
                label="和哪里比（县里收集的公开价格）",
                required=False,
                choices=[
                    ("", "不比，或自己填"),
                    *((place, _place_label(place, prices)) for place, prices in self.known.items()),
                ],
                error_messages={"invalid_choice": "没有收集这个地方的价格，请重新选择，或在下面自己填。"},
            )
        self.fields[PLACE_NAME] = forms.CharField(
            label="地方名称（自己填价格时）",
            required=False,
            max_length=20,
            error_messages={"max_length": "地方名称最多 20 个字。"},
        )
        for tariff in tariffs:
            self.fields[self.other(tariff)] = PriceField(tariff)

    @staticmethod
    def other(tariff: Tariff) -> str:
        """The field of what it costs elsewhere."""
        return f"{tariff.name}-there"

    @property
    def use_fields(self) -> list[forms.BoundField]:
        return [self[tariff.name] for tariff in self.tariffs]

    @property
    def comparison_fields(self) -> list[forms.BoundField]:
        names = [*([PLACE] if self.known else []), PLACE_NAME, *map(self.other, self.tariffs)]
        return [self[name] for name in names]

    @property
    def compares(self) -> bool:
        """Whether any field of the comparison was filled in."""
        return self.is_bound and any(field.value() for field in self.comparison_fields)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if all(data.get(tariff.name) is None for tariff in self.tariffs):
            raise forms.ValidationError("请至少填写一项用量。")
        for tariff in self.tariffs:
            if data.get(self.other(tariff)) is not None and data.get(tariff.name) is None:
                self.add_error(tariff.name, "填了那里的价格，请把每年用量也填上，才能比较。")
        return data

    def lines(self) -> list[CostLine]:
        """The result, for the fields that were filled in; only after `is_valid()`."""
        return [
            CostLine(tariff, use, self._elsewhere(tariff))
            for tariff in self.tariffs
            if (use := self.cleaned_data.get(tariff.name)) is not None
        ]

    def _elsewhere(self, tariff: Tariff) -> Elsewhere | None:
        place = self.cleaned_data.get(PLACE, "")
        typed = self.cleaned_data.get(self.other(tariff))
        if typed is not None:
            return Elsewhere(self.cleaned_data.get(PLACE_NAME) or place or OTHER, typed)
        known = self.known.get(place, {}).get(tariff.name)
        return Elsewhere(place, known.value, known) if known else None
