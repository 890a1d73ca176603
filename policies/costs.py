"""Yearly use to yearly cost: which prices may be used, and the arithmetic.

Only prices really paid are multiplied (`PriceKind.ACTUAL`), the latest of each item, in 元 per unit of
use. Thresholds, subsidies and expectations are shown beside them and never enter the sum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from policies.choices import Factor
from policies.models import FactorPrice
from tuoxian_portal.core.money import NBSP, format_yuan, plain

CENT = Decimal("0.01")
YUAN_PER = "元/"

# The most that anybody could mean, in the unit of use. Above it, somebody mistook the unit: a whole
# power station of 6.7 GW makes 590 亿度 a year, the largest consumers use some tens of 亿度.
LIMITS = {Factor.POWER: Decimal("1e10"), Factor.STEAM: Decimal("1e8")}
DEFAULT_LIMIT = Decimal("1e9")


@dataclass(frozen=True)
class Tariff:
    """A price that can be multiplied: its form field, the unit of use, and the most one can enter."""

    name: str
    price: FactorPrice

    @property
    def unit(self) -> str:
        return self.price.unit.removeprefix(YUAN_PER)

    @property
    def limit(self) -> Decimal:
        return LIMITS.get(Factor(self.price.factor), DEFAULT_LIMIT)


@dataclass(frozen=True)
class CostLine:
    """One line of the result. `yuan` is rounded half up to the cent."""

    tariff: Tariff
    use: Decimal

    @property
    def yuan(self) -> Decimal:
        price = self.tariff.price.value or Decimal(0)
        return (self.use * price).quantize(CENT, rounding=ROUND_HALF_UP)

    @property
    def formula(self) -> str:
        """The sum as anybody would write it down, numbers filled in."""
        use = f"{plain(self.use, 4)}{NBSP}{self.tariff.unit}"
        return f"{use} × {self.tariff.price.value_label} = {plain(self.yuan)}{NBSP}元"

    @property
    def label(self) -> str:
        return format_yuan(self.yuan)


def tariffs(prices: Iterable[FactorPrice]) -> list[Tariff]:
    """The latest price of each item that can be multiplied, out of usable `prices` (`is_usable`).

    The field is called after the factor (`power`), with a number from its second item on.
    """
    found: dict[tuple[str, str, str], FactorPrice] = {}
    for price in sorted(prices, key=lambda p: (p.as_of_date, p.pk), reverse=True):
        if price.unit.startswith(YUAN_PER) and price.unit != YUAN_PER:
            found.setdefault((price.factor, price.item, price.unit), price)
    order = list(Factor.values)
    used: dict[str, int] = {}
    result = []
    for price in sorted(found.values(), key=lambda p: (order.index(p.factor), p.item)):
        number = used[price.factor] = used.get(price.factor, 0) + 1
        result.append(Tariff(price.factor if number == 1 else f"{price.factor}-{number}", price))
    return result


@dataclass(frozen=True)
class Series:
    """The same thing on several dates: same factor, item, kind and unit, oldest first."""

    points: list[FactorPrice]

    @property
    def title(self) -> str:
        """What the figures say, in one sentence."""
        first, last = self.points[0], self.points[-1]
        start, end = first.value or Decimal(0), last.value or Decimal(0)
        verb = "上升" if end > start else "下降" if end < start else "持平"
        if verb == "持平":
            return f"{last.item}：{first.as_of_label}至{last.as_of_label}持平，{last.value_label}"
        return f"{last.item}：由 {first.value_label} {verb}到 {last.value_label}"


def series(prices: Iterable[FactorPrice]) -> list[Series]:
    """Every series of at least two dated values. Kinds, items and units are never mixed, nor are
    sample figures with real ones."""
    groups: dict[tuple[object, ...], list[FactorPrice]] = {}
    for price in prices:
        if price.value is not None and price.as_of_date is not None:
            key = (price.factor, price.item, price.kind, price.unit, price.is_sample)
            groups.setdefault(key, []).append(price)
    return [
        Series(sorted(points, key=lambda p: (p.as_of_date, p.pk)))
        for points in groups.values()
        if len({p.as_of_date for p in points}) > 1
    ]
