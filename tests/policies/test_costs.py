"""Prices, series and the calculator: sums, rubbish, absurd values."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from policies.actions.price import save_comparison_price
from policies.choices import Factor, PriceKind
from policies.costs import (
    CostLine,
    Elsewhere,
    Series,
    Tariff,
    comparable,
    difference_in_words,
    drawing,
    series,
    tariffs,
)
from policies.forms import CostForm
from policies.models import ComparisonPrice
from policies.models.price import months_between
from tests.factories.policies import PriceFactory
from tuoxian_portal.core.errors import NotPermitted
from tuoxian_portal.core.samples import clear_samples

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


# --- Another place --------------------------------------------------------------------------------
def known(**fields):
    """Another place's price of power."""
    defaults = {
        "place": "邻县",
        "factor": Factor.POWER,
        "item": "平均电价",
        "value": Decimal("0.50"),
        "unit": "元/度",
        "as_of_date": date(2026, 9, 1),
        "source_title": "邻县发改局公布",
    }
    return ComparisonPrice(**{**defaults, **fields})


def compare(prices=(), **data):
    return CostForm([POWER, STEAM], data, comparable(prices, [POWER, STEAM]))


def flat(text):
    return text.replace("\u00a0", " ")


def test_a_price_that_the_visitor_knows():
    form = compare(**{"power": "100万", "place-name": "外地", "power-there": "0.5"})
    assert form.is_valid(), form.errors
    (line,) = form.lines()
    assert flat(line.comparison) == (
        "外地：1,000,000 度 × 0.5 元/度 = 500,000 元；托克托县比外地每年少花 8 万元（低 16%）"
    )
    assert "是否含税" in line.caution


def test_a_price_that_staff_keep():
    form = compare([known(tax="included")], power="100万", place="邻县", steam="10")
    assert form.is_valid(), form.errors
    power, steam = form.lines()
    assert "托克托县比邻县每年少花 8 万元" in flat(power.comparison)
    assert power.elsewhere.known.source_title == "邻县发改局公布"
    assert steam.comparison == ""


def test_what_the_visitor_enters_comes_first():
    form = compare([known()], **{"power": "100", "place": "邻县", "power-there": "0.42"})
    assert form.is_valid()
    (line,) = form.lines()
    assert line.elsewhere.known is None
    assert "与邻县一样" in line.comparison


def test_dearer_here_is_said_as_plainly():
    assert flat(difference_in_words(Decimal(120), Decimal(100), "外地")) == "比外地每年多花 20 元（高 20%）"
    assert flat(difference_in_words(Decimal(5), Decimal(0), "外地")) == "比外地每年多花 5 元"


def test_other_units_and_factors_are_not_compared():
    prices = [known(unit="元/千度"), known(factor=Factor.WATER), known(place="远县", unit="元/吨")]
    assert comparable(prices, [POWER, STEAM]) == {}
    latest = comparable([known(as_of_date=date(2025, 1, 1), value=Decimal(9)), known()], [POWER])
    assert latest["邻县"]["power"].value == Decimal("0.50")


def test_different_tax_is_warned_of():
    taxed = Tariff("power", PriceFactory.build(tax="included"))
    line = CostLine(taxed, Decimal(1), Elsewhere("邻县", Decimal(1), known(tax="excluded")))
    assert line.caution == "本县价格含税，邻县价格不含税，不能直接相比。"
    assert CostLine(taxed, Decimal(1), Elsewhere("邻县", Decimal(1), known(tax="included"))).caution == ""


