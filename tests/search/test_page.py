"""The results page."""

import pytest
from django.urls import reverse

from tests.factories.directory import TownFactory
from tuoxian_portal.search.index import rebuild

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(company):
    for number in range(23):
        company(f"玉米加工项目{number:02}", "年产淀粉。", is_sample=number == 0)
    TownFactory(name="玉米镇")
    rebuild()


def get(client, **parameters):
    return client.get(reverse("search:results"), parameters)


def test_results_with_total_facets_and_marks(client, filled):
    page = get(client, q="玉米").content.decode()
    assert "搜索“玉米”" in page
    assert "共 <b>24</b>" in page
    assert "<mark>玉米</mark>" in page
    for label, count in (("企业", 23), ("乡镇", 1)):
        assert f"<span>{label}</span>" in page
        assert f'<span class="count">{count}</span>' in page


def test_a_kind_narrows_and_can_be_removed(client, filled):
    page = get(client, q="玉米", kind="town").content.decode()
    assert "共 <b>1</b>" in page
    assert "去掉条件：" in page


def test_the_second_page(client, filled):
    page = get(client, q="玉米", page=2).content.decode()
    assert page.count('<article class="card">') == 4
    assert 'rel="prev"' in page


@pytest.mark.parametrize(
    ("parameters", "notice"),
    [
        ({"q": "玉米", "page": "99"}, "没有第“99”页"),
        ({"q": "玉米", "page": "abc"}, "没有第“abc”页"),
        ({"q": "玉米", "kind": "moon"}, "没有“moon”这一项"),
        ({"q": "玉米" * 200}, "关键词过长"),
        ({"q": "玉米 核聚变"}, "部分关键词"),
    ],
)
def test_bad_input_becomes_a_notice(client, filled, parameters, notice):
    response = get(client, **parameters)
    assert response.status_code == 200
    assert notice in response.content.decode()


@pytest.mark.parametrize("text", ["核聚变", "\x00\x01", "!!!", "<script>", "%", "' OR 1=1 --"])
def test_nothing_found_names_next_actions(client, filled, text):
    response = get(client, q=text)
    assert response.status_code == 200
    page = response.content.decode()
    assert "没有找到相关内容" in page or "输入" in page
    assert "<script>" not in page.split("<main")[1]


def test_without_a_question_it_asks_for_one(client, filled):
    page = get(client).content.decode()
    assert "拼音首字母" in page
    assert "没有找到" not in page


def test_the_page_carries_validators(client, filled):
    first = get(client, q="玉米")
    again = client.get(reverse("search:results"), {"q": "玉米"}, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_samples_are_marked(client, filled):
    assert 'class="sample-mark"' in get(client, q="玉米加工项目00").content.decode()


def test_the_page_costs_few_queries(client, filled, django_assert_max_num_queries):
    get(client, q="玉米")
    with django_assert_max_num_queries(8):
        get(client, q="玉米")
