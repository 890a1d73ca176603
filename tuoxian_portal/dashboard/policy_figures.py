"""What officials read of the policies: how far each clause has come to those it is for.

Claims are counted when the page is asked for; what would read the whole register is kept (`ClauseFigure`).
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, DecimalField, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from policies.choices_claims import COMMITTED, ClaimState
from policies.matching import IN_FORCE
from policies.models import IncentivePolicy, PolicyClaim, PolicyClause
from policies.qualifying import gaps_of
from policies.querysets_claims import payment_is_late, review_is_late
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.money import format_wan, format_yuan, percent, plain
from tuoxian_portal.dashboard.figures import WorkingDayIndex, percentile
from tuoxian_portal.dashboard.models import ClauseFigure, FigureRefresh

NEARLY_USED = Decimal("0.9")
"""From this share of its envelope on, a clause is named among what needs attention."""
NAME = "policies"


# --- Keeping -------------------------------------------------------------------------------------------
def _silent(done: int, total: int, message: str = "") -> None:
    return None


def refresh(progress: Callable[[int, int, str], None] = _silent) -> int:
    """Reads the register for every clause in force, and every approved claim; returns the clauses.

    One aggregate over the register for twenty clauses. Safe to run at any time.
    """
    day = today()
    clauses = list(PolicyClause.objects.filter(in_force(day)).select_related("policy").order_by("pk"))
    progress(0, len(clauses), "核对名录")
    gaps = gaps_of([clause for clause in clauses if clause.rule is not None], day)
    medians = _medians(day)
    rows = []
    for clause in clauses:
        qualified, unclaimed = gaps.get(clause.pk, (None, None))
        approval, payment = medians.get(clause.pk, (None, None))
        rows.append(
            ClauseFigure(
                clause=clause,
                year=day.year,
                qualified=qualified,
                unclaimed=unclaimed,
                days_to_approval=approval,
                days_to_payment=payment,
            )
        )
    with transaction.atomic():
        ClauseFigure.objects.all().delete()
        ClauseFigure.objects.bulk_create(rows)
        FigureRefresh.objects.update_or_create(name=NAME, defaults={"at": timezone.now()})
    return len(rows)


def _medians(day: date) -> dict[int, tuple[int | None, int | None]]:
    """For each clause the median working days from filing to approval and from approval to payment."""
    claims = PolicyClaim.objects.committed().order_by()
    dates: list[Any] = list(claims.values_list("clause", "filed_on", "approved_on", "paid_on"))
    first = min((row[1] for row in dates), default=day)
    index = WorkingDayIndex(load_calendar(), first, day)
    approval, payment = defaultdict(list), defaultdict(list)
    for clause, filed_on, approved_on, paid_on in dates:
        approval[clause].append(index.between(filed_on, approved_on))
        if paid_on:
            payment[clause].append(index.between(approved_on, paid_on))
    return {
        clause: (percentile(sorted(days), 50), percentile(sorted(payment[clause]), 50))
        for clause, days in approval.items()
    }


def as_of() -> Any:
    """When the kept figures were computed; None before the first time."""
    return FigureRefresh.objects.filter(name=NAME).values_list("at", flat=True).first()


# --- Rows ----------------------------------------------------------------------------------------------
def in_force(day: date) -> Q:
    """The clauses of policies that are public and in force on `day`."""
    policies: Any = IncentivePolicy.objects.published().with_status(day)
    policies = policies.filter(status__in=IN_FORCE)
    return Q(policy__in=policies.order_by().values("pk"))


def clauses(on: date) -> QuerySet[PolicyClause]:
    """Every clause in force or with a claim, with its kept figure, `committed_yuan`, `share` of its envelope
    and `late` claims."""
    claims = PolicyClaim.objects.filter(clause=OuterRef("pk")).order_by().values("clause")
    committed = claims.filter(state__in=COMMITTED).annotate(total=Sum("approved_yuan")).values("total")
    late = claims.filter(is_late(on)).annotate(number=Count("pk")).values("number")
    money = DecimalField(max_digits=18, decimal_places=2)
    claimed = PolicyClaim.objects.order_by().values("clause")
    return (
        PolicyClause.objects.filter(in_force(on) | Q(pk__in=claimed))
        .select_related("policy", "figure")
        .annotate(
            committed_yuan=Coalesce(Subquery(committed), Value(Decimal(0)), output_field=money),
            late=Coalesce(Subquery(late), Value(0), output_field=IntegerField()),
        )
        .annotate(budget_yuan=F("budget_wan") * Value(Decimal(10_000), output_field=money))
    )


def is_late(on: date) -> Q:
    return review_is_late(on) | payment_is_late(on)


def with_late_claims(on: date) -> Q:
    return Q(pk__in=PolicyClaim.objects.filter(is_late(on)).order_by().values("clause"))


def nearly_used() -> Q:
    return Q(budget_wan__gt=0, committed_yuan__gte=F("budget_yuan") * NEARLY_USED)


@dataclass(frozen=True)
class Line:
    """One clause: its claims by state, its money and its clocks, each with the address of its rows."""

    clause: Any
    states: list[tuple[str, int, str]]
    approved: Decimal
    paid: Decimal
    left: Decimal | None
    share: Decimal | None
    review_late: int
    pay_late: int
    href: str
    gap_href: str

    @property
    def figure(self) -> ClauseFigure | None:
        return getattr(self.clause, "figure", None)

    @property
    def tone(self) -> str:
        if self.share is None:
            return "neutral"
        return "bad" if self.share >= 100 * NEARLY_USED else "warn" if self.share >= 70 else "good"

    @property
    def share_label(self) -> str:
        return f"已用 {plain(self.share, 0)}%"

    @property
    def review_label(self) -> str:
        return f"未审核 {self.review_late}"

    @property
    def pay_label(self) -> str:
        return f"未兑付 {self.pay_late}"

    @property
    def money(self) -> str:
        if not self.approved:
            return "—"
        return f"{format_yuan(self.approved)}，其中已兑付 {format_yuan(self.paid)}"

    @property
    def envelope(self) -> str:
        if self.left is None:
            return "没有定额"
        return f"剩余 {format_yuan(self.left)}（盘子 {format_wan(self.clause.budget_wan)}）"


def lines(rows: Any, tallies: dict[int, dict[str, Any]]) -> list[Line]:
    """`rows` of `clauses()` with what `by_clause` counted; no queries."""
    return [_line(clause, tallies.get(clause.pk, {})) for clause in rows]


def claims_url(clause: PolicyClause, **more: str) -> str:
    address = f"{reverse('admin:policies_policyclaim_changelist')}?clause__id__exact={clause.pk}"
    return address + "".join(f"&{name}={value}" for name, value in more.items())


def _line(clause: Any, tally: dict[str, Any]) -> Line:
    approved = tally.get("committed_yuan") or Decimal(0)
    budget = clause.budget_wan * 10_000 if clause.budget_wan is not None else None
    return Line(
        clause=clause,
        states=[
            (str(state.label), tally[state.value], claims_url(clause, state__exact=state.value))
            for state in ClaimState
            if tally.get(state.value)
        ],
        approved=approved,
        paid=tally.get("paid_yuan") or Decimal(0),
        left=None if budget is None else budget - approved,
        share=percent(approved, budget) if budget else None,
        review_late=tally.get("review_late", 0),
        pay_late=tally.get("pay_late", 0),
        href=claims_url(clause),
        gap_href=reverse("admin:policies_policyclause_enterprises", args=[clause.pk]) + "?unclaimed=1",
    )


def totals(tallies: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The sums over all clauses."""
    rows = tallies.values()
    return {
        "claims": sum(row[state.value] for row in rows for state in ClaimState),
        "approved": sum((row["committed_yuan"] or Decimal(0) for row in rows), Decimal(0)),
        "paid": sum((row["paid_yuan"] or Decimal(0) for row in rows), Decimal(0)),
        "review_late": sum(row["review_late"] for row in rows),
        "pay_late": sum(row["pay_late"] for row in rows),
    }


def share_bars(shown: list[Line]) -> list[dict[str, Any]]:
    """How much of each envelope is committed, in percent."""
    return [
        {
            "label": line.clause.name,
            "value": line.share,
            "text": f"{plain(line.share, 0)}% · {format_yuan(line.approved)} / {format_wan(line.clause.budget_wan)}",
            "href": line.href,
        }
        for line in sorted(shown, key=lambda line: -(line.share or 0))
        if line.share is not None
    ]
