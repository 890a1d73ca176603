"""Money in words."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuoxian_portal.core import money

amounts = st.decimals("-9999999999", "9999999999", places=4)


@given(amounts, st.integers(0, 4))
def test_plain_is_the_rounded_number_and_nothing_else(value, places):
    text = money.plain(value, places)
    shown = Decimal(text.replace(",", ""))
    assert shown == value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    assert not ("." in text and text.endswith(("0", ".")))


@given(amounts)
def test_wan_and_yuan_say_the_same(value):
    if abs(value) >= 1:
        assert money.format_yuan(value * 10_000) == money.format_wan(value)


@given(amounts)
def test_the_unit_follows_the_size_and_never_parts_from_the_number(value):
    number, unit = money.format_wan(value).split(money.NBSP)
    assert unit == ("亿元" if abs(round(value, 2)) >= 10_000 else "万元")
    factor = 10_000 if unit == "亿元" else 1
    assert abs(Decimal(number.replace(",", "")) * factor - value) <= Decimal("0.005") * factor


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1_182_000, "118.2 亿元"),
        (650, "650 万元"),
        (Decimal("9999.99"), "9,999.99 万元"),
        (10_000, "1 亿元"),
        (Decimal("9999.999999"), "1 亿元"),
        (Decimal("-0.001"), "0 万元"),
        (0, "0 万元"),
        (None, ""),
    ],
)
def test_wan_as_people_say_it(value, text):
    assert money.format_wan(value).replace(money.NBSP, " ") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("0.42"), "0.42 元"),
        (9_999, "9,999 元"),
        (10_000, "1 万元"),
        (Decimal("99999999.99"), "1 亿元"),
        (None, ""),
    ],
)
def test_yuan_as_people_say_it(value, text):
    assert money.format_yuan(value).replace(money.NBSP, " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(2.675, "2.68"), (0.005, "0.01"), (-0.005, "-0.01"), (1234.5, "1,234.5")]
)
def test_rounding_is_half_up_as_on_paper(value, text):
    assert money.plain(value) == text


def test_percent():
    assert money.percent(Decimal("31.88"), Decimal("57.17")) == Decimal("55.8")
    assert money.percent(1, 0) is None
