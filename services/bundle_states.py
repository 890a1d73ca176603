"""What a bundle case is, told from its cases: its state and its one promised date. Pure; no queries.

`RULES` is read twice: here for the cases at hand, in `querysets_bundles` as SQL for lists. A child
that was split off is not among the cases; who calls leaves it out.
"""

from collections.abc import Iterable
from datetime import date

from services.choices_bundles import BundleState
from services.choices_cases import DECISION_STATES, CaseOutcome, CaseState, ClockKind
from services.clock import CaseClock, Span
from tuoxian_portal.core.calendar import WorkingCalendar

S = CaseState
# Each child is in exactly one standing. 办结 is told apart by the decision, in `standing_of`.
STANDINGS: dict[str, frozenset[str]] = {
    "registered": frozenset({S.REGISTERED}),
    "waiting": frozenset({S.WAITING}),
    "received": frozenset({S.RECEIVED}),
    "correcting": frozenset({S.CORRECTING}),
    "working": frozenset(DECISION_STATES),
    "collecting": frozenset({S.COLLECTING, S.DELIVERED}),
    "granted": frozenset({S.COMPLETED}),
    "refused": frozenset({S.COMPLETED}),
    "withdrawn": frozenset({S.WITHDRAWN}),
    "ended": frozenset({S.DECLINED, S.RETURNED, S.TERMINATED}),
    "void": frozenset({S.VOID}),
}
GRANTED = CaseOutcome.APPROVED
UNSTARTED = frozenset({"registered", "waiting"})
ENDED_EARLY = frozenset({"withdrawn", "ended"})
DONE = frozenset({"collecting", "granted", "refused"})

# In order: the first rule wins. Each of its groups must have a child.
RULES: tuple[tuple[BundleState, tuple[frozenset[str], ...]], ...] = (
    # The applicant must act: that comes before everything.
    (BundleState.CORRECTING, (frozenset({"correcting"}),)),
    (BundleState.IN_PROGRESS, (frozenset({"working"}),)),
    # Some are done, others have not begun: a second wave.
    (BundleState.IN_PROGRESS, (UNSTARTED | {"received"}, DONE)),
    (BundleState.RECEIVED, (frozenset({"received"}),)),
    # What one waits for ended early: somebody must look at it (`stuck`).
    (BundleState.IN_PROGRESS, (UNSTARTED, ENDED_EARLY)),
    (BundleState.REGISTERED, (UNSTARTED,)),
    (BundleState.COLLECTING, (frozenset({"collecting"}),)),
    # From here every child is terminal.
    (BundleState.PARTIAL, (frozenset({"granted"}), ENDED_EARLY | {"refused"})),
    (BundleState.COMPLETED, (frozenset({"granted"}),)),
    (BundleState.ENDED, (frozenset({"refused", "ended"}),)),
    (BundleState.WITHDRAWN, (frozenset({"withdrawn"}),)),
)
OTHERWISE = BundleState.VOID


def standing_of(state: str, outcome: str) -> str:
    """The one standing of a child in `state` with the decision `outcome`. Raises `StopIteration`
    for a state that no standing names."""
    if state == S.COMPLETED:
        return "granted" if outcome == GRANTED else "refused"
    return next(name for name, states in STANDINGS.items() if state in states)


def bundle_state(children: Iterable[tuple[str, str]]) -> BundleState:
    """The state that follows from the (state, outcome) of each child."""
    standings = {standing_of(state, outcome) for state, outcome in children}
    for state, groups in RULES:
        if all(standings & group for group in groups):
            return state
    return OTHERWISE


def promised_by(
    accepted_on: date, days: int, pauses: Iterable[tuple[date, date]], calendar: WorkingCalendar
) -> date | None:
    """The last day of the one promise: `days` working days after the day on which the first wave was
    accepted. `pauses` (first and last day of special procedures and of corrections that the applicant
    still owed afterwards) are given back; where several cases pause at once, once."""
    spans = [Span(ClockKind.PROMISED, accepted_on, days=days)]
    after = [(max(start, accepted_on), end) for start, end in pauses if end > accepted_on]
    spans += [Span(ClockKind.SPECIAL, start, end) for start, end in _union(after)]
    return CaseClock(spans, calendar).decide_by


def _union(periods: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """The same days without overlaps, in order."""
    joined: list[tuple[date, date]] = []
    for start, end in sorted(periods):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
