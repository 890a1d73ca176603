"""Everything about many claims."""

from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db.models import Count, Q, Sum

from policies.choices import Recurrence
from policies.choices_claims import AWAITS_REVIEW, COMMITTED, DECIDED, ENDED, ClaimState
from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.calendar import load_calendar
from tuoxian_portal.core.outbox import UNSENT
from tuoxian_portal.core.querysets import PortalQuerySet

S = ClaimState
OBJECTABLE = (S.REVIEWED, S.APPROVED, S.REFUSED)
CLOCKS = (
    # states in which it runs, where it began, the clause's days, the date that is kept
    (AWAITS_REVIEW, "review_from", "review_within_days", "review_due_on"),
    (OBJECTABLE, "notified_on", "objection_days", "objection_until"),
    ((S.APPROVED,), "approved_on", "pay_within_days", "pay_due_on"),
)


class ClaimQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        return scope_rows(self, user)

    def committed(self) -> Self:
        return self.filter(state__in=COMMITTED)

    def standing(self) -> Self:
        """Neither refused nor withdrawn."""
        return self.exclude(state__in=ENDED)

    def using_up(self, clause: Any, year: int) -> Self:
        """The claims that leave their enterprise nothing more of `clause` for `year`: that of the year; of a
        one-off benefit that of any year; all of them once the years that the clause grants are used."""
        standing = self.filter(clause=clause).standing()
        if clause.recurrence == Recurrence.ONCE:
            return standing
        if not clause.years:
            return standing.filter(year=year)
        per_enterprise = standing.order_by().values("enterprise").annotate(used=Count("pk"))
        full = per_enterprise.filter(used__gte=clause.years).values("enterprise")
        return standing.filter(Q(year=year) | Q(enterprise__in=full))

    def review_overdue(self, on: date) -> Self:
        """Filed or proposed, and not reviewed in time."""
        return self.filter(review_is_late(on))

    def in_objection(self, on: date) -> Self:
        """Whose objection period runs."""
        return self.filter(objections_run(on))

    def overdue(self, on: date) -> Self:
        """Approved and not paid in time."""
        return self.filter(payment_is_late(on))

    def untold(self) -> Self:
        """Decided, and the enterprise was not told of the decision."""
        return self.filter(state__in=DECIDED, notified_on=None)

    def mail_waiting(self) -> Self:
        """A notice was promised by mail and has not gone out."""
        return self.filter(notices__mail__state__in=UNSENT).distinct()

    def total_yuan(self) -> Decimal:
        """The sum of what was approved among these."""
        return self.aggregate(total=Sum("approved_yuan"))["total"] or Decimal(0)

    def derive_due_again(self) -> int:
        """After an edit of the working calendar: the dates of the clocks that run; returns how many moved.
        One query for each clock, and one for each date that moved."""
        calendar, moved = load_calendar(), 0
        for states, start, days, due in CLOCKS:
            running: Any = self.filter(
                **{
                    "state__in": states,
                    f"{start}__isnull": False,
                    f"{due}__isnull": False,
                    f"clause__{days}__isnull": False,
                }
            )
            for claim in running.select_related("clause"):
                day = calendar.add(getattr(claim, start), getattr(claim.clause, days))
                if day != getattr(claim, due):
                    self.filter(pk=claim.pk, state__in=states).update(**{due: day})
                    moved += 1
        return moved

    def by_clause(self, on: date) -> dict[int, dict[str, Any]]:
        """For each clause its claims by state, what is approved and paid (元) and what is late; one query."""
        counts = {state.value: Count("pk", filter=Q(state=state)) for state in ClaimState}
        rows = (
            self.order_by()
            .values("clause")
            .annotate(
                **counts,
                committed_yuan=Sum("approved_yuan", filter=Q(state__in=COMMITTED)),
                paid_yuan=Sum("approved_yuan", filter=Q(state=S.PAID)),
                review_late=Count("pk", filter=review_is_late(on)),
                pay_late=Count("pk", filter=payment_is_late(on)),
            )
        )
        return {row["clause"]: row for row in rows}


def review_is_late(on: date) -> Q:
    return Q(state__in=AWAITS_REVIEW, review_due_on__lt=on)


def objections_run(on: date) -> Q:
    return Q(state__in=OBJECTABLE, objection_until__gte=on)


def payment_is_late(on: date) -> Q:
    """Not while the objection period forbids to pay."""
    late = Q(state=S.APPROVED, pay_due_on__lt=on)
    return late & (Q(objection_until=None) | Q(objection_until__lt=on))
