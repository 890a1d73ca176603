"""From the form to the digest and out again: double opt-in, one click, nobody's address in anybody's hands."""

import re
from datetime import datetime, timedelta
from unittest import mock
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.choices import Level
from tuoxian_portal.core import outbox
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.outbox import MailState
from tuoxian_portal.subscriptions import actions, composing, links, sending
from tuoxian_portal.subscriptions.choices import SubscriptionState
from tuoxian_portal.subscriptions.composing import next_due
from tuoxian_portal.subscriptions.forms import SubscribeForm
from tuoxian_portal.subscriptions.models import Delivered, Edition, Message, Subscription
from tuoxian_portal.subscriptions.tasks import compose_digests, send_waiting, sweep_subscriptions

pytestmark = pytest.mark.django_db
NEW = "/subscriptions/new/"


@pytest.fixture
def stamp():
    """A stamp as old as a person's typing."""
    with mock.patch("django.core.signing.time.time", return_value=timezone.now().timestamp() - 30):
        return SubscribeForm.new_stamp()


@pytest.fixture
def ask(client, stamp, django_capture_on_commit_callbacks):
    """Sends the form."""

    def post(**data):
        given = {"email": "zhang@example.com", "frequency": "daily", "list": "policies", "query": ""}
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(NEW, {**given, "stamp": stamp, **data})

    return post


@pytest.fixture
def morning(django_capture_on_commit_callbacks):
    """Makes every digest due, writes them and sends what is due."""

    def run():
        Subscription.objects.filter(state="active").update(next_due_at=timezone.now())
        with django_capture_on_commit_callbacks(execute=True):
            composing.compose_due()

    return run


def link_in(message, purpose):
    found = re.search(rf"http\S+/subscriptions/\S+/{purpose}/\S+/", message.body)
    return urlsplit(found.group()).path


