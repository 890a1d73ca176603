"""What of a figure may be public: nothing that points at one of fewer than three matters."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

from django.utils import timezone

from services.models.catalogue import ServiceItem
from services.models.ratings import RatingInvitation, ServiceRating
from tuoxian_portal.core.months import end_of_month, month_of
from tuoxian_portal.directory.models import Department

SMALLEST = 3
Key = TypeVar("Key", bound=Hashable)


def hidden_cells(counts: Mapping[Key, int]) -> set[Key]:
    """The keys whose counts are not shown beside their total.

    Those from 1 to 2; and when they together are still that few, the next smallest ones too, because
    the total minus what is shown would give them away.
    """
    hidden = {key for key, count in counts.items() if 0 < count < SMALLEST}
    if not hidden:
        return hidden
    others = sorted((count, index) for index, (key, count) in enumerate(counts.items()) if count >= SMALLEST)
    keys = list(counts)
    while sum(counts[key] for key in hidden) < SMALLEST and others:
        hidden.add(keys[others.pop(0)[1]])
    return hidden


def disclosed(rating: ServiceRating) -> tuple[ServiceItem | None, Department | None, str]:
    """(item, department, month "2026-11") that may stand beside a published rating.

    The most exact of the four that at least `SMALLEST` rated matters share: item and month, item,
    department and month, department. At most four queries.
    """
    invitation = rating.invitation
    month = month_of(timezone.localdate(rating.rated_at))
    rated = RatingInvitation.objects.filter(rated_at__isnull=False)
    in_month = rated.filter(rated_at__date__gte=month, rated_at__date__lte=end_of_month(month))
    for field, value in (("item", invitation.item), ("department", invitation.department)):
        if value is None or rated.filter(**{field: value}).count() < SMALLEST:
            continue
        shown = f"{month:%Y-%m}" if in_month.filter(**{field: value}).count() >= SMALLEST else ""
        item = invitation.item if field == "item" else None
        return item, invitation.department, shown
    return None, None, f"{month:%Y-%m}" if in_month.count() >= SMALLEST else ""