@pytest.mark.parametrize(
    ("data", "field", "says"),
    [
        ({"power": "1", "power-there": "-1"}, "power-there", "价格不能是负数"),
        ({"power": "1", "power-there": "abc"}, "power-there", "不是数字"),
        ({"power": "1", "power-there": "1e9"}, "power-there", "不是数字"),
        ({"power": "1", "power-there": "1000000000000"}, "power-there", "请核对单位"),
        ({"power-there": "1", "steam": "1"}, "power", "每年用量也填上"),
        ({"power": "1", "place": "月球"}, "place", "没有收集这个地方"),
        ({"power": "1", "place-name": "长" * 21}, "place-name", "最多 20 个字"),
        ({"power": "1,20"}, "power", "逗号位置不对"),
        ({"power": "１，２"}, "power", "逗号位置不对"),
        ({"power": "٣"}, "power", "不是数字"),
    ],
)
def test_bad_input_of_the_comparison(data, field, says):
    form = compare([known()], **data)
    assert not form.is_valid()
    assert says in form.errors[field][0]


@pytest.mark.parametrize("typed", ["１，２００", "1,200", "1 200", "1200.0", "0.12万度"])
def test_one_number_in_many_ways(typed):
    form = ask(power=typed)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["power"] == 1200


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=25))
def test_no_entry_breaks_the_calculator(use, price, name):
    form = compare([known()], **{"power": use, "power-there": price, "place-name": name})
    if form.is_valid():
        for line in form.lines():
            assert line.yuan >= 0
            assert line.formula
            assert line.comparison or line.elsewhere is None


@given(
    st.decimals(0, 10**10, places=2, allow_nan=False),
    st.decimals(0, 10**4, places=4, allow_nan=False),
    st.decimals(0, 10**4, places=4, allow_nan=False),
)
def test_the_words_agree_with_the_sums(use, here, there):
    line = CostLine(Tariff("power", PriceFactory.build(value=here)), use, Elsewhere("外地", there))
    words = line.comparison.rsplit("；", 1)[1]
    if line.yuan < line.yuan_elsewhere:
        assert "少花" in words
    elif line.yuan > line.yuan_elsewhere:
        assert "多花" in words
    else:
        assert "一样" in words


# --- The page ---------------------------------------------------------------------------------------
@pytest.fixture
def page(client):
    def get(**data):
        response = client.get("/invest/costs/", data)
        assert response.status_code == 200
        return flat(response.content.decode())

    return get


@pytest.mark.django_db
def test_the_page_compares_and_names_the_source(page):
    PriceFactory()
    price = known()
    price.full_clean()
    price.save()
    shown = page(power="120万", place="邻县")
    assert "1,200,000 度 × 0.42 元/度 = 504,000 元" in shown
    assert "托克托县比邻县每年少花 9.6 万元（低 16%）" in shown
    assert "邻县发改局公布" in shown
    ComparisonPrice.objects.update(is_public=False)
    assert "邻县" not in page()


@pytest.mark.django_db
def test_sample_prices_of_another_place_show_the_comparison_and_say_so(page):
    PriceFactory()
    known(place="示例市甲", is_sample=True, as_of_date=date(2020, 1, 1), source_title="示例数据").save()
    assert "示例市甲（示例数据）" in page()
    shown = page(power="120万", place="示例市甲")
    assert "托克托县比示例市甲每年少花 9.6 万元" in shown
    assert "sample-mark" in shown
    assert "示例市甲平均电价：距今" in shown  # the other place's price grows old, too
    clear_samples()
    assert "示例市甲" not in page()


@pytest.mark.django_db
def test_a_sum_of_what_could_be_compared(page):
    PriceFactory()
    PriceFactory(factor=Factor.STEAM, item="汽", value=Decimal(165), unit="元/吨")
    PriceFactory(factor=Factor.WATER, item="水", value=Decimal(5), unit="元/吨")
    shown = page(
        **{
            "power": "100",
            "power-there": "1",
            "steam": "1",
            "steam-there": "100",
            "water": "1",
            "place-name": "外地",
        }
    )
    assert "合计（只算两地都有价格的项目）：托克托县比外地每年多花 7 元" in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed", ["1000000000000", "-5", "abc", "<script>alert(1)</script>", "1,20", "\x00", "٣", "9" * 5000]
)
def test_the_page_takes_anything(page, typed):
    PriceFactory()
    shown = page(**{"power": typed, "power-there": typed, "place-name": typed, "place": typed})
    assert "<script>alert" not in shown
    assert 'class="error' in shown or "error-summary" in shown


