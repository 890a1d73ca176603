"""The county's public pages: content with source, constant queries, validators, nothing when empty."""

import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from zeal import zeal_ignore

from projects.models import Opportunity
from services.models import ServiceItem
from tuoxian_portal.core.navigation import menu
from tuoxian_portal.dashboard import public
from tuoxian_portal.directory.models import CountyFact, Enterprise

PAGES = (
    "/",
    "/invest/",
    "/invest/steps/",
    "/help/",
    "/accessibility/",
    "/sitemap/",
    "/sitemap.xml",
    "/robots.txt",
    "/login/",
    "/display/",
)


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_an_empty_database_breaks_nothing(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_pages_with_the_countys_facts(client: Client, reference: None) -> None:
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "None" not in answer.content.decode(), path


@pytest.mark.django_db
def test_empty_blocks_are_not_shown(client: Client) -> None:
    html = client.get("/").content.decode()
    assert "我要投资" in html
    assert "我要办事" in html
    for heading in ("用数字说话", "正在找同行的人", "正在招引", 'href="/invest/costs/"><span class="quick'):
        assert heading not in html


@pytest.mark.django_db
def test_no_menu_entry_for_empty_pages() -> None:
    assert [entry["label"] for entry in menu()] == []
    cache.clear()
    CountyFact.objects.create(key="area", topic="land", label="面积", value="1", unit="平方公里")
    assert {"label": "投资托县", "url": "/invest/"} in menu()


class TestHome:
    def test_every_block_is_dated(self, client: Client, reference: None) -> None:
        goals = public.industry_goals()
        figures = public.home_figures(goals)
        assert [(f.value, f.unit) for f in figures] == [
            ("0.42", "元/度"),
            ("3.4", "万立方米"),
            ("1,353", "件"),
            ("47.58", "亿元"),
        ]
        for figure in figures:
            assert re.search(r"20\d\d", figure.note), figure
            assert "《" in figure.note, figure

        rows = public.industries(goals)
        assert [(row["name"], row["goal"], row["year"]) for row in rows] == [
            ("清洁能源", "97.5", 2023),
            ("现代化工", "60", 2023),
            ("生物医药", "75", 2023),
            ("新材料", "77", 2023),
            ("循环经济", "3", 2023),
        ]
        assert "合计 312.5" in public.finding(rows)
        assert "清洁能源最大，占 31%" in public.finding(rows)

        policies = public.latest_policies()
        assert len(policies) == 5
        assert all(row["date"] and row["badge"][0] for row in policies)

        html = client.get("/").content.decode()
        parts = (
            "托县门户",
            "长辈模式",
            "我要投资",
            "我要办事",
            "查办件进度",
            "用数字说话",
            'class="hotline"',
        )
        places = [html.index(part) for part in parts]
        assert places == sorted(places), "the order of a phone"

    def test_sample_data_is_announced(self, client: Client, db: None) -> None:
        assert "sample-banner" not in client.get("/").content.decode()
        Opportunity.objects.create(number="ZS-1", name="示例机会（甲）", is_published=True, is_sample=True)
        html = client.get("/").content.decode()
        assert "sample-banner" in html
        assert 'class="sample-mark"' in html


def test_every_source_of_the_place_is_named(client: Client, reference: None) -> None:
    html = client.get("/invest/").content.decode()
    place = CountyFact.objects.filter(key__in=["area", "yellow-river", "elevation", "towns"])
    titles = {fact.source_title for fact in place}
    assert len(titles) > 1
    assert all(f"《{title}》" in html for title in titles)


def test_constant_queries(client: Client, reference: None, django_assert_max_num_queries: Any) -> None:
    """The same few queries for the county's facts and for a hundred records more."""
    limits = {"/": 8, "/invest/": 8, "/invest/steps/": 1, "/help/": 0}
    few = {}
    for path, most in limits.items():
        client.get(path)  # the menu is in the cache from now on
        with django_assert_max_num_queries(most) as captured:
            client.get(path)
        few[path] = len(captured)
    Opportunity.objects.bulk_create(
        Opportunity(number=f"ZS-{n}", name=f"机会{n}", is_published=True) for n in range(100)
    )
    Enterprise.objects.bulk_create(Enterprise(name=f"测试企业{n}") for n in range(100))
    for path, most in limits.items():
        with django_assert_max_num_queries(most) as captured:
            client.get(path)
        assert len(captured) == few[path], path


@pytest.mark.django_db
class TestValidators:
    @pytest.mark.parametrize("path", ["/", "/invest/", "/invest/steps/", "/help/", "/sitemap/"])
    def test_unchanged_page_is_304(self, client: Client, path: str) -> None:
        first = client.get(path)
        assert first.headers["ETag"]
        again = client.get(path, headers={"if-none-match": first.headers["ETag"]})
        assert again.status_code == 304
        assert again.content == b""

    def test_another_display_is_another_page(self, client: Client) -> None:
        plain = client.get("/help/").headers["ETag"]
        client.cookies["display"] = "elder.normal.auto"
        assert client.get("/help/").headers["ETag"] != plain


def test_each_step_leads_to_its_items(reference: None) -> None:
    path = public.path()
    steps = {step["title"]: [label for label, _ in step["links"]] for step in path}
    assert "企业投资项目备案" in steps["备案"]
    assert not any("消防" in name or "竣工" in name for name in steps["备案"])
    assert "固定资产投资项目节能审查" in steps["能评与环评"]
    assert "建筑工程施工许可证核发" in steps["施工许可"]
    published = {item.get_absolute_url() for item in ServiceItem.objects.published()}
    items = [url for step in path for _, url in step["links"] if url in published]
    assert items
    assert len(items) == len(set(items)), "no item stands in two steps"
    ServiceItem.objects.all().update(state="drafted")
    assert not any(url in published for step in public.path() for _, url in step["links"])


def test_a_page_can_be_shared(client: Client, reference: None) -> None:
    """One address without the answers in it, a picture that exists, and the way here for search engines."""
    html = client.get("/projects/?industry=chemicals&page=2").content.decode()
    assert '<link rel="canonical" href="http://127.0.0.1:8000/projects/?page=2">' in html
    guide = ServiceItem.objects.published()[0].get_absolute_url()
    html = client.get(f"{guide}?from=wechat&page=1").content.decode()
    assert f'<meta property="og:url" content="http://127.0.0.1:8000{guide}">' in html
    picture = re.findall('property="og:image" content="http://127.0.0.1:8000/static/(.*?)"', html)[0]
    assert finders.find(re.sub(r"\.[0-9a-f]{12}(?=\.png)", "", picture))
    assert re.findall('itemprop="position" content="(.)"', html) == ["1", "2", "3"]


def test_a_headline_never_parts_number_and_unit() -> None:
    goal = SimpleNamespace(value=Decimal(60))
    said = public.finding([{"name": "新材料", "record": goal, "unit": "亿元"}])
    assert "60\u00a0亿\u2060元" in said


class TestSitemap:
    def test_lists_every_section(self, client: Client, reference: None) -> None:
        listed = client.get("/sitemap/").content.decode()
        for name in ("services:hall", "subscriptions:index", "opendata:index"):
            assert f'href="{reverse(name)}">' in listed.split("<main")[1].split("</main")[0]
        assert reverse("services:ratings") not in listed  # nothing was rated yet

    def test_lists_public_records(self, client: Client, reference: None) -> None:
        xml = client.get("/sitemap.xml").content.decode()
        assert "<loc>http://127.0.0.1:8000/</loc>" in xml
        assert reverse("dashboard:steps") in xml
        assert xml.count("<loc>") == len(set(re.findall("<loc>(.*?)</loc>", xml)))

    def test_robots_names_it(self, client: Client, db: None) -> None:
        text = client.get("/robots.txt").content.decode()
        assert "Sitemap: http" in text
        assert "Disallow: /admin/" in text


def test_staff_find_their_desks_and_the_way_out(client: Client, person: Any) -> None:
    client.force_login(person("official", display_name="张某", is_staff=True))
    answer = client.get("/help/")
    html = answer.content.decode()
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "驾驶舱" in html
    assert "工作台" in html
    assert "退出登录（张某）" in html
    assert "工作人员登录" not in html


def test_signing_out_leads_home(client: Client, person: Any) -> None:
    client.force_login(person("official"))
    with zeal_ignore([{"model": "sessions.Session"}]):  # two requests, each with its own session
        assert client.post("/logout/").headers["Location"] == "/"
        assert "工作人员登录" in client.get("/help/").content.decode()
