"""A search that is followed, and one mail an address in which every record stands once."""

from datetime import date, timedelta
from decimal import Decimal
from unittest import mock
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import etree

from policies.choices import Level
from projects.models import ChainNode
from tests.factories.finance import LoanProductFactory
from tests.factories.policies import PriceFactory
from tests.factories.projects import ChainNodeFactory
from tests.subscriptions.test_feeds import ATOM, check_rfc4287
from tuoxian_portal.core import outbox
from tuoxian_portal.core.lists import public_lists
from tuoxian_portal.core.outbox import MailState
from tuoxian_portal.search.backends import postgres, sqlite
from tuoxian_portal.search.index import rebuild
from tuoxian_portal.subscriptions import actions, composing, links, sending
from tuoxian_portal.subscriptions.models import Delivered, Message, Subscription

pytestmark = pytest.mark.django_db
SEARCH = "q=%E5%85%89%E4%BC%8F"  # 光伏


@pytest.fixture
def morning(django_capture_on_commit_callbacks):
    """The index catches up, every digest is due, what is due is sent; returns the new mails."""

    def run():
        rebuild()
        Subscription.objects.filter(state="active").update(next_due_at=timezone.now())
        before = len(mail.outbox)
        with django_capture_on_commit_callbacks(execute=True):
            composing.compose_due()
        return mail.outbox[before:]

    return run


def titles_in(client, query):
    rebuild()
    root = etree.fromstring(client.get(f"/feeds/search/?{query}").content)
    check_rfc4287(root)
    return [node.text for node in root.findall("a:entry/a:title", ATOM)]


# --- The feed of a search ---------------------------------------------------------------------------
def test_the_feed_of_a_search_is_over_every_list_and_its_kinds(client, public):
    public(title="光伏奖补办法")
    public(title="养殖补贴")
    LoanProductFactory(name="光伏贷")
    PriceFactory(item="光伏上网电价")
    assert set(titles_in(client, SEARCH)) == {"光伏奖补办法", "光伏贷", "光伏上网电价：0.42\u00a0元/度"}
    assert titles_in(client, f"{SEARCH}&kind=policies") == ["光伏奖补办法"]
    both = titles_in(client, f"{SEARCH}&kind=policies&kind=loan-product&kind=moon")
    assert set(both) == {"光伏奖补办法", "光伏贷"}


def test_a_record_has_one_name_in_all_feeds(client, public):
    public(title="光伏奖补办法", slug="pv")
    rebuild()
    feeds = [
        etree.fromstring(client.get(f"/feeds/{path}").content) for path in (f"search/?{SEARCH}", "policies/")
    ]
    (one,), (other,) = ([n.text for n in feed.findall("a:entry/a:id", ATOM)] for feed in feeds)
    assert one == other


def test_what_is_withdrawn_vanishes_before_the_index_knows(client, public):
    policy = public(title="光伏奖补办法")
    rebuild()
    policy.state = "withdrawn"
    policy.save()
    assert "光伏奖补" not in client.get(f"/feeds/search/?{SEARCH}").content.decode()


def test_partial_matches_and_no_text_make_an_empty_feed(client, public):
    public(title="光伏奖补办法")
    assert titles_in(client, "q=光伏 量子计算机") == []
    assert titles_in(client, "") == []


