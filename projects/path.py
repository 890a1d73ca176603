"""The path after signing: which step waits for which, and what a delay does to the end.

备案 → 用地, 能评, 环评 → 施工许可 → 开工 → 纳统 and 投产 → 达产. Between two planned days lies the time that
the plan gives; a step that is late moves what waits for it unless the plan has slack there. So the end
moves along the longest path only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from projects.choices import MilestoneKind as Kind

# A step and those that must be done before it.
AFTER: dict[Kind, tuple[Kind, ...]] = {
    Kind.FILING: (),
    Kind.LAND: (Kind.FILING,),
    Kind.ENERGY: (Kind.FILING,),
    Kind.ENVIRONMENT: (Kind.FILING,),
    Kind.PERMIT: (Kind.LAND, Kind.ENERGY, Kind.ENVIRONMENT),
    Kind.START: (Kind.PERMIT,),
    Kind.STATISTICS: (Kind.START,),
    Kind.PRODUCTION: (Kind.START,),
    Kind.CAPACITY: (Kind.PRODUCTION,),
}
# What the words say moves: the last of these that is planned and not reached.
GOALS = (Kind.CAPACITY, Kind.PRODUCTION, Kind.START)
WORDS = {Kind.ENVIRONMENT: "环评批复", Kind.ENERGY: "能评批复", Kind.LAND: "用地手续"}


@dataclass(frozen=True)
class Days:
    """When a step is planned and when it was reached; either may be unknown."""

    planned: date | None = None
    actual: date | None = None


@dataclass(frozen=True)
class Step:
    """A step of the path on a day. `expected` is the actual day, else the earliest one that the plan
    and what is late allow; `waits_for` is the step that moved it, None when it moved by itself."""

    kind: Kind
    planned: date | None
    actual: date | None
    expected: date | None
    waits_for: Kind | None = None
    overdue: bool = False

    @property
    def label(self) -> str:
        return str(self.kind.label)

    @property
    def slip(self) -> int:
        """Days later than planned; never negative, 0 while nothing is planned."""
        if self.planned is None or self.expected is None:
            return 0
        return max(0, (self.expected - self.planned).days)

    @property
    def state(self) -> str:
        """How a timeline shows it: done, current (overdue) or planned."""
        return "done" if self.actual else "current" if self.overdue else "planned"

    @property
    def words(self) -> str:
        """“晚 45 天”, “按期”, “顺延 45 天到 2027-03-02”, or "" for what is neither planned nor done."""
        if self.expected is None:
            return ""
        if self.actual:
            return f"晚 {self.slip} 天" if self.slip else ("按期" if self.planned else "已完成")
        if self.overdue and self.waits_for is None:
            return f"已逾期 {self.slip} 天"
        return f"顺延 {self.slip} 天到 {self.expected:%Y-%m-%d}" if self.slip else "未到"


@dataclass(frozen=True)
class Path:
    """All steps in order, and what a delay does to the goal."""

    steps: tuple[Step, ...]

    # Not `__getitem__`: a template asks that first for every name.
    def step(self, kind: Kind) -> Step:
        return next(step for step in self.steps if step.kind == kind)

    @property
    def goal(self) -> Step | None:
        """The step that the words speak of; None when none of them is planned."""
        return next((self.step(kind) for kind in GOALS if self.step(kind).planned), None)

    @property
    def slip(self) -> int:
        return self.goal.slip if self.goal else 0

    @property
    def cause(self) -> Step | None:
        """The step where the goal's delay began; None while the goal has not moved."""
        step = self.goal
        if step is None or not step.slip:
            return None
        while step.waits_for is not None:
            step = self.step(step.waits_for)
        return step

    @property
    def words(self) -> str:
        """“环评批复晚 45 天，投产顺延到 2027-03”; "" when nothing is planned."""
        goal, cause = self.goal, self.cause
        if goal is None:
            return ""
        if goal.actual:
            return f"{goal.label}晚 {goal.slip} 天" if goal.slip else f"{goal.label}按期"
        if cause is None or goal.expected is None:
            late = [step for step in self.steps if step.overdue]
            if not late:
                return f"按计划推进，{goal.label}预计 {goal.planned:%Y-%m}"
            names = "、".join(f"{WORDS.get(s.kind, s.label)}已晚 {s.slip} 天" for s in late)
            return f"{names}，计划中有余量，{goal.label}仍可望在 {goal.planned:%Y-%m}"
        if cause.kind == goal.kind:
            return f"{goal.label}已晚 {goal.slip} 天，原计划 {goal.planned:%Y-%m}"
        lateness = f"{'晚' if cause.actual else '已晚'} {cause.slip} 天"
        return f"{WORDS.get(cause.kind, cause.label)}{lateness}，{goal.label}顺延到 {goal.expected:%Y-%m}"


def forecast(days: Mapping[Kind, Days], on: date) -> Path:
    """The path as it stands on `on`. Pure.

    What is not planned is passed through: its successors wait for its predecessors. A plan that
    contradicts itself (a step before its own predecessor) is taken as it is: only delays move it.
    """
    steps: dict[Kind, Step] = {}
    before: dict[Kind, tuple[Kind, ...]] = {}
    for kind, waits in AFTER.items():
        # Planned predecessors, through those that are not.
        before[kind] = tuple(
            dict.fromkeys(p for w in waits for p in ((w,) if steps[w].planned else before[w]))
        )
        steps[kind] = _step(kind, days.get(kind, Days()), [steps[p] for p in before[kind]], on)
    return Path(tuple(steps.values()))


def _step(kind: Kind, days: Days, before: list[Step], on: date) -> Step:
    planned, actual = days.planned, days.actual
    if actual and actual > on:
        actual = None
    if actual or planned is None:
        return Step(kind, planned, actual, actual)
    # The time that the plan gives this step; negative where the plan contradicts itself.
    needs = planned - max((s.planned for s in before if s.planned), default=planned)
    expected, waits_for = planned, None
    for step in before:
        pushed = (step.expected or planned) + needs
        if pushed > expected:
            expected, waits_for = pushed, step.kind
    overdue = planned < on
    if overdue and on > expected:
        expected, waits_for = on, None
    return Step(kind, planned, None, expected, waits_for, overdue)


def days_of(project: Any) -> dict[Kind, Days]:
    """Planned and actual days of `project`: its milestones, and its own dates where it has none of that
    kind. One query unless `milestones` is prefetched."""
    own = {
        Kind.START: Days(project.planned_start, project.actual_start),
        Kind.PRODUCTION: Days(project.planned_production, project.actual_production),
        Kind.CAPACITY: Days(project.planned_capacity_on, project.at_capacity_on),
    }
    kept = {
        Kind(row.kind): Days(
            row.planned_on or own.get(Kind(row.kind), Days()).planned,
            row.actual_on or own.get(Kind(row.kind), Days()).actual,
        )
        for row in project.milestones.all()
    }
    return own | kept


def path_of(project: Any, on: date) -> Path:
    """`forecast` of what is known about `project`."""
    return forecast(days_of(project), on)
