"""What people do with a month's report."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from projects import closing, ledger
from projects.actions.permission import require
from projects.choices import ReportState, RestatedFigure, Status
from projects.models import KeyProject, ProgressReport, ProjectProblem, Restatement
from projects.workflow import FREEZE, REPORT_WORKFLOW
from tuoxian_portal.audit.actions import log, log_many
from tuoxian_portal.audit.steps import apply, differences, locked, step, write
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.money import plain
from tuoxian_portal.core.months import first_day

Progress = Callable[[int, int, str], None]

PROJECTS_AT_ONCE = 500
"""How many projects `close_months` locks, holds in memory and commits together."""

FROZEN_FIELDS = (
    *["state", "frozen_at", "frozen_wan", "frozen_progress", "opening_wan", "restated_wan", "closing_wan"],
    *["version", "updated_at"],
)


@transaction.atomic
def save_report(
    *, report: ProgressReport, actor: Any, changed: list[str], version: int | None = None
) -> ProgressReport:
    """Adds a month's report as a draft, or saves the `changed` fields of a draft.

    Raises `NotPermitted`, `EditConflict`, `WorkflowError` once the report was submitted, or
    `ValidationError` (future month, month before a closed one, second report of a month, percent below
    the last one without a reason, negative amount).
    """
    adding = report.pk is None
    require(
        actor,
        "projects.add_progressreport" if adding else "projects.change_progressreport",
        "填报月度进展",
    )
    # The project's row is the lock for its months: two people adding the same month queue here.
    project = KeyProject.objects.select_for_update(of=("self",)).get(pk=report.project_id)
    if project.status == Status.TERMINATED:
        raise WorkflowError("项目已终止，不再填报进展。")
    before: dict[str, Any] = {}
    if adding:
        report.state = ReportState.DRAFT
    else:
        fresh = locked(report)
        check_version(fresh, version)
        if fresh.state != ReportState.DRAFT:
            raise WorkflowError(f"进展{fresh.get_state_display()}，不能修改。如需修改，请先退回。")
        before = {name: getattr(fresh, name) for name in changed}
        report.version = fresh.version
        bump(report)
    report.full_clean()
    closed = ledger.last_frozen(project.pk)
    if closed and report.month <= closed:
        raise ValidationError(
            {
                "month": f"{closed:%Y年%m月}已冻结，不能再补报这个月或更早的月份。"
                "漏报的投资请在已冻结的月份上作“更正”，并写明理由。"
            }
        )
    if adding:
        report.is_sample = project.is_sample
        report.save()
    else:
        report.save(update_fields=[*changed, "version", "updated_at"])
    after = {name: getattr(report, name) for name in changed} if not adding else {}
    log(
        actor=actor,
        action="add" if adding else "edit",
        target=report,
        changes=differences(before, after),
    )
    return report


def submit_report(*, report: ProgressReport, actor: Any, version: int | None = None) -> ProgressReport:
    """Hands a draft in."""
    return step(
        REPORT_WORKFLOW,
        "submit",
        report,
        actor,
        version=version,
        submitted_by=actor,
        submitted_at=timezone.now(),
    )


def accept_report(*, report: ProgressReport, actor: Any, version: int | None = None) -> ProgressReport:
    """Takes the figures into the totals; never by whoever submitted them."""
    return step(
        REPORT_WORKFLOW,
        "accept",
        report,
        actor,
        version=version,
        accepted_by=actor,
        accepted_at=timezone.now(),
    )


def send_back_report(
    *, report: ProgressReport, actor: Any, reason: str, version: int | None = None
) -> ProgressReport:
    """Back to a draft, with a reason; an accepted one leaves the totals."""
    return step(
        REPORT_WORKFLOW,
        "send_back",
        report,
        actor,
        reason=reason,
        version=version,
        accepted_by=None,
        accepted_at=None,
    )


@transaction.atomic
def freeze_report(
    *, report: ProgressReport, actor: Any, version: int | None = None, reason: str = ""
) -> ProgressReport:
    """Closes the month and writes its page of the book. `actor=None` is the system.

    Months are closed in their order. Raises `WorkflowError` while an earlier one is open.
    """
    _lock_project(report)
    fresh = locked(report)
    check_version(fresh, version)
    earlier = (
        ProgressReport.objects.filter(project=fresh.project_id, month__lt=fresh.month)
        .exclude(state=ReportState.FROZEN)
        .order_by("month")
        .first()
    )
    values = _page(fresh, earlier, ledger.balances([fresh.project_id])[fresh.project_id], actor, reason)
    return write(fresh, values, actor=actor, action="freeze", reason=reason)


def _page(
    report: ProgressReport,
    earlier: ProgressReport | None,
    balance: ledger.Balance,
    actor: Any,
    reason: str,
) -> dict[str, Any]:
    """What freezing the locked `report` writes on it. Raises `WorkflowError` while `earlier` is open, and
    what the workflow says; then nothing is written in `balance` either. No query."""
    if earlier:
        raise WorkflowError(
            f"更早的 {earlier.month:%Y年%m月} 还是“{earlier.get_state_display()}”，请先把它审核并冻结，再冻结本月。"
        )
    REPORT_WORKFLOW.check(report, "freeze", actor, reason=reason)
    return {"state": ReportState.FROZEN, **balance.write(report), "frozen_at": timezone.now()}


def close_months(*, period: str, actor: Any, progress: Progress = lambda done, total, message: None) -> int:
    """Freezes every accepted month that the report of `period` counts, each by the checks of
    `freeze_report` and with its own entry; returns how many. A month that has to wait for an earlier one
    stays open (`closing.left_open`).

    `actor=None` is the report being made: a figure is reported once it was submitted by one person and
    accepted by another, who answer for it; closing it judges nothing. Raises `NotPermitted`. Six
    statements and one transaction for each `PROJECTS_AT_ONCE` projects; what was closed before a failure
    stays closed.
    """
    require(actor, FREEZE, "冻结月度进展")
    until = first_day(period)
    months = Counter(closing.to_close(until).values_list("project", flat=True))
    keys, total, closed = sorted(months), months.total(), 0
    for start in range(0, len(keys), PROJECTS_AT_ONCE):
        closed += _close(keys[start : start + PROJECTS_AT_ONCE], until, actor, f"随 {period} 月报冻结")
        done = sum(months[key] for key in keys[: start + PROJECTS_AT_ONCE])
        progress(done, total, f"冻结当月数据：{done} / {total}")
    return closed


@transaction.atomic
def _close(projects: list[int], until: date, actor: Any, reason: str) -> int:
    """Freezes the accepted months of `projects` (keys, ascending) up to `until`; returns how many.

    What is open is read after the projects are locked, in a statement of its own: one that waits for a
    lock still sees what its subqueries saw before it waited.
    """
    named = _locked_projects(projects).only("name").in_bulk()
    books = ledger.balances(projects)
    waiting: dict[int, ProgressReport] = {}
    frozen, changes = [], []
    for report in (
        ProgressReport.objects.select_for_update()
        .filter(project__in=projects, month__lte=until)
        .exclude(state=ReportState.FROZEN)
        .order_by("project", "month")
    ):
        key, report.project = report.project_id, named[report.project_id]
        try:
            values = _page(report, waiting.get(key), books[key], actor, reason)
        except WorkflowError:
            waiting.setdefault(key, report)
            continue
        frozen.append(report)
        changes.append(apply(report, values))
    # All rows exist and are locked: this updates them, in one statement whatever their number.
    ProgressReport.objects.bulk_create(
        frozen, update_conflicts=True, unique_fields=["pk"], update_fields=FROZEN_FIELDS
    )
    log_many(actor=actor, action="freeze", targets=frozen, changes=changes, reason=reason)
    return len(frozen)


@transaction.atomic
def restate_report(
    *,
    report: ProgressReport,
    figure: str,
    value: Decimal,
    actor: Any,
    reason: str,
    version: int | None = None,
) -> ProgressReport:
    """Changes one figure of a frozen report and keeps what it was, why, who and when.

    The change is booked in the first month still open. Raises `NotPermitted`, `EditConflict`,
    `WorkflowError` when the report is not frozen or no reason is given, `ValidationError` for a value
    that is the old one, negative, or above 100 percent.
    """
    _lock_project(report)
    fresh = locked(report)
    check_version(fresh, version)
    REPORT_WORKFLOW.check(fresh, "restate", actor, reason=reason)
    if figure not in RestatedFigure.values:
        raise ValidationError({"figure": "请选择要更正的数据。"})
    old = getattr(fresh, figure)
    if value == old:
        raise ValidationError({"value": f"与现在的数值 {plain(old, 4)} 相同，无需更正。"})
    setattr(fresh, figure, value)
    try:
        fresh.clean_fields(exclude=[f.name for f in fresh._meta.fields if f.name != figure])
    except ValidationError as error:
        raise ValidationError({"value": error.message_dict[figure]}) from None
    setattr(fresh, figure, old)
    Restatement.objects.create(
        report=fresh,
        figure=figure,
        old_value=old,
        new_value=value,
        reason=reason.strip()[:300],
        booked_month=ledger.open_month(fresh.project_id, fresh.month),
        restated_by=actor,
        is_sample=fresh.is_sample,
    )
    return write(fresh, {figure: value}, actor=actor, action="restate", reason=reason)


@transaction.atomic
def raise_problem(*, problem: ProjectProblem, report: ProgressReport, actor: Any) -> ProjectProblem:
    """Adds a problem that the month's report names, with who removes it by when.

    Raises `NotPermitted`, or `ValidationError` without text, owner or deadline.
    """
    require(actor, "projects.add_projectproblem", "登记问题")
    errors = {}
    if not problem.owner.strip() and problem.owner_department_id is None:
        errors["owner"] = "请写明责任人，或选择责任单位。"
    if problem.due_on is None:
        errors["due_on"] = "请填写解决期限。"
    if errors:
        raise ValidationError(errors)
    problem.report, problem.project_id = report, report.project_id
    problem.is_sample = report.is_sample
    problem.full_clean()
    problem.save()
    log(actor=actor, action="raise_problem", target=report, reason=problem.text[:300])
    return problem


def _lock_project(report: ProgressReport) -> None:
    """Closing and restating months of one project queue behind its row."""
    _locked_projects([report.project_id]).get()


def _locked_projects(keys: list[int]) -> QuerySet[KeyProject]:
    """The rows of `keys`, locked in one order, so that two who lock several do not wait for each other."""
    return KeyProject.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
