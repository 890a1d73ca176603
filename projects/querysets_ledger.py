"""Receipts, restatements and photographs: what counts, what is public, who sees it."""

from typing import Any, Self

from projects.querysets import ChildOfProjectQuerySet
from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.querysets import PortalQuerySet


class ReceiptQuerySet(ChildOfProjectQuerySet):
    def valid(self) -> Self:
        """Receipts that count: those not voided."""
        return self.filter(voided_at__isnull=True)


class RestatementQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        return scope_rows(self, user, department="report__project__department")


class PhotoQuerySet(ChildOfProjectQuerySet):
    def published(self) -> Self:
        """Photographs that anybody may see: published ones of published projects."""
        return self.filter(is_published=True, project__is_published=True)
