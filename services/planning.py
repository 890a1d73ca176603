"""The plan of a bundle: who waits for whom, what runs at the same time, and how long that takes.

Pure functions over rows that are already loaded, as in `composition`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.choices import DayUnit, HandlingKind, LimitKind
from services.models import BundleMember
from tuoxian_portal.core.money import NBSP

# A limit in calendar days (自然日) takes at most this share of working days: five of seven, holidays aside.
WORKING_SHARE = (5, 7)


@dataclass(frozen=True)
class Limit:
    """Within how many working days a member is decided; `days` is None when nobody published it.

    `basis` says whose number it is: 承诺时限, 法定时限 or 办理单位公布. `calendar_days` is the limit as
    published where that counts calendar days and `days` is worked out from it.
    """

    days: int | None = None
    basis: str = ""
    calendar_days: int | None = None

    @property
    def text(self) -> str:
        """`承诺 5 个工作日`, `当场办结`, or 时限以窗口答复为准."""
        if self.days is None:
            return "时限以窗口答复为准"
        if self.days == 0:
            return "当场办结"
        if self.calendar_days is not None:
            return f"{self.basis}{NBSP}{self.calendar_days}{NBSP}日（约{NBSP}{self.days}{NBSP}个工作日）"
        return f"{self.basis}{NBSP}{self.days}{NBSP}个工作日"


def limit_of(member: BundleMember) -> Limit:
    """The promised limit of a member, else the statutory one. An applicant's duty or a service target
    is not a limit of the office and does not count."""
    item = member.item
    if item is None:
        return Limit() if member.days is None else Limit(member.days, "办理单位公布")
    if item.promised_days is not None:
        return _limit(item.promised_days, item.promised_unit, "承诺")
    if item.handling_kind == HandlingKind.INSTANT:
        return Limit(0, "承诺")
    if item.statutory_days is not None and item.statutory_kind == LimitKind.OFFICE:
        return _limit(item.statutory_days, item.statutory_unit, "法定")
    return Limit()


def _limit(days: int, unit: str, basis: str) -> Limit:
    if unit != DayUnit.CALENDAR:
        return Limit(days, basis)
    part, whole = WORKING_SHARE
    return Limit(-(-days * part // whole), basis, calendar_days=days)


@dataclass(frozen=True)
class Step:
    """One member in the plan. `start` and `end` are working days after the application was accepted,
    each unknown limit counted as nothing; `on_path` marks the longest path."""

    member: BundleMember
    limit: Limit
    start: int
    end: int
    on_path: bool


@dataclass
class Plan:
    """Waves of members: each wave may run in parallel once the one before it is done.

    `days` is the longest path in working days, `total` the same members one after another. Both leave
    out the members in `unknown`, so that then they are 至少.
    """

    waves: list[list[Step]] = field(default_factory=list)
    days: int = 0
    total: int = 0
    unknown: list[BundleMember] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        return [step for wave in self.waves for step in wave]

    @property
    def path(self) -> list[BundleMember]:
        """The members of the longest path, in order."""
        return [step.member for step in self.steps if step.on_path]

    @property
    def is_known(self) -> bool:
        """Whether any limit is known at all."""
        return len(self.unknown) < len(self.steps)

    @property
    def converted(self) -> list[BundleMember]:
        """Members whose limit counts calendar days."""
        return [step.member for step in self.steps if step.limit.calendar_days is not None]

    @property
    def text(self) -> str:
        """`12 个工作日`, `至少 12 个工作日`, or 以窗口答复为准."""
        if not self.is_known:
            return "以窗口答复为准"
        if not self.days:
            return f"至少{NBSP}0{NBSP}个工作日" if self.unknown else "当场办结"
        return f"{'至少' + NBSP if self.unknown else ''}{self.days}{NBSP}个工作日"

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; a member is named by its `order`, as everywhere in the API."""
        return {
            "waves": [
                [
                    {
                        "member": step.member.order,
                        "name": step.member.name,
                        "item": step.member.item.code if step.member.item else None,
                        "handled_by": handler_of(step.member),
                        "days": step.limit.days,
                        "basis": step.limit.basis,
                        "calendar_days": step.limit.calendar_days,
                        "start": step.start,
                        "end": step.end,
                        "on_path": step.on_path,
                    }
                    for step in wave
                ]
                for wave in self.waves
            ],
            "days": self.days if self.is_known else None,
            "total": self.total if self.is_known else None,
            "at_least": bool(self.unknown),
            "unknown": [member.name for member in self.unknown],
        }


