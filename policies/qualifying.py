"""The other way round: the enterprises of the register that a clause is for. The database judges."""

from datetime import date

from django.db.models import Count, QuerySet

from policies.enterprises import with_facts
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