# --- The whole way ----------------------------------------------------------------------------------
def test_from_the_form_to_the_digest_and_out(client, ask, public, morning):
    public(title="早就有的政策")
    page = client.get(f"{NEW}?list=policies&level=county")
    assert "惠企政策（层级：县级）" in page.content.decode()
    answer = ask(query="level=county")
    assert answer.status_code == 302
    assert "到邮箱确认" in client.get(answer["Location"]).content.decode()

    (first,) = mail.outbox
    assert first.to == ["zhang@example.com"]
    assert "请确认订阅" in first.subject
    opened = link_in(first, "confirm")
    assert "确认订阅" in client.get(opened).content.decode()
    assert Subscription.objects.get().state == SubscriptionState.PENDING  # opening is not confirming
    assert "订阅已生效" in client.post(opened).content.decode()

    morning()
    assert len(mail.outbox) == 1  # what was there before is no news
    public(title="新的县级政策", level=Level.COUNTY)
    public(title="新的国家政策", level=Level.STATE)
    morning()
    digest = mail.outbox[1]
    assert "1 条更新" in digest.subject
    assert "【新增】新的县级政策" in digest.body
    assert "国家政策" not in digest.body
    assert "早就有" not in digest.body
    morning()
    assert len(mail.outbox) == 2

    assert digest.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    out = urlsplit(digest.extra_headers["List-Unsubscribe"].strip("<>")).path
    assert "退订" in client.get(out).content.decode()
    assert Subscription.objects.get().state == SubscriptionState.ACTIVE
    strict = Client(enforce_csrf_checks=True)  # a mail program has no cookie
    assert strict.post(out, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Subscription.objects.get().state == SubscriptionState.ENDED
    public(title="退订以后")
    morning()
    assert len(mail.outbox) == 2


def test_an_amended_and_a_reopened_policy_are_told_again(follow, public, morning):
    policy = public(title="奖补办法")
    follow()
    policy.summary = "改过的解读"
    policy.save()
    morning()
    assert "【有变化】奖补办法" in mail.outbox[-1].body
    policy.save()  # nothing changed
    morning()
    assert len(mail.outbox) == 2
    policy.state = "withdrawn"
    policy.save()
    morning()
    assert len(mail.outbox) == 2
    policy.state = "published"  # with the same text
    policy.save()
    morning()
    assert len(mail.outbox) == 3
    assert "奖补办法" in mail.outbox[-1].body


def test_back_to_the_first_words_is_told_too(follow, public, morning):
    policy = public(summary="一")
    follow()
    for count, words in enumerate(["二", "一", "二"], start=2):
        policy.summary = words
        policy.save()
        morning()
        assert len(mail.outbox) == count


def test_what_was_withdrawn_before_it_was_sent_is_not_told(follow, public, morning):
    follow()
    policy = public(title="匆忙公开的")
    with mock.patch("tuoxian_portal.subscriptions.writing.queue_sending"):
        morning()
    policy.state = "withdrawn"
    policy.save()
    sending.send_due()
    assert len(mail.outbox) == 1
    assert Message.objects.get(kind="digest").state == MailState.DROPPED
    assert not Delivered.objects.exists()


def test_what_was_amended_before_it_was_sent_is_told_once(follow, public, morning):
    follow()
    policy = public(title="匆忙公开的", summary="第一稿")
    with mock.patch("tuoxian_portal.subscriptions.writing.queue_sending"):
        morning()
    policy.summary = "第二稿"
    policy.save()
    sending.send_due()
    morning()
    morning()
    assert [m.body.count("第二稿") for m in mail.outbox[1:]] == [1]


# --- Sending ----------------------------------------------------------------------------------------
def test_a_refused_message_is_tried_again_and_not_skipped(follow, public, morning):
    follow()
    public(title="甲")
    with mock.patch(
        "django.core.mail.EmailMessage.send", side_effect=OSError("550 zhang@example.com unknown")
    ):
        morning()
    message = Message.objects.get(kind="digest")
    assert (message.state, message.attempts) == (MailState.QUEUED, 1)
    assert timedelta(minutes=4) < message.next_try_at - timezone.now() <= timedelta(minutes=5)
    assert "zhang" not in message.error
    public(title="乙")
    morning()  # an unsent digest is waited for; it is not due yet
    assert Message.objects.filter(kind="digest").count() == 1
    Message.objects.update(next_try_at=timezone.now())
    sending.send_due()
    assert "甲" in mail.outbox[-1].body
    assert "乙" not in mail.outbox[-1].body
    morning()
    assert "乙" in mail.outbox[-1].body
    assert "甲" not in mail.outbox[-1].body


def test_the_wait_grows_to_a_day():
    waits = [outbox.wait_after(n) for n in range(1, 40)]
    assert waits[0] == timedelta(minutes=5)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=1)


def test_a_worker_killed_after_sending_repeats_the_message_under_its_id(follow, public, morning):
    follow()
    public()
    dead = mock.patch("tuoxian_portal.subscriptions.sending._settle", side_effect=KeyboardInterrupt)
    with dead, pytest.raises(KeyboardInterrupt):
        morning()
    assert sending.send_due() == 0  # the claim holds
    Message.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
    assert sending.send_due() == 1
    assert sending.send_due() == 0
    ids = [m.extra_headers["Message-ID"] for m in mail.outbox if "更新" in m.subject]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_two_workers_send_one_message(follow, public, morning):
    follow()
    public()
    with mock.patch("tuoxian_portal.subscriptions.writing.queue_sending"):
        morning()
    pk = Message.objects.get(kind="digest").pk
    original = sending.letter

    def meanwhile(message):
        assert sending.send_one(pk, outbox.Courier()) is False
        return original(message)

    with mock.patch.object(sending, "letter", meanwhile):
        assert sending.send_one(pk, outbox.Courier()) is True
    assert len(mail.outbox) == 2


def test_ending_drops_what_was_not_sent(follow, public, morning):
    subscription = follow()
    public()
    with mock.patch("tuoxian_portal.subscriptions.writing.queue_sending"):
        morning()
    actions.unsubscribe(subscription=subscription)
    assert sending.send_due() == 0
    assert len(mail.outbox) == 1


