"""Two versions compared: nothing differs from itself, and the other way round is the mirror image."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.choices import ItemType, Necessity
from services.comparison import Comparison, FieldChange, RowChange, Section, compare

WORDS = st.sampled_from(["", "甲", "乙", "丙丁"])
COUNTS = st.sampled_from([None, 0, 1, 2])


def rows(**fields: Any) -> Any:
    return st.lists(st.fixed_dictionaries({**fields, "order": st.integers(0, 5)}), max_size=4)


def once_each(materials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An item asks for a material once."""
    return list({row["material_id"]: row for row in materials}.values())


CONTENTS = st.fixed_dictionaries(
    {
        "name": WORDS,
        "item_type": st.sampled_from(ItemType.values),
        "department_id": st.sampled_from([None, 1, 2]),
        "charged": st.sampled_from([None, True, False]),
        "promised_days": COUNTS,
        "left_to_window": st.sampled_from([[], ["fee"], ["fee", "phone"]]),
        "themes": st.sampled_from([[], [1], [1, 2]]),
        "materials": rows(
            material_id=st.integers(1, 3),
            necessity=st.sampled_from(Necessity.values),
            originals=COUNTS,
            condition=WORDS,
        ).map(once_each),
        "form_fields": rows(field_id=st.integers(1, 3), required=st.booleans(), wording=WORDS).map(
            lambda lines: list({line["field_id"]: line for line in lines}.values())
        ),
        "bases": rows(statute=WORDS, article=WORDS),
        "steps": rows(name=WORDS, who=WORDS, days=COUNTS),
        "questions": rows(question=WORDS, answer=WORDS),
    }
)


def mirrored(found: Comparison) -> Comparison:
    def swap(changes: Any) -> Any:
        return tuple(FieldChange(c.name, c.label, c.new, c.old) for c in changes)

    return Comparison(
        swap(found.fields),
        tuple(
            Section(
                s.name,
                s.label,
                s.removed,
                s.added,
                tuple(RowChange(row.title, swap(row.changes)) for row in s.changed),
                s.reordered,
            )
            for s in found.sections
        ),
    )


def as_sets(found: Comparison) -> Any:
    """The order in which rows are listed follows the older side; what is listed does not."""
    return found.fields, [
        (
            s.name,
            sorted(s.added),
            sorted(s.removed),
            sorted(repr(row) for row in s.changed),
            s.reordered,
        )
        for s in found.sections
    ]


@given(CONTENTS)
def test_nothing_differs_from_itself(content: dict[str, Any]) -> None:
    assert compare(content, content).is_empty


@given(CONTENTS, CONTENTS)
def test_the_other_way_round_is_the_mirror_image(old: dict[str, Any], new: dict[str, Any]) -> None:
    there, back = compare(old, new), compare(new, old)
    assert as_sets(mirrored(there)) == as_sets(back)
    assert there.count == back.count <= len(there.lines())


@given(CONTENTS, CONTENTS)
def test_what_is_equal_in_words_is_no_difference(old: dict[str, Any], new: dict[str, Any]) -> None:
    for change in compare(old, new).fields:
        assert change.old != change.new


def test_differences_are_told_in_the_words_of_the_forms() -> None:
    names = {"materials": {"1": "营业执照", "2": "身份证", "3": "申请表"}, "departments": {"4": "发改委"}}
    old = {
        "promised_days": 5,
        "department_id": None,
        "names": names,
        "materials": [
            {"material_id": 1, "necessity": "required", "originals": 1, "order": 1},
            {"material_id": 2, "necessity": "required", "order": 2},
        ],
        "bases": [{"statute": "公司法", "article": "第六条", "order": 1}],
    }
    new = {
        "promised_days": 3,
        "department_id": 4,
        "names": names,
        "materials": [
            {"material_id": 3, "necessity": "required", "copies": 2, "order": 1},
            {"material_id": 1, "necessity": "deferrable", "originals": 1, "order": 7},
        ],
        "bases": [{"statute": "公司法", "article": "第七条", "order": 1}],
    }
    assert compare(old, new).lines() == [
        ("实施部门", "", "发改委"),
        ("承诺时限", "5", "3"),
        ("事项材料：申请表", "", "必要性：必要；复印件份数：2"),
        ("事项材料：身份证", "必要性：必要", ""),
        ("事项材料：营业执照，必要性", "必要", "可容缺"),
        ("办理依据：《公司法》，条款", "第六条", "第七条"),
    ]


def test_renumbering_is_no_difference_but_another_order_is() -> None:
    first, second = {"name": "受理", "order": 1}, {"name": "审查", "order": 2}
    moved = [{**second, "order": 1}, {**first, "order": 9}]
    assert compare({"steps": [first, second]}, {"steps": [first, {**second, "order": 30}]}).is_empty
    (section,) = compare({"steps": [first, second]}, {"steps": moved}).sections
    assert (section.reordered, section.added, section.removed, section.changed) == (True, (), (), ())


def test_a_version_from_before_an_element_existed_compares_as_empty() -> None:
    assert compare({"name": "甲"}, {"name": "甲", "quota": "", "at_window": False}).is_empty
    with pytest.raises(KeyError):  # a row without what identifies it is no content
        compare({"materials": [{}]}, {})
