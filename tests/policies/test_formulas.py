"""Formulas: what they give, what they say, what they refuse and where; and the best combination."""

from contextlib import suppress
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.rules import formula
from policies.rules.combine import Offer, best
from policies.rules.facts import FACTS, Kind
from policies.rules.formula import FactsMissing, FormulaError, calculate

KNOWN = {
    "equipment": Decimal(1200),
    "investment": Decimal(6000),
    "talent": Decimal(3),
    "headcount": Decimal(0),
    "power_use": Decimal("1.2e7"),
    "power_price": Decimal("0.45"),
}


@pytest.mark.parametrize(
    ("text", "yuan", "shown"),
    [
        ("设备投入 × 5%，封顶 50 万元", 500_000, "1,200 万元 × 5% = 60 万元，封顶 50 万元，取 50 万元"),
        ("设备投入*5%,封顶100万元", 600_000, "1,200 万元 × 5% = 60 万元，封顶 100 万元"),
        ("引进人才人数 × 1 万元", 30_000, "3 人 × 1 万元 = 3 万元"),
        ("10 万元", 100_000, "10 万元"),
        (
            "分段(投资额；至 1000 万元：3%；至 5000 万元：5%；其余：8%)，保底 10 万元",
            3_100_000,
            "1,000 万元 × 3% + 4,000 万元 × 5% + 1,000 万元 × 8% = 310 万元，保底 10 万元",
        ),
        (
            "分档（投资额；不满 1000 万元：0；不满 6000 万元：10 万元；其余：30 万元）",
            300_000,
            "30 万元（6,000 万元，在“其余”一档） = 30 万元",
        ),
        ("分档（投资额；至 6000 万元：10 万元；其余：30 万元）", 100_000, None),
        ("取小（投资额 × 10%；设备投入 × 2%）", 240_000, None),
        ("取大(投资额 × 10%, 设备投入 × 2%)", 6_000_000, None),
        (
            "年用电量 × (实际电价 − 0.39 元/度)",
            720_000,
            "12,000,000 度 × （0.45 元/度 − 0.39 元/度） = 72 万元",
        ),
        ("年用电量 × (0.39 元/度 - 实际电价)", 0, None),
        ("投资额 ÷ 3", Decimal("20000000.00"), None),
        ("(设备投入 × 5%，封顶 50 万元) × 2", 1_000_000, None),
        ("−1 元 + 3 元", 2, None),
        ("1,000 元 + 2 万元", 21_000, None),
        ("设备投入 × 5‰", 60_000, None),
    ],
)
def test_amounts_and_their_sentences(text, yuan, shown):
    amount = calculate(text, KNOWN)
    assert amount.yuan == Decimal(yuan)
    if shown:
        assert amount.shown.replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("text", "says", "at"),
    [
        ("", "请写公式", 0),
        ("设备投人 × 5%", "是不是“.*设备投入", 0),
        ("设备投入 × 5% + 10", "请写单位", 10),
        ("投资额 ÷ 0", "除数不能是 0", 6),
        ("投资额 ÷ 从业人数", "除数为 0", 4),
        ("投资额 × 设备投入", "金额不能乘以金额", 4),
        ("从业人数 × 2", "结果应为金额", 0),
        ("5 ÷ 投资额 × 投资额", "不能除以金额", 2),
        ("(投资额", "缺右括号", 4),
        ("投资额 5%", "缺运算符", 4),
        ("投资额 ×", "还缺一个数", 5),
        ("分段(投资额)", "最后一档", 0),
        ("分段(投资额；至 5 万元：1%；至 3 万元：2%；其余：3%)", "从小到大", 19),
        ("分段(投资额；至 5：1%；其余：3%)", "请写单位", 9),
        ("分段(投资额；至 5 万元：1 万元；其余：3 万元)", "请用“分档”", 14),
        ("分档(投资额；其余：1 元；其余：2 元)", "只能是最后", 0),
        ("取整(1 元；2 元)", "只要一项", 0),
        ("取小(1 元)", "至少要两项", 0),
        ("__import__('os')", "不认识", 0),
        ("投资额 ** 9", "前面缺数字", 5),
        ("9" * 30, "数字太长", 0),
        ("(" * 40 + "1 元" + ")" * 40, "嵌套太深", 20),
        ("+".join(["1 元"] * 120), "太长|最多", None),
        ("<script>alert(1)</script>", "不认识", 0),
        ("投资额\x00", "看不见的字符", 3),
        ("投资额 × 99999999999999999999", "太大", 6),
        ("投资额 × 999999999999999", "太大", 4),
        ("99999999999999999 亿元", "太大", 0),
    ],
)
def test_errors_name_their_place(text, says, at):
    with pytest.raises(FormulaError, match=says) as caught:
        calculate(text, KNOWN)
    if at is not None:
        assert caught.value.start == at


