"""Many cases at once: who sees them, which are due, how many are in time."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from django.db.models import Count, F, OuterRef, Q, Subquery

from services.choices_cases import (
    CLOSED_STATES,
    DECISION_STATES,
    OFFICE_STATES,
    OPEN_STATES,
    CaseState,
    MaterialState,
)
from services.clock import DUE_SOON_DAYS
from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.querysets import PortalQuerySet


@dataclass(frozen=True)
class OnTime:
    """Decisions of a period against their deadline. A decision without a known deadline counts in
    `decided` only; `rate` (0–1) is None when none had one."""

    decided: int
    with_limit: int
    on_time: int

    @property
    def rate(self) -> float | None:
        return self.on_time / self.with_limit if self.with_limit else None


def queues(on: date) -> dict[str, Q]:
    """The queues of the workbench on the day `on`: what each holds. One cached look at the calendar."""
    office = Q(state__in=OFFICE_STATES)
    soon = load_calendar().add(on, DUE_SOON_DAYS)
    return {
        "registered": Q(state=CaseState.REGISTERED),
        "received": Q(state=CaseState.RECEIVED),
        # From the third of the five days on: after the fifth the law accepts the case by itself.
        "answer_soon": Q(state=CaseState.RECEIVED, due_on__range=(on, soon)),
        "correcting": Q(state=CaseState.CORRECTING),
        "accepted": Q(state=CaseState.ACCEPTED),
        "reviewing": Q(state__in=[CaseState.REVIEWING, CaseState.SPECIAL]),
        "deciding": Q(state=CaseState.DECIDING),
        "due_soon": office & Q(due_on__range=(on, soon)),
        "overdue": office & Q(due_on__lt=on),
        "collecting": Q(state=CaseState.COLLECTING),
        "owing": Q(state__in=DECISION_STATES, pk__in=_owing()),
        "unreturned": Q(state__in=OPEN_STATES, pk__in=_unreturned(on)),
        "to_rate": Q(
            state=CaseState.COMPLETED,
            rating_invitation__rated_at__isnull=True,
            rating_invitation__expires_on__gte=on,
        ),
    }


# Queues of cases that are done; counted from their own side (`RatingInvitation.objects.open`).
CLOSED_QUEUES = frozenset({"to_rate"})
# Queues that begin at a few papers, not at the state of the case.
QUEUES_OF_PAPERS = frozenset({"owing", "unreturned"})


def _owing() -> Any:
    """Keys of the cases that owe a deferred material."""
    from services.models.cases import CaseMaterial

    return CaseMaterial.objects.filter(state=MaterialState.DEFERRED).order_by().values("case")


def earliest_promise() -> Subquery:
    """Of a case: the first day on which a material that it owes was promised."""
    from services.models.cases import CaseMaterial

    owed = CaseMaterial.objects.filter(case=OuterRef("pk"), state=MaterialState.DEFERRED)
    return Subquery(owed.order_by("promised_on").values("promised_on")[:1])


def _unreturned(on: date) -> Any:
    """Keys of the cases with a paper that should have come back before `on`."""
    from services.models.custody import Handover

    return Handover.objects.not_returned(on).order_by().values("case")


class CaseQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """窗口 sees the cases that its outlet received or that were passed on to it, a department its own,
        supervisors and officials all."""
        received = scope_rows(self, user, department="department", outlet="outlet")
        if received is self or not getattr(user, "outlet_id", None):
            return received
        return received | scope_rows(self, user, outlet="handling_outlet")

    def open(self) -> Self:
        """Not closed and not void."""
        return self.exclude(state__in=CLOSED_STATES)

    def counted(self) -> Self:
        """Without void numbers: what every statistic counts."""
        return self.exclude(state=CaseState.VOID)

    def overdue(self, on: date | None = None) -> Self:
        """The office should have acted before `on` (today)."""
        return self.filter(state__in=OFFICE_STATES, due_on__lt=on or today())

    def due_soon(self, on: date | None = None) -> Self:
        """The office must act within the next two working days, `on` (today) included; one cached
        look at the calendar."""
        on = on or today()
        last = load_calendar().add(on, DUE_SOON_DAYS)
        return self.filter(state__in=OFFICE_STATES, due_on__range=(on, last))

    def received_between(self, start: date, end: date) -> Self:
        """Received from `start` to `end`, both included."""
        return self.counted().filter(received_on__range=(start, end))

    def decided_between(self, start: date, end: date) -> Self:
        return self.counted().filter(decided_on__range=(start, end))

    def by_promise(self) -> Self:
        """With `promise`, the earliest day on which a deferred material is promised; overdue first."""
        return self.annotate(promise=earliest_promise()).order_by("promise", "pk")

    def exempted_count(self) -> int:
        """免提交: how many materials of these cases a licence of the register replaced; one query."""
        from services.models.cases import CaseMaterial

        return CaseMaterial.objects.filter(
            case__in=self.order_by().values("pk"), state=MaterialState.LICENSED
        ).count()

    def exempted_by_department(self) -> list[tuple[int, int]]:
        """`exempted_count` for each department that has any; one query."""
        licensed = Q(materials__state=MaterialState.LICENSED)
        counts = self.filter(licensed).order_by().values_list("department").annotate(n=Count("materials"))
        return list(counts)

    def by_state(self) -> dict[str, int]:
        """Counts by state, every state present; one query."""
        counts = dict(self.order_by().values_list("state").annotate(n=Count("pk")))
        return {state: counts.get(state, 0) for state in CaseState.values}

    def on_time(self, start: date, end: date) -> OnTime:
        """Decisions from `start` to `end` (both included) against their deadline; one query."""
        with_limit = Q(decide_by__isnull=False)
        return OnTime(
            **self.decided_between(start, end).aggregate(
                decided=Count("pk"),
                with_limit=Count("pk", filter=with_limit),
                on_time=Count("pk", filter=with_limit & Q(decided_on__lte=F("decide_by"))),
            )
        )

    def queue_counts(self, on: date | None = None) -> dict[str, int]:
        """The queues of the workbench with their sizes. One query over open cases only, which the index
        on state and due date answers alone (so `state` is counted, not the key), and one for each queue
        that begins at other rows: asked together, every open case would be read for their sake."""
        wanted = {name: rows for name, rows in queues(on or today()).items() if name not in CLOSED_QUEUES}
        by_state = {
            name: Count("state", filter=rows) for name, rows in wanted.items() if name not in QUEUES_OF_PAPERS
        }
        sizes = self.filter(state__in=OPEN_STATES).order_by().aggregate(**by_state)
        return {name: sizes[name] if name in sizes else self.filter(wanted[name]).count() for name in wanted}

    def in_queue(self, name: str, on: date | None = None) -> Self:
        """The cases of one queue of the workbench. Raises `KeyError` for an unknown one."""
        return self.filter(queues(on or today())[name])

    def late_between(self, start: date, end: date) -> Self:
        """Decided from `start` to `end`, after the deadline."""
        return self.decided_between(start, end).filter(decided_on__gt=F("decide_by"))

    def of_project(self, project: Any) -> Self:
        """Cases of a key project: under its entrustments, or linked by themselves. Void numbers are no
        cases."""
        from services.models.entrustments import EntrustmentCase
        from services.models.project_cases import ProjectCase

        helped = EntrustmentCase.objects.filter(entrustment__project=project).order_by().values("case")
        linked = ProjectCase.objects.filter(project=project).order_by().values("case")
        return self.counted().filter(Q(pk__in=helped) | Q(pk__in=linked))

    def same_matter(self, *, applicant_hash: str, item: Any, days: int = 30) -> Self:
        """Cases of the same applicant for the same item in the last `days`: a likely duplicate."""
        return self.counted().filter(
            applicant_hash=applicant_hash,
            item=item,
            created_at__date__gte=today() - timedelta(days=days),
        )
