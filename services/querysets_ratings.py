"""Many ratings at once: who sees them, what waits, and the figures of satisfaction.

Figures follow the month in which the matter was done (the month of the invitation), so that ratings
and invitations are counted over the same matters. Only what counts is in them (`COUNTED_STANDINGS`);
a doubtful rating is an answer all the same and stays in the response rate.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from services.choices_ratings import (
    BAD_GRADES,
    COUNTED_STANDINGS,
    OPEN_REMEDIATIONS,
    RatingGrade,
    RatingStanding,
    RemediationState,
)
from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.money import percent
from tuoxian_portal.core.querysets import PortalQuerySet

SMALL = 30  # below it a percentage says little: 样本不足


@dataclass(frozen=True)
class Satisfaction:
    """What the ratings of a set of matters say. `grades` maps 5 … 1 to counts."""

    invited: int
    rated: int
    grades: dict[int, int]

    @property
    def n(self) -> int:
        """Ratings that count."""
        return sum(self.grades.values())

    @property
    def satisfied(self) -> int:
        """非常满意, 满意 and 基本满意."""
        return sum(count for grade, count in self.grades.items() if grade not in BAD_GRADES)

    @property
    def satisfied_percent(self) -> Decimal | None:
        return percent(self.satisfied, self.n)

    @property
    def response_percent(self) -> Decimal | None:
        """Matters that were rated among those invited."""
        return percent(self.rated, self.invited)

    @property
    def is_small(self) -> bool:
        return self.n < SMALL


NOTHING = Satisfaction(0, 0, dict.fromkeys(sorted(RatingGrade.values, reverse=True), 0))
FIGURES: dict[str, Any] = {"invited": Count("pk"), "rated": Count("rated_at")} | {
    f"grade_{grade}": Count(
        "pk", filter=Q(rating__standing__in=sorted(COUNTED_STANDINGS), rating__grade=grade)
    )
    for grade in RatingGrade.values
}


def _satisfaction(row: dict[str, Any]) -> Satisfaction:
    grades = {grade: row[f"grade_{grade}"] for grade in sorted(RatingGrade.values, reverse=True)}
    return Satisfaction(row["invited"], row["rated"], grades)


class InvitationQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """As the cases that they are about."""
        return scope_rows(
            self, user, department="department", outlet="outlet", permission="services.view_case"
        )

    def of_cases(self) -> Self:
        return self.filter(case__isnull=False)

    def of_bundles(self) -> Self:
        return self.filter(bundle_case__isnull=False)

    def open(self, on: date | None = None) -> Self:
        """Not used and not expired on the day `on`."""
        return self.filter(rated_at__isnull=True, expires_on__gte=on or today())

    def between(self, start: date, end: date) -> Self:
        """Of matters done from `start` to `end`, both included."""
        return self.filter(invited_on__range=(start, end))

    def satisfaction(self) -> Satisfaction:
        """The figures of all rows together; one query."""
        return _satisfaction(self.order_by().aggregate(**FIGURES))

    def satisfaction_by(self, *paths: str) -> dict[Any, Satisfaction]:
        """The same for each value of `paths` (a tuple of values when there are several); one query."""
        rows = self.order_by().values(*paths).annotate(**FIGURES)
        return {
            row[paths[0]] if len(paths) == 1 else tuple(row[path] for path in paths): _satisfaction(row)
            for row in rows
        }

    def satisfaction_by_month(self) -> dict[date, Satisfaction]:
        """The same by the month in which the matter was done, its first day as the key; one query."""
        return self.annotate(done_month=TruncMonth("invited_on")).satisfaction_by("done_month")


class RatingQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        return scope_rows(self, user, department="invitation__department", outlet="invitation__outlet")

    def counted(self) -> Self:
        """What the figures hold."""
        return self.filter(standing__in=COUNTED_STANDINGS)

    def doubtful(self) -> Self:
        """Waits for a supervisor."""
        return self.filter(standing=RatingStanding.DOUBTFUL)

    def bad(self) -> Self:
        return self.filter(grade__in=sorted(BAD_GRADES))


def queues(on: date) -> dict[str, Q]:
    """The queues of rectification on the day `on`."""
    return {
        "verifying": Q(state=RemediationState.VERIFYING),
        "rectifying": Q(state=RemediationState.RECTIFYING),
        "calling_back": Q(state=RemediationState.CALLING_BACK),
        "overdue": Q(state__in=OPEN_REMEDIATIONS, due_on__lt=on),
    }


class RemediationQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """The responsible department and outlet their own, supervisors and officials all."""
        return scope_rows(self, user, department="department", outlet="outlet")

    def open(self) -> Self:
        return self.filter(state__in=OPEN_REMEDIATIONS)

    def overdue(self, on: date | None = None) -> Self:
        return self.filter(queues(on or today())["overdue"])

    def in_queue(self, name: str, on: date | None = None) -> Self:
        """Raises `KeyError` for an unknown queue."""
        return self.filter(queues(on or today())[name])

    def queue_counts(self, on: date | None = None) -> dict[str, int]:
        """The queues with their sizes; one query."""
        counts = {name: Count("pk", filter=rows) for name, rows in queues(on or today()).items()}
        return self.order_by().aggregate(**counts)


class PublishedAnswerQuerySet(PortalQuerySet):
    """Public as it is: `visible_to` leaves nothing out."""

    def search(self, text: str) -> Self:
        return self.with_every_word(text, "comment__icontains", "answer__icontains", "item__name__icontains")
