"""The register of licences from a workbook; the frame is `core.sheet_imports`.

The walk over the rows keeps what is new or differs; an import writes it afterwards in one short
transaction. 100,000 rows take one query for each `BATCH` of them.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from services.models.licences import Licence, LicenceKind
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core import codes
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.sheet_imports import Progress, SheetImport
from tuoxian_portal.core.sheets import Column, ImportReport, SheetRow, day, read_rows, text, yes_no

BATCH = 1_000
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


def import_licences(file: Any, job: Job, write: bool, progress: Progress) -> ImportReport:
    """Checks every row; with `write`, and when none is refused, saves what is new or differs."""
    differing: list[Licence] = []
    report = walk(file, progress, keep=differing, source=job.payload["name"])
    if write and not report.refused:
        _write(differing, job, report)
    return report


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


def walk(file: Any, progress: Progress, *, keep: list[Licence], source: str = "") -> ImportReport:
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


LICENCE_IMPORT = SheetImport(
    kind="licence-import",
    name="电子证照",
    permission="services.import_licence",
    columns=COLUMNS,
    page="admin:services_licence_report",
    walk=import_licences,
)
