"""The register of licences from a workbook: checked whole, shown, then written whole or not at all.

A check (dry run) and an import are the same walk over the rows; an import writes afterwards what the walk
found, in one short transaction. 100,000 rows take one query for each `BATCH` of them.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from services.models.licences import Licence, LicenceKind
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core import codes
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import NotPermitted, PortalError
from tuoxian_portal.core.jobs import enqueue
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.sheets import Column, ImportReport, SheetRow, day, read_rows, text, yes_no
from tuoxian_portal.core.uploads import check_upload, private_storage, remove_strays

BATCH = 1_000
FOLDER = "licence-imports"
IMPORT = "services.import_licence"
# What a second import may change; kind and number say which licence it is.
FIELDS = (
    "holder_name",
    "holder_number",
    "issuer",
    "issued_on",
    "valid_until",
    "is_signed",
    "revoked_on",
    "source",
)


def holder_number(value: Any) -> str:
    """A credit code or an ID number in its normal form, or another certificate's number as it is."""
    number = codes.compact(text(value))
    if len(number) != 18:
        if not 5 <= len(number) <= 30:
            raise ValidationError("应为统一社会信用代码、身份证号码或其他证件号码（5 至 30 位）。")
        return number
    try:
        return codes.clean_identity_number(number)
    except ValidationError:
        return codes.clean_credit_code(number)


def until(value: Any) -> Any:
    """A date; None for 长期."""
    return None if text(value) in {"长期", "长期有效", "永久"} else day(value)


COLUMNS = (
    Column("kind", "证照类型", required=True, aliases=("证照类型编码", "证照类型名称")),
    Column("number", "证照编号", required=True, longest=100, aliases=("证照号码",)),
    Column("holder_name", "持证主体", required=True, longest=120, aliases=("持证主体名称",)),
    Column("holder_number", "持证主体代码", holder_number, required=True, aliases=("持证主体证件号码",)),
    Column("issuer", "颁发机构", longest=120, optional=True),
    Column("issued_on", "颁证日期", day, required=True, aliases=("签发日期",)),
    Column("valid_until", "有效期至", until, empty=None, optional=True, aliases=("有效期截止",)),
    Column("is_signed", "是否签章", yes_no, empty=False),
    Column("revoked_on", "注销日期", day, empty=None, optional=True),
)


def request_import(*, file: File, actor: Any) -> Job:
    """Keeps the workbook and queues its check. Raises `ValidationError` for a file that is no XLSX or has
    not the headings, `NotPermitted`."""
    _require(actor)
    checked = check_upload(file, kinds=["xlsx"])
    read_rows(checked.file, COLUMNS)  # wrong headings are told at once, not by the job
    checked.file.seek(0)
    name = private_storage().save(f"{FOLDER}/{uuid4().hex}.xlsx", checked.file)
    return enqueue(
        "licence-import",
        title=f"核对电子证照：{checked.name}",
        payload={"file": name, "name": checked.name, "write": False},
        requested_by=actor,
    )


def confirm_import(*, check: Job, actor: Any) -> Job:
    """Imports the workbook that `check` found free of errors. Raises `PortalError` otherwise."""
    _require(actor)
    report = ImportReport(**check.payload.get("report", {}))
    if check.kind != "licence-import" or check.state != Job.State.SUCCEEDED or check.payload.get("write"):
        raise PortalError("请先上传并核对文件，核对完成后再导入。")
    if report.refused:
        raise PortalError(f"有 {report.refused} 行有误，没有导入。请改正后重新上传。")
    return enqueue(
        "licence-import",
        title=f"导入电子证照：{check.payload['name']}",
        payload={**check.payload, "report": {}, "write": True, "checked_by": str(check.pk)},
        requested_by=actor,
        dedupe_key=str(check.pk),
    )


def _require(actor: Any) -> None:
    if not actor.has_perm(IMPORT):
        raise NotPermitted("您没有导入电子证照的权限。如需导入，请联系系统管理员。")


def sweep_workbooks(*, actor: None = None) -> int:
    """Deletes uploaded workbooks once they are old: they hold personal numbers, and what they said is in
    the register. Done daily by the system; returns how many."""
    return remove_strays(FOLDER, set(), older_than=timedelta(days=2))


