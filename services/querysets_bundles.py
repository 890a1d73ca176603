"""Many bundle cases at once: who sees them, and in which state they are. See `bundle_states`."""

from datetime import date
from functools import reduce
from operator import and_
from typing import Any, Self

from django.db.models import Case as Choose
from django.db.models import CharField, Count, Exists, OuterRef, Prefetch, Q, Value, When

from services.bundle_states import GRANTED, OTHERWISE, RULES, STANDINGS
from services.choices_bundles import OPEN_BUNDLE_STATES, BundleState
from services.choices_cases import CLOSED_STATES, CaseState
from services.clock import DUE_SOON_DAYS
from tuoxian_portal.accounts.models import Role
from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.querysets import PortalQuerySet

KEPT = Q(split_off_at__isnull=True)
# States of a parent in which its one promise still waits for the office.
PROMISE_STATES = frozenset({BundleState.RECEIVED, BundleState.IN_PROGRESS})


def _standing(name: str) -> Q:
    rows = Q(state__in=sorted(STANDINGS[name]))
    if name == "granted":
        return rows & Q(outcome=GRANTED)
    return rows & ~Q(outcome=GRANTED) if name == "refused" else rows


def _some(group: frozenset[str]) -> Exists:
    """Whether a child that was not split off is in one of the standings of `group`."""
    from services.models import Case

    standings = reduce(lambda a, b: a | b, (_standing(name) for name in sorted(group)))
    return Exists(Case.objects.filter(KEPT, standings, bundle_case=OuterRef("pk")))


def bundle_queues(on: date) -> dict[str, Q]:
    """The queues of the workbench on the day `on`, over rows `with_queues`. One cached look at the
    calendar."""
    soon = load_calendar().add(on, DUE_SOON_DAYS)
    promised = Q(derived_state__in=sorted(state.value for state in PROMISE_STATES))
    return {
        "received": Q(derived_state=BundleState.RECEIVED),
        "answer_soon": Q(to_answer=True),
        "correcting": Q(derived_state=BundleState.CORRECTING),
        "in_progress": Q(derived_state=BundleState.IN_PROGRESS),
        "due_soon": promised & Q(promised_by__range=(on, soon)),
        "overdue": promised & Q(promised_by__lt=on),
        "stuck": Q(is_stuck=True),
        "collecting": Q(derived_state=BundleState.COLLECTING),
        "owing": Q(is_owing=True),
        "to_rate": Q(may_rate=True),
    }


# Queues of what is done; counted from their own side (`RatingInvitation.objects.open`).
CLOSED_BUNDLE_QUEUES = frozenset({"to_rate"})


class BundleCaseQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """The outlet that took it in, every department with a case in it, supervisors and officials.
        A split-off case is its department's, the bundle no longer."""
        from services.models import Case

        rows = scope_rows(self, user, department="department", outlet="outlet")
        if (
            not user.is_authenticated
            or Role.Scope.DEPARTMENT not in user.scopes
            or user.department_id is None
            or not user.has_perm("services.view_bundlecase")
        ):
            return rows
        theirs = Case.objects.filter(KEPT, bundle_case=OuterRef("pk"), department_id=user.department_id)
        return rows | self.filter(Exists(theirs))

    def with_state(self) -> Self:
        """Each row with `derived_state`, by the same rules as `bundle_states.bundle_state`; in the
        query itself, so that a list of any length costs no more."""
        rules = [
            When(reduce(and_, (Q(_some(group)) for group in groups)), then=Value(state.value))
            for state, groups in RULES
        ]
        return self.annotate(
            derived_state=Choose(*rules, default=Value(OTHERWISE.value), output_field=CharField())
        )

    def in_state(self, *states: str) -> Self:
        return self.with_state().filter(derived_state__in=list(states))

    def open(self) -> Self:
        return self.in_state(*OPEN_BUNDLE_STATES)

    def overdue(self, on: date | None = None) -> Self:
        """The one promise has run out before `on` (today) and the office still has work."""
        return self.in_state(*PROMISE_STATES).filter(promised_by__lt=on or today())

    def with_queues(self, on: date | None = None) -> Self:
        """`with_state`, and what the queues ask beside it: `to_answer` (a receipt from its third day on),
        `is_stuck`, `is_owing`, `may_rate`. All in the query itself."""
        from services.models import Case, RatingInvitation

        on = on or today()
        cases = Case.objects.filter(KEPT, bundle_case=OuterRef("pk"))
        invited = RatingInvitation.objects.open(on).filter(bundle_case=OuterRef("pk"))
        return self.with_state().annotate(
            to_answer=Exists(cases.in_queue("answer_soon", on)),
            is_stuck=self._is_stuck(),
            is_owing=Exists(cases.in_queue("owing", on)),
            may_rate=Exists(invited),
        )

    def in_queue(self, name: str, on: date | None = None) -> Self:
        """The bundle cases of one queue of the workbench. Raises `KeyError` for an unknown one."""
        return self.with_queues(on).filter(bundle_queues(on or today())[name])

    def queue_counts(self, on: date | None = None) -> dict[str, int]:
        """The queues of the workbench with their sizes; one query over what is not closed."""
        on = on or today()
        return (
            self.filter(closed_on=None)
            .with_queues(on)
            .order_by()
            .aggregate(
                **{
                    name: Count("pk", filter=rows)
                    for name, rows in bundle_queues(on).items()
                    if name not in CLOSED_BUNDLE_QUEUES
                }
            )
        )

    def stuck(self) -> Self:
        """With a case that waits for one which ended without being granted: somebody must decide
        whether it is split off or withdrawn."""
        return self.filter(self._is_stuck())

    def _is_stuck(self) -> Exists:
        from services.models import Case

        failed = Case.objects.filter(state__in=CLOSED_STATES, awaited_by=OuterRef("pk")).exclude(
            outcome=GRANTED
        )
        refused = Case.objects.filter(outcome="refused", awaited_by=OuterRef("pk"))
        waiting = Case.objects.filter(KEPT, bundle_case=OuterRef("pk"), state=CaseState.WAITING)
        return Exists(waiting.filter(Exists(failed) | Exists(refused)))

    def with_counts(self) -> Self:
        """`case_total` and `case_done`: its cases, and those that are closed."""
        kept = Q(children__split_off_at__isnull=True)
        return self.annotate(
            case_total=Count("children", filter=kept),
            case_done=Count("children", filter=kept & Q(children__state__in=CLOSED_STATES)),
        )

    def with_children(self) -> Self:
        """What its page and its acts read, in a constant number of queries."""
        from services.models import BundleMaterial, Case, CaseMaterial

        children = (
            Case.objects.select_related("item", "department", "outlet", "split_off_by")
            .prefetch_related(
                "materials", "intervals", Prefetch("waits_for", Case.objects.select_related("item"))
            )
            .order_by("pk")
        )
        return self.select_related("bundle", "outlet", "department").prefetch_related(
            Prefetch("children", children),
            Prefetch(
                "materials",
                BundleMaterial.objects.prefetch_related(
                    Prefetch("lines", CaseMaterial.objects.select_related("case__item"))
                ).order_by("order", "pk"),
            ),
        )

    def same_matter(self, *, applicant_hash: str, bundle: Any, since: date) -> Self:
        """Of the same applicant for the same bundle since a day: a likely duplicate."""
        return self.filter(applicant_hash=applicant_hash, bundle=bundle, created_at__date__gte=since).exclude(
            pk__in=self.in_state(BundleState.VOID).values("pk")
        )
