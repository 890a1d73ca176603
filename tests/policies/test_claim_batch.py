"""One verb for many claims: every claim by itself, every outcome said."""

from decimal import Decimal
from unittest import mock

import pytest
from django.urls import reverse
from zeal import zeal_ignore

from policies import actions
from policies.actions import claim_batch
from policies.choices_claims import ClaimState
from policies.models import PolicyClaim
from tests.factories.policies import ClaimFactory, claimable
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.jobs import HANDLERS, run
from tuoxian_portal.core.models import Job

pytestmark = pytest.mark.django_db
S = ClaimState
LIST = "/admin/policies/policyclaim/"


@pytest.fixture
def officer(person):
    return person("policy_officer")


def states(claims):
    return [PolicyClaim.objects.get(pk=claim.pk).state for claim in claims]


def start(officer, verb, claims, **values):
    return claim_batch.start_batch(verb=verb, claims=[c.number for c in claims], actor=officer, values=values)


def test_each_by_itself(officer):
    good = [ClaimFactory(state=S.PROPOSED) for _ in range(2)]
    gone = ClaimFactory(state=S.WITHDRAWN)
    no_amount = ClaimFactory(state=S.PROPOSED, estimate_yuan=None)
    job = start(officer, "confirm_claim", [good[0], gone, no_amount, good[1]])
    assert job.state == Job.State.SUCCEEDED
    assert states([*good, gone, no_amount]) == [S.REVIEWED, S.REVIEWED, S.WITHDRAWN, S.PROPOSED]
    results = job.payload["results"]
    assert [results[c.number][0] for c in (good[0], gone, no_amount, good[1])] == [True, False, False, True]
    assert "已撤回" in results[gone.number][1]
    assert "核定金额" in results[no_amount.number][1]
    assert history_of(good[0]).get().actor == officer


def test_an_envelope_is_shared_out_until_it_is_empty(officer):
    clause = claimable(budget_wan=Decimal(70))
    claims = [ClaimFactory(state=S.REVIEWED, clause=clause, approved_yuan=Decimal(300_000)) for _ in range(3)]
    job = start(officer, "approve_claim", claims)
    assert states(claims) == [S.APPROVED, S.APPROVED, S.REVIEWED]
    assert "资金盘子" in job.payload["results"][claims[2].number][1]


def test_who_reviewed_approves_none_of_her_own(officer, person):
    claims = [ClaimFactory(state=S.FILED) for _ in range(2)]
    start(officer, "review_claim", claims)
    job = start(officer, "approve_claim", claims)
    assert all(not done and "另一位" in why for done, why in job.payload["results"].values())
    start(person("policy_officer"), "approve_claim", claims)
    assert states(claims) == [S.APPROVED] * 2


def test_telling_many(officer):
    claims = [ClaimFactory(state=S.REVIEWED, approved_yuan=1) for _ in range(3)]
    start(officer, "notify_claim", claims, method="public", notified_on=None, undelivered=False, reason="")
    assert all(c.notices.get().method == "public" for c in claims)


@pytest.mark.parametrize("role", ["official", "supervisor", "window"])
def test_who_may_not(person, role, client):
    claim = ClaimFactory(state=S.FILED)
    somebody = person(role)
    for verb in claim_batch.VERBS:
        with pytest.raises(NotPermitted):
            start(somebody, verb, [claim])
    client.force_login(somebody)
    client.post(LIST, {"action": "review_selected", "_selected_action": [claim.pk]})
    client.post(
        reverse("admin:policies_policyclaim_batch", args=["review_claim"]), {"claims": f"{claim.number}.0"}
    )
    assert states([claim]) == [S.FILED]


def test_none_and_too_many(officer):
    with pytest.raises(WorkflowError, match="没有选中"):
        start(officer, "review_claim", [])
    with pytest.raises(WorkflowError, match="分批"):
        claim_batch.start_batch(
            verb="review_claim", claims=[str(n) for n in range(claim_batch.MOST + 1)], actor=officer
        )


