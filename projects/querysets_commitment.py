"""Promises: their measures, which are overdue, who sees them."""

from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db.models import F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from projects.choices import ReportState
from projects.choices_commitment import CommitmentKind
from projects.querysets import WAN, booked
from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.querysets import PortalQuerySet


class CommitmentQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """A department sees the promises of its projects; what it owes itself is among its notices."""
        return scope_rows(self, user, department="project__department")

    def with_measures(self) -> Self:
        """Adds what `commitments.standing` reads, in 万元 by the day a promise is due: `measured_wan`
        (accepted investment for 完成投资, receipts for 资金到位). No extra query."""
        from projects.models import FundsReceipt, ProgressReport

        zero = Value(Decimal(0), output_field=WAN)
        reports = (
            ProgressReport.objects.filter(
                project=OuterRef("project"),
                month__lte=OuterRef("due_on"),
                state__in=ReportState.counted(),
            )
            .order_by()
            .values("project")
            .annotate(total=Sum(booked()))
            .values("total")
        )
        receipts = (
            FundsReceipt.objects.valid()
            .filter(project=OuterRef("project"), received_on__lte=OuterRef("due_on"))
            .order_by()
            .values("project")
            .annotate(total=Sum("amount_wan"))
            .values("total")
        )
        return self.select_related("project").annotate(
            invested_by_due_wan=Coalesce(Subquery(reports, output_field=WAN), zero),
            received_by_due_wan=Coalesce(Subquery(receipts, output_field=WAN), zero),
        )

    def overdue(self, on: date) -> Self:
        """Due before `on`, not judged, and not known to be kept."""
        kind = CommitmentKind
        kept = (
            Q(kind=kind.INVESTMENT, invested_by_due_wan__gte=F("amount"))
            | Q(kind=kind.FUNDS, received_by_due_wan__gte=F("amount"))
            | Q(kind=kind.START, project__actual_start__lte=F("due_on"))
            | Q(kind=kind.PRODUCTION, project__actual_production__lte=F("due_on"))
        )
        known = self.filter(verdict="", due_on__lt=on).with_measures()
        # `exclude` would drop rows whose dates are unknown; what is not known to be kept stays.
        return known.exclude(pk__in=known.filter(kept).values("pk"))
