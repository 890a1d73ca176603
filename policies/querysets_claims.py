"""Everything about many claims."""

from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db.models import Sum

from policies.choices_claims import COMMITTED, ClaimState
from tuoxian_portal.accounts.scoping import scope_rows
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