def do_import(*, job: Job, progress: Callable[..., None], actor: Any = None) -> str:
    """What the job does: checks all rows, then, if it is to write and none is refused, writes them in one
    transaction. The report is kept with the job. Safe to run again."""
    payload = job.payload
    storage = private_storage()
    if not storage.exists(payload["file"]):
        raise PortalError("上传的文件已清理，请重新上传。")
    with storage.open(payload["file"]) as file:
        differing: list[Licence] = []
        report = walk(file, progress, keep=differing, source=payload["name"])
    if payload["write"] and not report.refused:
        _write(differing, job, report)
    Job.objects.filter(pk=job.pk).update(payload={**payload, "report": report.as_dict()})
    progress(report.total, report.total, report.summary)
    return f"/admin/services/licence/import/{job.pk}/"


@transaction.atomic
def _write(licences: list[Licence], job: Job, report: ImportReport) -> None:
    Licence.objects.bulk_create(
        licences,
        update_conflicts=True,
        unique_fields=["kind", "number_hash"],
        update_fields=[*FIELDS, "holder_hash", "updated_at"],
        batch_size=500,
    )
    reason = f"{job.payload['name']}：{report.summary}"
    log(actor=job.requested_by, action="import_licences", target=job, reason=reason)


def walk(file: Any, progress: Callable[..., None], *, keep: list[Licence], source: str = "") -> ImportReport:
    """Reads the workbook once and returns what it adds, changes, leaves and refuses; the licences that
    are new or differ are appended to `keep`."""
    report = ImportReport()
    kinds: dict[str, LicenceKind] = {}
    for kind in LicenceKind.objects.filter(is_active=True):
        kinds |= {kind.code: kind, kind.name: kind}
    seen: dict[tuple[int, str], int] = {}
    rows = read_rows(file, COLUMNS)
    while batch := list(islice(rows, BATCH)):
        _settle(_good(batch, kinds, seen, report, source), batch[0].unsaid, report, keep)
        progress(report.total, 0, f"已核对 {report.total} 行")
    return report


def _good(
    batch: list[SheetRow],
    kinds: dict[str, LicenceKind],
    seen: dict[tuple[int, str], int],
    report: ImportReport,
    source: str,
) -> Iterator[Licence]:
    """The rows without errors; the others go into the report."""
    for row in batch:
        errors, values = dict(row.errors), row.values
        kind = kinds.get(values.get("kind", ""))
        if kind is None and "kind" in values:
            errors["证照类型"] = (
                f"没有“{values['kind'][:40]}”。请先在“电子证照类型”中添加，或改用已有的编码、名称。"
            )
        issued, ends, revoked = (values.get(name) for name in ("issued_on", "valid_until", "revoked_on"))
        if issued and issued > today():
            errors["颁证日期"] = "晚于今天，请核对。"
        if issued and ends and ends < issued:
            errors["有效期至"] = "早于颁证日期，请核对。"
        if issued and revoked and revoked < issued:
            errors["注销日期"] = "早于颁证日期，请核对。"
        if errors or kind is None:
            report.refuse(row.number, errors)
            continue
        licence = Licence(source=source[:120], **{**values, "kind": kind})
        licence.issuer = licence.issuer or kind.issuer
        licence.rehash()
        key = (kind.pk, licence.number_hash)
        if key in seen:
            report.refuse(row.number, f"与第 {seen[key]} 行是同一证照，请保留一行。")
            continue
        seen[key] = row.number
        yield licence


def _settle(
    incoming: Iterator[Licence], unsaid: frozenset[str], report: ImportReport, keep: list[Licence]
) -> None:
    """Compares a batch with the register; one query. What a workbook has no column for stays as it is: a
    list without 注销日期 brings no revoked licence back."""
    new = {(licence.kind_id, licence.number_hash): licence for licence in incoming}
    known = {
        (licence.kind_id, licence.number_hash): licence
        for licence in Licence.objects.filter(number_hash__in=[number for _, number in new])
    }
    for key, licence in new.items():
        old = known.get(key)
        for name in unsaid if old else ():
            setattr(licence, name, getattr(old, name))
        if old is None:
            report.added += 1
        elif any(getattr(old, name) != getattr(licence, name) for name in FIELDS if name != "source"):
            report.changed += 1
        else:
            report.unchanged += 1
            continue
        licence.created_at = licence.updated_at = timezone.now()
        keep.append(licence)
