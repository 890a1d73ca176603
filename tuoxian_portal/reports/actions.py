"""Asking for a report, and making it: once for each period, whoever asks and however often."""

import hashlib
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import NotPermitted, PortalError, WorkflowError
from tuoxian_portal.core.jobs import enqueue
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.months import last_day
from tuoxian_portal.core.registries import ReportKind, report_kinds
from tuoxian_portal.core.uploads import remove_strays
from tuoxian_portal.reports.models import ReportFile, ReportRun
from tuoxian_portal.reports.periods import clean_period, label_of, months_before
from tuoxian_portal.reports.renderers import RENDERERS

logger = logging.getLogger(__name__)

JOB = "produce-report"
CATCH_UP_MONTHS = 6
"""How far back the schedule looks for months that were missed; older ones are asked for by hand."""

DUE_DAY = 5
"""On this day of the following month the schedule makes a month's report: the districts have until
then to hand in and accept their figures."""

Progress = Callable[[int, int, str], None]


def request_report(*, kind: str, period: str, actor: Any, reason: str = "") -> ReportRun | Job:
    """The archived report, or the job that makes it; a second request gets the same one.

    With a `reason` a report that exists is made anew from today's data; the old one stays, superseded.
    Raises `ValidationError` for a malformed period, `NotPermitted`, and `WorkflowError` when there is
    nothing to report (yet).
    """
    period = clean_period(period)
    spec = _kind(kind)
    again = bool(reason.strip())
    _require(actor, "reports.rerun_reportrun" if again else "reports.produce_reportrun", spec)
    current = ReportRun.objects.current().without_figures().filter(kind=kind, period=period).first()
    if current and not again:
        return current
    if again and current is None:
        raise WorkflowError("这一期还没有报告，直接生成即可，不需要理由。")
    if last_day(period) >= today():
        raise WorkflowError(f"{label_of(period)}尚未结束，月末后才能生成。")
    if not spec.has_data(period):
        raise WorkflowError(
            f"{label_of(period)}还没有已审核的数据，暂不能生成。请先审核当月数据，再来生成报告。"
        )
    return enqueue(
        JOB,
        title=f"{spec.title}（{label_of(period)}）",
        payload={
            "kind": kind,
            "period": period,
            "reason": reason.strip(),
            "supersedes": current.pk if current else None,
            "actor": actor.pk if actor is not None else None,
        },
        requested_by=actor,
        dedupe_key=f"{kind}:{period}",
    )


def produce_report(
    *,
    kind: str,
    period: str,
    actor: Any,
    progress: Progress,
    job: Job | None = None,
    reason: str = "",
    supersedes: int | None = None,
) -> ReportRun:
    """Closes what the period reports, collects, freezes, renders and archives; returns the current run.

    Idempotent: a job that is delivered again, or that a killed worker left half done, ends with one
    archive. Nothing is kept unless everything is: rows and files belong to one transaction, and files
    of an attempt that lost are removed.
    """
    spec = _kind(kind)
    current = ReportRun.objects.current().filter(kind=kind, period=period).first()
    if current and current.pk != supersedes:
        return current
    steps = len(RENDERERS) + 2
    if spec.closing:
        progress(0, steps, "冻结当期数据")
        spec.closing.close(period, None, lambda done, total, message: progress(0, steps, message))
    progress(0, steps, "汇总数据")
    figures = spec.collect(period, lambda done, total, message: progress(0, steps, message))
    rendered: dict[str, bytes] = {}
    for done, (format_, render) in enumerate(RENDERERS.items(), start=1):
        progress(done, steps, f"生成 {format_.upper()}")
        rendered[format_] = render(figures)
    progress(steps - 1, steps, "归档")
    return _archive(
        kind=kind,
        period=period,
        figures=figures,
        rendered=rendered,
        supersedes=supersedes,
        reason=reason,
        actor=actor,
        job=job,
    )


def close_period(*, kind: str, period: str, actor: Any) -> int:
    """Closes by hand what the archived report of `period` still counts as open; returns how many records.

    Raises `ValidationError`, `NotPermitted`, and `WorkflowError` when there is no such report.
    """
    period, spec = clean_period(period), _kind(kind)
    if not actor.has_perm(spec.permission):
        raise NotPermitted(f"您没有查看“{spec.title}”的权限。")
    archived = ReportRun.objects.current().filter(kind=kind, period=period).exists()
    if spec.closing is None or not archived:
        raise WorkflowError(f"{label_of(period)}没有需要冻结数据的报告。")
    return spec.closing.close(period, actor, lambda done, total, message: None)


