"""Every list as an Atom feed: RFC 4287, validators, and nothing that is not public."""

from datetime import datetime
from urllib.parse import quote

import pytest
from django.urls import reverse
from lxml import etree

from policies.choices import Level
from projects.models import ChainNode
from tests.factories.finance import LoanProductFactory
from tests.factories.policies import ClauseFactory, PolicyFactory
from tuoxian_portal.core.lists import public_lists

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}
LISTS = {
    "/policies/": ["policies"],
    "/projects/": ["projects"],
    "/projects/opportunities/": ["opportunities"],
    "/services/": ["services"],
    "/services/bundles/": ["bundles"],
    "/services/ratings/": ["ratings"],
    "/finance/": ["finance-products", "finance-events"],
    "/invest/costs/": ["prices"],
    "/invest/chains/": ["chains"],
    "/search/?q=电": ["search"],
}
KINDS = {kind for kinds in LISTS.values() for kind in kinds}


def feed(client, kind="policies", **parameters):
    response = client.get(reverse("subscriptions:feed", args=[kind]), parameters)
    assert response.status_code == 200
    return etree.fromstring(response.content)


def check_rfc4287(root):
    """What the standard requires of a feed and of its entries."""
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    for parent in [root, *root.findall("a:entry", ATOM)]:
        for name in ("id", "title", "updated"):
            assert len(parent.findall(f"a:{name}", ATOM)) == 1, name
            assert parent.findtext(f"a:{name}", namespaces=ATOM)
        assert parent.findtext("a:id", namespaces=ATOM).startswith("tag:")
        stamp = datetime.fromisoformat(parent.findtext("a:updated", namespaces=ATOM))
        assert stamp.tzinfo is not None
        links = parent.findall("a:link", ATOM)
        assert [link for link in links if link.get("rel", "alternate") == "alternate"]
        assert all(link.get("href").startswith("http") for link in links)
    assert root.find("a:author/a:name", ATOM).text
    assert root.findall("a:link[@rel='self']", ATOM)
    ids = [node.text for node in root.findall("a:entry/a:id", ATOM)]
    assert len(ids) == len(set(ids))


def test_every_public_list_is_registered():
    assert set(public_lists.names()) == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_list_has_a_valid_feed_even_when_it_is_empty(client, kind):
    check_rfc4287(feed(client, kind))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_countys_facts_make_valid_feeds(client, reference, kind):
    root = feed(client, kind)
    check_rfc4287(root)
    for node in root.findall("a:entry/a:link", ATOM):
        path = node.get("href").split("//", 1)[1].split("/", 1)[1].split("#")[0]
        assert client.get(f"/{path}").status_code == 200
        break


def test_an_entry_tells_of_a_policy(client):
    PolicyFactory(
        published=True,
        title="光伏 <奖补> & 办法",
        summary="一句话 <script>",
        slug="pv",
        document_number="测〔1〕号",
    )
    entry = feed(client).find("a:entry", ATOM)
    assert entry.findtext("a:title", namespaces=ATOM) == "光伏 <奖补> & 办法"
    assert entry.findtext("a:id", namespaces=ATOM).endswith(",2026:policies/pv")
    assert "测〔1〕号" in entry.findtext("a:summary", namespaces=ATOM)
    assert "&lt;script&gt;" in entry.findtext("a:summary", namespaces=ATOM)  # HTML within XML: escaped twice
    assert entry.find("a:link", ATOM).get("href").endswith("/policies/pv/")


def test_the_filters_of_the_page_are_those_of_the_feed(client):
    PolicyFactory(published=True, title="县的", level=Level.COUNTY)
    PolicyFactory(published=True, title="国家的", level=Level.STATE)
    root = feed(client, level="state")
    assert [n.text for n in root.findall("a:entry/a:title", ATOM)] == ["国家的"]
    assert "层级：国家" in root.findtext("a:title", namespaces=ATOM)
    assert root.findtext("a:id", namespaces=ATOM).endswith("policies?level=state")
    assert [n.text for n in feed(client, q="县的").findall("a:entry/a:title", ATOM)] == ["县的"]


def test_what_is_not_public_is_not_in_it_for_anybody(client, person):
    policy = PolicyFactory(title="内部草稿")
    ClauseFactory(policy=policy, text="内部条款")
    client.force_login(person("policy_officer"))
    page = client.get(reverse("subscriptions:feed", args=["policies"])).content.decode()
    assert "内部" not in page


def test_a_control_character_does_not_break_it(client):
    PolicyFactory(published=True, title="坏\x0b字符", summary="\x01\x1f摘要")
    check_rfc4287(feed(client))


@pytest.mark.parametrize(
    "query",
    ["level=moon", "page=99", "sort=x", "q=%00", "q=" + "%E6%94%BF" * 200, "level=" + "a" * 900, "%ff=1"],
)
def test_bad_input_is_left_out(client, query):
    PolicyFactory(published=True)
    response = client.get(f"{reverse('subscriptions:feed', args=['policies'])}?{query}")
    assert response.status_code == 200
    check_rfc4287(etree.fromstring(response.content))


def test_an_unknown_list_is_not_found(client):
    assert client.get("/feeds/moon/").status_code == 404
    assert client.post("/feeds/policies/").status_code == 405


def test_validators(client):
    policy = PolicyFactory(published=True)
    url = reverse("subscriptions:feed", args=["policies"])
    first = client.get(url)
    assert first["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert client.get(url, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    policy.title = "改过的标题"
    policy.save()
    assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_an_empty_feed_has_validators_too(client):
    url = reverse("subscriptions:feed", args=["policies"])
    assert client.get(url)["ETag"] == client.get(url)["ETag"]


def test_pages_name_their_feed(client):
    PolicyFactory(published=True)
    page = client.get("/policies/?level=county").content.decode()
    assert 'type="application/atom+xml" title="惠企政策" href="/feeds/policies/?level=county"' in page
    assert "/subscriptions/new/?list=policies&amp;level=county" in page


@pytest.mark.parametrize("path", sorted(LISTS))
def test_every_list_page_names_its_feeds_and_can_be_subscribed_to(client, reference, path):
    ChainNode.objects.update(is_published=True)
    LoanProductFactory()
    page = client.get(path).content.decode()
    for kind in LISTS[path]:
        assert f'href="/feeds/{kind}/' in page.split("</head>")[0]
        assert f"/subscriptions/new/?list={kind}" in page


@pytest.mark.parametrize("count", [2, 20])
def test_a_feed_costs_the_same_for_many(client, count, django_assert_max_num_queries):
    for _ in range(count):
        ClauseFactory(policy=PolicyFactory(published=True))
    with django_assert_max_num_queries(6):
        feed(client)


def test_search_text_in_the_feed_is_quoted(client):
    PolicyFactory(published=True, title='a&b"<c>')
    root = feed(client, q='a&b"<c>')
    assert quote('a&b"<c>', safe="") in root.findtext("a:id", namespaces=ATOM)