def test_many_go_to_a_worker_that_may_die(officer, monkeypatch):
    """What was done before the worker died is neither done again nor told as refused."""
    monkeypatch.setattr(claim_batch, "AT_ONCE", 1)
    monkeypatch.setattr(claim_batch, "SAVED_EVERY", 2)
    claims = [ClaimFactory(state=S.FILED) for _ in range(4)]
    with mock.patch("tuoxian_portal.core.jobs.publish"):
        job = start(officer, "review_claim", claims)
        assert start(officer, "review_claim", claims) == job  # a second click
    assert job.state == Job.State.QUEUED
    assert states(claims) == [S.FILED] * 4
    third = claims[2].pk
    real = claim_batch.VERBS["review_claim"]

    def dies(*, claim, **values):
        real(claim=claim, **values)
        if claim.pk == third:
            raise KeyboardInterrupt

    monkeypatch.setitem(claim_batch.VERBS, "review_claim", dies)
    with pytest.raises(KeyboardInterrupt):
        run(str(job.pk))
    monkeypatch.setitem(claim_batch.VERBS, "review_claim", real)
    Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
    run(str(job.pk))
    job.refresh_from_db()
    assert [done for done, _ in job.payload["results"].values()] == [True] * 4
    assert states(claims) == [S.REVIEWED] * 4
    assert all(history_of(claim).count() == 1 for claim in claims)


class TestPages:
    def test_from_the_list_to_the_outcome(self, client, officer):
        client.force_login(officer)
        good, bad = ClaimFactory(state=S.REVIEWED, approved_yuan=1), ClaimFactory(state=S.FILED)
        asked = client.post(
            LIST, {"action": "notify_selected", "_selected_action": [good.pk, bad.pk]}
        ).content.decode()
        assert "选中 2 笔，其中 1 笔" in asked
        url = reverse("admin:policies_policyclaim_batch", args=["notify_claim"])
        keys = f"{good.number}.0,{bad.number}.0,x,"
        again = client.post(url, {"claims": keys, "method": "", "reason": "已公告"}).content.decode()
        assert "已公告" in again
        assert f'value="{good.number}.0,{bad.number}.0"' in again
        with zeal_ignore():  # each claim is an action of its own
            answer = client.post(url, {"claims": keys, "method": "public"}, follow=True)
        page = answer.content.decode()
        assert "已告知 1 笔，1 笔没有办理" in page
        assert bad.number in page
        printed = client.get(f"{answer.redirect_chain[-1][0]}papers/")
        assert printed.content.startswith(b"%PDF")
        assert client.get(url).status_code == 302
        assert client.get(f"{LIST}batch/pay_claim/").status_code == 404
        assert "没有选中" in client.post(url, {"claims": "", "method": "post"}).content.decode()

    def test_only_who_asked_reads_the_outcome(self, client, officer, person):
        job = start(officer, "review_claim", [ClaimFactory(state=S.FILED)])
        url = reverse("admin:policies_policyclaim_outcome", args=[job.pk])
        for who, status in ((officer, 200), (person("policy_officer"), 404), (person("administrator"), 200)):
            client.force_login(who)
            assert client.get(url).status_code == status

    def test_its_queries_do_not_grow(self, client, officer, django_assert_max_num_queries):
        job = start(officer, "review_claim", [ClaimFactory(state=S.FILED) for _ in range(15)])
        client.force_login(officer)
        with django_assert_max_num_queries(14):
            client.get(reverse("admin:policies_policyclaim_outcome", args=[job.pk]))


def test_a_page_can_do_the_job_itself():
    """Only workers load `tasks`: the job must be known to the web process without them."""
    assert HANDLERS[claim_batch.KIND].__module__ == claim_batch.__name__


def test_the_same_actions_as_the_buttons():
    for name, action in claim_batch.VERBS.items():
        assert actions.CLAIM_ACTIONS[name] is action
