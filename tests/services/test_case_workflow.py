"""Every state × action × role of a case, through the actions themselves."""

from typing import Any

import pytest
from django.db import transaction

from services.actions import bundle_children as child
from services.actions import cases as do
from services.choices_cases import CLOSED_STATES, CaseState, SpecialProcedure
from services.models import Case
from services.workflow import CASE_WORKFLOW
from tests.factories.cases import Hall
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.errors import NotPermitted, PortalError, WorkflowError

ROLES = ["window", "reviewer", "approver", "issuer", "supervisor", "official", "helper"]

# Who may do what: the roles of domain.md's table, written down a second time.
ALLOWED = {
    "receive": "window",
    "accept": "window",
    "finish_instantly": "approver",
    "request_correction": "window",
    "allow_second_correction": "supervisor",
    "receive_correction": "window",
    "return_case": "window",
    "propose_decline": "window",
    "decline": "approver",
    "void": "window",
    "hand_over": "window",
    "sign_in": "reviewer",
    "supply_deferred": "window",
    "submit": "reviewer",
    "start_special": "approver",
    "end_special": "reviewer",
    "extend": "approver",
    "approve": "approver",
    "refuse": "approver",
    "return_to_review": "approver",
    "deliver": "issuer",
    "withdraw": "window",
    "terminate": "approver",
    "propose_correction": "window",
    "advise_correction": "reviewer",
    "split_off": "window",
    "split_off_waiting": "window",
}

S = CaseState
# From where to where: (sources, target), a second time as well. `None` leaves the state.
MOVES: dict[str, tuple[set[str], str | None]] = {
    "receive": ({S.REGISTERED}, S.RECEIVED),
    "accept": ({S.RECEIVED}, S.ACCEPTED),
    "request_correction": ({S.RECEIVED}, S.CORRECTING),
    "receive_correction": ({S.CORRECTING}, S.RECEIVED),
    "propose_decline": ({S.RECEIVED}, None),
    "void": ({S.REGISTERED, S.RECEIVED}, S.VOID),
    "hand_over": ({S.ACCEPTED}, None),
    "submit": ({S.REVIEWING}, S.DECIDING),
    "start_special": ({S.REVIEWING}, S.SPECIAL),
    "end_special": ({S.SPECIAL}, S.REVIEWING),
    "extend": ({S.REVIEWING, S.DECIDING}, None),
    "approve": ({S.DECIDING}, S.COLLECTING),
    "refuse": ({S.DECIDING}, S.COLLECTING),
    "return_to_review": ({S.DECIDING}, S.REVIEWING),
    "deliver": ({S.COLLECTING}, S.COMPLETED),
    "withdraw": (
        {S.RECEIVED, S.CORRECTING, S.ACCEPTED, S.REVIEWING, S.SPECIAL, S.DECIDING},
        S.WITHDRAWN,
    ),
    "terminate": ({S.CORRECTING, S.ACCEPTED, S.REVIEWING, S.SPECIAL, S.DECIDING}, S.TERMINATED),
    # Their guards refuse in the plain case of each state; tested one by one elsewhere.
    "finish_instantly": (set(), S.COMPLETED),
    "allow_second_correction": (set(), None),
    "decline": (set(), S.DECLINED),
    "return_case": (set(), S.RETURNED),
    "sign_in": (set(), S.REVIEWING),
    "supply_deferred": (set(), None),
    # Of a bundle only; `test_bundle_case_children` walks their states.
    "propose_correction": (set(), None),
    "advise_correction": (set(), None),
    "split_off": (set(), None),
    "split_off_waiting": ({S.WAITING}, S.REGISTERED),
}


