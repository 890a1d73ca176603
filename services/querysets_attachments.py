"""Files attached to cases: who sees them, which count, which were never recorded."""

from datetime import timedelta
from typing import Any, Self

from django.db.models import Q
from django.utils import timezone

from tuoxian_portal.core.querysets import PortalQuerySet

# A counter form left open over a day is still somebody's work.
ORPHANED_AFTER = timedelta(days=2)


class CaseAttachmentQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Those of the cases that `user` sees, and her own uploads for a case not yet recorded."""
        from services.models.cases import Case

        if not user.is_authenticated or not user.has_perm("services.view_caseattachment"):
            return self.none()
        return self.filter(
            Q(case__in=Case.objects.visible_to(user).order_by()) | Q(case=None, uploaded_by=user)
        )

    def present(self) -> Self:
        """Not taken away."""
        return self.filter(removed_at=None)

    def orphans(self) -> Self:
        """Uploaded for a case that was never recorded, long ago."""
        return self.filter(case=None, uploaded_at__lt=timezone.now() - ORPHANED_AFTER)
