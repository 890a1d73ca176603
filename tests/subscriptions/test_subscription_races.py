"""Many workers at the same subscription, list and message, on PostgreSQL."""

from unittest import mock

import pytest
from django.core import mail
from django.db import IntegrityError
from django.utils import timezone

from tests.factories.policies import PolicyFactory
from tests.services.test_case_races import at_once
from tuoxian_portal.core.lists import public_lists
from tuoxian_portal.subscriptions import actions, composing, sending
from tuoxian_portal.subscriptions.editions import note_editions
from tuoxian_portal.subscriptions.models import Delivered, Edition, Message, Subscription

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _sent_by_hand():
    with mock.patch("tuoxian_portal.subscriptions.writing.queue_sending"):
        yield


def ask(_):
    return actions.subscribe(
        public_list=public_lists["policies"], query="", email="z@example.com", frequency="daily"
    )


def test_one_form_sent_ten_times_at_once_is_one_subscription():
    made = at_once(ask, range(10), workers=5)
    assert len({subscription.pk for subscription in made}) == 1
    assert Message.objects.count() == 1


def test_workers_compose_and_send_one_digest_of_each_edition_once():
    actions.confirm(subscription=ask(0))
    sending.send_due()
    mail.outbox.clear()
    for _ in range(5):
        PolicyFactory(published=True)
    note_editions(public_lists["policies"])
    Subscription.objects.update(next_due_at=timezone.now())
    subscription = Subscription.objects.get()
    written = at_once(lambda _: composing.compose_digest(subscription=subscription), range(10), workers=5)
    assert len([message for message in written if message]) == 1
    at_once(lambda _: sending.send_due(), range(10), workers=5)
    assert len(mail.outbox) == 1
    assert Delivered.objects.count() == 5


def test_two_looks_at_a_list_at_once_note_each_record_once():
    for _ in range(5):
        PolicyFactory(published=True)

    def look(_):
        try:
            return note_editions(public_lists["policies"])
        except IntegrityError:  # the job is run again
            return 0

    assert sum(at_once(look, range(6), workers=3)) == 5
    assert Edition.objects.filter(is_current=True).count() == 5
