"""What the public reads, what it never sees, and how many queries it costs."""

import re
from datetime import date

import pytest
from django.urls import reverse

from policies.choices import Factor, Level, PriceKind, Publication
from policies.models import IncentivePolicy
from tests.factories.directory import IndustryFactory
from tests.factories.policies import ClauseFactory, PolicyFactory, PriceFactory

pytestmark = pytest.mark.django_db
LIST, COSTS = "/policies/", "/invest/costs/"


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


HIDDEN = [Publication.DRAFT, Publication.REVIEWED, Publication.WITHDRAWN]


@pytest.mark.parametrize("state", HIDDEN)
def test_what_is_not_published_does_not_exist_for_the_public(client, state):
    policy = PolicyFactory(state=state, title="不该出现的标题")
    assert client.get(policy.get_absolute_url()).status_code == 404
    assert "不该出现的标题" not in text(client.get(LIST))
    assert "不该出现的标题" not in text(client.get(LIST, {"q": "不该出现"}))


@pytest.mark.parametrize(("role", "status"), [("policy_officer", 200), ("window", 404)])
def test_staff_of_policies_can_preview_a_draft(client, person, role, status):
    client.force_login(person(role))
    response = client.get(PolicyFactory().get_absolute_url())
    assert response.status_code == status
    if status == 200:
        assert "尚未公开" in text(response)


def test_a_hidden_successor_is_not_named(client):
    hidden = PolicyFactory(title="尚未公开的新办法")
    policy = PolicyFactory(published=True, replaced_by=hidden, repealed_on=date(2026, 1, 1))
    page = text(client.get(policy.get_absolute_url()))
    assert "尚未公开的新办法" not in page
    assert "废止" in page


def test_the_status_stands_with_its_reason(client):
    page = text(client.get(PolicyFactory(published=True).get_absolute_url()))
    assert "待核实：尚未核实是否有效：缺文号" in page
    assert "条款由县里核实后公布" in page
    policy = PolicyFactory(in_force=True)
    ClauseFactory(policy=policy, heading="设备补贴", amount_text="5%")
    page = text(client.get(policy.get_absolute_url()))
    assert "已通过公平竞争审查，有效期至 2030-12-31" in page
    assert "设备补贴" in page


def test_facets_search_sort_and_rubbish(client):
    industry = IndustryFactory(name="测试产业甲", slug="chan-ye-jia")
    PolicyFactory(published=True, title="甲政策", level=Level.CITY, industry=industry)
    ClauseFactory(policy=PolicyFactory(in_force=True, title="乙政策"), text="独特的词")
    assert "甲政策" in text(client.get(LIST, {"level": "city"}))
    assert "乙政策" not in text(client.get(LIST, {"level": "city"}))
    assert "乙政策" in text(client.get(LIST, {"status": "in_force"}))
    assert "甲政策" not in text(client.get(LIST, {"status": "in_force"}))
    assert "甲政策" in text(client.get(LIST, {"industry": "chan-ye-jia"}))
    assert "乙政策" in text(client.get(LIST, {"q": "独特 乙"}))
    assert "没有符合条件的政策" in text(client.get(LIST, {"q": "没有这样的词"}))
    for sort in ("near", "new", "title"):
        assert client.get(LIST, {"sort": sort}).status_code == 200
    rubbish = client.get(
        LIST, {"level": "moon", "page": "999", "sort": "x", "status": "x", "industry": "\x00"}
    )
    assert rubbish.status_code == 200
    assert "没有“moon”这一项" in text(rubbish)


def test_a_script_in_every_field_stays_text(client):
    attack = "<script>alert(1)</script>"
    policy = PolicyFactory(
        in_force=True,
        title=attack,
        summary=attack,
        full_text=attack,
        note=attack,
        objects_text=attack,
        source_title=attack,
    )
    ClauseFactory(policy=policy, heading=attack, text=attack, amount_text=attack)
    policy.questions.create(question=attack, answer=attack)
    PriceFactory(item=attack, note=attack, source_title=attack)
    for url in (LIST, policy.get_absolute_url(), COSTS):
        assert attack not in client.get(url).content.decode()


def _fill(number):
    industry = IndustryFactory()
    for _ in range(number):
        policy = PolicyFactory(in_force=True, industry=industry)
        ClauseFactory.create_batch(2, policy=policy)
        PriceFactory(item=f"电价 {policy.pk}")


def test_the_number_of_queries_does_not_grow(client, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(url):
        client.get(url)  # the menu is in the cache afterwards
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    _fill(2)
    few = {url: count(url) for url in (LIST, COSTS)}
    _fill(18)
    assert {url: count(url) for url in (LIST, COSTS)} == few
    assert few[LIST] <= 8
    assert few[COSTS] <= 2
    with django_assert_max_num_queries(8):
        client.get(IncentivePolicy.objects.first().get_absolute_url())


def test_pages_answer_with_validators(client):
    for url in (LIST, PolicyFactory(published=True).get_absolute_url(), COSTS):
        etag = client.get(url)["ETag"]
        assert client.get(url, headers={"if-none-match": etag}).status_code == 304


def test_the_calculator_works_by_address_alone(client):
    PriceFactory(item="工业电价", as_of_date=date(2023, 2, 1))
    response = client.get(COSTS, {"power": "120万"})
    page = text(response).replace("\u00a0", " ")
    assert "50.4 万元" in page
    assert "1,200,000 度 × 0.42 元/度 = 504,000 元" in page
    assert "价格可能已有变化" in page


def test_the_calculator_keeps_what_was_typed_beside_the_error(client):
    PriceFactory()
    response = client.get(COSTS, {"power": "很多"})
    assert response.status_code == 200
    assert 'value="很多"' in response.content.decode()
    assert "不是数字" in text(response)


def test_hidden_prices_and_expectations_stay_out_of_the_sum(client):
    PriceFactory(item="内部电价", is_public=False)
    PriceFactory(item="预期电价", kind=PriceKind.EXPECTED)
    page = text(client.get(COSTS))
    assert "内部电价" not in page
    assert "预期电价" in page
    assert "算一算" not in page


def test_sample_records_are_marked(client):
    policy = PolicyFactory(published=True, is_sample=True)
    PriceFactory(factor=Factor.WATER, is_sample=True)
    for url in (LIST, policy.get_absolute_url(), COSTS):
        assert "本页含演示用的示例数据" in text(client.get(url))


def test_the_cost_page_is_a_menu_entry_and_so_one_click_from_home(client):
    PriceFactory()
    assert f'href="{reverse("policies:costs")}"' in client.get(LIST).content.decode()
