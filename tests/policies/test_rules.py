"""Properties of the rules: three values, two evaluations that agree, conditions read and written."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.enterprises import facts_of, with_facts
from policies.rules import conditions
from policies.rules.conditions import All, AnyOf, Compare, ConditionError, Not
from policies.rules.database import verdict
from policies.rules.facts import FACTS, FactError, Holdings, Kind, day, industry_code, number, read
from policies.rules.logic import Truth, every, some
from tests.factories.directory import (
    EnterpriseFactory,
    IndustryFactory,
    ParkFactory,
    ProfileFactory,
    TownFactory,
)
from tests.factories.projects import KeyProjectFactory
from tuoxian_portal.directory.models import Enterprise, EnterpriseQualification, IndustryChain

TODAY = date(2026, 2, 28)
LABELS = {
    "industry": {"a": "产业甲", "b": "产业乙"},
    "chain": {"链甲": "链甲", "链乙": "链乙"},
    "park": {"园甲": "园甲", "园乙": "园乙"},
    "town": {"150199001": "镇甲", "150199002": "镇乙"},
    "size": {"large": "大型", "small": "小型"},
    "project_kind": {"new": "新建", "upgrade": "技术改造"},
    "project_stage": {"signed": "签约", "building": "在建"},
    "qualifications": {"high_tech": "高新技术企业", "tech_sme": "科技型中小企业"},
}
CODES = ["C", "C27", "C271", "C2710", "C13", "D44", "A"]

# --- Strategies ---------------------------------------------------------------------------------
numbers = st.sampled_from([Decimal(0), Decimal(1), Decimal("49.99"), Decimal(50), Decimal(51), Decimal(90)])
days = st.sampled_from([date(2020, 2, 29), date(2023, 2, 28), date(2023, 3, 1), date(2026, 1, 1), TODAY])


@st.composite
def compares(draw):
    fact = draw(st.sampled_from(list(FACTS.values())))
    op = draw(st.sampled_from(list(conditions.OPERATORS[fact.kind])))
    if fact.is_numeric:
        return Compare(fact, op, draw(numbers))
    if op in {"aged", "younger"}:
        return Compare(fact, op, draw(st.integers(1, 10)))
    if fact.kind is Kind.DATE:
        return Compare(fact, op, draw(days))
    values = CODES if fact.kind is Kind.CODE else list(LABELS[fact.key])
    return Compare(
        fact, op, tuple(draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)))
    )


trees = st.recursive(
    compares(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)


def values_of(fact):
    if fact.is_numeric:
        return numbers
    if fact.kind is Kind.DATE:
        return days
    if fact.kind is Kind.CODE:
        return st.sampled_from(CODES)
    if fact.kind is Kind.SET:
        return st.builds(Holdings, st.frozensets(st.sampled_from(list(LABELS[fact.key]))), st.booleans())
    return st.sampled_from(list(LABELS[fact.key]))


@st.composite
def known_facts(draw):
    keys = draw(st.sets(st.sampled_from(list(FACTS))))
    return {key: draw(values_of(FACTS[key])) for key in sorted(keys)}


# --- Logic --------------------------------------------------------------------------------------
@pytest.mark.parametrize(("a", "b"), list(product(Truth, Truth)))
def test_kleene_laws(a, b):
    assert ~~a is a
    assert ~every([a, b]) is some([~a, ~b])
    assert every([a, b]) is every([b, a])
    assert every([a, some([a, b])]) is a
    assert some([a, every([a, b])]) is a
    assert every([a, Truth.YES]) is a is some([a, Truth.NO])
    assert every([a, Truth.NO]) is Truth.NO
    assert some([a, Truth.YES]) is Truth.YES
    order = [Truth.NO, Truth.MAYBE, Truth.YES]
    assert every([a, b]) is min(a, b, key=order.index)
    assert some([a, b]) is max(a, b, key=order.index)
    for c in Truth:
        assert every([a, every([b, c])]) is every([every([a, b]), c])
        assert every([a, some([b, c])]) is some([every([a, b]), every([a, c])])


@given(trees)
def test_a_condition_survives_json(tree):
    assert conditions.read(conditions.dump(tree)) == tree


@given(trees, known_facts(), st.data())
def test_a_new_fact_never_makes_a_verdict_vague(tree, facts, data):
    """More knowledge keeps YES and NO; it only ever decides what was open."""
    before = conditions.judge(tree, facts, TODAY)
    open_keys = [key for key in FACTS if key not in facts]
    if not open_keys:
        return
    key = data.draw(st.sampled_from(open_keys))
    after = conditions.judge(tree, {**facts, key: data.draw(values_of(FACTS[key]))}, TODAY)
    assert before in (Truth.MAYBE, after)


@given(trees, known_facts())
def test_reasons_agree_with_the_verdict(tree, facts):
    why = conditions.explain(tree, facts, TODAY, LABELS)
    assert why.truth is conditions.judge(tree, facts, TODAY)
    if why.truth is Truth.YES:
        assert why.met
        assert not why.failed
    elif why.truth is Truth.NO:
        assert why.failed
    else:
        assert why.unknown


@given(trees)
def test_every_condition_is_a_sentence(tree):
    said = conditions.say(tree, LABELS)
    assert said
    assert "None" not in said
    denied = conditions.say(Not(tree), LABELS)
    assert conditions.say(Not(Not(tree)), LABELS) == said
    assert denied


@given(trees, known_facts())
def test_all_facts_known_leaves_nothing_open(tree, facts):
    """The facts that `explain` asks for are among those of the tree."""
    why = conditions.explain(tree, facts, TODAY, LABELS)
    assert set(why.unknown) <= conditions.facts_asked(tree)


# --- The database says the same -------------------------------------------------------------------
def _enterprise(facts):
    """An enterprise in the register that has these facts."""
    row = EnterpriseFactory(
        industry=IndustryFactory._meta.model.objects.filter(slug=facts.get("industry")).first(),
        park=ParkFactory._meta.model.objects.filter(name=facts.get("park")).first(),
    )
    held = facts.get("qualifications")
    plain = {
        "headcount": "headcount",
        "talent": "talent",
        "power_use": "power_use",
        "power_price": "power_price",
        "steam_use": "steam_use",
        "sewage": "sewage",
        "registered_on": "registered_on",
        "size": "size",
        "industry_code": "industry_code",
        "project_kind": "project_kind",
    } | {key: f"{key}_wan" for key in ("investment", "equipment", "revenue", "rd_spending", "loan")}
    profile = {column: facts[key] for key, column in plain.items() if key in facts}
    if profile or held or {"town", "chain"} & set(facts):
        ProfileFactory(
            enterprise=row,
            town=TownFactory._meta.model.objects.filter(code=facts.get("town")).first(),
            chain=IndustryChain.objects.filter(name=facts.get("chain")).first(),
            qualifications_complete=bool(held and held.complete),
            **{k: int(v) if k in {"headcount", "talent"} else v for k, v in profile.items()},
        )
    for kind in held.held if held else ():
        EnterpriseQualification.objects.create(enterprise=row, kind=kind, valid_until=TODAY)
    if held and "tech_sme" not in held.held:
        EnterpriseQualification.objects.create(
            enterprise=row, kind="tech_sme", valid_until=TODAY - timedelta(days=1)
        )
    for stage in facts["project_stage"].held if "project_stage" in facts else ():
        KeyProjectFactory(enterprise=row, stage=stage)
    return row


@pytest.fixture
def register(db):
    """The values that the strategies use."""
    for slug, name in LABELS["industry"].items():
        IndustryFactory(slug=slug, name=name)
    for name in LABELS["park"]:
        ParkFactory(name=name)
    for code, name in LABELS["town"].items():
        TownFactory(code=code, name=name)
    for name in LABELS["chain"]:
        IndustryChain.objects.create(name=name)


AGREE = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _agree(tree, many):
    Enterprise.objects.all().delete()
    for facts in many:
        _enterprise(facts)
    rows = with_facts(Enterprise.objects.annotate(verdict=verdict(tree, TODAY)))
    for row in rows:
        facts = facts_of(row, TODAY)
        assert row.verdict == conditions.judge(tree, facts, TODAY).value, (tree, facts)


@AGREE
@given(tree=trees, many=st.lists(known_facts(), min_size=1, max_size=4))
def test_the_database_agrees_with_memory(register, tree, many):
    from django.db import transaction

    with transaction.atomic():
        _agree(tree, many)
        transaction.set_rollback(True)


@pytest.mark.postgres
@AGREE
@given(tree=trees, many=st.lists(known_facts(), min_size=1, max_size=4))
def test_postgresql_agrees_with_memory(register, tree, many):
    from django.db import transaction

    with transaction.atomic():
        _agree(tree, many)
        transaction.set_rollback(True)


def test_each_comparison_agrees_on_each_value(register):
    """Every operator of every kind of fact, against every value and against nothing."""
    samples = {
        Kind.MONEY: [Decimal(49), Decimal(50), Decimal(51)],
        Kind.NUMBER: [Decimal(49), Decimal(50), Decimal(51)],
        Kind.DATE: [date(2023, 2, 28), date(2023, 3, 1)],
        Kind.CODE: CODES,
    }
    for fact in FACTS.values():
        values = samples.get(fact.kind) or list(LABELS[fact.key])
        if fact.kind is Kind.SET:
            values = [Holdings(frozenset(), c) for c in (True, False)] + [
                Holdings(frozenset([v])) for v in LABELS[fact.key]
            ]
        rows = [_enterprise({fact.key: value}) for value in values] + [_enterprise({})]
        for op in conditions.OPERATORS[fact.kind]:
            wanted = {
                Kind.DATE: 3 if op in {"aged", "younger"} else date(2023, 2, 28),
                Kind.CODE: ("C271",),
            }.get(fact.kind, Decimal(50) if fact.is_numeric else tuple(LABELS.get(fact.key, {}))[:1])
            tree = Compare(fact, op, wanted)
            found = with_facts(
                Enterprise.objects.filter(pk__in=[r.pk for r in rows]).annotate(verdict=verdict(tree, TODAY))
            )
            for row in found:
                expected = conditions.judge(tree, facts_of(row, TODAY), TODAY).value
                assert row.verdict == expected, (tree, facts_of(row, TODAY))


def test_what_the_register_costs(register, django_assert_num_queries):
    for facts in ({"headcount": Decimal(3)}, {"qualifications": Holdings(frozenset(["high_tech"]))}) * 5:
        _enterprise(facts)
    with django_assert_num_queries(3):
        assert len([facts_of(row, TODAY) for row in with_facts(Enterprise.objects.all())]) == 10


# --- Reading ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "应为一个对象"),
        ({}, "只能是"),
        ({"all": {}}, "应为列表"),
        ({"any": []}, "没有条件"),
        ({"all": [{"all": []}]}, "没有条件"),
        ({"all": [], "any": []}, "只能是"),
        ({"fact": "height", "is": "gte", "value": "1"}, "没有“height”"),
        ({"fact": ["x"], "is": "gte", "value": "1"}, "没有"),
        ({"fact": "headcount", "is": "has", "value": "1"}, "不能这样比较"),
        ({"fact": "headcount", "is": ["gte"], "value": "1"}, "不能这样比较"),
        ({"fact": "headcount", "is": "gte", "value": "abc"}, "应为数字"),
        ({"fact": "headcount", "is": "gte", "value": "-1"}, "之间"),
        ({"fact": "headcount", "is": "gte", "value": "NaN"}, "之间"),
        ({"fact": "headcount", "is": "gte", "value": "1e400"}, "之间"),
        ({"fact": "headcount", "is": "gte", "value": True}, "之间"),
        ({"fact": "headcount", "is": "gte", "value": 1.5}, "之间"),
        ({"fact": "registered_on", "is": "since", "value": "2026-02-30"}, "日期"),
        ({"fact": "registered_on", "is": "aged", "value": 0}, "年数"),
        ({"fact": "registered_on", "is": "aged", "value": "3"}, "年数"),
        ({"fact": "size", "is": "in", "value": []}, "个值"),
        ({"fact": "size", "is": "in", "value": "large"}, "写明"),
        ({"fact": "size", "is": "in", "value": ["x"] * 41}, "个值"),
        ({"fact": "industry_code", "is": "under", "value": ["27"]}, "行业代码"),
        ({"fact": "headcount", "is": "gte", "value": "1", "extra": 1}, "只能是"),
    ],
)
def test_what_is_no_condition_is_refused(data, says):
    with pytest.raises(ConditionError, match=says):
        conditions.read(data)


def test_size_and_depth_are_bounded():
    leaf = {"fact": "headcount", "is": "gte", "value": "1"}
    with pytest.raises(ConditionError, match="太多"):
        conditions.read({"all": [leaf] * 60})
    deep = leaf
    for _ in range(2000):
        deep = {"not": deep}
    with pytest.raises(ConditionError, match="太深"):
        conditions.read(deep)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("investment", "1200", 1200),
        ("investment", "１，２００ 万元", 1200),
        ("investment", "1.2亿", 12000),
        ("investment", "50000元", 5),
        ("headcount", "1.2万人", 12000),
        ("power_price", "0.42元/度", "0.42"),
        ("power_price", ".42", "0.42"),
        ("power_use", "1200万度", 12000000),
    ],
)
def test_numbers_as_people_write_them(key, text, value):
    assert number(FACTS[key], text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", ".", "一千", "1e9", "-5", "9" * 40, "1.2万", "<script>", "\x00", "99999999999亿"]
)
def test_rubbish_is_refused_in_chinese(text):
    with pytest.raises(FactError, match=r"[\u4e00-\u9fff]"):
        number(FACTS["investment"], text)


@pytest.mark.parametrize(
    ("text", "code"), [("c27", "C27"), ("2710", "C2710"), ("Ｃ２７１０", "C2710"), ("A", "A"), ("44", "D44")]
)
def test_industry_codes(text, code):
    assert industry_code(text) == code


@pytest.mark.parametrize("text", ["", "Z1", "C", "C99", "A27", "27100", "99", "x"])
def test_wrong_industry_codes(text):
    if text == "C":
        assert industry_code(text) == "C"
        return
    with pytest.raises(FactError, match=r"行业|门类"):
        industry_code(text)


def test_dates_as_people_write_them():
    assert day("2024年5月1日") == date(2024, 5, 1)
    assert day("2024.5") == date(2024, 5, 1)
    assert day("2024") == date(2024, 1, 1)
    for text in ("2024-02-30", "昨天", "0000", ""):
        with pytest.raises(FactError, match="日期"):
            day(text)


def test_words_of_choices_are_read_and_named_when_wrong():
    assert read(FACTS["size"], "小型", LABELS) == "small"
    assert read(FACTS["qualifications"], "高新技术企业、科技型中小企业", LABELS).held == {
        "high_tech",
        "tech_sme",
    }
    assert read(FACTS["qualifications"], "无", LABELS) == Holdings(frozenset())
    with pytest.raises(FactError, match="可以填：大型、小型"):
        read(FACTS["size"], "超大", LABELS)


def test_the_gap_is_told():
    tree = conditions.read({"all": [{"fact": "investment", "is": "gte", "value": "1000"}]})
    why = conditions.explain(tree, {"investment": Decimal(800)}, TODAY, LABELS)
    assert "还差 200" in why.failed[0].replace("\u00a0", " ")
