"""What people do with a month's report."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from projects import closing, ledger
from projects.actions.permission import require
from projects.choices import ReportState, RestatedFigure, Status
from projects.models import KeyProject, ProgressReport, ProjectProblem, Restatement
from projects.workflow import FREEZE, REPORT_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences, locked, step, write
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.money import plain
from tuoxian_portal.core.months import first_day

Progress = Callable[[int, int, str], None]


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
    """Closes the month: writes its page of the book (`ledger.page_of`). `actor=None` is the system.

    Months are closed in their order. Raises `WorkflowError` while an earlier one is open.
    """
    _lock_project(report)
    earlier = (
        ProgressReport.objects.filter(project=report.project_id, month__lt=report.month)
        .exclude(state=ReportState.FROZEN)
        .order_by("month")
        .first()
    )
    if earlier:
        raise WorkflowError(
            f"更早的 {earlier.month:%Y年%m月} 还是“{earlier.get_state_display()}”，请先把它审核并冻结，再冻结本月。"
        )
    page: dict[str, Any] = {**ledger.page_of(report), "frozen_at": timezone.now()}
    return step(REPORT_WORKFLOW, "freeze", report, actor, version=version, reason=reason, **page)


def close_months(*, period: str, actor: Any, progress: Progress = lambda done, total, message: None) -> int:
    """Freezes every accepted month that the report of `period` counts, each by `freeze_report` with its own
    entry; returns how many. A month that has to wait for an earlier one stays open (`closing.left_open`).

    `actor=None` is the report being made: a figure is reported once it was submitted by one person and
    accepted by another, who answer for it; closing it judges nothing. Raises `NotPermitted`.
    """
    require(actor, FREEZE, "冻结月度进展")
    reason = f"随 {period} 月报冻结"
    months = list(closing.to_close(first_day(period)))
    closed = 0
    for done, report in enumerate(months, start=1):
        try:
            freeze_report(report=report, actor=actor, reason=reason)
        except WorkflowError:
            continue
        closed += 1
        if done % 50 == 0:
            progress(done, len(months), f"冻结当月数据：{done} / {len(months)}")
    return closed


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
    KeyProject.objects.select_for_update(of=("self",)).get(pk=report.project_id)
