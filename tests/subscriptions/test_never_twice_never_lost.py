"""Whatever happens to policies, mail server and workers: nothing is told twice, and nothing is left out."""

import re
from collections import Counter
from datetime import timedelta
from unittest import mock

from django.core import mail
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.factories.policies import PolicyFactory
from tuoxian_portal.core.lists import public_lists
from tuoxian_portal.subscriptions import actions, composing, sending
from tuoxian_portal.subscriptions.models import Edition, Message, Subscription

POLICIES = 3
OPERATIONS = st.one_of(
    st.tuples(st.sampled_from(["amend", "withdraw", "reopen", "touch"]), st.integers(0, POLICIES - 1)),
    st.tuples(
        st.sampled_from(["compose", "send", "refuse", "die before", "die after", "die composing"]), st.just(0)
    ),
)


class Killed(BaseException):
    """A worker that is no more: nothing after it runs."""


def told() -> Counter:
    """How often each wording was told; a repeated delivery under one Message-ID counts once."""
    bodies = {m.extra_headers["Message-ID"]: m.body for m in mail.outbox}
    return Counter(token for body in bodies.values() for token in re.findall(r"p\d+v\d+", body))


class Machine(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(OPERATIONS, max_size=25))
    def test_nothing_twice_and_nothing_lost(self, operations):
        mail.outbox.clear()
        policies = [PolicyFactory(published=True, summary=f"p{n}v0") for n in range(POLICIES)]
        versions = [0] * POLICIES
        subscription = actions.subscribe(
            public_list=public_lists["policies"], query="", email="z@example.com", frequency="daily"
        )
        actions.confirm(subscription=subscription)

        for operation, n in operations:
            policy = policies[n]
            if operation in {"amend", "reopen"}:
                versions[n] += 1
                policy.summary = f"p{n}v{versions[n]}"
            if operation in {"withdraw", "reopen"}:
                policy.state = "withdrawn" if operation == "withdraw" else "published"
            if operation in {"amend", "withdraw", "reopen", "touch"}:
                policy.save()
            else:
                self.work(operation)
        for _ in range(3):  # what was claimed, failed or waited comes to its end
            self.work("compose")
            self.work("send")

        counted = told()
        assert not {token: count for token, count in counted.items() if count > 1}
        for n, policy in enumerate(policies):
            if policy.state == "published" and versions[n]:
                assert counted[f"p{n}v{versions[n]}"] == 1
        assert Edition.objects.filter(is_current=True).count() == sum(
            p.state == "published" for p in policies
        )

    def work(self, operation):
        """A worker's turn, later than every wait; it may die in the middle."""
        now = timezone.now()
        Subscription.objects.update(next_due_at=now)
        Message.objects.filter(state="queued").update(next_try_at=now)
        Message.objects.filter(state="sending").update(claimed_at=now - timedelta(hours=1))
        if operation == "compose":
            composing.compose_due()
        elif operation == "send":
            sending.send_due()
        elif operation == "refuse":
            with mock.patch("django.core.mail.EmailMessage.send", side_effect=OSError("refused")):
                sending.send_due()
        elif operation == "die composing":
            self.dying(mock.patch.object(composing.Delivered.objects, "bulk_create", side_effect=Killed))
        elif operation == "die before":
            self.dying(mock.patch("django.core.mail.EmailMessage.send", side_effect=Killed))
        else:
            self.dying(mock.patch.object(sending, "_settle", side_effect=Killed))

    def dying(self, patch):
        with patch:
            try:
                composing.compose_due()
                sending.send_due()
            except Killed:
                pass
