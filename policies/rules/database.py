"""A condition as a query over the register of enterprises, with the same three values.

NULL (or "") is unknown. Django's `~Q` counts NULL as a match, so nothing is negated after the fact:
a condition compiles to two queries that are both positive, when it holds (`met`) and when it fails
(`failed`); what is in neither is MAYBE. `policies.enterprises.facts_of` reads the same columns, and
a property test holds the two together.
"""

from datetime import date
from functools import reduce
from operator import and_, or_

from django.db.models import Case, CharField, Q, Value, When

from policies.rules.conditions import All, AnyOf, Compare, Node, Not, bound
from policies.rules.facts import Kind
from policies.rules.logic import Truth
from projects.models import KeyProject
from tuoxian_portal.directory.models import EnterpriseQualification

COLUMNS = {
    "industry": "industry__slug",
    "chain": "profile__chain__name",
    "industry_code": "profile__industry_code",
    "park": "park__name",
    "town": "profile__town__code",
    "project_kind": "profile__project_kind",
    "investment": "profile__investment_wan",
    "equipment": "profile__equipment_wan",
    "revenue": "profile__revenue_wan",
    "rd_spending": "profile__rd_spending_wan",
    "loan": "profile__loan_wan",
    "headcount": "profile__headcount",
    "talent": "profile__talent",
    "registered_on": "profile__registered_on",
    "size": "profile__size",
    "power_use": "profile__power_use",
    "power_price": "profile__power_price",
    "steam_use": "profile__steam_use",
    "sewage": "profile__sewage",
}
"""Where the register keeps each fact; 企业资质 and 项目阶段 are rows of their own."""

NEVER: Q = Q(pk__in=[])
LOOKUPS = {
    "gte": ("gte", "lt"),
    "gt": ("gt", "lte"),
    "lte": ("lte", "gt"),
    "lt": ("lt", "gte"),
    "since": ("gte", "lt"),
    "until": ("lte", "gt"),
    "aged": ("lte", "gt"),
    "younger": ("gt", "lte"),
}


def both(node: Node, day: date) -> tuple[Q, Q]:
    """(when it holds, when it fails), each a query that NULL never satisfies."""
    match node:
        case Not(part):
            met, failed = both(part, day)
            return failed, met
        case All(parts) if not parts:
            return ~NEVER, NEVER
        case All(parts):
            pairs = [both(part, day) for part in parts]
            return reduce(and_, (m for m, _ in pairs)), reduce(or_, (f for _, f in pairs))
        case AnyOf(parts):
            pairs = [both(part, day) for part in parts]
            return reduce(or_, (m for m, _ in pairs)), reduce(and_, (f for _, f in pairs))
        case Compare():
            return _comparison(node, day)


def _comparison(node: Compare, day: date) -> tuple[Q, Q]:
    key, op = node.fact.key, node.op
    if node.fact.kind is Kind.SET:
        return _holding(node, day)
    column = COLUMNS[key]
    if op in LOOKUPS:
        when, unless = LOOKUPS[op]
        value = bound(node, day)
        return Q((f"{column}__{when}", value)), Q((f"{column}__{unless}", value))
    if op == "eq":
        return Q((column, node.value)), Q((f"{column}__lt", node.value)) | Q((f"{column}__gt", node.value))
    known = Q((f"{column}__gt", ""))  # neither NULL nor ""
    if op == "in":
        return Q((f"{column}__in", node.value)), known & ~Q((f"{column}__in", node.value))
    under = reduce(or_, (Q((f"{column}__startswith", code)) for code in node.value))
    coarser = sorted({code[:n] for code in node.value for n in range(1, len(code))})
    failed = known & ~under
    return under, failed & ~Q((f"{column}__in", coarser)) if coarser else failed


def _holding(node: Compare, day: date) -> tuple[Q, Q]:
    """Rows of other tables. `IN (SELECT …)` without a reference to the outer row, which PostgreSQL and
    SQLite read once and hash; an EXISTS inside an aggregate's FILTER would run for every enterprise."""
    if node.fact.key == "project_stage":
        projects = KeyProject.objects.filter(enterprise__isnull=False).exclude(stage="").order_by()
        at = Q(pk__in=projects.filter(stage__in=node.value).values("enterprise"))
        return at, Q(pk__in=projects.values("enterprise")) & ~at
    rows = EnterpriseQualification.objects.filter(kind__in=node.value).order_by()
    held = Q(pk__in=rows.filter(Q(valid_until=None) | Q(valid_until__gte=day)).values("enterprise"))
    return held, Q(profile__qualifications_complete=True) & ~held


def verdict(node: Node, day: date) -> Case:
    """`yes`, `maybe` or `no` for each enterprise, as an SQL expression."""
    met, failed = both(node, day)
    return Case(
        When(met, then=Value(Truth.YES.value)),
        When(failed, then=Value(Truth.NO.value)),
        default=Value(Truth.MAYBE.value),
        output_field=CharField(),
    )
