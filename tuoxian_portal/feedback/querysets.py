"""Many pieces of feedback."""

from datetime import date, datetime
from typing import Any, Self

from tuoxian_portal.core.querysets import PortalQuerySet
from tuoxian_portal.feedback.choices import OPEN, OVER, ContactKind


class FeedbackQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """What visitors wrote is for the staff who may view it; the writer has number and password."""
        if user and user.is_authenticated and user.has_perm("feedback.view_feedback"):
            return self
        return self.none()

    def open(self) -> Self:
        return self.filter(state__in=sorted(OPEN))

    def overdue(self, on: date) -> Self:
        """Not answered by the day that was told to the writer."""
        return self.open().filter(answer_due__lt=on)

    def contact_to_erase(self, before: datetime) -> Self:
        """Over before `before`, with a contact that is no longer needed."""
        return self.filter(
            state__in=sorted(OVER),
            ended_at__lt=before,
            contact_kind__in=[ContactKind.PHONE, ContactKind.EMAIL],
        )