def call(name: str, case: Case, actor: Any) -> Case:
    """Does `name` with arguments that are good."""
    reason = "测试理由"
    pks = [m.pk for m in case.materials.all()]
    calls = {
        "receive": lambda: do.receive_case(case=case, actor=actor),
        "accept": lambda: do.accept_case(case=case, actor=actor),
        "finish_instantly": lambda: do.finish_instantly(case=case, actor=actor),
        "request_correction": lambda: do.request_correction(
            case=case, actor=actor, missing=["缺少签字"], days=10
        ),
        "allow_second_correction": lambda: do.allow_second_correction(case=case, actor=actor, reason=reason),
        "receive_correction": lambda: do.receive_correction(case=case, actor=actor, materials=pks),
        "return_case": lambda: do.return_case(case=case, actor=actor, reason=reason),
        "propose_decline": lambda: do.propose_decline(case=case, actor=actor, reason=reason),
        "decline": lambda: do.decline_case(case=case, actor=actor, reason=reason),
        "void": lambda: do.void_case(case=case, actor=actor, reason=reason),
        "hand_over": lambda: do.hand_over(case=case, actor=actor),
        "sign_in": lambda: do.sign_in(case=case, actor=actor),
        "supply_deferred": lambda: do.supply_deferred(case=case, actor=actor, materials=pks),
        "submit": lambda: do.submit_opinion(case=case, actor=actor, outcome="approved", reason=reason),
        "start_special": lambda: do.start_special(
            case=case, actor=actor, procedure=SpecialProcedure.TESTING, days=5, reason=reason
        ),
        "end_special": lambda: do.end_special(case=case, actor=actor),
        "extend": lambda: do.extend_case(case=case, actor=actor, days=10, reason=reason),
        "approve": lambda: do.approve_case(case=case, actor=actor),
        "refuse": lambda: do.refuse_case(case=case, actor=actor, reason=reason),
        "return_to_review": lambda: do.return_to_review(case=case, actor=actor, reason=reason),
        "deliver": lambda: do.deliver_case(case=case, actor=actor, recipient="测试人"),
        "withdraw": lambda: do.withdraw_case(case=case, actor=actor, reason=reason),
        "terminate": lambda: do.terminate_case(case=case, actor=actor, reason=reason),
        "propose_correction": lambda: child.propose_correction(case=case, actor=actor, missing=["缺签字"]),
        "advise_correction": lambda: child.advise_correction(case=case, actor=actor, missing=["缺签字"]),
        "split_off": lambda: child.split_off(case=case, actor=actor, reason=reason),
        "split_off_waiting": lambda: child.stop_waiting(case=case, actor=actor, reason=reason),
    }
    return calls[name]()


def attempt(name: str, case: Case, person: Any) -> tuple[PortalError | None, Case]:
    """What `call` raised, or None, and the case it returned."""
    try:
        return None, call(name, case, person)
    except PortalError as error:
        return error, case


def test_the_tables_of_this_test_name_every_act_of_people():
    people = {t.name for t in CASE_WORKFLOW.transitions if t.permission}
    assert people == set(ALLOWED) == set(MOVES)


def test_the_table_has_no_dead_end():
    assert list(CASE_WORKFLOW.problems()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("state", CaseState.values)
def test_every_act_in_every_state_by_every_role(state):
    """The right role through the action itself, the others through the check that it calls first."""
    hall = Hall()
    case = hall.case_in(state)
    for name, (sources, target) in MOVES.items():
        for role in ROLES:
            if role != ALLOWED[name]:
                with pytest.raises(NotPermitted):
                    CASE_WORKFLOW.check(case, name, hall.person(role), reason="测试理由")
        before, point = LogEntry.objects.count(), transaction.savepoint()
        error, saved = attempt(name, case, hall.person(ALLOWED[name]))
        written = LogEntry.objects.count() - before
        transaction.savepoint_rollback(point)
        where = (state, name, error)
        if state in sources:
            assert error is None, where
            assert saved.state == (target or state), where
            assert written > 0, where
        else:
            assert isinstance(error, WorkflowError), where
            assert written == 0, where


@pytest.mark.django_db
@pytest.mark.parametrize("name", MOVES)
def test_every_act_refuses_every_other_role_and_writes_nothing(name):
    hall = Hall()
    state = next(iter(sorted(MOVES[name][0])), CaseState.RECEIVED)
    case = hall.case_in(state)
    before = LogEntry.objects.count()
    for role in ROLES:
        if role != ALLOWED[name]:
            error, _ = attempt(name, case, hall.person(role))
            assert isinstance(error, NotPermitted), (role, error)
    assert LogEntry.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize("state", CaseState.values)
def test_offered_buttons_are_exactly_what_the_action_accepts(state):
    hall = Hall()
    case = hall.case_in(state)
    for role in ROLES:
        person = hall.person(role)
        offered = {t.name for t in CASE_WORKFLOW.available(case, person)}
        assert offered == {
            name for name, (sources, _) in MOVES.items() if ALLOWED[name] == role and state in sources
        }


@pytest.mark.django_db
@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
def test_nobody_can_do_anything_with_a_closed_case(state):
    hall = Hall()
    case = hall.case_in(state)
    assert case.closed_on is not None
    assert case.due_on is None
    assert not case.intervals.filter(ended_on=None).exists()
    for role in ROLES:
        assert CASE_WORKFLOW.available(case, hall.person(role)) == []