def _archive(
    *,
    kind: str,
    period: str,
    figures: dict[str, Any],
    rendered: dict[str, bytes],
    supersedes: int | None,
    reason: str,
    actor: Any,
    job: Job | None,
) -> ReportRun:
    """Keeps a report with its files, in the place of the run `supersedes` (its key). Files are no part of
    the transaction: whatever undoes it removes them too."""
    written: list[ReportFile] = []
    try:
        with transaction.atomic():
            old = _superseded(supersedes) if supersedes else None
            run = ReportRun.objects.create(
                kind=kind,
                period=period,
                revision=old.revision + 1 if old else 1,
                figures=figures,
                has_samples=bool(figures.get("has_samples")),
                supersedes=old,
                reason=reason,
                job=job,
                produced_by=actor,
            )
            for format_, content in rendered.items():
                written.append(_file(run, format_, content))
                written[-1].save()
            log(
                actor=actor,
                action="rerun_report" if old else "produce_report",
                target=run,
                reason=reason,
                changes={"revision": [old.revision if old else 0, run.revision]},
            )
            return run
    except (IntegrityError, _LostRace):
        # Another worker archived this period a moment earlier; its report is the report.
        _remove(written)
        logger.info("report %s %s was archived by somebody else", kind, period)
        return ReportRun.objects.current().get(kind=kind, period=period)
    except BaseException:
        _remove(written)
        raise


def _superseded(pk: int) -> ReportRun:
    """The run that is no longer the current one from now on. Raises `_LostRace`."""
    old = ReportRun.objects.select_for_update().get(pk=pk)
    if old.state != ReportRun.State.CURRENT:
        raise _LostRace
    old.state = ReportRun.State.SUPERSEDED
    old.save(update_fields=["state"])
    return old


def _file(run: ReportRun, format_: str, content: bytes) -> ReportFile:
    """`content` on the disk, with a row that is not saved yet."""
    digest = hashlib.sha256(content).hexdigest()
    file = ReportFile(run=run, format=format_, sha256=digest, size=len(content))
    file.file.save(f"report.{format_}", ContentFile(content), save=False)
    return file


class _LostRace(Exception):
    """The run that was to be superseded has been superseded already."""


def _remove(files: list[ReportFile]) -> None:
    for file in files:
        file.file.storage.delete(str(file.file.name))


def remove_orphans(*, actor: None = None) -> int:
    """Deletes files that a killed worker left without a row, once they are a day old; returns how
    many. One query, and a walk through the folder of reports."""
    known = set(ReportFile.objects.values_list("file", flat=True))
    return remove_strays("reports", known, older_than=timedelta(days=1))


def request_due_reports(*, actor: None = None) -> list[Job]:
    """Queues every report that is due and missing: last month's from `DUE_DAY` on, and what was missed
    in the `CATCH_UP_MONTHS` before. Months without data are left alone."""
    day = today()
    periods = months_before(day, CATCH_UP_MONTHS)
    if day.day < DUE_DAY:
        periods = periods[1:]
    jobs = []
    for spec in report_kinds:
        existing = set(
            ReportRun.objects.current()
            .filter(kind=spec.kind, period__in=periods)
            .values_list("period", flat=True)
        )
        for period in reversed(periods):
            if period in existing or not spec.has_data(period):
                continue
            outcome = request_report(kind=spec.kind, period=period, actor=actor)
            if isinstance(outcome, Job):
                jobs.append(outcome)
    return jobs


def _kind(kind: str) -> ReportKind:
    if kind not in report_kinds:
        raise PortalError(f"没有名为“{kind}”的报告。")
    return report_kinds[kind]


def _require(actor: Any, permission: str, spec: ReportKind) -> None:
    if actor is None:
        return
    if not (actor.has_perm(permission) and actor.has_perm(spec.permission)):
        raise NotPermitted(f"您没有生成“{spec.title}”的权限。如有需要，请联系系统管理员。")
