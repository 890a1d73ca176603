"""A bundle case follows its cases: its dates are derived again whenever one of them changes."""

from typing import Any

from django.db.models import Count

from services.bundle_states import bundle_state, promised_by
from services.choices_bundles import CLOSED_BUNDLE_STATES, OPEN_BUNDLE_STATES
from services.choices_cases import CaseState, ClockKind
from services.models.bundle_cases import BundleCase
from services.models.cases import Case, ClockInterval
from tuoxian_portal.core.calendar import load_calendar, today

# A first-wave case in one of these is not yet answered, so the one promise has not begun.
UNANSWERED = frozenset({CaseState.REGISTERED, CaseState.RECEIVED, CaseState.CORRECTING})


def lock_bundle(pk: int) -> BundleCase:
    """The row of a bundle case, locked until the transaction ends. Raises `DoesNotExist`."""
    return BundleCase.objects.select_for_update(of=("self",)).order_by().get(pk=pk)


def follow_cases(pk: int) -> bool:
    """Derives the dates of a bundle case again and saves what moved; tells whether something did.

    - `accepted_on`: the day on which the last case of the first wave (those that wait for no other) was
      accepted, once each of them is answered. From the next working day the one promise runs; what
      waits for others counts in it.
    - `promised_by`: the end of that promise. Special procedures, and corrections that the applicant
      owes after it began, do not count.
    - `closed_on`: the day on which the last case was closed.

    The caller holds the row's lock. Two to four queries.
    """
    bundle_case = BundleCase.objects.get(pk=pk)
    cases = list(
        Case.objects.filter(bundle_case=pk, split_off_at=None)
        .annotate(waits=Count("waits_for"))
        .order_by("pk")
        .values("pk", "state", "outcome", "accepted_on", "closed_on", "waits")
    )
    first = [case for case in cases if not case["waits"]]
    accepted = None
    if not any(case["state"] in UNANSWERED for case in first):
        accepted = max((case["accepted_on"] for case in first if case["accepted_on"]), default=None)
    promised = None
    if accepted and bundle_case.promised_days:
        calendar = load_calendar()
        pauses = [
            (i.started_on, i.ended_on or max(calendar.add(i.started_on, i.days or 0), today()))
            for i in ClockInterval.objects.filter(
                case__in=[case["pk"] for case in cases], kind__in=[ClockKind.SPECIAL, ClockKind.CORRECTION]
            )
        ]
        promised = promised_by(accepted, bundle_case.promised_days, pauses, calendar)
    closed = None
    if bundle_state((case["state"], case["outcome"]) for case in cases) in CLOSED_BUNDLE_STATES:
        closed = max((case["closed_on"] for case in cases if case["closed_on"]), default=today())
    values: dict[str, Any] = {"accepted_on": accepted, "promised_by": promised, "closed_on": closed}
    moved = {name: value for name, value in values.items() if getattr(bundle_case, name) != value}
    if moved:
        BundleCase.objects.filter(pk=pk).update(**moved)
    return bool(moved)


def open_bundles() -> list[int]:
    """The keys of the bundle cases that are not closed."""
    return list(BundleCase.objects.in_state(*OPEN_BUNDLE_STATES).values_list("pk", flat=True))
