"""Celery's doors into the service hall."""

from celery import shared_task

from services.actions import catalogue_import
from services.actions.attachments import sweep_orphans
from services.actions.bundle_cases import invite_finished
from services.actions.clocks import accept_by_law, close_delivered, recompute_deadlines
from services.actions.entrustment_ends import expire_lapsed
from services.actions.licence_import import LICENCE_IMPORT
from services.models import CatalogueImport
from tuoxian_portal.core.jobs import Progress, job_handler
from tuoxian_portal.core.models import Job

job_handler(LICENCE_IMPORT.kind)(LICENCE_IMPORT.carry_out)


@shared_task
def run_clock() -> dict[str, int]:
    """Every night: deadlines after the calendar, deemed acceptances, closings, authorities that are
    over. Safe to run twice."""
    return {
        "moved": len(recompute_deadlines()),
        "deemed_accepted": len(accept_by_law()),
        "closed": close_delivered(),
        "invited": invite_finished(),
        "expired": len(expire_lapsed()),
    }


@shared_task
def sweep_attachments() -> int:
    """Every night: uploads that never became part of a case. Safe to run twice."""
    return sweep_orphans()


@job_handler("recompute-deadlines")
def recompute(job: Job, progress: Progress) -> str:
    """After the calendar was edited. What moved is kept with the job and in each case's history."""
    moved = recompute_deadlines()
    Job.objects.filter(pk=job.pk).update(payload={"moved": [str(change) for change in moved]})
    progress(1, 1, f"期限变动 {len(moved)} 件")
    return "/admin/services/case/"


@job_handler(catalogue_import.CHECK)
def check_import(job: Job, progress: Progress) -> str:
    """The dry run of a workbook of the catalogue."""
    record = CatalogueImport.objects.get(pk=job.payload["import"])
    catalogue_import.check_import(record=record, progress=progress)
    return record.get_absolute_url()


@job_handler(catalogue_import.APPLY)
def apply_import(job: Job, progress: Progress) -> str:
    """Carrying out an import that was confirmed."""
    record = CatalogueImport.objects.get(pk=job.payload["import"])
    catalogue_import.carry_out(record=record, progress=progress)
    return record.get_absolute_url()
