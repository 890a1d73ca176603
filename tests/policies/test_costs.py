"""Prices, series and the calculator: sums, rubbish, absurd values."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from policies.choices import Factor, PriceKind
from policies.costs import CostLine, Tariff, series, tariffs
from policies.forms import CostForm
from policies.models.price import months_between
from tests.factories.policies import PriceFactory

POWER = Tariff("power", PriceFactory.build())
STEAM = Tariff(
    "steam",
    PriceFactory.build(factor=Factor.STEAM, item="测试汽价", value=Decimal("165"), unit="元/吨"),
)


def ask(**data):
    return CostForm([POWER, STEAM], data)


@pytest.mark.parametrize(
    ("typed", "use"),
    [
        ("1200000", "1200000"),
        ("1,200,000", "1200000"),
        (" 120 万 ", "1200000"),
        ("１２０万度", "1200000"),
        ("1.2亿", "120000000"),
        ("0.5", "0.5"),
        ("0", "0"),
        ("1e3", None),
    ],
)
def test_numbers_as_people_write_them(typed, use):
    form = ask(power=typed)
    assert form.is_valid() is (use is not None)
    if use is not None:
        assert form.cleaned_data["power"] == Decimal(use)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("abc", "不是数字"),
        ("一百", "不是数字"),
        ("1/0", "不是数字"),
        ("--1", "不是数字"),
        ("NaN", "不是数字"),
        ("Infinity", "不是数字"),
        ("<script>alert(1)</script>", "不是数字"),
        ("-5", "不能是负数"),
        ("10000000001", "请核对单位"),
        ("999999亿", "请核对单位"),
        ("9" * 31, "数字太长"),
    ],
)
def test_rubbish_and_absurd_values_get_a_sentence(typed, says):
    form = ask(power=typed)
    assert not form.is_valid()
    assert says in form.errors["power"][0]


def test_an_empty_question_is_told_what_to_do():
    form = ask(power="", steam=" ")
    assert form.non_field_errors() == ["请至少填写一项用量。"]


def test_without_a_question_nothing_is_asked():
    assert not CostForm([POWER], {"utm": "1"}).is_bound


def test_the_formula_is_shown_with_its_numbers():
    form = ask(power="120万", steam="")
    assert form.is_valid()
    (line,) = form.lines()
    assert line.formula.replace("\u00a0", " ") == "1,200,000 度 × 0.42 元/度 = 504,000 元"
    assert line.label.replace("\u00a0", " ") == "50.4 万元"


@given(st.decimals(0, 10**10, places=4, allow_nan=False), st.decimals(0, 10**4, places=4, allow_nan=False))
def test_a_line_is_the_product_to_the_cent(use, value):
    line = CostLine(Tariff("power", PriceFactory.build(value=value)), use)
    assert line.yuan == (use * value).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert line.yuan >= 0


def test_only_real_dated_prices_really_paid_are_multiplied():
    assert PriceFactory.build().is_usable
    assert not PriceFactory.build(kind=PriceKind.THRESHOLD).is_usable
    assert not PriceFactory.build(kind=PriceKind.EXPECTED).is_usable
    assert not PriceFactory.build(as_of_date=None).is_usable
    assert not PriceFactory.build(is_sample=True).is_usable


def test_the_latest_price_of_each_item_counts():
    old = PriceFactory.build(pk=1, value=Decimal("0.50"), as_of_date=date(2025, 1, 1))
    new = PriceFactory.build(pk=2)
    other = PriceFactory.build(pk=3, item="其他电价")
    lump = PriceFactory.build(pk=4, unit="万元")
    found = tariffs([old, new, other, lump])
    assert [(t.name, t.price.pk) for t in found] == [("power", 3), ("power-2", 2)]
    assert found[0].unit == "度"


def test_a_series_never_mixes_kinds_items_units_or_samples():
    base = {"as_of_date": date(2025, 1, 1)}
    prices = [
        PriceFactory.build(pk=1),
        PriceFactory.build(pk=2, kind=PriceKind.THRESHOLD, **base),
        PriceFactory.build(pk=3, item="其他", **base),
        PriceFactory.build(pk=4, unit="元/千度", **base),
        PriceFactory.build(pk=5, is_sample=True, **base),
        PriceFactory.build(pk=6, as_of_date=None),
    ]
    assert series(prices) == []
    prices.append(PriceFactory.build(pk=7, value=Decimal("0.50"), **base))
    (found,) = series(prices)
    assert [p.pk for p in found.points] == [7, 1]
    assert "下降" in found.title


@pytest.mark.parametrize(
    ("as_of", "says"),
    [
        (None, "日期不详"),
        (date(2025, 11, 24), ""),
        (date(2025, 10, 24), "距今 1 年 1 个月"),
        (date(2023, 2, 1), "距今 3 年 9 个月"),
        (date(2024, 11, 24), "距今 2 年"),
    ],
)
def test_an_old_price_is_flagged(as_of, says):
    assert PriceFactory.build(as_of_date=as_of).age_warning(date(2026, 11, 24)) == says


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_months_between_counts_whole_months(start, months):
    year, month = divmod(start.month - 1 + months, 12)
    if start.day <= 28:
        assert months_between(start, date(start.year + year, month + 1, start.day)) == months


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [({"unit": ""}, "unit"), ({"value": Decimal("-1")}, "value"), ({"value": None, "unit": ""}, "__all__")],
)
def test_a_price_that_says_nothing_is_refused(changes, field):
    with pytest.raises(ValidationError) as error:
        PriceFactory.build(**changes).full_clean()
    assert field in error.value.message_dict
