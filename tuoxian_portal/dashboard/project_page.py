"""One project as staff see it, joined with its permits: what is done, late, missing, promised, in the way.

Every function returns plain data; the number of queries does not depend on the number of rows.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from projects import ledger
from projects.choices import Stage
from projects.commitments import standing
from projects.confidence import assess
from projects.models import KeyProject
from projects.path import Path, path_of
from projects.stage_fields import completeness, gaps, missing_for_next, words
from services.assistance import Plan, plan_for
from services.choices_cases import OFFICE_STATES, CaseOutcome, CaseState
from services.models import Case
from tuoxian_portal.core.money import format_wan

MONTHS_SHOWN = 13


@dataclass(frozen=True)
class Permits:
    """The cases of a project. `late` counts the overdue ones by department."""

    cases: Sequence[Case]
    on: date

    @property
    def done(self) -> int:
        return sum(case.outcome == CaseOutcome.APPROVED for case in self.cases)

    @property
    def late(self) -> Counter[str]:
        return Counter(case.department.name for case in self.cases if self.is_late(case))

    def is_late(self, case: Case) -> bool:
        return case.state in OFFICE_STATES and case.due_on is not None and case.due_on < self.on

    @property
    def sentence(self) -> str:
        """“12 项，已办 7，2 项超期于自然资源局、1 项超期于住建局”."""
        if not self.cases:
            return "还没有关联的办件"
        late = "、".join(f"{count} 项超期于{name}" for name, count in self.late.most_common())
        return f"{len(self.cases)} 项，已办 {self.done}" + (f"，{late}" if late else "，没有超期")

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Late ones first, then what is under way by its deadline, then what is over."""
        rows = [
            {
                "number": case.case_number,
                "item": case.item.name,
                "department": case.department.name,
                "label": str(
                    CaseOutcome(case.outcome).label if case.outcome else CaseState(case.state).label
                ),
                "tone": CaseOutcome(case.outcome).tone if case.outcome else CaseState(case.state).tone,
                "due": case.due_on if case.state in OFFICE_STATES else None,
                "late": (self.on - case.due_on).days if case.due_on and self.is_late(case) else 0,
                "decided": case.decided_on,
                "own": hasattr(case, "project_link"),
            }
            for case in self.cases
        ]
        return sorted(rows, key=lambda row: (-row["late"], row["due"] is None, row["due"] or date.max))


def permits(project: KeyProject, on: date) -> Permits:
    """The cases of `project`, whatever outlet received them: only item, state and deadline are shown,
    nothing of the applicant. One query."""
    cases = Case.objects.of_project(project).select_related("item", "department", "project_link")
    return Permits(list(cases.order_by("pk")), on)


@dataclass(frozen=True)
class Problem:
    text: str
    owner: str
    due_on: date | None
    resolved_on: date | None
    late: int


def problems(project: KeyProject, on: date) -> list[Problem]:
    """Open ones first. One query."""
    rows = project.problems.select_related("owner_department").order_by("due_on", "pk")
    found = [
        Problem(
            text=row.text,
            owner="，".join(str(part) for part in (row.owner_department, row.owner) if part),
            due_on=row.due_on,
            resolved_on=row.resolved_on,
            late=(on - row.due_on).days if row.due_on and not row.resolved_on and row.due_on < on else 0,
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: (row.resolved_on is not None, -row.late))


def timeline(project: KeyProject, path: Path, lead: Any, permit_rows: Permits) -> list[dict[str, Any]]:
    """What happened and what is planned, by day: lead, visits, signing, path, permits."""
    rows: list[tuple[date, str, str, str]] = []
    if lead is not None:
        source = f"{lead.get_source_display()}{'：' + lead.source_note if lead.source_note else ''}"
        rows.append((timezone.localdate(lead.created_at), "收到线索", source, "done"))
        rows += [
            (visit.held_on, str(visit.get_kind_display()), f"{visit.place}：{visit.outcome}", "done")
            for visit in lead.visits.all()
        ]
    if project.signed_on:
        rows.append((project.signed_on, "签约", "", "done"))
    rows += [(step.expected, step.label, step.words, step.state) for step in path.steps if step.expected]
    rows += [
        (case.decided_on, str(CaseOutcome(case.outcome).label), case.item.name, "done")
        for case in permit_rows.cases
        if case.decided_on and case.outcome
    ]
    return [
        {"date": f"{day:%Y-%m-%d}", "title": title, "text": text, "state": state, "who": ""}
        for day, title, text, state in sorted(rows, key=lambda row: row[0])
    ]


def figures(project: Any, on: date) -> list[tuple[str, str, str]]:
    """Key figures, with what the year's plan says."""
    done, plan = Decimal(project.invested_year_wan), project.plan_for(on.year)
    share = f"完成 {100 * done / plan:.0f}%" if plan else ""
    return [
        ("总投资", format_wan(project.total_investment_wan) or "未填", ""),
        ("年度计划", format_wan(plan) or "未填", f"{on.year} 年"),
        ("本年完成", format_wan(done), share),
        ("累计到位", format_wan(project.received_total_wan), ""),
        (
            "形象进度",
            f"{project.latest_progress:g}%" if project.latest_progress is not None else "未报",
            f"截至 {project.latest_month:%Y-%m}" if project.latest_month else "",
        ),
    ]


def helper_fact(project: KeyProject) -> tuple[str, str, str]:
    """Who keeps in touch with the project; from signing on somebody should."""
    if project.helper:
        return "服务专员", str(project.helper), ""
    signed = project.stage in Stage.from_(Stage.SIGNED)
    return "服务专员", "未指定", "签约起应有一位，请在台账中指定" if signed else ""


def page(project: Any, user: Any, on: date) -> dict[str, Any]:
    """Everything on the page. `project` comes `with_totals` and `with_confidence_inputs`."""
    path = path_of(project, on)
    found = permits(project, on)
    lead = getattr(project, "lead", None)
    if lead is not None and not user.has_perm("projects.view_investmentlead"):
        lead = None
    plan: Plan = plan_for(project)
    following = Stage(project.stage).next if project.stage else Stage.RESERVE
    missing = missing_for_next(project)
    return {
        "project": project,
        "figures": figures(project, on),
        "assessment": assess(project, on=on),
        "people": [
            ("责任单位", project.department.name if project.department else "未填", ""),
            ("责任领导", project.responsible or "未填", ""),
            helper_fact(project),
            ("投资项目代码", project.project_code or "未填", ""),
        ],
        "next_stage": following.label if following else "",
        "missing": words(missing),
        "gaps": words(gaps(project)),
        "completeness": completeness(project),
        "path": path,
        "permits": found,
        "plan": plan if found.cases else None,
        "timeline": timeline(project, path, lead, found),
        "lead": lead,
        "problems": problems(project, on),
        "commitments": [(row, standing(row, on=on)) for row in project.commitments.all().with_measures()]
        if user.has_perm("projects.view_commitment")
        else [],
        "notices": list(project.notices.select_related("owner", "owner_department"))
        if user.has_perm("projects.view_supervisionnotice")
        else [],
        "book": ledger.book(project) if user.has_perm("projects.view_progressreport") else [],
        "months": list(project.confidence_months.select_related("override_by")[:MONTHS_SHOWN])
        if user.has_perm("projects.view_confidencemonth")
        else [],
        "may_edit": user.has_perm("projects.view_keyproject"),
        "may_link": user.has_perm("services.link_projectcase"),
    }
