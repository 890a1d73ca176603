"""Versions in the admin and in the API: pick two, see what differs, print it."""

from typing import Any

import pytest
from django.urls import reverse

from services.actions import catalogue as do
from services.choices import Necessity
from services.models import ItemMaterial, ServiceItem
from services.version_history import difference_to_published, history_of_item
from services.versions import content_of, contents_of
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import CompleteItemFactory, MaterialFactory, ThemeFactory, add_line
from tests.factories.directory import OutletFactory
from tuoxian_portal.core.errors import WorkflowError

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Any:
    return UserFactory(roles=["administrator"])


def published(boss: Any, **fields: Any) -> ServiceItem:
    item = CompleteItemFactory(**fields)
    do.review(record=item, actor=boss)
    return do.publish(record=item, actor=boss)


@pytest.fixture
def revised(boss: Any) -> ServiceItem:
    """An item with a published version and a draft that changes a limit and a material."""
    item = published(boss, name="企业设立登记")
    draft = do.revise(record=item, actor=boss)
    draft.promised_days = 1
    draft.save()
    line = draft.materials.first()
    line.necessity = Necessity.DEFERRABLE
    line.save()
    add_line(draft, MaterialFactory(name="场地证明"), copies=2, order=9)
    return item


def page_of(item: ServiceItem, client: Any, query: str = "") -> str:
    response = client.get(reverse("admin:services_serviceitem_compare", args=[item.pk]) + query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_content_can_be_read_without_the_tables(django_assert_max_num_queries: Any) -> None:
    items = CompleteItemFactory.create_batch(5)
    for item in items:
        item.themes.add(ThemeFactory())
        item.outlets.add(OutletFactory())
        item.issues.add(MaterialFactory())
    with django_assert_max_num_queries(9):
        contents = contents_of(items)
    for item in items:
        names = contents[item.pk]["names"]
        assert names["departments"] == {str(item.department_id): item.department.name}
        assert set(names["themes"].values()) == {theme.name for theme in item.themes.all()}
        assert len(names["materials"]) == 2
        assert contents[item.pk] == content_of(item)


def test_the_draft_is_compared_with_what_is_published(client: Any, boss: Any, revised: ServiceItem) -> None:
    client.force_login(boss)
    text = page_of(revised, client)
    assert "修订稿（编制中，未发布）" in text
    for words in ("承诺时限", "场地证明", "新增", "可容缺", "3 处不同"):
        assert words in text
    draft_page = page_of(revised.next_draft, client)
    assert "场地证明" in draft_page


def test_two_versions_are_picked_and_printed(client: Any, boss: Any, revised: ServiceItem) -> None:
    draft = revised.next_draft
    do.review(record=draft, actor=boss)
    do.publish(record=draft, actor=boss)
    client.force_login(boss)
    text = page_of(revised, client)  # by default the last two
    assert "第 1 版" in text
    assert "3 处不同" in text
    assert "两个版本内容相同" in page_of(revised, client, "?old=2&new=2")
    assert "没有您要的那个版本" in page_of(revised, client, "?old=7&new=x")
    paper = page_of(revised, client, "?old=1&new=2&print=1")
    assert "办事指南版本对比" in paper
    assert "场地证明" in paper


def test_a_first_draft_has_nothing_to_compare(client: Any, boss: Any) -> None:
    item = CompleteItemFactory()
    client.force_login(boss)
    assert "目前只有一个版本" in page_of(item, client)
    assert difference_to_published(item) is None
    published_item = published(boss)
    assert difference_to_published(published_item) is None
    assert len(history_of_item(published_item).sides) == 1


def test_who_reviews_sees_the_difference_before_the_button(client: Any, boss: Any, revised: Any) -> None:
    client.force_login(boss)
    draft = revised.next_draft
    for address in (
        reverse("admin:services_serviceitem_change", args=[draft.pk]),
        reverse("admin:services_serviceitem_do", args=[draft.pk, "review"]),
    ):
        text = client.get(address).content.decode()
        assert "与已发布版本的差异（3 处）" in text
        assert "场地证明" in text
    text = client.get(reverse("admin:services_serviceitem_do", args=[draft.pk, "discard"])).content.decode()
    assert "与已发布版本的差异" not in text


def test_versions_are_for_staff(client: Any, api_client: Any, revised: ServiceItem, person: Any) -> None:
    address = reverse("admin:services_serviceitem_compare", args=[revised.pk])
    assert client.get(address).status_code == 302
    client.force_login(person("bank_contact"))
    assert client.get(address).status_code in {302, 403, 404}
    client.force_login(person("window"))
    assert client.get(address).status_code == 200
    assert client.get(reverse("admin:services_serviceitem_compare", args=[10**9])).status_code == 404
    api = f"/api/v1/services/items/{revised.code}"
    for path in ("versions", "comparison"):
        assert api_client.get(f"{api}/{path}/").status_code == 403
    api_client.force_authenticate(person("window"))
    assert [row["number"] for row in api_client.get(f"{api}/versions/").json()] == [1]


def test_the_api_tells_what_differs(api_client: Any, boss: Any, revised: ServiceItem) -> None:
    api_client.force_authenticate(boss)
    address = f"/api/v1/services/items/{revised.code}/comparison/"
    found = api_client.get(address).json()
    assert [change["label"] for change in found["fields"]] == ["承诺时限"]
    (section,) = found["sections"]
    assert [row["title"] for row in section["added"]] == ["场地证明"]
    assert section["changed"][0]["changes"][0]["new"] == "可容缺"
    assert api_client.get(f"{address}?old=1&new=1").json()["is_empty"]
    wrong = api_client.get(f"{address}?old=9")
    assert wrong.status_code == 400
    assert "没有这个版本" in wrong.json()["fields"]["old"][0]


def test_the_list_of_versions_leads_to_the_comparison(client: Any, boss: Any, revised: ServiceItem) -> None:
    draft = revised.next_draft
    do.review(record=draft, actor=boss)
    do.publish(record=draft, actor=boss)
    client.force_login(boss)
    text = client.get(reverse("admin:services_itemversion_changelist")).content.decode()
    assert f"/{revised.pk}/compare/?new=2&amp;old=1" in text
    version = revised.versions.first()
    page = client.get(reverse("admin:services_itemversion_change", args=[version.pk])).content.decode()
    assert "场地证明" in page


def test_a_paper_licence_can_be_refused_by_one_item() -> None:
    item = CompleteItemFactory(lines=0)
    line = add_line(item, MaterialFactory(electronic_licence="电子营业执照"))
    assert ItemMaterial.objects.get(pk=line.pk).snapshot()["electronic_licence"] == "电子营业执照"
    line.licence_accepted = False
    assert line.snapshot()["electronic_licence"] == ""


def test_a_revision_does_not_bring_a_retired_item_back(boss: Any, revised: ServiceItem) -> None:
    draft = do.review(record=revised.next_draft, actor=boss)
    do.retire(record=revised, actor=boss, reason="上级取消了这一事项")
    with pytest.raises(WorkflowError, match="停办"):
        do.publish(record=draft, actor=boss)
    revised.refresh_from_db()
    assert not revised.is_public
