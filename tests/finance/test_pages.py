"""The public pages, the menu and the search documents."""

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.urls import reverse

from finance.choices import IntentState, Level
from finance.navigation import has_content
from finance.search import event_document, product_document
from tests.factories.finance import LoanIntentFactory, LoanProductFactory, MatchmakingEventFactory
from tuoxian_portal.core.reference import reference_sets
from tuoxian_portal.core.registries import search_sources

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_menu():
    cache.clear()


@pytest.fixture
def facts():
    return reference_sets["matchmaking_events"].load()


def page(client, **query):
    response = client.get(reverse("finance:list"), query)
    assert response.status_code == 200
    return response.content.decode()


class TestFacts:
    def test_loading_twice_changes_nothing(self, facts):
        assert len(facts.added) == 5
        again = reference_sets["matchmaking_events"].load()
        assert (again.added, again.changed, len(again.unchanged)) == ([], [], 5)

    def test_the_countys_event_shows_the_stated_totals_with_source(self, facts, client):
        text = page(client)
        assert "54 家" in text
        assert "47.58\u00a0亿元" in text
        assert "8,811.1\u00a0万元" in text
        assert "环境赋能提升招商引资质效" in text

    def test_what_is_not_the_countys_stands_apart(self, facts, client):
        text = page(client)
        assert text.index("托县2023年政银企对接会") < text.index("不是本县的数字") < text.index("集中审批月")


def test_without_products_nothing_pretends_there_are_any(client):
    assert "贷款产品 " not in page(client)


def test_the_menu_entry_needs_something_to_show():
    assert not has_content()
    MatchmakingEventFactory(level=Level.CITY)
    assert not has_content()
    MatchmakingEventFactory()
    assert has_content()


def test_products_are_listed_filtered_and_found(client):
    first, second = LoanProductFactory(name="测试甲贷"), LoanProductFactory(name="测试乙贷")
    LoanProductFactory(name="测试草稿", state="draft")
    assert all(p.name in page(client) for p in (first, second))
    assert "测试草稿" not in page(client)
    assert second.name not in page(client, q="甲贷")
    assert second.name not in page(client, bank=first.bank_id)
    assert "没有符合条件的产品" in page(client, q="没有这种贷款")
    assert "已忽略" in page(client, bank="unknown")


def test_a_product_page(client):
    product = LoanProductFactory(rate_text="年利率 3.85% 起", conditions="有订单\n有纳税")
    text = client.get(product.get_absolute_url()).content.decode()
    assert "年利率 3.85% 起" in text
    assert "以银行答复为准" in text  # what the bank did not say
    assert "测试来源" in text
    hidden = LoanProductFactory(state="withdrawn")
    assert client.get(hidden.get_absolute_url()).status_code == 404
    assert client.get(reverse("finance:product", args=["no-such"])).status_code == 404


def test_small_cells_are_not_on_the_public_page(client):
    for _ in range(3):
        LoanIntentFactory.at(IntentState.INTENT)
    LoanIntentFactory.at(IntentState.CONTRACTED)
    text = page(client)
    assert "不足 3 家，不单列" in text
    assert "4,000" not in text.replace("4,000\u00a0万元", "")
    assert "800\u00a0万元" not in text


def test_sample_loans_give_way_to_real_ones(client):
    for _ in range(3):
        LoanIntentFactory(is_sample=True)
    assert "本页含演示用的示例数据" in page(client)
    for _ in range(4):
        LoanIntentFactory()
    assert "本页含演示用的示例数据" not in page(client)


@pytest.mark.parametrize("rows", [2, 20])
def test_queries_do_not_grow(client, rows, django_assert_max_num_queries):
    for _ in range(rows):
        LoanProductFactory()
        MatchmakingEventFactory()
        LoanIntentFactory.at(IntentState.DRAWN)
    page(client)  # the menu is cached
    with django_assert_max_num_queries(8):
        page(client)


def test_what_the_search_box_gets():
    product = LoanProductFactory(rate_text="3.85%", audience="种养大户")
    LoanProductFactory(state="draft")
    found = product_document(product)
    assert found.url == f"/finance/products/{product.slug}/"
    assert "种养大户" in found.summary
    assert list(search_sources["loan-product"].queryset()) == [product]
    event = MatchmakingEventFactory(enterprises=54, intention_wan=475800)
    assert event_document(event).summary == "54 家企业，意向 47.58\u00a0亿元"


def test_the_search_box_dates_a_product_by_the_county_s_clock():
    at_dawn = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # 06:30 on the second, in the county
    assert product_document(LoanProductFactory(published_at=at_dawn)).date == "2026-03-02"
