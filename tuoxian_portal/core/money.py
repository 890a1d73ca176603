"""Money in words. Amounts are `Decimal`; the unit is in the name: `_wan` is 万元, else 元."""

from decimal import ROUND_HALF_UP, Decimal

NBSP = "\u00a0"  # number and unit never part at the end of a line
JOINER = "\u2060"  # takes no room, and no line ends there


def whole(unit: str) -> str:
    """`unit` so that no line ends within it: 亿元 parts as two words otherwise. For headlines only, since
    who copies the text copies the joiner."""
    return JOINER.join(unit)


def _rounded(value: Decimal | float | int, places: int = 2) -> Decimal:
    """Half up, and never a nought with a minus before it."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP) + 0


def plain(value: Decimal | float | int | None, places: int = 2) -> str:
    """`1234.50` as `1,234.5`: grouped, rounded half up, no trailing zeros; "" for None."""
    if value is None:
        return ""
    text = f"{_rounded(value, places):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_wan(value: Decimal | int | None) -> str:
    """万元 as people say it: `118.2 亿元` from 1亿元 on, `650 万元` below; "" for None."""
    if value is None:
        return ""
    amount = Decimal(value)
    if abs(_rounded(amount)) >= 10_000:  # what is shown decides: 9,999.999 is not “10,000 万元”
        return f"{plain(amount / 10_000)}{NBSP}亿元"
    return f"{plain(amount)}{NBSP}万元"


def format_yuan(value: Decimal | int | None) -> str:
    """元 as people say it; from 1万元 on in 万元 or 亿元; "" for None."""
    if value is None:
        return ""
    amount = Decimal(value)
    return format_wan(amount / 10_000) if abs(_rounded(amount)) >= 10_000 else f"{plain(amount)}{NBSP}元"


def percent(part: Decimal | float | int, whole: Decimal | float | int) -> Decimal | None:
    """`part` of `whole` in percent, one decimal; None when there is nothing to compare with."""
    if not whole:
        return None
    return (Decimal(str(part)) * 100 / Decimal(str(whole))).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
