"""Many links of chains."""

from typing import Any, Self

from django.db.models import Count, Q

from projects.choices_pipeline import NodeStanding
from tuoxian_portal.core.querysets import PortalQuerySet


class ChainNodeQuerySet(PortalQuerySet):
    def published(self) -> Self:
        return self.filter(is_published=True, chain__is_active=True)

    def visible_to(self, user: Any) -> Self:
        if user and user.is_authenticated and user.has_perm("projects.view_chainnode"):
            return self
        return self.published()

    def gaps(self) -> Self:
        return self.filter(standing=NodeStanding.GAP)

    def with_attached(self) -> Self:
        """Adds `lead_count`, `target_count` (internal) and `opportunity_count` (published ones)."""
        return self.annotate(
            lead_count=Count("leads", distinct=True),
            target_count=Count("promotion_targets", distinct=True),
            opportunity_count=Count(
                "opportunities", filter=Q(opportunities__is_published=True), distinct=True
            ),
        )
