"""Public reads of the API: validators and the cache of public pages, which staff never meet."""

import pytest

from services.choices import PublicationState
from services.models import ServiceItem
from tests.factories.cases import ItemFactory

pytestmark = pytest.mark.django_db
ITEMS = "/api/v1/services/items/"


@pytest.fixture
def item(settings):
    settings.PUBLIC_PAGE_SECONDS = 60
    return ItemFactory()


def codes(response):
    return {row["code"] for row in response.json()["results"]}


@pytest.mark.parametrize("detail", [False, True])
def test_an_unchanged_answer_is_not_made_or_sent_again(client, item, detail, django_assert_num_queries):
    address = f"{ITEMS}{item.code}/" if detail else ITEMS
    first = client.get(address)
    assert first.status_code == 200
    assert first["Content-Type"] == "application/json"
    assert first["Cache-Control"] == "public, max-age=60"
    with django_assert_num_queries(0):
        assert client.get(address).content == first.content
        again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_addresses_are_kept_apart(client, item):
    ItemFactory()
    assert codes(client.get(ITEMS, {"search": item.name})) == {item.code}
    assert codes(client.get(ITEMS, {"search": "没有这个事项"})) == set()
    for secure, scheme in ((False, "http://"), (True, "https://")):
        assert client.get(ITEMS, {"page_size": 1}, secure=secure).json()["next"].startswith(scheme)


def test_what_is_wrong_is_answered_each_time(client, item):
    for _ in range(2):
        assert client.get(ITEMS, {"colour": "red"}).status_code == 400
        assert client.get(f"{ITEMS}SI-NONE/").json()["code"] == "not_found"


def test_staff_read_their_own_answer_and_leave_none_behind(client, person, item):
    draft = ItemFactory(state=PublicationState.DRAFTED)
    editor = person("administrator")
    client.force_login(editor)
    seen = client.get(ITEMS)
    assert codes(seen) == {item.code, draft.code}
    assert seen["Cache-Control"] == "private, no-cache"
    client.logout()
    assert codes(client.get(ITEMS)) == {item.code}
    ServiceItem.objects.filter(pk=draft.pk).update(name="改过的名称")
    client.force_login(editor)
    assert "改过的名称" in client.get(ITEMS).content.decode()


def test_credentials_of_another_kind_pass_the_cache_by(client, item):
    answer = client.get(ITEMS, headers={"authorization": "Bearer x"})
    assert answer["Cache-Control"] == "private, no-cache"


def test_what_is_for_staff_is_never_kept(client, person, item):
    client.force_login(person("supervisor"))
    assert "ETag" not in client.get("/api/v1/services/cases/")
    client.logout()
    assert client.get("/api/v1/services/cases/").status_code in {401, 403}
