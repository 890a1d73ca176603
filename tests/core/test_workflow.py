"""The workflow table: every kind of refusal, and what is wrong with a table."""

from dataclasses import dataclass

import pytest
from django.db import models

from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.workflow import Transition, Workflow, register_check


class State(models.TextChoices):
    DRAFT = "draft", "草稿"
    OPEN = "open", "进行中"
    DONE = "done", "已办结"


@dataclass
class Record:
    state: str = State.DRAFT
    blocked: bool = False


class Person:
    def __init__(self, *permissions):
        self.permissions = permissions

    def has_perm(self, name):
        return name in self.permissions


def not_blocked(record, user):
    return "材料未齐。" if record.blocked else None


def move(name, sources, target, permission="app.do", **kwargs):
    return Transition(name, name, frozenset(sources), target, permission, **kwargs)


OPEN = move("open", [State.DRAFT], State.OPEN, guards=(not_blocked,))
NOTE = move("note", [State.OPEN], None, needs_reason=True)
CLOSE = move("close", [State.OPEN], State.DONE, permission=None)


def table(*transitions, terminal=(State.DONE,)):
    return Workflow("test", State, State.DRAFT, frozenset(terminal), transitions)


WORKFLOW = table(OPEN, NOTE, CLOSE)
CLERK = Person("app.do")


def test_what_is_allowed_comes_back():
    assert WORKFLOW.check(Record(), "open", CLERK) is OPEN


@pytest.mark.parametrize(
    ("record", "name", "user", "error", "message"),
    [
        (Record(), "open", Person(), NotPermitted, "没有“open”的权限"),
        (Record(State.OPEN), "close", CLERK, NotPermitted, "由系统自动完成"),
        (Record(State.OPEN), "open", CLERK, WorkflowError, "当前状态为“进行中”"),
        (Record(State.OPEN), "note", CLERK, WorkflowError, "须写明理由"),
        (Record(blocked=True), "open", CLERK, WorkflowError, "材料未齐"),
    ],
)
def test_every_refusal_says_why(record, name, user, error, message):
    with pytest.raises(error, match=message):
        WORKFLOW.check(record, name, user)


def test_a_reason_must_be_more_than_spaces():
    with pytest.raises(WorkflowError) as caught:
        WORKFLOW.check(Record(State.OPEN), "note", CLERK, reason="  \n")
    assert caught.value.fields == {"reason": ["请填写理由。"]}
    assert WORKFLOW.check(Record(State.OPEN), "note", CLERK, reason="补充说明") is NOTE


def test_the_system_needs_no_permission_but_keeps_the_table():
    assert WORKFLOW.check(Record(State.OPEN), "close", None) is CLOSE
    with pytest.raises(WorkflowError):
        WORKFLOW.check(Record(), "close", None)
    with pytest.raises(WorkflowError, match="材料未齐"):
        WORKFLOW.check(Record(blocked=True), "open", None)


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("user", [CLERK, Person()])
def test_what_is_offered_is_exactly_what_passes(state, user):
    for blocked in (False, True):
        record = Record(state, blocked)
        offered = {t.name for t in WORKFLOW.available(record, user)}
        passing = set()
        for name in WORKFLOW.by_name:
            try:
                WORKFLOW.check(record, name, user, reason="理由")
            except (NotPermitted, WorkflowError):
                continue
            passing.add(name)
        assert offered == passing


def test_an_unknown_verb_is_an_error_of_the_code():
    with pytest.raises(KeyError):
        WORKFLOW.check(Record(), "fly", CLERK)


def test_a_sound_table_has_no_problems():
    assert list(WORKFLOW.problems()) == []


@pytest.mark.parametrize(
    ("workflow", "problem"),
    [
        (table(OPEN), "state done cannot be reached"),
        (table(OPEN, NOTE, terminal=[State.DONE]), "state open is a dead end"),
        (table(OPEN, CLOSE, move("again", [State.DONE], State.OPEN)), "leaves a terminal state"),
        (table(OPEN, CLOSE, move("odd", ["moon"], State.OPEN)), "unknown state moon"),
        (table(OPEN, CLOSE, move("odd", [State.OPEN], "moon")), "unknown state moon"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(workflow, problem):
    assert any(problem in text for text in workflow.problems())


def test_a_verb_is_declared_once():
    with pytest.raises(ValueError, match="declared twice"):
        table(OPEN, OPEN)


def test_a_table_is_held_by_a_system_check():
    from django.core.checks.registry import registry

    before = set(registry.registered_checks)
    broken = table(OPEN)
    assert register_check(broken) is broken
    (added,) = set(registry.registered_checks) - before
    registry.registered_checks.discard(added)
    assert {message.id for message in added(None)} == {"portal.workflow"}
