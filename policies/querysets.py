"""Everything about many policies and many prices."""

from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db.models import DecimalField, OuterRef, Prefetch, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from policies.choices import Publication
from policies.status import starts_on, status_case
from tuoxian_portal.core.querysets import PortalQuerySet


class PolicyQuerySet(PortalQuerySet):
    def published(self) -> Self:
        """What the public may read, whatever its status."""
        return self.filter(state=Publication.PUBLISHED)

    def visible_to(self, user: Any) -> Self:
        """Everything for policy staff, what is published for everybody else."""
        return self if user.has_perm("policies.view_incentivepolicy") else self.published()

    def with_status(self, day: date) -> Self:
        """Adds `status`, the same word that `status_on(day)` gives; can be filtered on."""
        return self.alias(starts_on=starts_on()).annotate(status=status_case(day))

    def search(self, text: str) -> Self:
        """Rows in which every word of `text` occurs in title, number, issuer, summary or clauses."""
        queryset = self
        model: Any = self.model
        for word in text.split()[:6]:
            in_clauses = model.clauses.rel.related_model.objects.filter(text__icontains=word)
            queryset = queryset.filter(
                Q(title__icontains=word)
                | Q(document_number__icontains=word)
                | Q(issuing_body__icontains=word)
                | Q(summary__icontains=word)
                | Q(pk__in=in_clauses.values("policy_id"))
            )
        return queryset


class PolicyClauseQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """The clauses of the policies that `user` may see."""
        if user.has_perm("policies.view_incentivepolicy"):
            return self
        return self.filter(policy__state=Publication.PUBLISHED)

    def public(self) -> Self:
        return self.filter(policy__state=Publication.PUBLISHED)

    def matchable(self) -> Self:
        """Public clauses whose condition or formula is stated; `matching.is_matchable` asks more."""
        return self.public().filter(Q(condition__isnull=False) | ~Q(formula=""))

    def with_committed(self) -> Self:
        """`committed_yuan`: what is committed of each envelope; no further query."""
        model: Any = self.model
        claims = model.claims.rel.related_model.objects.committed().filter(clause=OuterRef("pk")).order_by()
        total = claims.values("clause").annotate(total=Sum("approved_yuan")).values("total")
        return self.annotate(
            committed_yuan=Coalesce(Subquery(total), Value(Decimal(0)), output_field=DecimalField())
        )

    def for_matching(self) -> Self:
        """With what `matching.match` reads; two queries."""
        return (
            self.with_committed()
            .select_related("policy", "policy__replaced_by")
            .prefetch_related("exclusion_groups")
        )

    def with_papers(self) -> Self:
        """With what `guides.papers_of` reads; three more queries."""
        return self.prefetch_related(*paper_lookups())

    def with_guide(self) -> Self:
        """With what `guides.clause_guide` reads; five more queries."""
        model: Any = self.model
        others = Prefetch("exclusion_groups__clauses", model.objects.public().select_related("policy"))
        return self.with_committed().with_papers().prefetch_related("exclusion_groups", others)


def paper_lookups() -> list[Prefetch]:
    """What `guides.papers_of` reads of clauses that are loaded already, for `prefetch_related_objects`."""
    from policies.models import ClauseMaterial
    from services.models import ItemMaterial, ServiceItem

    item = ServiceItem.objects.only("code", "name", "state", "revises")
    return [
        Prefetch("materials", ClauseMaterial.objects.select_related("material").order_by("order", "pk")),
        Prefetch("service_item", item),
        Prefetch("service_item__materials", ItemMaterial.objects.all()),
    ]


class FactorPriceQuerySet(PortalQuerySet):
    def published(self) -> Self:
        return self.filter(is_public=True)

    def visible_to(self, user: Any) -> Self:
        """Everything for policy staff, what is public for everybody else."""
        return self if user.has_perm("policies.view_factorprice") else self.published()


class ComparisonPriceQuerySet(PortalQuerySet):
    def published(self) -> Self:
        return self.filter(is_public=True)

    def visible_to(self, user: Any) -> Self:
        """Everything for policy staff, what is public for everybody else."""
        return self if user.has_perm("policies.view_comparisonprice") else self.published()