@pytest.mark.django_db
def test_a_trend_is_drawn_with_its_table_and_only_of_one_kind(page):
    PriceFactory(value=Decimal("0.5"), as_of_date=date(2025, 1, 1))
    PriceFactory(kind=PriceKind.THRESHOLD, value=Decimal("0.39"), as_of_date=date(2024, 1, 1))
    assert "<polyline" not in page()
    PriceFactory()
    shown = page()
    assert shown.count("<polyline") == 1
    assert 'aria-label="测试电价：由 0.5 元/度 下降到 0.42 元/度"' in shown
    assert "看数据" in shown


def test_the_drawing_starts_at_zero():
    points = [
        PriceFactory.build(value=Decimal(v), as_of_date=date(2025, m, 1)) for v, m in (("100", 1), ("99", 7))
    ]
    made = drawing(Series(points))
    first, last = made["dots"]
    assert abs(first["y"] - last["y"]) < 3  # one percent looks like one percent
    assert made["zero"] == 124
    assert first["x"] < last["x"]


@pytest.mark.django_db
def test_the_table_as_a_file(client):
    PriceFactory(tax="included", source_title="来源甲", note="=cmd()")
    PriceFactory(item="内部价", is_public=False)
    sheet = client.get("/invest/costs/", {"export": "csv"})
    text = b"".join(sheet.streaming_content).decode("utf-8-sig")
    assert "测试电价" in text
    assert "含税" in text
    assert "来源甲" in text
    assert "'=cmd()" in text
    assert "内部价" not in text
    book = client.get("/invest/costs/", {"export": "xlsx"})
    assert book["Content-Type"].endswith("sheet")
    assert load_workbook(BytesIO(b"".join(book.streaming_content))).sheetnames == ["要素价格", "口径"]


@pytest.mark.django_db
def test_how_old_is_too_old_is_a_setting(page, settings):
    PriceFactory(as_of_date=date(2026, 1, 1))
    settings.PRICE_MAX_AGE_MONTHS = 120
    assert "距今" not in page(power="1")
    settings.PRICE_MAX_AGE_MONTHS = 0
    assert "距今" in page(power="1")


@pytest.mark.django_db
@pytest.mark.parametrize("count", [2, 20])
def test_the_page_costs_the_same_for_many(client, count, django_assert_max_num_queries):
    for n in range(count):
        PriceFactory(item=f"电价{n}")
        known(place=f"地方{n}").save()
    client.get("/invest/costs/")
    with django_assert_max_num_queries(2):
        client.get("/invest/costs/", {"power": "1"})


# --- Staff ------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_price_of_another_place_needs_its_source(client, person):
    client.force_login(person("policy_officer", is_staff=True))
    add = "/admin/policies/comparisonprice/add/"
    data = {
        "place": "邻县",
        "factor": "power",
        "item": "平均电价",
        "value": "0.5",
        "unit": "元/度",
        "as_of_date": "2026-09-01",
        "is_public": "on",
    }
    page = client.post(add, data).content.decode()
    assert "请写明来源标题" in page
    page = client.post(add, {**data, "source_title": "公报", "unit": "度"}).content.decode()
    assert "请写成“元/…”" in page
    assert client.post(add, {**data, "source_title": "公报"}).status_code == 302
    price = ComparisonPrice.objects.get()
    change = f"/admin/policies/comparisonprice/{price.pk}/change/"
    client.post(change, {**data, "source_title": "公报", "value": "0.6", "seen_version": "0"})
    price.refresh_from_db()
    assert (price.value, price.version) == (Decimal("0.6"), 1)
    client.post(change, {**data, "source_title": "公报", "value": "0.7", "seen_version": "0"})
    assert ComparisonPrice.objects.get().value == Decimal("0.6")  # somebody else's save is not overwritten


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["official", "window", "bank_contact"])
def test_others_do_not_change_it(person, role):
    with pytest.raises(NotPermitted):
        save_comparison_price(price=known(), actor=person(role), changed=[])
