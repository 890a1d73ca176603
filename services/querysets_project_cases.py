"""Links between cases and key projects."""

from typing import Any, Self

from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.querysets import PortalQuerySet


class ProjectCaseQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """The links of the projects that are this person's business."""
        return scope_rows(self, user, department="project__department")
