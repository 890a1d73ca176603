"""The other way round: the enterprises of the register that a clause is for. The database judges."""

from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from policies.choices_claims import ENDED
from policies.enterprises import with_facts
from policies.models import PolicyClause
from policies.rules.conditions import Node
from policies.rules.database import both, verdict
from policies.rules.logic import Truth
from tuoxian_portal.directory.models import Enterprise


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
    """Who qualifies for `clause` in the register and has no claim of it in the year of `day`; samples for a
    sample policy, real enterprises for a real one. The condition must be stated."""
    rule: Any = clause.rule
    rows = qualifying(rule, day).filter(is_sample=clause.policy.is_sample)
    return rows.exclude(pk__in=_claimed(clause, day))


def gap(clause: PolicyClause, day: date) -> tuple[int, int]:
    """(how many qualify, how many of them are `unclaimed`); one query."""
    rule: Any = clause.rule
    met, _failed = both(rule, day)
    found = Enterprise.objects.filter(is_active=True, is_sample=clause.policy.is_sample).aggregate(
        met=Count("pk", filter=met), unclaimed=Count("pk", filter=met & ~Q(pk__in=_claimed(clause, day)))
    )
    return found["met"], found["unclaimed"]


def _claimed(clause: PolicyClause, day: date) -> QuerySet:
    return clause.claims.filter(year=day.year).exclude(state__in=ENDED).order_by().values("enterprise")


def counts(rule: Node, day: date) -> dict[Truth, int]:
    """How many enterprises qualify, may qualify, and do not; one query."""
    met, failed = both(rule, day)
    found = Enterprise.objects.filter(is_active=True).aggregate(
        yes=Count("pk", filter=met), no=Count("pk", filter=failed), all=Count("pk")
    )
    return {
        Truth.YES: found["yes"],
        Truth.NO: found["no"],
        Truth.MAYBE: found["all"] - found["yes"] - found["no"],
    }