def test_the_feed_of_a_search_has_validators(client, public):
    public(title="光伏奖补办法")
    rebuild()
    first = client.get(f"/feeds/search/?{SEARCH}")
    again = client.get(f"/feeds/search/?{SEARCH}", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("count", [2, 20])
def test_the_feed_of_a_search_costs_the_same_for_many(client, public, count, django_assert_max_num_queries):
    for number in range(count):
        public(title=f"光伏办法{number}")
        LoanProductFactory(name=f"光伏贷{number}")
    rebuild()
    with django_assert_max_num_queries(12):
        client.get(f"/feeds/search/?{SEARCH}")


# --- Following a search -----------------------------------------------------------------------------
def test_the_page_offers_both_with_its_conditions(client, public):
    public(title="光伏奖补办法")
    rebuild()
    page = client.get("/search/", {"q": "光伏", "kind": "policies"}).content.decode()
    assert f'href="/feeds/search/?{SEARCH}&amp;kind=policies"' in page
    assert f"/subscriptions/new/?list=search&amp;{SEARCH}&amp;kind=policies" in page
    nothing = client.get("/search/", {"q": "量子计算机"}).content.decode()
    assert "有结果时发邮件告诉我" in nothing
    form = client.get(f"/subscriptions/new/?list=search&{SEARCH}&kind=policies").content.decode()
    assert "站内搜索（“光伏”，类别：惠企政策），现有 1 条" in form


def test_a_search_without_words_is_not_followed(client):
    page = client.get("/subscriptions/new/?list=search").content.decode()
    assert "请先输入关键词搜索" in page
    assert 'name="email"' not in page
    answer = client.post(
        "/subscriptions/new/", {"list": "search", "email": "a@example.com", "frequency": "daily"}
    )
    assert answer.status_code == 400
    assert not Subscription.objects.exists()


def test_a_new_an_amended_and_a_reopened_match_are_told(follow, public, morning):
    policy = public(title="光伏奖补办法")
    rebuild()
    follow(kind="search", query=SEARCH)
    assert not morning()  # what was there is no news
    LoanProductFactory(name="光伏贷")
    public(title="养殖补贴")
    (digest,) = morning()
    assert "站内搜索（“光伏”）：1 条更新" in digest.subject
    assert "【新增】光伏贷" in digest.body
    assert "养殖" not in digest.body
    policy.summary = "改过的解读"
    policy.save()
    (digest,) = morning()
    assert "【有变化】光伏奖补办法" in digest.body
    for state in ("withdrawn", "published"):
        policy.state = state
        policy.save()
        found = morning()
    assert "光伏奖补办法" in found[0].body
    assert not morning()


def test_a_search_that_finds_nothing_waits_for_the_first(follow, public, morning):
    public(title="光伏奖补办法")
    rebuild()
    follow(kind="search", query="q=光伏+储能")
    public(title="光伏贴息")  # only one of the words
    assert not morning()
    public(title="光伏储能补助")
    (digest,) = morning()
    assert "光伏储能补助" in digest.body
    assert "贴息" not in digest.body


def test_no_match_is_lost_behind_the_limit_of_a_search(follow, public, morning, monkeypatch):
    for number in range(4):
        public(title=f"光伏办法{number}")
    rebuild()
    for module in (postgres, sqlite):
        monkeypatch.setattr(module, "LIMIT", 3)
    follow(kind="search", query=SEARCH)
    public(title="养殖", full_text="末尾才提到光伏。")
    (digest,) = morning()
    assert "养殖" in digest.body


def test_what_the_index_learns_late_is_told_then(follow, public, morning, django_capture_on_commit_callbacks):
    follow(kind="search", query=SEARCH)
    public(title="光伏奖补办法")
    Subscription.objects.update(next_due_at=timezone.now())
    with (
        django_capture_on_commit_callbacks(execute=True),
        mock.patch("tuoxian_portal.search.tasks.apply_changes"),
    ):
        composing.compose_due()
    (digest,) = [*mail.outbox[1:], *morning()]
    assert "光伏奖补办法" in digest.body


# --- One mail, every record once --------------------------------------------------------------------
def test_list_and_search_of_one_address_are_one_mail_with_each_record_once(follow, public, morning):
    follow(query="level=county")
    follow(kind="search", query=SEARCH)
    follow(kind="search", query=SEARCH, email="other@example.com")
    public(title="光伏奖补办法", level=Level.COUNTY)
    public(title="养殖补贴", level=Level.COUNTY)
    LoanProductFactory(name="光伏贷")
    digests = morning()
    assert sorted(m.to[0] for m in digests) == ["other@example.com", "zhang@example.com"]
    (mine,) = [m for m in digests if m.to == ["zhang@example.com"]]
    assert "您订阅的 2 项：3 条更新" in mine.subject
    for body in (mine.body, mine.alternatives[0][0]):
        assert [body.count(title) for title in ("光伏奖补办法", "养殖补贴", "光伏贷")] == [1, 1, 1]
    assert not morning()


def test_what_one_subscription_told_another_does_not_repeat_days_later(follow, public, morning):
    follow()
    weekly = follow(kind="search", query=SEARCH, frequency="weekly")
    policy = public(title="光伏奖补办法")
    rebuild()
    Subscription.objects.exclude(pk=weekly.pk).update(next_due_at=timezone.now())
    composing.compose_due()
    sending.send_due()
    assert "光伏奖补办法" in mail.outbox[-1].body
    assert not morning()
    policy.summary = "改过"
    policy.save()
    assert len(morning()) == 1


def test_one_click_ends_everything_that_the_mail_told_of(client, follow, public, morning):
    follow(), follow(kind="search", query=SEARCH)
    rest = follow(query="level=state")
    public(title="养殖补贴", level=Level.COUNTY)
    LoanProductFactory(name="光伏贷")
    (digest,) = morning()
    out = urlsplit(digest.extra_headers["List-Unsubscribe"].strip("<>")).path
    assert digest.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    asked = client.get(out).content.decode()
    assert "惠企政策”、“站内搜索（“光伏”）" in asked
    client.head(out)
    assert Subscription.objects.filter(state="active").count() == 3  # opening ends nothing
    strict = Client(enforce_csrf_checks=True)
    for _ in range(2):
        assert "已退订" in strict.post(out, {"List-Unsubscribe": "One-Click"}).content.decode()
    assert list(Subscription.objects.filter(state="active")) == [rest]
    assert client.get(out[:-5] + "0000/").status_code == 404


def test_ending_one_of_two_leaves_the_other_its_mail_and_its_memory(follow, public, morning):
    first, second = follow(query="level=county"), follow(kind="search", query=SEARCH)
    with mock.patch("tuoxian_portal.subscriptions.writing.queue_sending"):
        public(title="养殖补贴", level=Level.COUNTY)
        LoanProductFactory(name="光伏贷")
        morning()
    actions.unsubscribe(subscription=first)
    assert Message.objects.get(kind="digest").state == MailState.QUEUED
    sending.send_due()
    assert "光伏贷" in mail.outbox[-1].body
    assert "养殖" not in mail.outbox[-1].body
    Subscription.objects.filter(pk=first.pk).update(ended_at=timezone.now() - timedelta(days=200))
    actions.sweep()
    assert not Subscription.objects.filter(pk=first.pk).exists()
    assert Delivered.objects.filter(subscription=second).exists()
    assert not morning()


def test_a_list_that_fails_does_not_silence_the_same_addresss_others(follow, public, morning):
    follow(), follow(kind="prices")
    public(title="养殖补贴")
    PriceFactory(item="电价")
    original = composing.note_editions

    def broken(public_list):
        if public_list.kind == "prices":
            raise RuntimeError
        return original(public_list)

    with mock.patch.object(composing, "note_editions", broken):
        (digest,) = morning()
    assert "养殖补贴" in digest.body
    assert Subscription.objects.get(kind="prices").next_due_at <= timezone.now()  # it is still waiting
    (digest,) = morning()
    assert "电价" in digest.body


def test_a_link_of_a_mail_opens_only_that_mail(client, follow, public, morning):
    follow()
    public()
    morning()
    message = Message.objects.get(kind="digest")
    other = Message.objects.get(kind="confirm")
    token = links.mail_path(message).split("/")[-2]
    assert (
        client.get(reverse("subscriptions:unsubscribe-mail", args=[other.message_id, token])).status_code
        == 404
    )


# --- More lists -------------------------------------------------------------------------------------
def test_a_change_of_price_says_what_it_was(follow, morning):
    base = {"item": "工业电价", "unit": "元/度"}
    PriceFactory(value=Decimal("0.45"), as_of_date=date(2025, 1, 1), **base)
    PriceFactory(value=Decimal("0.30"), as_of_date=date(2025, 6, 1), is_sample=True, **base)
    follow(kind="prices")
    PriceFactory(value=Decimal("0.42"), as_of_date=date(2026, 1, 1), **base)
    (digest,) = morning()
    text = digest.body.replace("\u00a0", " ")
    assert "【新增】工业电价：0.42 元/度" in text
    assert "此前 0.45 元/度（2025-01-01）" in text


def test_a_link_of_a_chain_is_told_when_its_standing_changes(follow, morning):
    node = ChainNodeFactory(is_published=True)
    follow(kind="chains")
    assert not morning()
    ChainNode.objects.filter(pk=node.pk).update(note="正在找合作方")
    (digest,) = morning()
    assert node.name in digest.body


# --- The mail server is away ------------------------------------------------------------------------
def test_while_the_server_is_away_nothing_is_blamed_and_nothing_is_lost(follow, public, morning):
    for number in range(3):
        follow(email=f"p{number}@example.com")
    mail.outbox.clear()
    public(title="养殖补贴")
    away = mock.patch("django.core.mail.backends.locmem.EmailBackend.open", side_effect=OSError, create=True)
    with away as opened:
        assert not morning()
        assert opened.call_count == 1  # one look, not one for every message
        for _ in range(300):  # a day of looks
            Message.objects.update(next_try_at=timezone.now())
            sending.send_due()
    waiting = Message.objects.filter(kind="digest")
    assert set(waiting.values_list("state", "attempts")) == {("queued", 0)}
    assert all("连不上（OSError）" in message.error for message in waiting)
    assert all(message.next_try_at - timezone.now() <= timedelta(minutes=5) for message in waiting)
    Message.objects.update(next_try_at=timezone.now())
    assert sending.send_due() == 3
    assert len(mail.outbox) == 3


def test_one_refused_address_does_not_keep_the_others_waiting(follow, public, morning):
    follow(email="gone@example.com"), follow(email="good@example.com")
    mail.outbox.clear()
    public(title="养殖补贴")
    original = outbox.Courier.send

    def refuse(courier, letter):
        if letter.to == ["gone@example.com"]:
            raise OSError("550 no such user")
        return original(courier, letter)

    with mock.patch.object(outbox.Courier, "send", refuse):
        morning()
    assert [m.to for m in mail.outbox] == [["good@example.com"]]
    assert Message.objects.get(kind="digest", state="queued").attempts == 1


def test_a_connection_is_used_for_many_and_renewed(follow, public, morning, monkeypatch):
    monkeypatch.setattr(outbox, "A_CONNECTION", 2)
    for number in range(5):
        follow(email=f"p{number}@example.com")
    public()
    with mock.patch.object(outbox, "get_connection", wraps=outbox.get_connection) as made:
        assert len(morning()) == 5
    assert made.call_count == 3


def test_every_followed_page_knows_its_members(db):
    assert {member.kind for member in public_lists["search"].members()} == {
        "policies",
        "prices",
        "projects",
        "opportunities",
        "services",
        "bundles",
        "finance-products",
        "finance-events",
    }
