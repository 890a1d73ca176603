"""What people do with a month's report."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from projects.actions.permission import require
from projects.choices import ReportState, Status
from projects.models import KeyProject, ProgressReport
from projects.workflow import REPORT_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences, locked, step
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import WorkflowError


@transaction.atomic
def save_report(
    *, report: ProgressReport, actor: Any, changed: list[str], version: int | None = None
) -> ProgressReport:
    """Adds a month's report as a draft, or saves the `changed` fields of a draft.

    Raises `NotPermitted`, `EditConflict`, `WorkflowError` once the report was submitted, or
    `ValidationError` (future month, second report of a month, percent below the last one without a
    reason, negative amount).
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


def freeze_report(*, report: ProgressReport, actor: Any, version: int | None = None) -> ProgressReport:
    """Fixes the figures for good. `actor=None` when a periodic report froze them."""
    return step(REPORT_WORKFLOW, "freeze", report, actor, version=version, frozen_at=timezone.now())
