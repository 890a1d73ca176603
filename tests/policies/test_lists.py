"""What about a policy is news to who follows the list."""

from decimal import Decimal

import pytest

from policies.lists import _entry
from policies.models import ClauseMaterial, IncentivePolicy
from services.models import Material
from tests.factories.policies import ClauseFactory

pytestmark = pytest.mark.django_db


def revision(policy):
    return _entry(IncentivePolicy.objects.get(pk=policy.pk)).revision


@pytest.mark.parametrize(
    "changes",
    [
        {"condition": {"all": [{"fact": "headcount", "is": "gte", "value": "50"}]}},
        {"cap_wan": Decimal(80)},
        {"years": 3},
        {"payer": "另一单位"},
        {"pay_within_days": 15},
        {"objection_days": 5},
    ],
)
def test_other_terms_of_a_clause_are_news(changes):
    clause = ClauseFactory(policy__published=True)
    before = revision(clause.policy)
    type(clause).objects.filter(pk=clause.pk).update(**changes)
    assert revision(clause.policy) != before


def test_another_paper_is_news_and_saving_the_same_again_is_none():
    clause = ClauseFactory(policy__published=True)
    before = revision(clause.policy)
    clause.save()
    assert revision(clause.policy) == before
    ClauseMaterial.objects.create(clause=clause, material=Material.objects.create(name="新增材料"))
    assert revision(clause.policy) != before
