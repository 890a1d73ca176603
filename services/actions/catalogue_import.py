"""Importing the catalogue from a workbook: hand in, dry run, confirm, carry out."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from services.choices import ImportState
from services.exchange.applying import apply_plan
from services.exchange.planning import DOOR_LABELS, Plan, make_plan
from services.exchange.reading import MAX_MB, read_workbook
from services.models import CatalogueImport
from services.workflow_imports import IMPORT, import_workflow
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import locked, step
from tuoxian_portal.core.errors import NotPermitted
from tuoxian_portal.core.jobs import Progress, enqueue
from tuoxian_portal.core.uploads import check_upload

CHECK, APPLY = "catalogue-import-check", "catalogue-import-apply"
TEXT_LIMIT = 300  # characters of a value in the report; the draft has it whole
PROBLEM_LIMIT = 1_000
STEPS = 8


@transaction.atomic
def hand_in(*, file: File, actor: Any) -> CatalogueImport:
    """Keeps a workbook and queues its dry run. Nothing of the catalogue is touched.

    Raises `NotPermitted`, or `ValidationError` when it is no XLSX, too large or damaged.
    """
    if not actor.has_perm(IMPORT):
        raise NotPermitted("您没有导入事项清单的权限。如需导入，请联系系统管理员。")
    checked = check_upload(file, kinds=["xlsx"], limit=MAX_MB * 1024 * 1024)
    record = CatalogueImport(name=checked.name, size=checked.size, sha256=checked.sha256, uploaded_by=actor)
    record.file.save(checked.name, checked.file, save=True)
    log(actor=actor, action="add", target=record, changes={"sha256": [None, checked.sha256]})
    return _queue(record, CHECK, f"核对清单：{checked.name}", actor)


def recheck(*, record: CatalogueImport, actor: Any, version: int | None = None) -> CatalogueImport:
    """Runs the dry run again, on the catalogue as it is now."""
    with transaction.atomic():
        fresh = step(import_workflow, "recheck", record, actor, version=version, plan_digest="")
        return _queue(fresh, CHECK, f"核对清单：{fresh.name}", actor)


def apply(*, record: CatalogueImport, actor: Any, version: int | None = None) -> CatalogueImport:
    """Confirms the plan that was shown and queues carrying it out."""
    with transaction.atomic():
        fresh = step(import_workflow, "apply", record, actor, version=version, applied_by=actor)
        return _queue(fresh, APPLY, f"导入清单：{fresh.name}", actor)


def _queue(record: CatalogueImport, kind: str, title: str, actor: Any) -> CatalogueImport:
    record.job = enqueue(
        kind,
        title=title[:200],
        payload={"import": record.pk},
        requested_by=actor,
        dedupe_key=f"import-{record.pk}",
    )
    record.save(update_fields=["job", "updated_at"])
    return record


def check_import(*, record: CatalogueImport, actor: Any = None, progress: Progress) -> CatalogueImport:
    """The dry run: computes the plan and keeps what it found. Safe to run twice; writes nothing else."""
    if record.state != ImportState.CHECKING:
        return record
    plan = _plan(record, progress)
    found: dict[str, Any] = {"report": report_of(plan), "plan_digest": plan.digest}
    verb = "refuse" if plan.problems else "offer" if plan.changes else "find_unchanged"
    progress(STEPS, STEPS, "整理核对结果")
    return step(import_workflow, verb, record, actor, **found)


def carry_out(*, record: CatalogueImport, actor: Any = None, progress: Progress) -> CatalogueImport:
    """Carries the confirmed plan out, all or nothing, in one transaction; `actor` is who confirmed.

    Computed anew under lock. When it is no longer the plan that was shown, nothing is written and the
    import is stale. Safe to run twice.
    """
    try:
        with transaction.atomic():
            fresh = locked(record)
            if fresh.state != ImportState.APPLYING:
                return fresh
            plan = _plan(fresh, progress, lock=True)
            if plan.problems or plan.digest != fresh.plan_digest:
                return step(import_workflow, "go_stale", fresh, None)
            progress(STEPS - 1, STEPS, f"写入 {len(plan.changes)} 个事项")
            apply_plan(plan, actor=fresh.applied_by, reason=f"清单导入 {fresh.pk}：{fresh.name}")
            return step(import_workflow, "carry_out", fresh, None, applied_at=timezone.now())
    except IntegrityError:
        # Somebody made an item or a material of the same name between the plan and the writing.
        return step(import_workflow, "go_stale", record, None)


def _plan(record: CatalogueImport, progress: Progress, *, lock: bool = False) -> Plan:
    done = 0

    def advance(message: str) -> None:
        nonlocal done
        done += 1
        progress(min(done, STEPS - 2), STEPS, message)

    with record.file.open("rb") as file:
        try:
            book = read_workbook(file, advance)
        except ValidationError as error:  # pragma: no cover - `read_workbook` names problems itself
            raise AssertionError(error.messages) from error
    progress(STEPS - 2, STEPS, f"与目录比对 {len(book.items)} 个事项")
    return make_plan(book, lock=lock)


def report_of(plan: Plan) -> dict[str, Any]:
    """What the dry run found, as plain JSON: counts, refused rows, what is added and changed."""
    return {
        "counts": {
            "added": len(plan.added),
            "changed": len(plan.changed),
            "unchanged": len(plan.unchanged),
            "problems": len(plan.problems),
            "materials": len(plan.materials),
        },
        "problems": [[p.sheet, p.row, p.column, p.text] for p in plan.problems[:PROBLEM_LIMIT]],
        "added": [
            [
                change.code,
                change.content["name"],
                {part: len(change.content[part]) for part in ("materials", "bases", "steps", "questions")},
            ]
            for change in plan.added
        ],
        "changed": [
            {
                "code": change.code,
                "name": change.content["name"],
                "door": DOOR_LABELS[change.door],
                "lines": [
                    [where, old[:TEXT_LIMIT], new[:TEXT_LIMIT]]
                    for where, old, new in change.comparison.lines()
                ],
            }
            for change in plan.changed
        ],
        "materials": list(plan.materials.values()),
    }
