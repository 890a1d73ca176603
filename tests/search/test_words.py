"""Cutting Chinese: the invariants that finding rests on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuoxian_portal.search import words

chinese = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=12)
anything = st.text(max_size=200)


def follows(needle, haystack):
    """Whether `needle` stands in `haystack` in a row, its last piece perhaps as a beginning."""
    n = len(needle)
    return any(
        haystack[i : i + n - 1] == needle[:-1] and haystack[i + n - 1].startswith(needle[-1])
        for i in range(len(haystack) - n + 1)
    )


@given(anything)
def test_only_plain_terms_come_out_of_anything(text):
    for term in [*words.cut(text), *words.cut_fine(text), *words.pairs(text), *words.terms(text)]:
        assert words.RUN.fullmatch(term)
        assert len(term) <= words.MAX_TERM


@given(chinese, chinese, chinese)
def test_every_part_of_a_text_is_found_as_a_phrase(before, part, after):
    asked = words.phrase(part)
    assert asked
    assert follows(asked[0], words.pairs(before + part + after))


@pytest.mark.parametrize(
    ("text", "part"),
    [("内蒙古辅酶Q10项目", "酶Q10"), ("辅酶Q10年产500吨", "辅酶q10"), ("第5批", "5批"), ("民政局", "局")],
)
def test_mixed_text_is_found_too(text, part):
    assert follows(words.phrase(part)[0], words.pairs(text))


def test_names_of_the_county_stay_whole():
    assert "托克托" in words.cut("托克托开发区")
    assert "一次办" in words.cut("企业开办一次办")


def test_what_people_add_to_a_question_is_left_out_while_something_remains():
    assert words.terms("怎么办理营业执照") == ["营业执照"]
    assert words.terms("怎么办") != []


@pytest.mark.parametrize(
    ("word", "parts"),
    [("人民政府", {"人民", "政府"}), ("民政局", {"民政", "政局"}), ("营业执照", {"营业", "执照"})],
)
def test_words_across_a_joint_are_not_words(word, parts):
    assert set(words.inside(word)) == parts


def test_pinyin_begins_at_every_character():
    found = words.pinyin("建筑工程施工许可证核发")
    assert any(p.startswith("xkz") for p in found)
    assert any(p.startswith("gongchengshigong") for p in found)
    assert any(p.startswith("jzgcsgxkz") for p in found)


def test_full_width_and_capitals_are_forgiven():
    assert words.cut("ＢＤＯ项目") == words.cut("bdo项目")
