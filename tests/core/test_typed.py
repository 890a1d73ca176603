"""Numbers as people type them."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from tuoxian_portal.core.typed import TypedNumberField, read_number

WAN = TypedNumberField(unit="万元", most=10_000_000, places=4)
JOBS = TypedNumberField(unit="人", most=100_000, places=0)


@pytest.mark.parametrize(
    ("text", "wan"),
    [
        ("1200", 1200),
        ("1,200 万元", 1200),
        ("１２００", 1200),
        ("1.2亿", 12000),
        ("1.2 亿元", 12000),
        ("约 1.2亿元左右", 12000),
        ("大约3000", 3000),
        ("50000元", 5),
        ("0.5", Decimal("0.5")),
        ("", None),
        ("  ", None),
    ],
)
def test_what_people_write(text, wan):
    assert WAN.clean(text) == wan


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("很多", "不是数字"),
        ("1-2亿", "不是数字"),
        ("1e9", "不是数字"),
        ("NaN", "不是数字"),
        ("∞", "不是数字"),
        ("٣٤", "不是数字"),
        ("1.2万", "不清楚是多少"),
        ("0", "大于 0"),
        ("-5", "大于 0"),
        ("120000000", "核对数字和单位"),
        ("9999亿", "核对数字和单位"),
        ("0.00001", "4 位小数"),
        ("9" * 20, "太大了"),
        ("1" * 31, "太长了"),
    ],
)
def test_what_is_refused_and_how_to_put_it_right(text, words):
    with pytest.raises(ValidationError) as error:
        WAN.clean(text)
    assert words in error.value.messages[0]


def test_people_are_counted_whole():
    assert JOBS.clean("1.2万人") == 12000
    with pytest.raises(ValidationError, match="整数"):
        JOBS.clean("3.5")


@given(st.decimals(min_value=1, max_value=9_000_000, places=2))
def test_every_way_of_writing_an_amount_means_the_same(amount):
    ways = [f"{amount}", f"{amount:,} 万元", f"{amount}万元", f"约{amount}"]
    assert {WAN.clean(way) for way in ways} == {amount}
    assert read_number(f"{amount / 100}亿", "万元") == amount * 100


@given(st.text(max_size=40))
def test_rubbish_is_a_number_or_a_sentence(text):
    try:
        number = WAN.clean(text)
    except ValidationError:
        return
    assert number is None or 0 < number <= 10_000_000
