"""Synonyms both ways, and a list of what was not found that holds nobody's data."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tuoxian_portal.core.calendar import today
from tuoxian_portal.search import synonyms
from tuoxian_portal.search.index import rebuild
from tuoxian_portal.search.misses import note_miss, presentable, sweep
from tuoxian_portal.search.models import SearchMiss, SynonymGroup
from tuoxian_portal.search.query import search

pytestmark = pytest.mark.django_db


def titles(text):
    return [hit.title for hit in search(text).hits]


@pytest.fixture
def licence(company):
    company("营业执照核发")
    company("厂房租赁")
    rebuild()
    SynonymGroup.objects.create(words="营业执照、工商执照、开业证")
    synonyms.forget()


@pytest.mark.parametrize("text", ["营业执照", "工商执照", "开业证", "开业证核发", "怎么办工商执照"])
def test_any_word_of_a_group_finds_the_others(licence, text):
    assert "营业执照核发" in titles(text)


def test_both_ways(company):
    company("开业证补办")
    company("营业执照核发")
    SynonymGroup.objects.create(words="营业执照、开业证")
    synonyms.forget()
    rebuild()
    assert set(titles("营业执照")) == set(titles("开业证")) == {"开业证补办", "营业执照核发"}


def test_what_was_found_by_a_synonym_is_marked(licence):
    (hit,) = search("开业证").hits
    assert hit.title_html == "<mark>营业执照</mark>核发"


def test_a_group_switched_off_does_nothing(licence):
    SynonymGroup.objects.update(is_active=False)
    synonyms.forget()
    assert titles("开业证") == []


def test_a_word_inside_a_longer_one_does_not_count(db):
    SynonymGroup.objects.create(words="执照、牌照")
    SynonymGroup.objects.create(words="营业执照、开业证")
    synonyms.forget()
    assert synonyms.alternatives("营业执照") == ["开业证"]


def test_alternatives_are_bounded_and_asked_in_one_query(company, django_assert_num_queries):
    for group in range(5):
        SynonymGroup.objects.create(words="、".join(f"词{group}{chr(0x4E00 + n)}" for n in range(12)))
    synonyms.forget()
    text = "".join(f"词{group}一" for group in range(5))
    assert len(synonyms.alternatives(text)) == synonyms.MAX_ALTERNATIVES
    with django_assert_num_queries(3):  # all words, phrase, any word
        search(text)


@given(st.text(max_size=60))
def test_no_text_breaks_them(text):
    with_groups = {"执照": ("牌照",), "a": ("b",)}
    from unittest import mock

    with mock.patch.object(synonyms, "groups", return_value=with_groups):
        found = synonyms.alternatives(text)
    assert len(found) <= synonyms.MAX_ALTERNATIVES
    assert text not in found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("执照", "两个以上"),
        ("执照、执照", "两个以上"),
        ("、".join(f"词语{n}" for n in range(13)), "最多 12 个"),
        ("执照、照", "只有一个字"),
        ("执照、" + "长" * 21, "太长"),
    ],
)
def test_a_bad_group_is_refused_in_words(words, says):
    with pytest.raises(ValidationError) as error:
        SynonymGroup(words=words).full_clean()
    assert says in error.value.message_dict["words"][0]


def test_any_separator_is_understood():
    group = SynonymGroup(words="执照, 牌照；证照 / 许可")
    group.full_clean()
    assert group.words == "执照、牌照、证照、许可"


# --- What was not found -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "电话 138-0013-8000",
        "１３８００１３８０００",
        "150122199001011234",
        "91150122MA0N123456",
        "李四 150122 19900101",
        "a@example.com",
        "www.example.com",
        "3号楼2单元",
        "张三",
        "王小明的执照",
        "陈建国营业执照",
        "蒙A12345",
        "长" * 21,
        "一",
        "!!!",
        "",
    ],
)
def test_what_could_be_about_a_person_is_not_written_down(text):
    assert presentable(text) == ""
    assert note_miss(text) is False
    assert not SearchMiss.objects.exists()


@pytest.mark.parametrize(
    ("text", "kept"), [("核聚变补贴", "核聚变补贴"), (" ＢＤＯ  项目 ", "bdo 项目"), ("5G基站", "5g基站")]
)
def test_what_is_asked_for_is_counted(text, kept):
    assert note_miss(text)
    assert note_miss(text)
    miss = SearchMiss.objects.get()
    assert (miss.text, miss.count, miss.day) == (kept, 2, today())


@given(st.text(max_size=40))
def test_nothing_with_five_digits_passes(text):
    kept = presentable(text)
    assert sum(c.isdigit() for c in kept) < 5 or len(kept) > 5


def test_the_page_counts_only_what_was_not_found(client, licence):
    for text in ("营业执照", "量子计算机", "量子计算机", "13800138000", ""):
        client.get(reverse("search:results"), {"q": text})
    client.get(reverse("search:results"), {"q": "营业执照", "kind": "town"})
    assert list(SearchMiss.objects.values_list("text", "count")) == [("量子计算机", 2)]


def test_what_was_found_only_in_part_is_told_apart(client, licence):
    for text in ("营业执照 量子计算机", "营业执照 量子计算机", "量子计算机"):
        client.get(reverse("search:results"), {"q": text})
    assert set(SearchMiss.objects.values_list("text", "kind", "count")) == {
        ("营业执照 量子计算机", "similar", 2),
        ("量子计算机", "nothing", 1),
    }
    licence_now = "量子计算机 营业执照"
    assert note_miss(licence_now, "similar")
    assert note_miss(licence_now)  # the same words may find nothing later that day


def test_nobody_fills_the_table(settings):
    settings.SEARCH_MISS_PER_DAY = 3
    assert [note_miss(f"词语{chr(0x4E00 + n)}海") for n in range(5)].count(True) <= 3


def test_what_is_old_or_asked_once_is_swept(settings):
    def miss(text, days, count=1):
        SearchMiss.objects.create(text=text, day=today() - timedelta(days=days), count=count)

    miss("太久", 91, 9)
    miss("偶然", 15)
    miss("近来", 3)
    miss("常有", 20, 2)
    assert sweep() == 2
    assert set(SearchMiss.objects.values_list("text", flat=True)) == {"近来", "常有"}


def test_officers_see_it_and_go_on_to_a_synonym(client, person):
    SearchMiss.objects.create(text="开业证", day=today(), count=7)
    SearchMiss.objects.create(text="开业证 月球", day=today(), kind="similar")
    client.force_login(person("policy_officer", is_staff=True))
    page = client.get(reverse("admin:search_searchmiss_changelist")).content.decode()
    assert "没有结果" in page
    assert "只有近似结果" in page
    only = client.get(reverse("admin:search_searchmiss_changelist"), {"kind__exact": "similar"})
    assert [miss.text for miss in only.context["cl"].result_list] == ["开业证 月球"]
    add = reverse("admin:search_synonymgroup_add")
    assert f"{add}?words=" in page
    assert "开业证、" in client.get(f"{add}?words=开业证、").content.decode()
    client.post(add, {"words": "开业证、营业执照", "note": "", "is_active": "on"})
    assert SynonymGroup.objects.get().words == "开业证、营业执照"
    assert synonyms.alternatives("开业证") == ["营业执照"]


@pytest.mark.parametrize("role", ["window", "bank_contact"])
def test_others_do_not(client, person, role):
    client.force_login(person(role, is_staff=True))
    for name in ("searchmiss", "synonymgroup"):
        assert client.get(reverse(f"admin:search_{name}_changelist")).status_code == 403


def test_the_countys_words_are_loaded(reference):
    assert SynonymGroup.objects.filter(reference_id__isnull=False).exists()
    for group in SynonymGroup.objects.all():
        group.full_clean()
