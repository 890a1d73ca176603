"""Whether a policy is in force: by example, by property, and the same in Python and in SQL."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.choices import Nature, Status
from policies.models import IncentivePolicy
from policies.status import missing_fields, status_on
from tests.factories.policies import ClauseFactory, PolicyFactory

TODAY = date(2026, 11, 24)


def in_force(**changes):
    return PolicyFactory.build(in_force=True, **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Status.IN_FORCE),
        ({"expires_on": TODAY}, Status.EXPIRING),
        ({"expires_on": TODAY + timedelta(days=90)}, Status.EXPIRING),
        ({"expires_on": TODAY + timedelta(days=91)}, Status.IN_FORCE),
        ({"expires_on": TODAY - timedelta(days=1)}, Status.EXPIRED),
        ({"expires_on": None, "review_on": TODAY}, Status.IN_FORCE),
        ({"expires_on": None, "review_on": TODAY - timedelta(days=1)}, Status.UNVERIFIED),
        ({"in_force_from": TODAY + timedelta(days=1)}, Status.UPCOMING),
        ({"in_force_from": TODAY}, Status.IN_FORCE),
        ({"repealed_on": TODAY}, Status.REPEALED),
        ({"repealed_on": TODAY + timedelta(days=1)}, Status.IN_FORCE),
        ({"verified_on": None}, Status.UNVERIFIED),
        ({"document_number": " "}, Status.UNVERIFIED),
        ({"legal_basis": ""}, Status.UNVERIFIED),
        ({"fair_competition_reviewed_on": None}, Status.UNVERIFIED),
        ({"fair_competition_reviewed_by": ""}, Status.UNVERIFIED),
        ({"expires_on": None}, Status.UNVERIFIED),
        ({"nature": Nature.CONSULTATION}, Status.UNVERIFIED),
        ({"nature": Nature.MECHANISM}, Status.UNVERIFIED),
        # An end that has come is said even when nobody ever confirmed the policy.
        ({"verified_on": None, "expires_on": TODAY - timedelta(days=1)}, Status.EXPIRED),
    ],
)
def test_status_by_example(changes, expected):
    policy = in_force(**changes)
    assert status_on(policy, TODAY) == expected
    assert policy.reason_on(TODAY).endswith("。")


def test_the_reason_of_an_unverified_policy_lists_what_is_missing():
    reason = PolicyFactory.build(published=True).reason_on(TODAY)
    for word in ("文号", "法律依据", "公平竞争审查日期", "公平竞争审查机关", "有效期至或复审日期"):
        assert word in reason


days = st.none() | st.integers(-200, 200).map(lambda n: TODAY + timedelta(days=n))
texts = st.sampled_from(["", " ", "某文"])
records = st.fixed_dictionaries(
    {
        "nature": st.sampled_from(Nature.values),
        "document_number": texts,
        "legal_basis": texts,
        "fair_competition_reviewed_by": texts,
        "fair_competition_reviewed_on": days,
        "issued_on": days,
        "in_force_from": days,
        "expires_on": days,
        "review_on": days,
        "repealed_on": days,
        "verified_on": days,
    }
).filter(lambda r: not (r["expires_on"] and r["in_force_from"]) or r["expires_on"] >= r["in_force_from"])


@given(records)
def test_nothing_reads_as_in_force_without_all_that_the_gate_asks(record):
    policy = IncentivePolicy(title="某政策", **record)
    if status_on(policy, TODAY) in {Status.IN_FORCE, Status.EXPIRING, Status.UPCOMING}:
        assert missing_fields(policy) == []
        assert policy.verified_on is not None
        assert policy.expires_on or policy.review_on


@given(records, st.integers(0, 400))
def test_what_has_ended_never_comes_back_by_waiting(record, later):
    policy = IncentivePolicy(title="某政策", **record)
    if status_on(policy, TODAY) in {Status.EXPIRED, Status.REPEALED}:
        after = status_on(policy, TODAY + timedelta(days=later))
        assert after in {Status.EXPIRED, Status.REPEALED}


@pytest.mark.django_db
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(records, min_size=15, max_size=15))
def test_the_database_says_the_same_as_python(batch):
    IncentivePolicy.objects.all().delete()
    IncentivePolicy.objects.bulk_create(PolicyFactory.build(**record) for record in batch)
    for policy in IncentivePolicy.objects.with_status(TODAY):
        assert policy.status == status_on(policy, TODAY)


@pytest.mark.parametrize(
    ("text", "tied"),
    [
        ("按纳税额的 10% 给予奖励", True),
        ("按地方经济贡献市县两级留成的一部分给予奖励", True),
        ("对设备投入给予 5% 补贴", False),
        ("按用电量给予补贴", False),
    ],
)
def test_a_clause_tied_to_tax_is_flagged(text, tied):
    assert ClauseFactory.build(policy=None, text=text).tied_to_tax is tied
