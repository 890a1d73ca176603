"""Supervision notices: whose turn it is, which are late, who sees them."""

from datetime import date
from typing import Any, Self

from django.db.models import Q

from projects.choices_notice import NoticeState
from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.querysets import PortalQuerySet


class NoticeQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """By scope; and whoever is named as the owner sees it in any case."""
        seen = scope_rows(self, user, department="owner_department")
        if not (user.is_authenticated and user.has_perm("projects.view_supervisionnotice")):
            return seen
        return self.filter(Q(pk__in=seen.values("pk")) | Q(owner=user))

    def waiting(self) -> Self:
        """Not answered, or returned: the owner's turn."""
        return self.filter(state__in=NoticeState.waiting())

    def overdue(self, on: date) -> Self:
        """The owner's turn, and the day for the reply has passed."""
        return self.waiting().filter(reply_due__lt=on)


class NoticeEntryQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        from projects.models import SupervisionNotice

        return self.filter(notice__in=SupervisionNotice.objects.visible_to(user).values("pk"))
