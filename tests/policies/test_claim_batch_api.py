"""The API of batches: the admin's action, an outcome for each claim."""

import uuid

import pytest
from zeal import zeal_ignore

from policies.actions import claim_batch
from policies.choices_claims import ClaimState
from policies.models import PolicyClaim
from tests.factories.policies import ClaimFactory
from tuoxian_portal.core.models import Job

pytestmark = pytest.mark.django_db
S = ClaimState
URL = "/api/v1/policies/policy-claim-batches/"


@pytest.fixture
def officer(api_client, person):
    someone = person("policy_officer")
    api_client.force_authenticate(someone)
    return someone


def rows(*claims, **more):
    return [{"number": claim.number, **more} for claim in claims]


def state_of(claim):
    return PolicyClaim.objects.get(pk=claim.pk).state


def test_one_bad_row_does_not_stop_the_others(api_client, officer):
    good, stale, gone = (ClaimFactory(state=S.FILED) for _ in range(3))
    PolicyClaim.objects.filter(pk=stale.pk).update(version=3)
    PolicyClaim.objects.filter(pk=gone.pk).update(state=S.WITHDRAWN)
    claims = [
        {"number": "DX2026-没有"},
        {"number": stale.number, "version": 2},
        *rows(gone),
        *rows(good, version=0),
    ]
    with zeal_ignore():  # each claim is an action of its own
        answer = api_client.post(URL, {"verb": "review", "claims": claims})
    data = answer.json()
    assert (answer.status_code, data["state"], data["total"], data["verb"]) == (200, "succeeded", 4, "review")
    told = {row["number"]: row for row in data["outcomes"]}
    assert [told[c.number]["done"] for c in (good, stale, gone)] == [True, False, False]
    assert "已被修改" in told[stale.number]["why"]
    assert "已撤回" in told[gone.number]["why"]
    assert "没有这一笔" in told["DX2026-没有"]["why"]
    assert [state_of(c) for c in (good, stale, gone)] == [S.REVIEWED, S.FILED, S.WITHDRAWN]
    assert api_client.get(f"{URL}{data['id']}/").json()["outcomes"] == data["outcomes"]


def test_sent_again_it_finds_the_batch_that_it_began(api_client, officer):
    claim = ClaimFactory(state=S.REVIEWED, approved_yuan=1)
    body = {"verb": "notify", "claims": rows(claim), "method": "public", "request_id": str(uuid.uuid4())}
    first, second = (api_client.post(URL, body).json() for _ in range(2))
    assert first == second
    assert claim.notices.count() == 1


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("policy_officer", True),
        ("administrator", True),
        ("official", False),
        ("supervisor", False),
        ("window", False),
        (None, False),
    ],
)
def test_who_may(api_client, person, role, may):
    if role:
        api_client.force_authenticate(person(role))
    for verb, state in (("confirm", S.PROPOSED), ("review", S.FILED), ("approve", S.REVIEWED)):
        claim = ClaimFactory(state=state, approved_yuan=1)
        answer = api_client.post(URL, {"verb": verb, "claims": rows(claim)})
        assert answer.status_code == (200 if may else 403)
        assert (state_of(claim) != state) is may
    assert Job.objects.exists() is may


def test_only_who_began_it_reads_it(api_client, officer, person):
    data = api_client.post(URL, {"verb": "review", "claims": rows(ClaimFactory(state=S.FILED))}).json()
    for who, status in ((person("policy_officer"), 404), (person("administrator"), 200), (officer, 200)):
        api_client.force_authenticate(who)
        assert api_client.get(f"{URL}{data['id']}/").status_code == status
    other = Job.objects.create(kind="another", title="别的", requested_by=officer)
    assert api_client.get(f"{URL}{other.pk}/").status_code == 404


def test_many_are_left_to_a_worker(api_client, officer, monkeypatch):
    monkeypatch.setattr(claim_batch, "AT_ONCE", 1)
    claims = [ClaimFactory(state=S.FILED) for _ in range(2)]
    answer = api_client.post(URL, {"verb": "review", "claims": rows(*claims)})
    assert (answer.status_code, answer.json()["outcomes"]) == (202, [])


def test_what_is_wrong_with_the_question_is_said_at_its_field(api_client, officer):
    claim = ClaimFactory(state=S.REVIEWED, approved_yuan=1)
    for body, field in (
        ({"verb": "pay", "claims": rows(claim)}, "verb"),
        ({"verb": "notify", "claims": rows(claim)}, "method"),
        ({"verb": "approve", "claims": []}, "claims"),
        ({"verb": "approve", "claims": [{"version": 1}]}, "claims"),
        ({"verb": "approve", "claims": rows(claim), "request_id": "x"}, "request_id"),
    ):
        answer = api_client.post(URL, body)
        assert answer.status_code == 400
        assert field in answer.json()["fields"]
    too_many = [{"number": str(n)} for n in range(claim_batch.MOST + 1)]
    answer = api_client.post(URL, {"verb": "approve", "claims": too_many})
    assert (answer.status_code, "分批" in answer.json()["detail"]) == (409, True)
