"""Yearly use to yearly cost: which prices may be used, and the arithmetic.

Only prices really paid are multiplied (`PriceKind.ACTUAL`), the latest of each item, in 元 per unit of
use. Thresholds, subsidies and expectations are shown beside them and never enter the sum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from policies.choices import Factor
from policies.models import ComparisonPrice, FactorPrice
from policies.models.price import label_of
from tuoxian_portal.core.money import NBSP, format_yuan, percent, plain

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
class Elsewhere:
    """What the same unit costs in another place: a price that staff keep, or one that the visitor entered."""

    place: str
    value: Decimal
    known: ComparisonPrice | None = None


def yearly(use: Decimal, price: Decimal) -> Decimal:
    """Rounded half up to the cent."""
    return (use * price).quantize(CENT, rounding=ROUND_HALF_UP)


def difference_in_words(here: Decimal, there: Decimal, place: str) -> str:
    """`比某地每年少花 12 万元（低 5%）`: `here` and `there` in 元 a year."""
    if here == there:
        return f"与{place}一样"
    less = here < there
    share = percent(abs(here - there), there)
    part = f"（{'低' if less else '高'} {plain(share, 1)}%）" if share is not None else ""
    return f"比{place}每年{'少' if less else '多'}花 {format_yuan(abs(here - there))}{part}"


@dataclass(frozen=True)
class CostLine:
    """One line of the result."""

    tariff: Tariff
    use: Decimal
    elsewhere: Elsewhere | None = None

    @property
    def yuan(self) -> Decimal:
        return yearly(self.use, self.tariff.price.value or Decimal(0))

    @property
    def yuan_elsewhere(self) -> Decimal | None:
        return yearly(self.use, self.elsewhere.value) if self.elsewhere else None

    @property
    def comparison(self) -> str:
        """The other place's sum and the difference, in words; "" without one."""
        there = self.yuan_elsewhere
        if self.elsewhere is None or there is None:
            return ""
        use = f"{plain(self.use, 4)}{NBSP}{self.tariff.unit}"
        price = label_of(self.elsewhere.value, self.tariff.price.unit)
        place = self.elsewhere.place
        return (
            f"{place}：{use} × {price} = {plain(there)}{NBSP}元；"
            f"托克托县{difference_in_words(self.yuan, there, place)}"
        )

    @property
    def caution(self) -> str:
        """Why the two prices may not be of the same kind; "" when both say the same of tax."""
        known = self.elsewhere.known if self.elsewhere else None
        if self.elsewhere is None:
            return ""
        ours = self.tariff.price.tax
        if known is not None and ours and known.tax and ours != known.tax:
            return f"本县价格{self.tariff.price.get_tax_display()}，{known.place}价格{known.get_tax_display()}，不能直接相比。"
        if not ours or known is None or not known.tax:
            return "来源没有都写明是否含税，比较时请核对。"
        return ""

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


def comparable(
    known: Iterable[ComparisonPrice], tariffs: Iterable[Tariff]
) -> dict[str, dict[str, ComparisonPrice]]:
    """`{place: {field name: its latest price}}` of what is in the unit of the county's own price."""
    wanted = list(tariffs)
    found: dict[str, dict[str, ComparisonPrice]] = {}
    for price in sorted(known, key=lambda p: (p.place, -p.as_of_date.toordinal(), -(p.pk or 0))):
        for tariff in wanted:
            if (price.factor, price.unit) == (tariff.price.factor, tariff.price.unit):
                found.setdefault(price.place, {}).setdefault(tariff.name, price)
    return found


# The picture of a series: its size in units of the drawing, and the room for the words around it.
WIDTH, HEIGHT = 320, 150
LEFT, RIGHT, TOP, BOTTOM = 12, 12, 26, 26


def drawing(found: Series) -> dict[str, object]:
    """A series as points of a line whose axis starts at zero (below it for negative values), by date."""
    first, last = found.points[0].as_of_date, found.points[-1].as_of_date
    if first is None or last is None:
        raise ValueError("a series has dates")
    values = [float(point.value or 0) for point in found.points]
    low, high = min(0.0, *values), max(0.0, *values)
    days, span = (last - first).days or 1, (high - low) or 1.0

    def place(point: FactorPrice, value: float) -> tuple[float, float]:
        since = (point.as_of_date - first).days if point.as_of_date else 0
        return (
            round(LEFT + since / days * (WIDTH - LEFT - RIGHT), 1),
            round(TOP + (high - value) / span * (HEIGHT - TOP - BOTTOM), 1),
        )

    places = [place(point, value) for point, value in zip(found.points, values, strict=True)]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "line": " ".join(f"{x},{y}" for x, y in places),
        "dots": [{"x": x, "y": y} for x, y in places],
        "zero": round(TOP + high / span * (HEIGHT - TOP - BOTTOM), 1),
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "ends": [
            {"x": LEFT, "y": places[0][1] - 8, "anchor": "start", "text": found.points[0].value_label},
            {
                "x": WIDTH - RIGHT,
                "y": places[-1][1] - 8,
                "anchor": "end",
                "text": found.points[-1].value_label,
            },
        ],
        "dates": [
            {"x": LEFT, "anchor": "start", "text": first.isoformat()},
            {"x": WIDTH - RIGHT, "anchor": "end", "text": last.isoformat()},
        ],
        "base": HEIGHT - 6,
    }