def test_tasks_are_thin_and_safe_to_repeat(follow, public, django_capture_on_commit_callbacks):
    follow()
    public()
    Subscription.objects.update(next_due_at=timezone.now())
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            compose_digests()
            send_waiting()
    assert len(mail.outbox) == 2


def test_one_broken_list_does_not_stop_the_others(follow, public, morning):
    first, second = follow(email="a@example.com"), follow(email="b@example.com")
    public()
    real = composing.news_for

    def broken(subscription, chosen):
        if subscription.pk == first.pk:
            raise RuntimeError
        return real(subscription, chosen)

    with mock.patch.object(composing, "news_for", broken):
        morning()
    assert [m.to for m in mail.outbox[2:]] == [["b@example.com"]]
    assert second.pk
    morning()
    assert [m.to for m in mail.outbox[3:]] == [["a@example.com"]]


# --- The form ---------------------------------------------------------------------------------------
def test_asked_twice_it_is_one_subscription_and_one_mail_an_hour(ask):
    ask()
    ask(email=" ＺＨＡＮＧ@Example.COM ".replace("ＺＨＡＮＧ", "zhang"))
    assert Subscription.objects.count() == 1
    assert len(mail.outbox) == 1
    Message.objects.update(created_at=timezone.now() - timedelta(hours=2))
    ask()
    assert Subscription.objects.count() == 1
    assert len(mail.outbox) == 2


def test_nobody_floods_a_mailbox_with_ever_other_conditions(ask, follow):
    for number in range(7):
        answer = ask(query=f"q=词{number}")
        assert answer.status_code == 302  # the answer stays the same
    assert len(mail.outbox) == 5
    ask(email="other@example.com")
    assert len(mail.outbox) == 6
    Message.objects.update(created_at=timezone.now() - timedelta(hours=25))
    ask(query="q=词6")
    assert len(mail.outbox) == 7


def test_the_answer_does_not_tell_who_has_subscribed(ask, follow):
    stranger = ask(email="new@example.com")
    follow(query="")
    known = ask(email="zhang@example.com")
    assert stranger["Location"] == known["Location"]
    assert "您已订阅" in mail.outbox[-1].subject
    assert link_in(mail.outbox[-1], "manage")


def test_the_order_of_conditions_makes_no_second_subscription(follow):
    one = follow(query="level=county&level=state&sort=new&page=3&moon=1")
    two = follow(query="level=state&level=county")
    assert one.pk == two.pk
    assert one.query == "level=county&level=state"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"email": ""}, "请填写邮箱"),
        ({"email": "not-an-address"}, "邮箱格式不对"),
        ({"email": "a@b\r\nBcc: x@example.com"}, "邮箱格式不对"),
        ({"email": "<script>alert(1)</script>@example.com"}, "邮箱格式不对"),
        ({"frequency": "hourly"}, "hourly"),
        ({"website": "http://spam"}, "自动程序"),
        ({"stamp": "x"}, "再点一次“订阅”"),
    ],
)
def test_bad_input_gets_a_sentence_and_keeps_what_was_typed(ask, data, says):
    response = ask(**data)
    page = response.content.decode()
    assert response.status_code == 400
    assert says in page
    assert "<script>alert" not in page
    assert not Subscription.objects.exists()
    assert not mail.outbox


@pytest.mark.parametrize("kind", ["moon", "", "policies'--", "\x00"])
def test_an_unknown_list_is_not_found(client, ask, kind):
    assert client.get(NEW, {"list": kind}).status_code == 404
    assert ask(list=kind).status_code == 404


def test_too_many_from_one_address(ask):
    with mock.patch("tuoxian_portal.subscriptions.throttling.SubscribeThrottle.rate", "2/hour", create=True):
        answers = [ask(email=f"p{n}@example.com") for n in range(3)]
    assert [a.status_code for a in answers] == [302, 302, 429]
    assert "一小时后再试" in answers[-1].content.decode()
    assert 'value="p2@example.com"' in answers[-1].content.decode()


