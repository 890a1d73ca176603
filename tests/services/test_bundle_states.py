"""The state of a bundle case follows from its cases, the same in Python and in SQL; its one promise."""

from datetime import date, timedelta
from itertools import combinations, combinations_with_replacement

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.bundle_states import STANDINGS, bundle_state, promised_by, standing_of
from services.choices_bundles import CLOSED_BUNDLE_STATES, BundleState
from services.choices_cases import CLOSED_STATES, CaseOutcome, CaseState
from services.models import BundleCase, Case
from tests.factories.bundle_cases import BundleHall
from tests.factories.cases import ItemFactory
from tuoxian_portal.core.calendar import load_calendar

S, B = CaseState, BundleState
APPROVED, REFUSED = CaseOutcome.APPROVED.value, CaseOutcome.REFUSED.value
# Every child that can exist: a decision only from 待领取 on.
CHILDREN = [
    (state.value, outcome)
    for state in CaseState
    for outcome in ((APPROVED, REFUSED) if state in {S.COLLECTING, S.DELIVERED, S.COMPLETED} else ("",))
]


def slow_state(children):
    """The same rules written down a second time, in words."""
    states = {state for state, _ in children if state != S.VOID}
    if not states:
        return B.VOID
    if S.CORRECTING in states:
        return B.CORRECTING
    if states & {S.ACCEPTED, S.REVIEWING, S.SPECIAL, S.DECIDING}:
        return B.IN_PROGRESS
    begun = states & {S.COLLECTING, S.DELIVERED, S.COMPLETED}
    unbegun = states & {S.REGISTERED, S.WAITING}
    if begun and (unbegun or S.RECEIVED in states):
        return B.IN_PROGRESS
    if S.RECEIVED in states:
        return B.RECEIVED
    if unbegun:
        return B.REGISTERED if states == unbegun else B.IN_PROGRESS
    if states & {S.COLLECTING, S.DELIVERED}:
        return B.COLLECTING
    results = {outcome if state == S.COMPLETED else state for state, outcome in children if state != S.VOID}
    if APPROVED in results:
        return B.COMPLETED if results == {APPROVED} else B.PARTIAL
    return B.WITHDRAWN if results == {S.WITHDRAWN} else B.ENDED


def test_every_state_has_exactly_one_standing():
    for state, outcome in CHILDREN:
        assert standing_of(state, outcome) in STANDINGS
    named = [s for name, states in STANDINGS.items() if name != "refused" for s in states]
    assert sorted(named) == sorted(CaseState.values)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_combination_of_children_against_the_rules_in_words(size):
    seen = set()
    for children in combinations_with_replacement(CHILDREN, size):
        found = bundle_state(children)
        assert found == slow_state(children), children
        closed = all(state in CLOSED_STATES for state, _ in children)
        assert (found in CLOSED_BUNDLE_STATES) == closed, children
        seen.add(found)
    assert seen == (set(B) if size > 1 else set(B) - {B.PARTIAL})


@given(st.lists(st.sampled_from(CHILDREN), min_size=1, max_size=8), st.randoms())
def test_neither_order_nor_repetition_matters(children, random):
    shuffled = children * 2
    random.shuffle(shuffled)
    assert bundle_state(children) == bundle_state(shuffled)


@pytest.mark.django_db
def test_the_query_agrees_with_python_for_every_set_of_children():
    """One parent for each pair of standings and some triples: all states of children at once."""
    hall = BundleHall()
    items = ItemFactory.create_batch(3, materials=[])
    sets = [(child,) for child in CHILDREN] + list(combinations(CHILDREN, 2))
    sets += [(a, b, ("waiting", "")) for a, b in combinations(CHILDREN[2:9], 2)]
    who = {"applicant_kind": "person", "applicant_name": "测试", "applicant_number": "x", "phone": "y"}
    parents = BundleCase.objects.bulk_create(
        BundleCase(number=f"T-{n}", bundle=hall.bundle, outlet=hall.outlet, **who) for n in range(len(sets))
    )
    decided = date(2026, 11, 2)
    Case.objects.bulk_create(
        Case(
            case_number=f"T-{n}-{k}",
            item=items[k],
            department=items[k].department,
            outlet=hall.outlet,
            bundle_case=parents[n],
            state=state,
            outcome=outcome,
            decided_on=decided if outcome else None,
            **who,
        )
        for n, children in enumerate(sets)
        for k, (state, outcome) in enumerate(children)
    )
    derived = dict(BundleCase.objects.with_state().values_list("number", "derived_state"))
    for n, children in enumerate(sets):
        assert derived[f"T-{n}"] == bundle_state(children), children
    for state in B:
        listed = set(BundleCase.objects.in_state(state).values_list("number", flat=True))
        assert listed == {number for number, found in derived.items() if found == state}
    assert set(derived.values()) == set(B.values)


# --- The one promise -------------------------------------------------------------------------------
START = date(2026, 11, 2)
DAYS = st.integers(0, 60).map(lambda n: START + timedelta(n))


def slow_promise(accepted, days, pauses, calendar):
    """Day by day: a working day counts unless it lies in a pause (after its first day)."""
    on, left = accepted, days
    while left:
        on += timedelta(1)
        paused = any(start < on <= end for start, end in pauses)
        left -= calendar.is_working_day(on) and not paused
    return on


@pytest.mark.django_db
@given(
    st.integers(1, 30),
    st.lists(st.tuples(DAYS, st.integers(0, 20)), max_size=4),
)
def test_the_promise_gives_pauses_back_once(days, pauses):
    calendar = load_calendar()
    periods = [(start, start + timedelta(length)) for start, length in pauses]
    expected = slow_promise(START, days, periods, calendar)
    # A pause that begins once the last day is there: `test_clock` says what the law makes of it.
    assume(not any(expected <= start < calendar.add(expected, 1) for start, _ in periods))
    assert promised_by(START, days, periods, calendar) == expected
