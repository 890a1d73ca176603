"""Everything about many claims."""

from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db.models import Sum

from policies.choices_claims import COMMITTED, ClaimState
from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.calendar import load_calendar
from tuoxian_portal.core.querysets import PortalQuerySet


class ClaimQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        return scope_rows(self, user)

    def committed(self) -> Self:
        return self.filter(state__in=COMMITTED)

    def overdue(self, on: date) -> Self:
        """Approved and not paid in time."""
        return self.filter(state=ClaimState.APPROVED, pay_due_on__lt=on)

    def total_yuan(self) -> Decimal:
        """The sum of what was approved among these."""
        return self.aggregate(total=Sum("approved_yuan"))["total"] or Decimal(0)

    def derive_due_again(self) -> int:
        """After an edit of the working calendar: the paying deadlines of what is approved and not yet
        paid; returns how many moved. One query, and one for each that moved."""
        calendar, moved = load_calendar(), 0
        waiting: Any = self.filter(state=ClaimState.APPROVED, clause__pay_within_days__isnull=False)
        for claim in waiting.select_related("clause"):
            due = calendar.add(claim.approved_on, claim.clause.pay_within_days)
            if due != claim.pay_due_on:
                self.filter(pk=claim.pk, state=ClaimState.APPROVED).update(pay_due_on=due)
                moved += 1
        return moved
