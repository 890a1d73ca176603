"""The public pages of a bundle: the same result in the page, in its part, on the slip and on paper."""

import re
from itertools import pairwise
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from services.choices import PublicationState
from services.models import ServiceBundle
from tests.factories.catalogue import (
    BundleFactory,
    CompleteItemFactory,
    MemberFactory,
    PublishedItemFactory,
    add_field,
    yes_or_no,
)

pytestmark = pytest.mark.django_db
PAGES = ("bundle", "bundle-checklist", "bundle-slip", "bundle-form")


@pytest.fixture
def bundle() -> ServiceBundle:
    """Two members; the second waits for the first and applies when there is fire."""
    bundle = BundleFactory(name="测试开店")
    one, two = MemberFactory(bundle=bundle), MemberFactory(bundle=bundle)
    two.answers.add(yes_or_no(bundle, "fire")["yes"])
    two.prerequisites.add(one)
    for member in (one, two):
        add_field(member.item, "place", label="经营地点", hint="写到门牌号")
    add_field(two.item, "flame", label="明火种类", kind="choice", options="燃气、木炭")
    return bundle


def page(client: Any, name: str, bundle: ServiceBundle, **answers: str) -> Any:
    response = client.get(reverse(f"services:{name}", args=[bundle.slug]), answers)
    assert response.status_code == 200
    return response


def test_the_cards_say_what_is_saved_where_that_is_known(client: Any, bundle: ServiceBundle) -> None:
    url = reverse("services:bundles")
    assert "减负" not in client.get(url).content.decode(), "one item, and the rest depends on an answer"
    bundle.members.last().answers.clear()
    text = client.get(url).content.decode().replace("\xa0", " ")
    assert "减负：表单 2 → 1 张" in text
    third = MemberFactory(bundle=bundle)
    third.answers.add(bundle.questions.get().answers.first())
    assert "（按都要办的 2 个事项算）" in client.get(url).content.decode().replace("\xa0", " ")
    bundle.members.first().item.materials.all().delete()
    assert "材料 " not in client.get(url).content.decode().split("减负：")[1].split("</li>")[0]


def test_cards_of_many_bundles_take_as_many_queries(client: Any, bundle: ServiceBundle) -> None:
    counts = []
    for wanted in (2, 12):
        while ServiceBundle.objects.count() < wanted:
            made = BundleFactory()
            MemberFactory(bundle=made)
            MemberFactory(bundle=made)
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("services:bundles"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 24


def test_the_page_shows_form_plan_and_saving(client: Any, bundle: ServiceBundle) -> None:
    text = page(client, "bundle", bundle, fire="yes").content.decode()
    for words in (
        "一张表单（2&nbsp;项）",
        "2\xa0张表单都要，只填一次",
        "从中选一项：燃气、木炭",
        "以窗口表单为准",
        "最长的一条线：10\xa0个工作日",
        "要等：",
        "因为“是否fire？”答“是”",
        "填写项目：原 3，现 2",
        "办理时间：分开办按逐个办理相加",
    ):
        assert words in text
    assert f"{reverse('services:bundle-slip', args=[bundle.slug])}?fire=yes" in text


def test_the_part_is_what_the_page_shows(client: Any, bundle: ServiceBundle) -> None:
    whole = page(client, "bundle", bundle, fire="yes").content.decode()
    part = page(client, "bundle", bundle, fire="yes", _part="1").content.decode()
    assert "<html" not in part
    assert 'data-said="要办 2 个事项，一张表单 2 项，材料 4 项。"' in part
    assert part.strip() in whole
    assert "_part" not in part


def test_addresses_are_made_of_known_answers_only(client: Any, bundle: ServiceBundle) -> None:
    text = page(client, "bundle", bundle, fire="yes", evil='"><script>', page="9").content.decode()
    assert "script>" not in text.replace("<script src=", "").replace("</script>", "")
    links = re.findall(r'href="(/services/bundles/[^"]*)"', text)
    assert any("fire=yes" in link for link in links)
    assert not any("evil" in link or "page=" in link for link in links)


def test_nothing_is_offered_to_print_before_anything_applies(client: Any) -> None:
    bundle = BundleFactory()
    member = MemberFactory(bundle=bundle)
    member.answers.add(yes_or_no(bundle, "fire")["yes"])
    text = page(client, "bundle", bundle).content.decode()
    assert "还有 1 个事项要看您的回答" in text
    assert "打印材料清单" not in text
    assert "还没有要交的材料" in page(client, "bundle-checklist", bundle).content.decode()
    assert page(client, "bundle-form", bundle).content.startswith(b"%PDF")


def test_the_slip_lists_what_to_bring_and_what_was_answered(client: Any, bundle: ServiceBundle) -> None:
    text = page(client, "bundle-checklist", bundle, fire="yes").content.decode()
    assert text.count('type="checkbox"') == 4
    assert "是否fire？<b>是</b>" in text
    assert "填写表单（张）：原 2，现 1" in text
    assert "没有列入" in page(client, "bundle-checklist", bundle).content.decode()


@pytest.mark.parametrize("name", ["bundle-slip", "bundle-form"])
def test_a_paper_is_set_once_for_the_same_content(
    client: Any, bundle: ServiceBundle, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    first = page(client, name, bundle, fire="yes")
    assert first.headers["Content-Type"] == "application/pdf"
    assert first.content.startswith(b"%PDF")
    monkeypatch.setattr("services.papers.slips._paper", None)  # setting it again would fail
    assert page(client, name, bundle, fire="yes", noise="1").content == first.content


def test_the_empty_form_of_one_item(client: Any) -> None:
    item = PublishedItemFactory()
    add_field(item, "born", label="出生日期", kind="date")
    add_field(item, "area", label="面积", kind="number", unit="平方米")
    response = client.get(reverse("services:form", args=[item.code]))
    assert response.content.startswith(b"%PDF")
    guide = client.get(item.get_absolute_url()).content.decode()
    assert "表单要填什么" in guide
    assert "单位：平方米" in guide
    assert reverse("services:form", args=[item.code]) in guide
    slip = client.get(reverse("services:checklist", args=[item.code])).content.decode()
    assert "出生日期" in slip
    draft = CompleteItemFactory()
    assert client.get(reverse("services:form", args=[draft.code])).status_code == 404


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("state", [PublicationState.DRAFTED, PublicationState.RETIRED])
def test_what_is_not_published_has_no_papers(client: Any, name: str, state: str) -> None:
    bundle = BundleFactory(state=state)
    assert client.get(reverse(f"services:{name}", args=[bundle.slug])).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_pages_cost_the_same_for_few_and_many(client: Any, name: str) -> None:
    counts = []
    for size in (2, 20):
        bundle = BundleFactory()
        members = MemberFactory.create_batch(size, bundle=bundle)
        for earlier, later in pairwise(members):
            later.prerequisites.add(earlier)
            later.answers.add(yes_or_no(bundle, f"q{later.pk}")["yes"])
            add_field(later.item, f"own-{later.pk}", label=f"自有{later.pk}")
            add_field(later.item, "shared")
        answers = {f"q{member.pk}": "yes" for member in members}
        page(client, name, bundle, **answers)
        with CaptureQueriesContext(connection) as seen:
            page(client, name, bundle, **answers)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 13