def test_without_a_mail_server_the_page_says_so_and_offers_the_feed(client, ask, settings):
    settings.EMAIL_IS_SET_UP = False
    page = client.get(f"{NEW}?list=policies").content.decode()
    assert "还没有开通" in page
    assert "/feeds/policies/" in page
    assert ask().status_code == 400
    assert not Subscription.objects.exists()


def test_every_list_is_offered_at_one_place(client, reference):
    page = client.get("/subscriptions/").content.decode()
    for name in ("惠企政策", "重点项目", "办事事项", "一次办", "贷款产品"):
        assert name in page
    assert f"{NEW}?list=policies" in page
    assert "/feeds/bundles/" in page


# --- Links ------------------------------------------------------------------------------------------
def test_an_old_confirmation_says_what_to_do(client, ask):
    ask()
    Subscription.objects.update(confirm_until=timezone.now() - timedelta(minutes=1))
    answer = client.post(link_in(mail.outbox[0], "confirm"))
    assert answer.status_code == 409
    assert "重新订阅" in answer.content.decode()
    assert Subscription.objects.get().state == SubscriptionState.PENDING


def test_a_link_opens_one_thing(client, follow):
    subscription = follow()
    for purpose in (links.CONFIRM, links.MANAGE, links.UNSUBSCRIBE):
        for other in {links.CONFIRM, links.MANAGE, links.UNSUBSCRIBE} - {purpose}:
            wrong = reverse(
                f"subscriptions:{purpose}", args=[subscription.public_id, links.token(subscription, other)]
            )
            assert client.get(wrong).status_code == 404
            assert client.post(wrong).status_code == 404
    assert Subscription.objects.get().state == SubscriptionState.ACTIVE


def test_confirming_and_ending_twice_changes_nothing(client, ask):
    ask()
    confirm = link_in(mail.outbox[0], "confirm")
    assert "已生效" in client.post(confirm).content.decode()
    assert "已生效" in client.post(confirm).content.decode()
    subscription = Subscription.objects.get()
    out = links.path(subscription, links.UNSUBSCRIBE)
    assert "已退订" in client.post(out).content.decode()
    assert "已退订" in client.post(out).content.decode()
    assert client.post(confirm).status_code == 409


def test_managing_what_one_address_follows(client, follow):
    one, two = follow(), follow(query="level=county")
    foreign = follow(email="li@example.com")
    url = links.path(one, links.MANAGE)
    page = client.get(url).content.decode()
    assert "z***@example.com" in page
    assert "2 个列表" in page
    client.post(url, {"subscription": two.public_id, "frequency": "weekly"})
    two.refresh_from_db()
    assert two.frequency == "weekly"
    assert timezone.localtime(two.next_due_at).weekday() == 0
    for wrong in (str(foreign.public_id), "x", ""):
        assert "没有找到" in client.post(url, {"subscription": wrong, "end": "1"}).content.decode()
    foreign.refresh_from_db()
    assert foreign.state == SubscriptionState.ACTIVE
    assert "请选择" in client.post(url, {"subscription": two.public_id, "frequency": "x"}).content.decode()
    client.post(url, {"subscription": two.public_id, "end": "1"})
    assert "已退订" in client.post(url, {"subscription": one.public_id, "end": "1"}).content.decode()
    assert "不在生效中" in client.get(url).content.decode()


# --- Addresses --------------------------------------------------------------------------------------
def test_an_address_is_sealed_masked_and_erased(follow, client, person):
    subscription = follow(email="secret-name@example.com")
    with connection.cursor() as cursor:
        cursor.execute("SELECT email, email_hash FROM subscriptions_subscription")
        assert "secret-name" not in str(cursor.fetchall())
    client.force_login(person("administrator", is_staff=True))
    for name in ("subscription_changelist", "message_changelist"):
        assert "secret-name" not in client.get(reverse(f"admin:subscriptions_{name}")).content.decode()
    page = client.get(
        reverse("admin:subscriptions_subscription_change", args=[subscription.pk])
    ).content.decode()
    assert "s***@example.com" in page
    assert "secret-name" not in page
    actions.unsubscribe(subscription=subscription)
    subscription.refresh_from_db()
    assert (subscription.email, subscription.email_hash) == ("", "")


