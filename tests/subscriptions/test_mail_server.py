"""A real mail server that goes away in the middle of a run: nothing is lost, nothing is told twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.mail_server import MailServer
from tuoxian_portal.subscriptions import composing, sending
from tuoxian_portal.subscriptions.models import Message, Subscription

pytestmark = pytest.mark.django_db
HOW_MANY = 8


@pytest.fixture
def digests(follow, public, settings):
    """One digest for each of `HOW_MANY` addresses, written and not sent."""
    for n in range(HOW_MANY):
        follow(email=f"reader-{n}@example.com")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 5
    Message.objects.all().delete()
    public(title="测试办法")
    Subscription.objects.update(next_due_at=timezone.now())
    composing.compose_due()
    assert Message.objects.filter(state="queued", kind="digest").count() == HOW_MANY
    return [f"reader-{n}@example.com" for n in range(HOW_MANY)]


def run(settings, server):
    settings.EMAIL_PORT = server.port
    Message.objects.filter(state="queued").update(next_try_at=timezone.now())
    return sending.send_due()


@pytest.mark.parametrize("dies_at", [("MAIL", 3), ("RCPT", 3), ("DATA", 3)])
def test_gone_in_the_middle_of_a_message(digests, settings, dies_at):
    with MailServer(dies_at=dies_at) as first:
        assert run(settings, first) == 3
    assert Message.objects.filter(state="sent").count() == 3
    waiting = Message.objects.filter(state="queued")
    assert waiting.count() == HOW_MANY - 3
    assert sorted(waiting.values_list("attempts", flat=True)) == [0, 0, 0, 0, 1]
    assert not waiting.filter(next_try_at__lt=timezone.now() + timedelta(minutes=4)).exists()
    assert sending.send_due() == 0  # nothing hammers at a server that is away
    with MailServer(port=first.port) as second:
        assert run(settings, second) == HOW_MANY - 3
        assert run(settings, second) == 0
    assert sorted(first.addresses() + second.addresses()) == digests
    assert not Message.objects.exclude(state="sent").exists()


def test_gone_between_taking_a_message_and_saying_so(digests, settings):
    """That message comes again, as it must, and under the same Message-ID, by which mail systems tell it."""
    with MailServer(dies_at=("after", 3)) as first:
        assert run(settings, first) == 2
    with MailServer(port=first.port) as second:
        assert run(settings, second) == HOW_MANY - 2
    ids = first.ids() + second.ids()
    assert len(ids) == HOW_MANY + 1
    assert len(set(ids)) == HOW_MANY
    assert first.ids()[2] in second.ids()
    assert set(first.addresses() + second.addresses()) == set(digests)


def test_many_go_over_few_connections(digests, settings, monkeypatch):
    monkeypatch.setattr("tuoxian_portal.core.outbox.A_CONNECTION", 3)
    with MailServer() as server:
        assert run(settings, server) == HOW_MANY
        assert len(server.talks) == 3
    assert sorted(server.addresses()) == digests
