"""Many report runs, and who may read them."""

from typing import Any, Self

from tuoxian_portal.core.querysets import PortalQuerySet
from tuoxian_portal.core.registries import report_kinds


class ReportRunQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """The runs of the kinds whose permission the person holds; none without the permission to
        read reports at all. No query beyond the person's permissions."""
        if not user.is_authenticated or not user.has_perm("reports.view_reportrun"):
            return self.none()
        return self.filter(kind__in=[kind.kind for kind in report_kinds if user.has_perm(kind.permission)])

    def current(self) -> Self:
        """What counts: without runs that were superseded."""
        return self.filter(state="current")

    def without_figures(self) -> Self:
        """For lists: the frozen figures are large and not shown there."""
        return self.defer("figures")