def test_what_was_never_confirmed_is_forgotten(ask):
    ask()
    assert sweep_subscriptions() == 0
    Subscription.objects.update(confirm_until=timezone.now() - timedelta(days=2))
    assert sweep_subscriptions()
    assert not Subscription.objects.exists()


def test_what_ended_is_forgotten_in_the_end(follow):
    actions.unsubscribe(subscription=follow())
    assert sweep_subscriptions() == 0
    Subscription.objects.update(ended_at=timezone.now() - timedelta(days=91))
    assert sweep_subscriptions()


# --- Staff ------------------------------------------------------------------------------------------
def test_staff_stop_and_retry(client, person, follow, public, morning):
    subscription = follow()
    public()
    with mock.patch("django.core.mail.EmailMessage.send", side_effect=OSError):
        morning()
    admin = person("administrator", is_staff=True)
    client.force_login(admin)
    message = Message.objects.get(kind="digest")
    client.post(
        reverse("admin:subscriptions_message_changelist"),
        {"action": "retry_chosen", "_selected_action": [message.pk]},
    )
    message.refresh_from_db()
    assert message.next_try_at <= timezone.now()
    client.post(
        reverse("admin:subscriptions_subscription_changelist"),
        {"action": "stop_chosen", "_selected_action": [subscription.pk]},
    )
    subscription.refresh_from_db()
    assert subscription.state == SubscriptionState.ENDED
    with pytest.raises(WorkflowError):
        actions.retry(message=message, actor=admin)


@pytest.mark.parametrize("role", ["policy_officer", "official", "window", "supervisor"])
def test_nobody_else_sees_or_stops_them(client, person, follow, role):
    subscription = follow()
    somebody = person(role, is_staff=True)
    client.force_login(somebody)
    assert client.get(reverse("admin:subscriptions_subscription_changelist")).status_code == 403
    with pytest.raises(NotPermitted):
        actions.stop(subscription=subscription, actor=somebody)
    with pytest.raises(NotPermitted):
        actions.retry(message=subscription.messages.get(), actor=somebody)


# --- Time and cost ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("frequency", "now", "due"),
    [
        ("daily", "2026-11-24T07:29", "2026-11-24T07:30"),
        ("daily", "2026-11-24T07:30", "2026-11-25T07:30"),
        ("weekly", "2026-11-24T07:00", "2026-11-30T07:30"),
        ("weekly", "2026-11-30T07:29", "2026-11-30T07:30"),
        ("weekly", "2026-11-30T07:30", "2026-12-07T07:30"),
    ],
)
def test_when_the_next_digest_is_due(frequency, now, due):
    assert next_due(frequency, timezone.make_aware(datetime.fromisoformat(now))) == timezone.make_aware(
        datetime.fromisoformat(due)
    )


@pytest.mark.parametrize("count", [2, 20])
def test_a_digest_costs_the_same_for_many(follow, public, count, django_assert_max_num_queries):
    subscription = follow(query="level=county")
    for _ in range(count):
        public()
    Subscription.objects.update(next_due_at=timezone.now())
    with django_assert_max_num_queries(34):
        composing.compose_due()
        sending.send_due()
    assert Delivered.objects.filter(subscription=subscription).count() == count
    assert Edition.objects.count() == count


def test_no_page_hides_where_its_form_comes_from(client, ask):
    """With `no-referrer` a browser sends `Origin: null`, and every form of the page is refused."""
    ask()
    page = client.get(link_in(mail.outbox[0], "confirm"))
    assert "no-referrer" not in page.content.decode()
    assert page["Referrer-Policy"] == "same-origin"  # the link stays with us
