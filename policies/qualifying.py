"""The other way round: the enterprises of the register that a clause is for. The database judges."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

from django.db.models import Count, Q, QuerySet

from policies.enterprises import with_facts
from policies.models import PolicyClaim, PolicyClause
from policies.rules.conditions import Node
from policies.rules.database import both, verdict
from policies.rules.logic import Truth
from tuoxian_portal.directory.models import Enterprise

T = TypeVar("T")
TOGETHER = 20
"""Clauses counted in one pass over the register: 200 over 10,000 enterprises take half the time that one
query each takes, on PostgreSQL and on SQLite; more at once gain nothing."""


def qualifying(rule: Node, day: date, truth: Truth = Truth.YES) -> QuerySet[Enterprise]:
    """The enterprises of which `rule` is `truth` on `day`, with what `facts_of` reads; one query, and
    two more for their qualifications and projects."""
    rows = Enterprise.objects.filter(is_active=True)
    if truth is Truth.MAYBE:
        rows = rows.annotate(policy_verdict=verdict(rule, day)).filter(policy_verdict=truth.value)
    else:
        met, failed = both(rule, day)
        rows = rows.filter(met if truth is Truth.YES else failed)
    return with_facts(rows).order_by("name")


def unclaimed(clause: PolicyClause, day: date) -> QuerySet[Enterprise]:
    """Who qualifies for `clause` in the register and has nothing that uses it up for the year of `day`
    (`ClaimQuerySet.using_up`); samples for a sample policy, real enterprises for a real one. The condition
    must be stated."""
    rule: Any = clause.rule
    rows = qualifying(rule, day).filter(is_sample=clause.policy.is_sample)
    return rows.exclude(pk__in=_claimed(clause, day))


def gaps_of(clauses: Sequence[PolicyClause], day: date) -> dict[int, tuple[int, int]]:
    """By key of each clause (how many qualify, how many of them are `unclaimed`). Conditions must be stated;
    one query for `TOGETHER` clauses."""
    found: dict[int, tuple[int, int]] = {}
    for is_sample in (False, True):
        of_kind = [clause for clause in clauses if clause.policy.is_sample == is_sample]
        register = Enterprise.objects.filter(is_active=True, is_sample=is_sample)
        for some in batched(of_kind):
            asked: dict[str, Count] = {}
            for place, clause in enumerate(some):
                rule: Any = clause.rule
                met, _failed = both(rule, day)
                asked[f"met{place}"] = Count("pk", filter=met)
                asked[f"open{place}"] = Count("pk", filter=met & ~Q(pk__in=_claimed(clause, day)))
            row = register.aggregate(**asked)
            found |= {clause.pk: (row[f"met{n}"], row[f"open{n}"]) for n, clause in enumerate(some)}
    return found


def _claimed(clause: PolicyClause, day: date) -> QuerySet:
    return PolicyClaim.objects.using_up(clause, day.year).order_by().values("enterprise")


def counts(rule: Node, day: date) -> dict[Truth, int]:
    """How many enterprises qualify, may qualify, and do not; one query."""
    return counts_of([rule], day)[0]


def counts_of(rules: Sequence[Node], day: date) -> list[dict[Truth, int]]:
    """`counts` of each of `rules`, in their order; one query for `TOGETHER` of them."""
    found = []
    for some in batched(rules):
        asked: dict[str, Count] = {"all": Count("pk")}
        for place, rule in enumerate(some):
            met, failed = both(rule, day)
            asked |= {f"yes{place}": Count("pk", filter=met), f"no{place}": Count("pk", filter=failed)}
        row = Enterprise.objects.filter(is_active=True).aggregate(**asked)
        for place in range(len(some)):
            yes, no = row[f"yes{place}"], row[f"no{place}"]
            found.append({Truth.YES: yes, Truth.NO: no, Truth.MAYBE: row["all"] - yes - no})
    return found


def batched(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """`rows` in groups of `TOGETHER`."""
    return (rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER))
