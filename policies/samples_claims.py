"""Sample claims, one at each step of the way and on each side of every clock, through the actions."""

from datetime import timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any

from policies import actions
from policies.choices import ApplyMode
from policies.choices_claims import NoticeMethod, RefusalCode
from policies.claim_clocks import due_after
from policies.enterprises import facts_of
from policies.matching import IN_FORCE, estimate
from policies.models import IncentivePolicy, PolicyClaim, PolicyClause
from policies.qualifying import qualifying
from policies.querysets_claims import CLOCKS
from tuoxian_portal.core.calendar import load_calendar
from tuoxian_portal.core.samples import SampleContext

Steps = list[tuple[str, dict[str, Any]]]
REVIEW: Steps = [("review_claim", {})]
APPROVE: Steps = [*REVIEW, ("approve_claim", {})]
TELL: Steps = [("notify_claim", {"method": NoticeMethod.IN_PERSON})]
REFUSE: Steps = [
    ("refuse_claim", {"refusal_code": RefusalCode.MATERIALS, "reason": "示例：发票不全"}),
    ("notify_claim", {"method": NoticeMethod.POST}),
]
# The verbs a claim went through; `age` is that so many days have gone by.
PATHS: list[Steps] = [
    [("age", {"days": 4})],
    [("age", {"days": 45})],  # not reviewed in time
    REVIEW,
    [*APPROVE, *TELL],  # in its objection period
    [*APPROVE, *TELL, ("age", {"days": 75})],  # not paid in time
    [*APPROVE, *TELL, ("age", {"days": 20}), ("pay_claim", {"payment_reference": "示例凭证"})],
    REFUSE,
    [*APPROVE, *TELL, ("object_claim", {"reason": "示例：同一设备已由他人申报"})],
    [("withdraw_claim", {"reason": "示例：企业改报其他条款"})],
]
AUTO_PATHS: list[Steps] = [
    [("age", {"days": 45})],
    [("confirm_claim", {}), ("notify_claim", {"method": NoticeMethod.PUBLIC})],
    [],
]
EACH = 6


def make_claims(ctx: SampleContext, policies: list[IncentivePolicy]) -> int:
    """Claims of sample enterprises under the policies in force; returns how many."""
    paths, auto_paths = cycle(PATHS), cycle(AUTO_PATHS)
    used: set[int] = set()
    count = 0
    for policy in policies:
        if policy.status_on(ctx.today) not in IN_FORCE:
            continue
        # Few enterprises qualify for what is granted without an application: it chooses first.
        for clause in sorted(policy.clauses.exclude(formula=""), key=lambda c: c.mode != ApplyMode.AUTO):
            rows = _enterprises(ctx, clause, used)
            if clause.mode == ApplyMode.AUTO:
                claims = actions.propose_claims(
                    clause=clause, enterprises=rows[: len(AUTO_PATHS)], actor=None
                )
            else:
                claims = [
                    actions.file_claim(clause=clause, enterprise=row, actor=None, is_sample=True)
                    for row in rows
                ]
            PolicyClaim.objects.filter(pk__in=[claim.pk for claim in claims]).update(is_sample=True)
            for claim in claims:
                _walk(claim, next(auto_paths if clause.mode == ApplyMode.AUTO else paths))
            used.update(claim.enterprise_id for claim in claims)
            count += len(claims)
        _nearly_use(policy)
    return count


def _enterprises(ctx: SampleContext, clause: PolicyClause, used: set[int]) -> list[Any]:
    """Those that qualify for an amount that is known and not nought, none of them twice."""
    if clause.rule is None:
        return []
    rows = qualifying(clause.rule, ctx.today).filter(is_sample=True).exclude(pk__in=used)
    return [row for row in rows if estimate(clause, facts_of(row, ctx.today)).total][:EACH]


def _walk(claim: PolicyClaim, steps: Steps) -> None:
    for name, values in steps:
        claim.refresh_from_db()
        if name == "age":
            _age(claim, **values)
        else:
            actions.CLAIM_ACTIONS[name](claim=claim, actor=None, **values)


def _age(claim: PolicyClaim, *, days: int) -> None:
    """Moves what has happened so far `days` back; the clocks follow."""
    back = timedelta(days=days)
    dates = ("filed_on", "review_from", "reviewed_on", "approved_on", "notified_on")
    values = {name: getattr(claim, name) - back for name in dates if getattr(claim, name)}
    calendar = load_calendar()
    for _states, start, time, due in CLOCKS:
        if getattr(claim, due):
            values[due] = due_after(calendar, values[start], getattr(claim.clause, time))
    PolicyClaim.objects.filter(pk=claim.pk).update(**values)


def _nearly_use(policy: IncentivePolicy) -> None:
    """One clause without an envelope gets one that is almost used."""
    clause = policy.clauses.filter(budget_wan=None).exclude(cap_wan=None).order_by("-order").first()
    committed = clause.claims.committed().total_yuan() if clause else Decimal(0)
    if clause and committed:
        clause.budget_wan = (committed / Decimal(9_500)).quantize(Decimal("0.01"))
        clause.save(update_fields=["budget_wan"])
