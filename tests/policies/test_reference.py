"""The county's facts, the samples and what search finds."""

import random
from datetime import date

import pytest
from django.core.management import call_command

from policies.choices import Publication, Status
from policies.choices_claims import ClaimState
from policies.models import (
    ClaimMail,
    ClaimNotice,
    ComparisonPrice,
    FactorPrice,
    IncentivePolicy,
    PolicyClaim,
    PolicyClause,
)
from policies.samples import make
from tests.factories.directory import ProfileFactory
from tests.factories.policies import PolicyFactory, PriceFactory
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.reference import reference_sets
from tuoxian_portal.core.registries import search_sources
from tuoxian_portal.core.samples import SampleContext
from tuoxian_portal.directory.samples import make as make_directory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


def test_every_fact_is_there_with_its_source(reference):
    assert IncentivePolicy.objects.count() == 26
    assert PolicyClause.objects.count() == 57
    assert FactorPrice.objects.count() == 12
    for model in (IncentivePolicy, PolicyClause, FactorPrice):
        assert not model.objects.filter(source_title="").exists()
        assert not model.objects.filter(confidence="").exists()


def test_no_fact_reads_as_in_force(reference):
    found = {policy.status_on(TODAY) for policy in IncentivePolicy.objects.all()}
    assert found == {Status.UNVERIFIED, Status.REPEALED}


def test_the_six_county_policies_have_no_invented_clause(reference):
    six = IncentivePolicy.objects.filter(reference_id__in=[f"POL-00{n}" for n in range(1, 7)])
    assert six.count() == 6
    for policy in six:
        assert policy.status_on(TODAY) == Status.UNVERIFIED
        assert not policy.clauses.exists()
        assert (policy.document_number, policy.expires_on) == ("", None)


def test_industries_named_in_the_facts_exist(reference):
    assert IncentivePolicy.objects.get(reference_id="POL-005").industry.slug == "biomedicine"
    wanted = {r["id"] for r in reference_sets["policies"].records() if "industry" in r}
    linked = IncentivePolicy.objects.filter(industry__isnull=False).values_list("reference_id", flat=True)
    assert set(linked) == wanted


def test_prices_and_thresholds_are_different_kinds(reference):
    power = FactorPrice.objects.filter(factor="power").values_list("kind", flat=True)
    assert sorted(power) == ["actual", "threshold"]


def test_a_second_load_does_not_bring_back_what_staff_withdrew(reference, person):
    from policies import actions

    policy = IncentivePolicy.objects.get(reference_id="POL-001")
    actions.withdraw(policy=policy, actor=person("policy_officer"), reason="核实中")
    call_command("load_reference", "policies")
    policy.refresh_from_db()
    assert policy.state == Publication.WITHDRAWN


def _make(scale=1):
    make(SampleContext(random=random.Random(1), scale=scale, today=TODAY, say=lambda text: None))


def test_samples_show_every_status_and_are_the_same_each_time():
    _make()
    first = list(IncentivePolicy.objects.order_by("pk").values_list("title", "issued_on"))
    statuses = [p.status_on(TODAY) for p in IncentivePolicy.objects.published()]
    assert set(statuses) == set(Status) - {Status.UPCOMING}
    assert all(IncentivePolicy.objects.values_list("is_sample", flat=True))
    IncentivePolicy.objects.all().delete()
    FactorPrice.objects.all().delete()
    ComparisonPrice.objects.all().delete()
    _make()
    assert list(IncentivePolicy.objects.order_by("pk").values_list("title", "issued_on")) == first


def test_clearing_samples_leaves_the_facts(reference):
    _make(scale=2)
    call_command("seed_demo", "--clear")
    assert IncentivePolicy.objects.count() == 26
    assert FactorPrice.objects.count() == 12


def test_sample_claims_stand_at_every_step_and_on_each_side_of_every_clock():
    day = today()
    context = SampleContext(random=random.Random(1), scale=1, today=day, say=lambda text: None)
    make_directory(context)
    for _ in range(3):  # chance gives this seed none that is high-tech and does research
        row = ProfileFactory(enterprise__is_sample=True, rd_spending_wan=700).enterprise
        row.qualifications.create(kind="high_tech")
    make(context)
    claims = PolicyClaim.objects.all()
    assert set(claims.values_list("state", flat=True)) == set(ClaimState)
    assert all(claims.values_list("is_sample", flat=True))
    for rows in (claims.review_overdue(day), claims.overdue(day), claims.in_objection(day)):
        assert rows.exists()
    assert ClaimNotice.objects.exists()
    assert not ClaimMail.objects.exists()


def test_search_finds_what_is_public_and_nothing_else():
    PolicyFactory(title="起草中的政策")
    shown = PolicyFactory(published=True, title="公开的政策")
    PriceFactory(item="内部价", is_public=False)
    price = PriceFactory(item="公开价")
    policies, prices = search_sources["policies"], search_sources["costs"]
    assert list(policies.queryset()) == [shown]
    assert list(prices.queryset()) == [price]
    assert policies.document(shown).url == f"/policies/{shown.slug}/"
    assert prices.document(price).url == f"/invest/costs/#{price.code}"
