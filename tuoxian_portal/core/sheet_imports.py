"""A workbook that people import: handed in, checked whole, looked at, then written whole or not at all.

An app declares one `SheetImport` with what is its own, and registers `carry_out` as the handler of its
jobs; `core.admin_imports` gives it its pages. The check and the import are two jobs over the same walk, so
that what was shown is what is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files import File
from django.urls import reverse

from tuoxian_portal.core.errors import NotPermitted, PortalError
from tuoxian_portal.core.jobs import enqueue
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.sheets import Column, ImportReport, read_rows
from tuoxian_portal.core.uploads import check_upload, private_storage, remove_strays

FOLDER = "workbooks"
KEPT_FOR = timedelta(days=2)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class SheetImport:
    """What one kind of import has of its own.

    `kind` of its jobs, `name` of what is imported (电子证照), the `permission` that it takes, its `columns`,
    and `page`, the admin page of one job. `walk(file, job, write, progress)` reads the workbook and reports; with
    `write`, and when it refuses no row, it saves everything in one transaction, with its audit entry. It
    is safe to run again: what was written is then found unchanged.
    """

    kind: str
    name: str
    permission: str
    columns: tuple[Column, ...]
    page: str
    walk: Callable[[Any, Job, bool, Progress], ImportReport]

    def require(self, actor: Any) -> None:
        """Raises `NotPermitted`."""
        if not actor.has_perm(self.permission):
            raise NotPermitted(f"您没有导入{self.name}的权限。如需导入，请联系系统管理员。")

    def request(self, *, file: File, actor: Any) -> Job:
        """Keeps the workbook and queues its check. Raises `ValidationError` for a file that is no XLSX or
        has not the headings, `NotPermitted`."""
        self.require(actor)
        checked = check_upload(file, kinds=["xlsx"])
        read_rows(checked.file, self.columns)  # wrong headings are told at once, not by the job
        checked.file.seek(0)
        kept = private_storage().save(f"{FOLDER}/{uuid4().hex}.xlsx", checked.file)
        return enqueue(
            self.kind,
            title=f"核对{self.name}：{checked.name}",
            payload={"file": kept, "name": checked.name, "write": False},
            requested_by=actor,
        )

    def confirm(self, *, check: Job, actor: Any) -> Job:
        """Queues the import of the workbook that `check` found free of faults. Raises `NotPermitted`, or
        `PortalError` for any other job."""
        self.require(actor)
        if check.kind != self.kind or check.state != Job.State.SUCCEEDED or check.payload["write"]:
            raise PortalError("请先上传并核对文件，核对完成后再导入。")
        if refused := ImportReport(**check.payload["report"]).refused:
            raise PortalError(f"有 {refused} 行有误，没有导入。请改正后重新上传。")
        return enqueue(
            self.kind,
            title=f"导入{self.name}：{check.payload['name']}",
            payload={**check.payload, "report": {}, "write": True, "checked_by": str(check.pk)},
            requested_by=actor,
            dedupe_key=str(check.pk),
        )

    def carry_out(self, job: Job, progress: Progress) -> str:
        """The handler of the jobs. The report is kept with the job; returns its page."""
        storage = private_storage()
        if not storage.exists(job.payload["file"]):
            raise PortalError("上传的文件已清理，请重新上传。")
        with storage.open(job.payload["file"]) as file:
            report = self.walk(file, job, job.payload["write"], progress)
        Job.objects.filter(pk=job.pk).update(payload={**job.payload, "report": report.as_dict()})
        progress(report.total, report.total, report.summary)
        return reverse(self.page, args=[job.pk])


def sweep_workbooks() -> int:
    """Deletes uploaded workbooks once they are old: they hold personal numbers, and what they said is in
    the records. Done every night; returns how many."""
    return remove_strays(FOLDER, set(), older_than=KEPT_FOR)
