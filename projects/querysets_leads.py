"""Many leads and what is kept about them: same enterprise, whom to follow up, how fast they were answered."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from django.db.models import Count, Exists, F, Max, OuterRef, Q

from projects.choices import LeadState
from projects.choices_pipeline import PursuitState
from projects.reminders import SILENT_DAYS
from tuoxian_portal.core.money import percent
from tuoxian_portal.core.querysets import PortalQuerySet


@dataclass(frozen=True)
class AnswerRecord:
    """How enquiries were answered against the day that was promised. `received` = `on_time` + `late` +
    `unanswered` + `waiting`; `unanswered` are past their day, or closed, without an answer."""

    received: int
    on_time: int
    late: int
    unanswered: int
    waiting: int

    @property
    def on_time_percent(self) -> Decimal | None:
        """Of those whose answer was given or due; None while there are none."""
        return percent(self.on_time, self.received - self.waiting)


class LeadQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Leads hold personal contacts: only for people who may view them."""
        if user and user.is_authenticated and user.has_perm("projects.view_investmentlead"):
            return self
        return self.none()

    def open(self) -> Self:
        return self.exclude(state__in=[LeadState.CONVERTED, LeadState.CLOSED])

    def overdue(self, on: date) -> Self:
        """Not answered by the promised day."""
        return self.filter(answered_at__isnull=True, answer_due__lt=on, state=LeadState.NEW)

    def same_enterprise(self, lead: Any) -> Self:
        """Other leads that name the enterprise of `lead` (credit code, or the name but for its legal
        form), in the order in which they were registered. None for a lead without an enterprise."""
        same = Q(pk__in=[])
        if lead.credit_code:
            same |= Q(credit_code=lead.credit_code)
        if lead.name_key:
            same |= Q(name_key=lead.name_key)
        rows = self.filter(same, is_sample=lead.is_sample).exclude(pk=lead.pk)
        return rows.order_by("created_at", "pk")

    def with_last_visit(self) -> Self:
        """Adds `last_visit_on`, what `reminders.passed` reads."""
        return self.annotate(last_visit_on=Max("visits__held_on"))

    def to_follow_up(self, on: date) -> Self:
        """该跟进的线索: the day of the answer or of the next step has come, or nothing has happened for
        `SILENT_DAYS`. The many-row twin of `reminders.passed`."""
        from projects.models import LeadVisit

        since = on - timedelta(days=SILENT_DAYS)
        lately = LeadVisit.objects.filter(lead=OuterRef("pk"), held_on__gt=since)
        return self.open().filter(
            Q(state=LeadState.NEW, answered_at__isnull=True, answer_due__lte=on)
            | Q(next_on__lte=on)
            | (Q(updated_at__date__lte=since) & ~Exists(lately) & ~Q(state=LeadState.NEW))
        )

    def answer_record(self, *, since: date, on: date) -> AnswerRecord:
        """Leads received from `since` on, as they stand at the end of `on`. One query."""
        late = Q(answered_at__date__gt=F("answer_due"))
        none = Q(answered_at__isnull=True)
        open_yet = Q(state=LeadState.NEW, answer_due__gte=on)
        found = self.filter(created_at__date__gte=since, created_at__date__lte=on).aggregate(
            received=Count("pk"),
            on_time=Count("pk", filter=~none & ~late),
            late=Count("pk", filter=late),
            unanswered=Count("pk", filter=none & ~open_yet),
            waiting=Count("pk", filter=none & open_yet),
        )
        return AnswerRecord(**found)


class OfLeadQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Rows of leads: for whoever may see leads."""
        if user and user.is_authenticated and user.has_perm("projects.view_investmentlead"):
            return self
        return self.none()


class ConflictQuerySet(OfLeadQuerySet):
    def undecided(self) -> Self:
        return self.filter(decision="")


class PromotionTargetQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Whom the county wants is internal."""
        if user and user.is_authenticated and user.has_perm("projects.view_promotiontarget"):
            return self
        return self.none()

    def pursued(self) -> Self:
        """Targets that somebody still goes after."""
        return self.exclude(state__in=[PursuitState.LANDED, PursuitState.DROPPED])
