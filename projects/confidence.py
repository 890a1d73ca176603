"""Confidence (绿 可按期, 黄 有问题可解, 红 现状难以按期, 灰 未更新), computed for any day, with reasons.

The rules, each giving a reason in words; the worst colour wins:

- 灰 when nothing was accepted in the last `STALE_AFTER` days, whatever else is known;
- 红 when the project stands still, a milestone is missed by more than `LATE_BEYOND_REPAIR` days, a
  problem is overdue by more than `PROBLEM_BEYOND_REPAIR` days, or investment is more than
  `FAR_BEHIND` points behind the months reported;
- 黄 when a milestone is missed at all, a problem is open, investment is more than `BEHIND` points
  behind, or no planned date for production is known;
- 绿 otherwise. So a missed milestone can never be green.

An override by a person shows its colour and its reason; the computed one stays beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from projects.choices import ConfidenceLevel, Stage, Status

STALE_AFTER = 35
LATE_BEYOND_REPAIR = 60
PROBLEM_BEYOND_REPAIR = 30
BEHIND = Decimal(10)
FAR_BEHIND = Decimal(25)

ORDER = [ConfidenceLevel.GREEN, ConfidenceLevel.YELLOW, ConfidenceLevel.RED]


@dataclass(frozen=True)
class Assessment:
    """`level` is what is shown, `computed` what the rules say; `reasons` explain the computed one."""

    level: ConfidenceLevel
    computed: ConfidenceLevel
    reasons: list[str] = field(default_factory=list)
    override_reason: str = ""

    @property
    def is_overridden(self) -> bool:
        return bool(self.override_reason)

    @property
    def label(self) -> str:
        return str(self.level.label)

    @property
    def tone(self) -> str:
        return self.level.tone

    @property
    def text(self) -> str:
        """The reasons in one sentence, the override first."""
        override = [f"人工评定：{self.override_reason}（计算结果：{self.computed.label}）"]
        return "；".join((override if self.is_overridden else []) + self.reasons)


def assess(project: Any, *, on: date) -> Assessment | None:
    """The confidence in `project` on the day `on`; None for one that is not rated: before signing, at
    full capacity, terminated, a group, or of unstated stage.

    `project` comes from `with_confidence_inputs(on)`; no queries then. Raises `AttributeError`
    otherwise, so that nobody assesses a list row by row against the database by accident.
    """
    if not is_assessed(project):
        return None
    computed, reasons = _computed(project, on)
    if project.override_level and project.override_at and timezone.localdate(project.override_at) <= on:
        return Assessment(ConfidenceLevel(project.override_level), computed, reasons, project.override_reason)
    return Assessment(computed, computed, reasons)


def is_assessed(project: Any) -> bool:
    """Whether the project reports monthly; the row-wise twin of `KeyProjectQuerySet.assessed`."""
    return (
        project.nature == "project"
        and project.status != Status.TERMINATED
        and project.stage in {s.value for s in Stage.from_(Stage.SIGNED)} - {Stage.AT_CAPACITY.value}
    )


def _computed(project: Any, on: date) -> tuple[ConfidenceLevel, list[str]]:
    stale = _staleness(project.assessed_last_update, on)
    found = list(_findings(project, on))
    if stale:
        return ConfidenceLevel.GREY, [stale, *(reason for _, reason in found)]
    if not found:
        return ConfidenceLevel.GREEN, ["节点、投资和问题均未发现偏差"]
    worst = max((level for level, _ in found), key=ORDER.index)
    found.sort(key=lambda item: ORDER.index(item[0]), reverse=True)
    return worst, [reason for _, reason in found]


def _staleness(last: datetime | None, on: date) -> str:
    if last is None:
        return "尚无已审核的月度进展"
    days = (on - timezone.localdate(last)).days
    return f"已 {days} 天没有新的已审核进展（超过 {STALE_AFTER} 天）" if days > STALE_AFTER else ""


def _findings(project: Any, on: date) -> Iterable[tuple[ConfidenceLevel, str]]:
    if project.status == Status.STALLED:
        yield ConfidenceLevel.RED, "项目处于停滞状态"
    for label, planned, actual in _milestones(project):
        if planned < on and (actual is None or actual > on):
            days = (on - planned).days
            beyond = days > LATE_BEYOND_REPAIR
            yield (
                ConfidenceLevel.RED if beyond else ConfidenceLevel.YELLOW,
                f"{label}计划 {planned}，已逾期 {days} 天",
            )
    for problem in project.assessed_problems:
        overdue = (on - problem.due_on).days if problem.due_on else 0
        if overdue > 0:
            beyond = overdue > PROBLEM_BEYOND_REPAIR
            yield (
                ConfidenceLevel.RED if beyond else ConfidenceLevel.YELLOW,
                f"问题“{_short(problem.text)}”超过解决期限 {overdue} 天",
            )
        else:
            until = f"，{problem.due_on} 前解决" if problem.due_on else "，未定解决期限"
            yield ConfidenceLevel.YELLOW, f"问题“{_short(problem.text)}”未解决{until}"
    if behind := _behind(project, on):
        points, done, expected = behind
        level = ConfidenceLevel.RED if points > FAR_BEHIND else ConfidenceLevel.YELLOW
        yield level, f"年度投资完成 {done}%，按月应为 {expected}%，落后 {points} 个百分点"
    if not project.planned_production and not project.actual_production:
        yield ConfidenceLevel.YELLOW, "未填计划投产日期，无法判断能否按期"


def _milestones(project: Any) -> Iterable[tuple[str, date, date | None]]:
    """The project's own planned dates and its milestones; a kind named in both counts once."""
    kinds = {m.kind for m in project.assessed_milestones}
    for kind, label, planned, actual in (
        ("start", "开工", project.planned_start, project.actual_start),
        ("production", "投产", project.planned_production, project.actual_production),
    ):
        if planned and kind not in kinds:
            yield label, planned, actual
    for milestone in project.assessed_milestones:
        yield str(milestone.get_kind_display()), milestone.planned_on, milestone.actual_on


def _behind(project: Any, on: date) -> tuple[Decimal, Decimal, Decimal] | None:
    """(points behind, percent done, percent expected) of the annual plan by the last month reported.

    Only while building: the plan is spread evenly over the months of the year from the start of works
    on; before works begin nothing is expected yet.
    """
    plan, last = project.annual_plan_wan, project.assessed_last_month
    if not plan or last is None or project.annual_plan_year != on.year:
        return None
    if project.stage not in (Stage.STARTED, Stage.BUILDING):
        return None
    begun = project.actual_start
    first = begun.month if begun and begun.year == on.year else 1
    expected = Decimal(100) * max(0, last.month - first + 1) / (13 - first)
    done = Decimal(100) * Decimal(project.assessed_invested_wan) / plan
    points = expected - done
    if points <= BEHIND:
        return None
    return tuple(value.quantize(Decimal("0.1")) for value in (points, done, expected))  # type: ignore[return-value]  # three in, three out


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:20]}…"


def counts(projects: Iterable[Any], *, on: date) -> dict[str, int]:
    """How many of `projects` (with their inputs) show each level on `on`; unrated ones are left out."""
    result = {level.value: 0 for level in ConfidenceLevel}
    for project in projects:
        assessment = assess(project, on=on)
        if assessment:
            result[assessment.level.value] += 1
    return result
