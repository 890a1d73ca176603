"""全帮办: what a project needs from 立项 to 竣工, how far it is, and what comes next.

Nothing is typed: the items come from the catalogue, progress from the project's cases (those of its
entrustments, and those that were linked to it by themselves).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from projects.models import KeyProject
from services.choices import ProjectStage
from services.choices_cases import CLOSED_STATES, CaseOutcome, CaseState
from services.choices_entrustments import EntrustmentState
from services.models.cases import Case
from services.models.catalogue import ServiceItem
from services.models.entrustments import EntrustmentMatter

# The order in which a project meets them; 并行推进 runs beside the first four.
STAGE_ORDER = [
    ProjectStage.LAND,
    ProjectStage.DESIGN,
    ProjectStage.CONSTRUCTION,
    ProjectStage.COMPLETION,
    ProjectStage.PARALLEL,
    ProjectStage.UTILITIES,
]


@dataclass(frozen=True)
class PlanRow:
    """One item of the plan with the project's cases for it, newest first."""

    item: ServiceItem
    cases: tuple[Case, ...] = ()
    # False: the project's authorities name their matters, and this is none of them.
    in_scope: bool = True

    @property
    def done_case(self) -> Case | None:
        return next((c for c in self.cases if c.outcome == CaseOutcome.APPROVED), None)

    @property
    def open_case(self) -> Case | None:
        return next((c for c in self.cases if c.state not in CLOSED_STATES and not c.outcome), None)

    @property
    def is_done(self) -> bool:
        return self.done_case is not None

    @property
    def label(self) -> str:
        if self.is_done:
            return "已办成"
        if not self.in_scope and not self.cases:
            return "未委托"
        if case := self.open_case:
            return str(CaseState(case.state).label)
        return "未办成" if self.cases else "未开始"

    @property
    def tone(self) -> str:
        if self.is_done:
            return "good"
        if self.open_case:
            return "info"
        if not self.in_scope:
            return "muted"
        return "bad" if self.cases else "neutral"

    @property
    def due_on(self) -> date | None:
        case = self.open_case
        return (case.due_on or case.decide_by) if case else None


@dataclass(frozen=True)
class PlanStage:
    value: str
    label: str
    rows: tuple[PlanRow, ...]

    @property
    def total(self) -> int:
        """Items in scope."""
        return sum(row.in_scope for row in self.rows)

    @property
    def done(self) -> int:
        return sum(row.is_done for row in self.rows if row.in_scope)

    @property
    def is_done(self) -> bool:
        return 0 < self.total == self.done


@dataclass(frozen=True)
class Plan:
    """The items of a project by stage. `marked` says whether the catalogue names the 全帮办 items; while
    it does not, every published item with a project stage is proposed.

    Not every project needs every item (备案 or 核准): what its authorities name is in scope and counted.
    Before there is one, everything proposed is.
    """

    project: KeyProject
    stages: tuple[PlanStage, ...]
    marked: bool = field(default=False)

    @property
    def total(self) -> int:
        return sum(stage.total for stage in self.stages)

    @property
    def done(self) -> int:
        return sum(stage.done for stage in self.stages)

    @property
    def under_way(self) -> list[PlanRow]:
        """Cases in work, the nearest deadline first."""
        rows = [row for stage in self.stages for row in stage.rows if not row.is_done and row.open_case]
        return sorted(rows, key=lambda row: (row.due_on is None, row.due_on or date.max))

    @property
    def next_row(self) -> PlanRow | None:
        """What should be started next: the first item, in the order of stages, without a case."""
        return next(
            (
                row
                for stage in self.stages
                for row in stage.rows
                if row.in_scope and not row.is_done and not row.open_case
            ),
            None,
        )

    @property
    def sentence(self) -> str:
        text = f"共 {self.total} 项，已办成 {self.done} 项，正在办理 {len(self.under_way)} 项"
        if self.next_row:
            text += f"，下一项：{self.next_row.item.name}"
        return text


def proposed_items() -> tuple[list[ServiceItem], bool]:
    """The items of the whole process, and whether the catalogue marks them as 全帮办. One query."""
    items = list(
        ServiceItem.objects.published()
        .filter(for_organisations=True)
        .exclude(stage="")
        .select_related("department")
        .order_by("code")
    )
    marked = [item for item in items if item.full_assistance]
    return (marked, True) if marked else (items, False)


def plan_for(project: KeyProject) -> Plan:
    """The plan of `project`; three queries. Cases of every outlet count, whoever asks:
    only their state is shown, nothing of the applicant."""
    items, marked = proposed_items()
    cases: dict[int, list[Case]] = defaultdict(list)
    others: dict[int, ServiceItem] = {}
    known = {item.pk for item in items}
    for case in Case.objects.of_project(project).select_related("item").order_by("-pk"):
        cases[case.item_id].append(case)
        if case.item_id not in known and case.item.stage:
            others[case.item_id] = case.item
    named = list(
        EntrustmentMatter.objects.filter(entrustment__project=project)
        .exclude(entrustment__state=EntrustmentState.TERMINATED)
        .values_list("item", "stage")
    )
    keys, stages_named = {key for key, _ in named if key}, {stage for _, stage in named if stage}
    rows: dict[str, list[PlanRow]] = defaultdict(list)
    for item in [*items, *others.values()]:
        found = tuple(cases.get(item.pk, ()))
        in_scope = not named or item.pk in keys or item.stage in stages_named or bool(found)
        rows[item.stage].append(PlanRow(item, found, in_scope))
    stages = tuple(
        PlanStage(stage.value, str(stage.label), tuple(rows[stage]))
        for stage in STAGE_ORDER
        if rows.get(stage)
    )
    return Plan(project, stages, marked)
