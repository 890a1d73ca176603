"""The form: each question once, and what is filled in is checked with sentences that help."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from hypothesis import given, settings
from hypothesis import strategies as st

from services.choices_forms import DayRule, FieldKind
from services.form_filling import (
    FormGroup,
    Question,
    clean_answers,
    clean_value,
    fields_of,
    known_answers,
    questions_of,
    shown_answer,
)
from services.models import FormField, ItemField, ServiceItem
from services.models.form_fields import condition_problems
from services.versions import content_of, copy_content
from tests.factories.catalogue import CompleteItemFactory, add_field

K = FieldKind
CREDIT, IDENTITY = "91150122MA0N4L3X17", "11010519491231002X"


def a_field(kind: str, **fields: Any) -> FormField:
    return FormField(pk=1, key="it", label="某项", kind=kind, group="applicant", **fields)


@pytest.mark.parametrize(
    ("field", "raw", "clean"),
    [
        (a_field(K.TEXT), "  托克托县  双河镇 \x00", "托克托县 双河镇"),
        (a_field(K.TEXT), None, ""),
        (a_field(K.TEXT), 12, "12"),
        (a_field(K.MULTILINE), "一\r\n二\n", "一\n二"),
        (a_field(K.ADDRESS), "双河\n镇", "双河 镇"),
        (a_field(K.NUMBER, decimals=2, unit="平方米"), "1,234.50 平方米", "1234.5"),
        (a_field(K.NUMBER), "１２０", "120"),
        (a_field(K.NUMBER), "-0", "0"),
        (a_field(K.NUMBER), "100", "100"),
        (a_field(K.DATE), "2026年1月5日", "2026-01-05"),
        (a_field(K.DATE), "2026/1/5", "2026-01-05"),
        (a_field(K.DATE), "20260105", "2026-01-05"),
        (a_field(K.CHOICE, options="甲、乙"), "乙", "乙"),
        (a_field(K.YES_NO), "是", "是"),
        (a_field(K.YES_NO), False, "否"),
        (a_field(K.ID_NUMBER), "11010519491231002x", IDENTITY),
        (a_field(K.EITHER_NUMBER), IDENTITY, IDENTITY),
        (a_field(K.PHONE), "138 0013 8000", "13800138000"),
        (a_field(K.PROJECT_CODE), "2306 150122 04 01 123456", "2306-150122-04-01-123456"),
    ],
)
def test_answers_take_their_normal_form(field: FormField, raw: Any, clean: str) -> None:
    assert clean_value(field, raw) == clean
    assert clean_value(field, clean) == clean


@pytest.mark.parametrize(
    ("field", "raw", "words"),
    [
        (a_field(K.TEXT, max_length=3), "一二三四", "最多 3 个字，现为 4 个字"),
        (a_field(K.TEXT), ["一", "二"], "只填写一个值"),
        (a_field(K.NUMBER), "很多", "只填写数字"),
        (a_field(K.NUMBER), "1e5", "只填写数字"),
        (a_field(K.NUMBER), "NaN", "只填写数字"),
        (a_field(K.NUMBER), "1,2,3", "只填写数字"),
        (a_field(K.NUMBER), "9" * 400, "数字太大"),
        (a_field(K.NUMBER), "1.5", "应为整数"),
        (a_field(K.NUMBER, decimals=2), "1.555", "最多 2 位小数"),
        (a_field(K.NUMBER, min_value=Decimal("1.000000"), unit="人"), "0", "不能小于 1人"),
        (a_field(K.NUMBER, max_value=Decimal(10)), "11", "不能大于 10"),
        (a_field(K.DATE), "明天", "形如 2026-12-01"),
        (a_field(K.DATE), "2026-02-30", "没有这一天"),
        (a_field(K.DATE), "1066-10-14", "年份不合理"),
        (a_field(K.DATE, day_rule=DayRule.PAST), "2999-01-01", "年份不合理"),
        (a_field(K.DATE, day_rule=DayRule.PAST), "2199-01-01", "不能晚于今天"),
        (a_field(K.DATE, day_rule=DayRule.FUTURE), "2001-01-01", "不能早于今天"),
        (a_field(K.CHOICE, options="甲、乙"), "丙", "在“甲、乙”中选择一项"),
        (a_field(K.YES_NO), "yes", "在“是、否”中选择一项"),
        (a_field(K.CREDIT_CODE), "91150122MA0N4L3X1I", "不使用字母 I"),
        (a_field(K.CREDIT_CODE), "91", "应为 18 位，现为 2 位"),
        (a_field(K.ID_NUMBER), "110105194912310021", "校验位不符"),
        (a_field(K.EITHER_NUMBER), "110105194912310021", "居民身份证号码校验位不符"),
        (a_field(K.EITHER_NUMBER), "9115", "统一社会信用代码应为 18 位"),
        (a_field(K.PHONE), "123", "11 位手机号"),
        (a_field(K.PROJECT_CODE), "123", "对照备案证核对"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(field: FormField, raw: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        clean_value(field, raw)
    assert all("“某项”" in message for message in caught.value.messages)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(K.values),
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())),
)
def test_nothing_that_is_typed_makes_it_fail(kind: str, raw: Any) -> None:
    field = a_field(kind, options="甲、乙" if kind == K.CHOICE else "", decimals=2)
    groups = [FormGroup("applicant", "", [Question(field, [(ServiceItem(), ItemField(field=field))])])]
    values, errors = clean_answers(groups, {"it": raw})
    assert bool(values) != bool(errors)
    for value in values.values():
        assert clean_value(field, value) == value


def test_personal_answers_are_shown_masked() -> None:
    assert shown_answer(a_field(K.ID_NUMBER, personal=True), IDENTITY) == "110105********002X"
    assert shown_answer(a_field(K.PHONE, personal=True), "13800138000") == "138****8000"
    assert shown_answer(a_field(K.TEXT, personal=True), "张三丰") == "张*丰"
    assert shown_answer(a_field(K.NUMBER, unit="人"), "12") == "12\xa0人"
    assert shown_answer(a_field(K.TEXT), "") == ""


# --- Several items --------------------------------------------------------------------------------
@pytest.fixture
def two_items(db: None) -> list[ServiceItem]:
    food, fire = CompleteItemFactory(), CompleteItemFactory()
    add_field(food, "seats", group="business", kind=K.NUMBER, line={"required": False})
    add_field(food, "name", label="经营者名称", fills_from="name", order=1)
    add_field(food, "new", label="是否新建", kind=K.YES_NO, group="building")
    parent = FormField.objects.get(key="new")
    for item in (food, fire):
        add_field(
            item,
            "area",
            label="建筑面积",
            kind=K.NUMBER,
            group="building",
            order=101,
            line={"depends_on": parent, "depends_value": "是"} if item is food else {"required": False},
        )
    add_field(fire, "seats", line={"required": True})
    add_field(fire, "name", line={"wording": "场所名称"})
    return list(ServiceItem.objects.filter(pk__in=[food.pk, fire.pk]).with_form())


def test_one_question_once_in_the_order_of_the_catalogue(two_items: list[ServiceItem]) -> None:
    groups = fields_of(two_items)
    assert [group.label for group in groups] == ["申请人基本信息", "经营范围和经营内容", "建设和建筑"]
    assert [q.key for q in questions_of(groups)] == ["name", "seats", "new", "area"]
    assert [g.as_json() for g in fields_of(reversed(two_items))] == [g.as_json() for g in groups]
    assert [g.as_json() for g in fields_of([*two_items, *two_items])] == [g.as_json() for g in groups]
    name, seats, _new, area = questions_of(groups)
    assert name.items == [item.name for item in two_items]
    assert name.label == "经营者名称"  # the items call it differently
    assert seats.required  # one of them requires it
    assert area.conditions == []  # one of them always asks it
    assert questions_of(fields_of(two_items[1:]))[0].label == "场所名称"


def test_a_condition_decides_whether_it_is_asked(two_items: list[ServiceItem]) -> None:
    groups = fields_of(two_items[:1])
    area = questions_of(groups)[-1]
    assert area.conditions == ["“是否新建”为“是”时填写"]
    base = {"name": "某店", "new": "否"}
    assert clean_answers(groups, {**base, "area": "12"}) == (base, {})
    values, errors = clean_answers(groups, {**base, "new": "是"})
    assert errors == {"area": ["请填写“建筑面积”。"]}
    assert values["new"] == "是"
    assert clean_answers(groups, {**base, "new": "是", "area": "12"})[1] == {}


def test_all_errors_are_told_at_once_and_in_order(two_items: list[ServiceItem]) -> None:
    values, errors = clean_answers(fields_of(two_items), {"seats": "many", "area": "x"})
    assert values == {}
    assert list(errors) == ["name", "seats", "new", "area"]
    assert errors["new"] == ["请选择“是否新建”。"]


def test_what_is_known_of_the_applicant_is_not_asked_again(two_items: list[ServiceItem]) -> None:
    groups = fields_of(two_items)
    assert known_answers(groups, {"name": " 某店 ", "phone": "13800138000"}) == {"name": "某店"}
    assert known_answers(groups, {}) == {}


@pytest.mark.django_db
def test_a_form_costs_one_query_for_any_number_of_items(django_assert_num_queries: Any) -> None:
    for size in (2, 10):
        items = [CompleteItemFactory(lines=0) for _ in range(size)]
        for number, item in enumerate(items):
            add_field(item, f"own-{item.pk}", label=f"自有{item.pk}")
            add_field(item, f"shared{number % 2}")
        with django_assert_num_queries(2):
            groups = fields_of(ServiceItem.objects.filter(pk__in=[i.pk for i in items]).with_form())
            assert [q.as_json() for q in questions_of(groups)]


# --- Rows -----------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_form_belongs_to_the_content_of_a_version(two_items: list[ServiceItem]) -> None:
    source = two_items[0]
    content = content_of(source)
    assert len(content["form_fields"]) == 4
    target = CompleteItemFactory()
    copy_content(source, target)
    assert content_of(target)["form_fields"] == content["form_fields"]
    assert [row["key"] for row in source.snapshot()["form"]] == [
        line.field.key for line in source.form_fields.all()
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("half", [{"depends_value": "是"}, {"with_parent": True}])
def test_half_a_condition_is_no_condition(half: dict[str, Any]) -> None:
    item = CompleteItemFactory()
    parent = add_field(item, "new", kind=K.YES_NO).field
    line = {"depends_on": parent} if half.pop("with_parent", False) else half
    with pytest.raises(IntegrityError):
        add_field(item, "area", line=line)


def test_conditions_must_point_at_what_everybody_is_asked() -> None:
    def line(pk: int, **fields: Any) -> ItemField:
        field = FormField(pk=pk, key=f"f{pk}", label=f"项目{pk}", kind=K.YES_NO)
        return ItemField(field=field, **fields)

    first = line(1)
    second = line(2, depends_on=first.field, depends_value="是")
    assert condition_problems([first, second]) == []
    assert "本表单没有这一项" in condition_problems([second])[0]
    third = line(3, depends_on=second.field, depends_value="是")
    assert "不是总要填写的" in condition_problems([first, second, third])[0]
    second.depends_value = "也许"
    assert "选项是：是、否" in condition_problems([first, second])[0]
    itself = line(4)
    itself.depends_on, itself.depends_value = itself.field, "是"
    assert "本表单没有这一项" in condition_problems([itself])[0]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"kind": K.CHOICE, "options": "只有一个"}, "options"),
        ({"kind": K.CHOICE, "options": "甲、甲"}, "options"),
        ({"kind": K.TEXT, "options": "甲、乙"}, "options"),
        ({"kind": K.NUMBER, "min_value": Decimal(5), "max_value": Decimal(4)}, "max_value"),
    ],
)
def test_a_field_that_contradicts_itself_is_refused(fields: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        FormField(key="x", label="项目", group="applicant", **fields).clean()
    assert list(caught.value.message_dict) == [where]


def test_today_is_in_both_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.form_filling.today", lambda: date(2026, 11, 24))
    for rule in DayRule.values:
        assert clean_value(a_field(K.DATE, day_rule=rule), "2026-11-24") == "2026-11-24"
