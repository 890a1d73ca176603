"""Handovers of papers: which one sees, which wait for an answer, which papers are late to come back."""

from datetime import date
from typing import Any, Self

from django.db.models import Exists, OuterRef, Q

from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.querysets import PortalQuerySet


class HandoverQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Those of the cases that `user` sees."""
        from services.models.cases import Case

        if not user.is_authenticated or not user.has_perm("services.view_handover"):
            return self.none()
        return self.filter(case__in=Case.objects.visible_to(user).order_by())

    def with_holders(self) -> Self:
        """With everything that `sender` and `receiver` say."""
        return self.select_related(
            *["case", "handed_by", "answered_by", "from_outlet", "from_department", "from_person"],
            *["to_outlet", "to_department", "to_person"],
        )

    def in_transit(self) -> Self:
        return self.filter(answered_at=None)

    def waiting_for(self, user: Any) -> Self:
        """In transit to the unit of `user`, or to her."""
        mine = Q(to_person=user.pk)
        if user.outlet_id:
            mine |= Q(to_outlet=user.outlet_id)
        if user.department_id:
            mine |= Q(to_department=user.department_id)
        return self.in_transit().filter(mine)

    def in_queue(self, name: str, user: Any) -> Self:
        """`mine` what waits for `user`, `transit`, `late`; all of them for any other name."""
        match name:
            case "mine":
                return self.waiting_for(user)
            case "transit":
                return self.in_transit()
            case "late":
                return self.not_returned()
        return self

    def not_returned(self, on: date | None = None) -> Self:
        """逾期未还: the day of return lies before `on` (today) and a paper signed for then has not moved
        since."""
        from services.models.custody import CustodyEvent

        later = CustodyEvent.objects.filter(material=OuterRef("material"), pk__gt=OuterRef("pk"))
        still_out = CustodyEvent.objects.filter(~Exists(later), handover=OuterRef("pk"))
        return self.filter(Exists(still_out), due_back_on__lt=on or today())