def handler_of(member: BundleMember) -> str:
    """Who handles a member."""
    return member.item.authority if member.item else member.handled_by


def plan_for(members: Sequence[BundleMember]) -> Plan:
    """The plan for `members`, whatever their order. Raises `ValueError` on a cycle.

    A prerequisite that is not among `members` holds nothing up.
    """
    if not members:
        return Plan()
    order = waves(sorted(members, key=lambda member: (member.order, member.pk)))
    limits = {member.pk: limit_of(member) for member in members}
    start: dict[int, int] = {}
    end: dict[int, int] = {}
    before: dict[int, int | None] = {}
    for member in (member for wave in order for member in wave):
        earlier = [p for p in member.prerequisites.all() if p.pk in end]
        # On equal ends the one that comes first in the list, so that the path never depends on chance.
        last = min(earlier, key=lambda p: (-end[p.pk], p.order, p.pk), default=None)
        before[member.pk] = last.pk if last else None
        start[member.pk] = end[last.pk] if last else 0
        end[member.pk] = start[member.pk] + (limits[member.pk].days or 0)
    longest = max(end.values())
    on_path: set[int] = set()
    if longest:
        everyone = [member for wave in order for member in wave]
        at: int | None = next(member.pk for member in everyone if end[member.pk] == longest)
        while at is not None:
            on_path.add(at)
            at = before[at]
    return Plan(
        waves=[
            [Step(m, limits[m.pk], start[m.pk], end[m.pk], m.pk in on_path) for m in wave] for wave in order
        ],
        days=longest,
        total=sum(limit.days or 0 for limit in limits.values()),
        unknown=[m for wave in order for m in wave if limits[m.pk].days is None],
    )


def find_cycle(members: Iterable[Any]) -> list[Any]:
    """A circle among the prerequisites, first member repeated at its end; [] when there is none."""
    by_pk = {member.pk: member for member in members}
    return [
        by_pk[pk]
        for pk in find_circle(
            {pk: [p.pk for p in member.prerequisites.all() if p.pk in by_pk] for pk, member in by_pk.items()}
        )
    ]


def find_circle(before: dict[int, list[int]]) -> list[int]:
    """A circle in `before` (each node → what must come before it), first node repeated at its end;
    [] when there is none."""
    done: set[int] = set()
    for first in before:
        path: list[int] = []
        stack: list[tuple[int, bool]] = [(first, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                path.pop()
                done.add(node)
                continue
            if node in path:
                return [*path[path.index(node) :], node]
            if node in done:
                continue
            path.append(node)
            stack.append((node, True))
            stack += [(other, False) for other in before[node] if other in before]
    return []


def waves(members: Sequence[BundleMember]) -> list[list[BundleMember]]:
    """The members in the order of handling: each wave may run in parallel once the one before it is
    done. Prerequisites outside `members` do not hold anything up. Raises `ValueError` on a cycle."""
    if cycle := find_cycle(members):
        raise ValueError(" → ".join(str(member) for member in cycle))
    present = {member.pk for member in members}
    placed: set[int] = set()
    result: list[list[BundleMember]] = []
    rest = list(members)
    while rest:
        wave = [m for m in rest if all(p.pk in placed or p.pk not in present for p in m.prerequisites.all())]
        result.append(wave)
        placed |= {m.pk for m in wave}
        rest = [m for m in rest if m.pk not in placed]
    return result
