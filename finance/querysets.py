"""Everything about many rows of the finance app, and who may see them."""

from decimal import Decimal
from typing import Any, Self

from django.apps import apps
from django.db.models import DecimalField, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from finance.choices import DemandState, IntentState, Level, ProductState
from finance.pipeline import Pipeline, build
from tuoxian_portal.accounts.models import Role
from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.querysets import PortalQuerySet

MONEY = DecimalField(max_digits=16, decimal_places=4)


def own_bank(user: Any) -> int | None:
    """The bank a bank's contact is bound to; None for whoever sees the whole county."""
    if not user.is_authenticated or Role.Scope.COUNTY in user.scopes:
        return None
    return user.bank_id if Role.Scope.BANK in user.scopes else None


def may_act_for(user: Any, bank: Any) -> bool:
    """Whether `user` may enter what `bank` does: the system and the county for any, others for their own.
    A contact whose bank is gone acts for none."""
    return user is None or Role.Scope.COUNTY in user.scopes or user.bank_id == bank.pk


class LoanProductQuerySet(PortalQuerySet):
    def published(self) -> Self:
        """What the public sees: published and not past its date."""
        return self.filter(state=ProductState.PUBLISHED).filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=today())
        )

    def visible_to(self, user: Any) -> Self:
        """The public sees what is published; officers everything; a bank's contact also its own."""
        mine = scope_rows(self.model.objects.all(), user, bank="bank")
        return self.filter(
            Q(pk__in=self.model.objects.published().values("pk")) | Q(pk__in=mine.values("pk"))
        )


class MatchmakingEventQuerySet(PortalQuerySet):
    """Events are public."""

    def of_county(self) -> Self:
        return self.filter(level=Level.COUNTY)

    def elsewhere(self) -> Self:
        """What the city and the region did: shown apart, as reference."""
        return self.exclude(level=Level.COUNTY)


class FinancingDemandQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Officers see all; a bank's contact sees open demands whose enterprise agreed to share them,
        and those its own intents answer; nobody else sees any."""
        if own_bank(user) is None:
            return scope_rows(self, user)
        if not user.has_perm("finance.view_financingdemand"):
            return self.none()
        answered = apps.get_model("finance", "LoanIntent").objects.visible_to(user)
        return self.filter(
            Q(shared_with_banks=True, state=DemandState.OPEN)
            | Q(pk__in=answered.filter(demand__isnull=False).values("demand_id"))
        )

    def open(self) -> Self:
        return self.filter(state=DemandState.OPEN)


class LoanIntentQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Officers see all, a bank's contact the rows of the own bank, nobody else any."""
        return scope_rows(self, user, bank="bank")

    def active(self) -> Self:
        return self.exclude(state=IntentState.DROPPED)

    def with_drawn(self) -> Self:
        """Annotates `drawn_total_wan` (Decimal, 0 when nothing) and `first_drawn_on`; no extra query."""
        rows = (
            apps.get_model("finance", "Drawdown")
            .objects.valid()
            .filter(intent=OuterRef("pk"))
            .order_by()
            .values("intent")
        )
        return self.annotate(
            drawn_total_wan=Coalesce(
                Subquery(rows.annotate(total=Sum("amount_wan")).values("total")),
                Decimal(0),
                output_field=MONEY,
            ),
            first_drawn_on=Subquery(rows.annotate(first=Min("drawn_on")).values("first")),
        )

    def pipeline(self) -> Pipeline:
        """The loans of this queryset step by step: counts, money, median days, drop-outs, banks.

        One query, whatever the number of rows.
        """
        return build(self)


class DrawdownQuerySet(PortalQuerySet):
    def valid(self) -> Self:
        """What counts: entries that were not voided."""
        return self.filter(voided_at__isnull=True)

    def total_wan(self) -> Decimal:
        """The sum in 万元; one query."""
        return self.aggregate(total=Sum("amount_wan"))["total"] or Decimal(0)

    def visible_to(self, user: Any) -> Self:
        """Those of the intents that `user` may see."""
        return scope_rows(self, user, bank="intent__bank")
