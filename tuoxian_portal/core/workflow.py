"""Workflows as tables: which action leads from which state where, and who may do it.

An app declares one `Workflow` in its `workflow.py`; the admin, the API and the actions all read it.
`Workflow.problems()` is run as a Django system check, so that a table with a dead end or an
unknown permission stops the portal from starting.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.core import checks

from tuoxian_portal.core.errors import NotPermitted, WorkflowError

Guard = Callable[[Any, Any], str | None]


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    `target` is None for an event that leaves the state as it is. `permission` is
    `app_label.codename`; None means that only the system does it. `guards` return a Chinese reason
    why not, or None. `needs_reason` makes a reason compulsory. `tone` styles the button.
    """

    name: str
    label: str
    sources: frozenset[str]
    target: str | None
    permission: str | None
    needs_reason: bool = False
    guards: tuple[Guard, ...] = ()
    confirm: str = ""
    tone: str = "default"

    def refusal(self, record: Any, user: Any) -> str | None:
        """Why a guard refuses, or None."""
        return next((reason for guard in self.guards if (reason := guard(record, user))), None)


@dataclass
class Workflow:
    """The table for one state field of one model.

    With `derived` the state is a property that follows from other records: no transition has a target,
    the table only says what may be done in which state.
    """

    name: str
    states: type
    initial: str
    terminal: frozenset[str]
    transitions: tuple[Transition, ...]
    field_name: str = "state"
    derived: bool = False
    by_name: dict[str, Transition] = field(init=False)

    def __post_init__(self) -> None:
        self.by_name = {t.name: t for t in self.transitions}
        if len(self.by_name) != len(self.transitions):
            raise ValueError(f"{self.name}: a transition is declared twice")

    def state_of(self, record: Any) -> str:
        return str(getattr(record, self.field_name))

    def label_of(self, name: str, others: Mapping[str, Any] = MappingProxyType({})) -> str:
        """What the action of an audit entry is called: in the table, in `others`, or else as it is."""
        transition = self.by_name.get(name)
        return str(transition.label if transition else others.get(name, name))

    def available(self, record: Any, user: Any) -> list[Transition]:
        """What `user` may do with `record` now, in the order of the table. No queries beyond the
        user's permissions (cached on the user) and what the guards ask."""
        state = self.state_of(record)
        return [
            t
            for t in self.transitions
            if state in t.sources
            and t.permission is not None
            and user.has_perm(t.permission)
            and t.refusal(record, user) is None
        ]

    def check(self, record: Any, name: str, user: Any, *, reason: str = "") -> Transition:
        """The transition `name`, or an error that says why it cannot be done now.

        `user` is None for the system. Raises `NotPermitted` or `WorkflowError`.
        """
        transition = self.by_name[name]
        if user is not None:
            if transition.permission is None:
                raise NotPermitted(f"“{transition.label}”由系统自动完成，不能手工操作。")
            if not user.has_perm(transition.permission):
                raise NotPermitted(f"您没有“{transition.label}”的权限。如需办理，请联系窗口负责人。")
        state = self.state_of(record)
        if state not in transition.sources:
            label = dict(self.states.choices).get(state, state)  # type: ignore[attr-defined]  # a TextChoices class
            raise WorkflowError(f"当前状态为“{label}”，不能“{transition.label}”。请刷新页面查看最新进展。")
        if transition.needs_reason and not reason.strip():
            raise WorkflowError(f"“{transition.label}”须写明理由。", fields={"reason": ["请填写理由。"]})
        if refusal := transition.refusal(record, user):
            raise WorkflowError(refusal)
        return transition

    def problems(self) -> Iterable[str]:
        """What is wrong with the table: unknown states, unreachable ones, dead ends."""
        known = set(self.states.values)  # type: ignore[attr-defined]  # a TextChoices class
        reached = {self.initial}
        for t in self.transitions:
            for unknown in (t.sources | ({t.target} if t.target else set())) - known:
                yield f"{self.name}.{t.name}: unknown state {unknown}"
            if t.sources & self.terminal and t.target:
                yield f"{self.name}.{t.name}: leaves a terminal state"
            if t.target:
                reached.add(t.target)
            if t.target and self.derived:
                yield f"{self.name}.{t.name}: sets a state that is derived"
        if self.derived:
            return
        for state in known - reached:
            yield f"{self.name}: state {state} cannot be reached"
        for state in known - self.terminal:
            if not any(state in t.sources and t.target for t in self.transitions):
                yield f"{self.name}: state {state} is a dead end"


def register_check(workflow: Workflow) -> Workflow:
    """Makes Django's system check hold `workflow`; returns it."""

    def run(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
        return [checks.Error(text, id="portal.workflow") for text in workflow.problems()]

    run.__name__ = f"check_{workflow.name}"
    checks.register(run)
    return workflow
