"""Two officers at the same claims at the same moment (PostgreSQL)."""

import threading
from decimal import Decimal
from functools import partial

import pytest
from django.db import connections

from policies import actions
from policies.actions.claim_batch import outcomes, start_batch
from policies.choices import Recurrence
from policies.choices_claims import ClaimState
from policies.models import ClaimNotice, ExclusionGroup, PolicyClaim
from tests.factories.directory import EnterpriseFactory, ProfileFactory
from tests.factories.policies import ClaimFactory, claimable
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import WorkflowError

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
S = ClaimState


def at_once(*tasks):
    """What each of `tasks` gave; all begin together."""
    barrier, found = threading.Barrier(len(tasks)), [None] * len(tasks)

    def run(place):
        try:
            barrier.wait()
            found[place] = tasks[place]()
        except WorkflowError as error:
            found[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def batch(officer, verb, claims, **more):
    return partial(start_batch, verb=verb, claims=[c.number for c in claims], actor=officer, **more)


@pytest.fixture
def officers(person):
    return person("policy_officer"), person("policy_officer")


def test_the_same_approvals_by_two_overdraw_nothing(officers):
    """Of 12 claims of 30 万元 the envelope of 100 万元 holds three, each approved by one officer."""
    clause = claimable()
    claims = [
        ClaimFactory(state=S.REVIEWED, clause=clause, approved_yuan=Decimal(300_000)) for _ in range(12)
    ]
    jobs = at_once(*(batch(officer, "approve_claim", claims) for officer in officers))
    done = [outcome.number for job in jobs for outcome in outcomes(job) if outcome.done]
    assert len(done) == len(set(done)) == 3
    assert clause.claims.committed().total_yuan() == 900_000
    assert LogEntry.objects.filter(action="approve_claim").count() == 3


def test_the_same_notices_by_two_are_issued_once(officers):
    claims = [ClaimFactory(state=S.REVIEWED, approved_yuan=1) for _ in range(8)]
    seen = {claim.number: claim.version for claim in claims}
    tasks = [
        batch(officer, "notify_claim", claims, values={"method": "public"}, versions=seen)
        for officer in officers
    ]
    jobs = at_once(*tasks)
    done = [outcome.number for job in jobs for outcome in outcomes(job) if outcome.done]
    assert sorted(done) == sorted(seen)
    assert ClaimNotice.objects.count() == 8


def test_a_double_click_is_one_batch(officers):
    claims = [ClaimFactory(state=S.REVIEWED, approved_yuan=1) for _ in range(4)]
    click = batch(officers[0], "notify_claim", claims, values={"method": "post"}, request_id="one")
    first, second = at_once(click, click)
    assert first.pk == second.pk
    assert ClaimNotice.objects.count() == 4


def test_approvals_at_once_never_overdraw_the_envelope():
    """100 万元 hold three of eight claims of 30 万元, whoever wins."""
    clause = claimable()
    claims = [ClaimFactory(state=S.REVIEWED, clause=clause, approved_yuan=Decimal(300_000)) for _ in range(8)]
    found = at_once(*(partial(actions.approve_claim, claim=claim, actor=None) for claim in claims))
    assert sum(isinstance(one, WorkflowError) for one in found) == 5
    assert clause.claims.committed().total_yuan() == 900_000


def test_two_excluding_clauses_at_once_grant_one():
    clauses = [claimable(heading=str(n)) for n in range(4)]
    ExclusionGroup.objects.create(name="甲").clauses.add(*clauses)
    row = EnterpriseFactory()
    claims = [
        ClaimFactory(state=S.REVIEWED, clause=clause, enterprise=row, approved_yuan=Decimal(300_000))
        for clause in clauses
    ]
    found = at_once(*(partial(actions.approve_claim, claim=claim, actor=None) for claim in claims))
    assert sum(isinstance(one, WorkflowError) for one in found) == 3


def test_a_one_off_benefit_is_filed_once_though_for_two_years():
    clause = claimable(mode="apply", recurrence=Recurrence.ONCE)
    row = EnterpriseFactory()
    ProfileFactory(enterprise=row)
    year = today().year

    file = partial(actions.file_claim, clause=clause, enterprise=row, actor=None)
    at_once(partial(file, year=year), partial(file, year=year - 1))
    assert PolicyClaim.objects.count() == 1
