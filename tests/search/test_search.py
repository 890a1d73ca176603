"""What is found, in which order, and how it is shown, on whatever database the suite runs."""

import pytest
from django.core.management import call_command
from django.core.paginator import Paginator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.directory import TownFactory
from tuoxian_portal.directory.models import Enterprise
from tuoxian_portal.search import backends
from tuoxian_portal.search.index import rebuild
from tuoxian_portal.search.models import SearchEntry
from tuoxian_portal.search.query import Hits, highlight, pattern, search

pytestmark = pytest.mark.django_db


def titles(text, **kwargs):
    return [hit.title for hit in search(text, **kwargs).hits]


@pytest.fixture
def county(company):
    company("建筑工程施工许可证核发", "房屋建筑和市政基础设施工程开工前申请。", short_name="住建")
    company("公司设立登记", "领取营业执照。")
    company("托克托县民政局", "婚姻登记、低保。")
    company("托克托县人民政府", "县政府。")
    company("久泰乙二醇项目", "位于托克托工业园区，年产 100 万吨。")
    company("金达威", "辅酶Q10年产量500吨，全球份额七成。")
    company("不公开的企业", "营业执照", is_active=False)
    TownFactory(name="双河镇", note="县政府所在地。", kind="镇")
    rebuild()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("施工许可", "建筑工程施工许可证核发"),
        ("施工许可证", "建筑工程施工许可证核发"),
        ("怎么办理营业执照", "公司设立登记"),
        ("乙二醇", "久泰乙二醇项目"),
        ("久泰 托克托", "久泰乙二醇项目"),
        ("辅酶Q10", "金达威"),
        ("辅酶ｑ１０", "金达威"),
        ("sgxk", "建筑工程施工许可证核发"),
        ("shigongxuke", "建筑工程施工许可证核发"),
        ("jiutai", "久泰乙二醇项目"),
        ("低保", "托克托县民政局"),
        ("双河", "双河镇"),
        ("酶Q", "金达威"),
        ("镇", "双河镇"),
        ("全球份额七成", "金达威"),
        ("二醇项", "久泰乙二醇项目"),
    ],
)
def test_finds_what_people_ask_for(county, text, first):
    assert titles(text)[:1] == [first]


def test_a_word_weighs_more_than_a_word_inside_another(county):
    assert titles("民政")[0] == "托克托县民政局"


def test_a_title_weighs_more_than_a_text(county, company):
    company("另一家", "乙二醇")
    rebuild()
    assert titles("乙二醇") == ["久泰乙二醇项目", "另一家"]


def test_what_is_not_public_is_not_found(county):
    assert titles("营业执照") == ["公司设立登记"]


def test_all_words_before_any_word(county):
    assert not search("乙二醇 年产").is_partial
    partial = search("乙二醇 婚姻登记")
    assert partial.is_partial
    assert {hit.title for hit in partial.hits} == {"久泰乙二醇项目", "托克托县民政局"}


def test_nothing_for_what_is_nowhere(county):
    for text in ["核聚变", "", "   ", "!!!", "…", "zzzz", "\x00"]:
        found = search(text)
        assert (found.hits, found.total, found.counts) == ([], 0, {}), text


def test_kinds_are_counted_over_all_and_narrow(county):
    found = search("县政府")
    assert found.counts == {"enterprise": 1, "town": 1}
    narrowed = search("县政府", kind="town")
    assert [hit.kind_label for hit in narrowed.hits] == ["乡镇"]
    assert narrowed.total == 1
    assert narrowed.counts == found.counts


def test_pages_hold_every_hit_once(company):
    for number in range(25):
        company(f"风电项目{number}")
    rebuild()
    paginator = Paginator(Hits("风电"), 10)
    assert paginator.count == 25
    seen = [hit.title for page in paginator for hit in page.object_list]
    assert len(seen) == len(set(seen)) == 25


def test_more_matches_than_the_limit_are_said_so(company, monkeypatch):
    for number in range(12):
        company(f"光伏{number}")
    rebuild()
    for module in (backends, __import__("tuoxian_portal.search.query", fromlist=["x"])):
        monkeypatch.setattr(module, "LIMIT", 10)
    monkeypatch.setattr(f"{type(backends.backend()).__module__}.LIMIT", 10)
    found = search("光伏")
    assert found.is_capped
    assert found.total == 10


def test_a_page_costs_the_same_for_many(company, django_assert_num_queries):
    for number in range(30):
        company(f"储能项目{number}")
    rebuild()
    search("")
    with django_assert_num_queries(4):
        search("储能")  # the first one also reads the synonyms
    with django_assert_num_queries(3):
        search("储能")
    with django_assert_num_queries(3):
        search("储能项目")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80))
def test_no_text_breaks_it(county, text):
    search(text)


@pytest.mark.parametrize(
    "text", ['"', "'", "a'b", 'a" OR 1', "* AND", "民政:*", "<->", "NEAR(", "\\", "%s", "{pairs}"]
)
def test_no_syntax_of_the_index_leaks(county, text):
    search(text)


def test_matches_are_marked_and_everything_else_is_escaped(company):
    company("<b>危险</b>化学品许可", "含 <script>alert(1)</script> 的许可说明")
    rebuild()
    (hit,) = search("许可").hits
    assert hit.title_html == "&lt;b&gt;危险&lt;/b&gt;化学品<mark>许可</mark>"
    assert "<script>" not in hit.snippet
    assert "<mark>许可</mark>" in hit.snippet


@given(st.text(max_size=60), st.text(max_size=20))
def test_highlighting_changes_nothing_but_marks(text, asked):
    import html

    marked = highlight(text, pattern(asked))
    assert html.unescape(marked.replace("<mark>", "").replace("</mark>", "")) == html.unescape(
        str(highlight(text, None))
    )


def test_a_snippet_shows_the_place_that_matches(company):
    company("长文", "前" * 400 + "。。冷链物流基地" + "后" * 400)
    rebuild()
    snippet = search("冷链物流").hits[0].snippet
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert "冷链物流</mark>" in snippet
    assert "。。" not in snippet
    assert len(snippet) < 140


def test_a_second_rebuild_writes_nothing(county):
    counts = rebuild()
    assert sum(c.written + c.removed for c in counts.values()) == 0
    assert counts["enterprise"].unchanged == 6


def test_rebuild_follows_changes_made_in_bulk(county):
    Enterprise.objects.filter(name="公司设立登记").update(name="个体工商户登记")
    Enterprise.objects.filter(name="久泰乙二醇项目").update(is_active=False)
    counts = rebuild()["enterprise"]
    assert (counts.written, counts.removed) == (1, 1)
    assert titles("个体工商户") == ["个体工商户登记"]
    assert titles("乙二醇") == []


def test_a_kind_that_is_gone_is_forgotten(county, sources, monkeypatch):
    monkeypatch.setattr(sources, "_items", {"town": sources["town"]})
    rebuild()
    assert set(SearchEntry.objects.values_list("kind", flat=True)) == {"town"}
    assert titles("乙二醇") == []


def test_rebuild_from_scratch(county, capsys):
    call_command("rebuild_search", "--from-scratch")
    assert "enterprise：写入 6，未变 0" in capsys.readouterr().out
    assert titles("乙二醇") == ["久泰乙二醇项目"]


def test_index_rows_without_an_entry_are_tidied_away(county):
    SearchEntry.objects.all().delete()
    rebuild()
    assert search("乙二醇").total == 1


def test_samples_are_known_as_such(company):
    company("示例企业（甲）", is_sample=True)
    rebuild()
    assert search("示例企业").hits[0].is_sample