def test_what_is_not_known_is_named():
    with pytest.raises(FactsMissing) as caught:
        calculate("研发费用 × 10% + 贷款额 × 1% + 设备投入 × 1%", KNOWN)
    assert caught.value.keys == ["rd_spending", "loan"]


# --- Properties -----------------------------------------------------------------------------------
money = st.sampled_from([f.label for f in FACTS.values() if f.kind is Kind.MONEY])
rates = st.integers(1, 100).map(lambda n: f"{n}%")
amounts = st.integers(0, 10_000).map(lambda n: f"{n} 万元")
terms = st.one_of(
    st.builds("{} × {}".format, money, rates),
    st.builds("取小({}；{})".format, money, amounts),
    st.builds(
        "分段({}；至 100 万元：{}；其余：{})".format, money.filter(lambda m: m != "实际电价"), rates, rates
    ),
    amounts,
)
formulas = st.lists(terms, min_size=1, max_size=4).map(" + ".join)
numbers = st.decimals(0, 1_000_000, places=2)


@given(formulas, st.integers(1, 500), st.lists(numbers, min_size=20, max_size=20))
def test_never_above_the_cap_nor_below_nought(text, cap, values):
    facts = dict(zip(FACTS, values, strict=False)) | {"power_price": values[0]}
    known = {key: values[i % 20] for i, key in enumerate(FACTS)} | facts
    amount = calculate(f"{text}，封顶 {cap} 万元", known)
    assert 0 <= amount.yuan <= cap * 10_000
    assert amount.shown


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text):
    with suppress(FormulaError, FactsMissing):
        calculate(text, KNOWN)


@given(st.text(alphabet="投资额设备入×÷+-()（），；：至其余分段档封顶万元%0123456789. ", max_size=60))
def test_no_near_formula_breaks_the_reader(text):
    with suppress(FormulaError, FactsMissing):
        calculate(text, KNOWN)


@given(numbers, numbers)
def test_graded_amounts_grow_with_the_base(one, other):
    text = "分段(投资额；至 1000 万元：3%；至 5000 万元：5%；其余：8%)"
    low, high = sorted([one, other])
    assert calculate(text, {"investment": low}).yuan <= calculate(text, {"investment": high}).yuan


def test_reading_is_linear_in_a_short_text():
    formula.read.cache_clear()
    formula.read("+".join(["1 元"] * 90))


# --- The best combination ---------------------------------------------------------------------------
offers = st.lists(
    st.tuples(st.integers(0, 9), st.frozensets(st.sampled_from("abcde"), max_size=3)), max_size=9
).map(lambda rows: [Offer(i, Decimal(amount), groups) for i, (amount, groups) in enumerate(rows)])


def brute_force(found):
    totals = [Decimal(0)]
    for size in range(1, len(found) + 1):
        for chosen in combinations(found, size):
            if all(not a.groups & b.groups for a, b in combinations(chosen, 2)):
                totals.append(sum(o.amount for o in chosen))
    return max(totals)


@given(offers)
def test_the_best_combination_is_the_best(found):
    answer = best(found)
    assert answer.exact
    assert answer.total == brute_force(found)
    taken = [o for o in found if o.key in answer.keys]
    assert sum(o.amount for o in taken) == answer.total
    assert all(not a.groups & b.groups for a, b in combinations(taken, 2))


def test_a_ring_of_exclusions():
    """a–b–c–a: each shares a group with the next; only one can be had, or with a fourth, two."""
    ring = [Offer(i, Decimal(10 + i), frozenset({i, (i + 1) % 5})) for i in range(5)]
    answer = best(ring)
    assert (answer.total, answer.exact) == (Decimal(14 + 12), True)


def test_two_hundred_offers_in_one_group_and_a_search_that_gives_up_says_so():
    many = [Offer(i, Decimal(i), frozenset("g")) for i in range(200)]
    assert best(many).keys == (199,)
    tangled = [
        Offer(i, Decimal(100), frozenset({i * 7 % 31, i * 11 % 31 + 40, i * 3 % 29 + 80})) for i in range(120)
    ]
    answer = best(tangled, max_steps=50)
    assert not answer.exact
    assert answer.total > 0
