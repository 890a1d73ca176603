"""The ledger from a workbook: every row checked and every fault named; the frame is `core.sheet_imports`."""

from copy import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from projects.actions.projects import check_project, save_project
from projects.choices import Stage, Status
from projects.ledger_sheet import COLUMNS, HEADINGS, RELATED
from projects.models import KeyProject
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.sheet_imports import Progress, SheetImport
from tuoxian_portal.core.sheets import ImportReport, SheetRow, read_rows
from tuoxian_portal.directory.models import Department, Enterprise, Industry, IndustryChain, Park, Town

MAX_ROWS = 5_000
MODELS: dict[str, Any] = {
    "industry": Industry,
    "chain": IndustryChain,
    "park": Park,
    "town": Town,
    "department": Department,
}


Work = list[tuple[int, KeyProject, list[str]]]


def import_ledger(file: Any, job: Job, write: bool, progress: Progress) -> ImportReport:
    """Checks every row; with `write`, and when none is faulty, saves them all in one transaction through
    `save_project`, so that each project has its history. Twelve queries to check, however many rows up to
    `MAX_ROWS`.
    """
    report, work = _checked(file, job.requested_by, progress)
    if write and not report.refused:
        _write(work, job, report, progress)
    return report


def _checked(file: Any, actor: Any, progress: Progress) -> tuple[ImportReport, Work]:
    """What the rows say of the ledger as it is now, and by row number the projects as they should be, with
    their changed fields."""
    report = ImportReport()
    rows = list(read_rows(file, COLUMNS, max_rows=MAX_ROWS))
    progress(0, len(rows), f"读到 {len(rows)} 行")
    tables = {name: _by_name(model) for name, model in MODELS.items()}
    enterprises = {e.name: e for e in Enterprise.objects.all()}
    known = _Known(rows, actor)
    work: Work = []
    for row in rows:
        found = _settle(row, known, tables, enterprises, report)
        if found:
            work.append((row.number, *found))
    return report, work


def _write(work: Work, job: Job, report: ImportReport, progress: Progress) -> None:
    """Saves all of `work`, or nothing where a row was overtaken by somebody; that is counted in `report`."""
    with transaction.atomic():
        for done, (number, project, changed) in enumerate(work, start=1):
            try:
                save_project(
                    project=project,
                    actor=job.requested_by,
                    changed=changed,
                    version=project.version if project.pk else None,
                )
            except (ValidationError, PortalError) as error:  # changed since it was checked
                report.refuse(number, _words(error))
            if done % 50 == 0:
                progress(done, len(work), f"已写入 {done} 行")
        if report.refused:
            transaction.set_rollback(True)
            report.added = report.changed = 0
            return
        reason = f"{job.payload['name']}：{report.summary}"
        log(actor=job.requested_by, action="import_ledger", target=job, reason=reason)


def _words(error: Exception) -> str | dict[str, str]:
    if isinstance(error, PortalError):
        return error.message
    if not hasattr(error, "error_dict"):
        return "；".join(error.messages)  # type: ignore[attr-defined]  # a ValidationError
    return {
        HEADINGS.get(name, name): "".join(messages)
        for name, messages in error.message_dict.items()  # type: ignore[attr-defined]  # checked by hasattr above
    }


def _by_name(model: Any) -> dict[str, Any]:
    return {str(record): record for record in model.objects.all()}


class _Known:
    """The projects that the rows may mean, by number, project code, and name with enterprise."""

    def __init__(self, rows: list[SheetRow], actor: Any) -> None:
        values = [row.values for row in rows]
        wanted = Q(pk__in=[])
        for column in ("number", "project_code", "name"):
            filled = {v[column] for v in values if v.get(column)}
            wanted |= Q(**{f"{column}__in": filled})
        self.number: dict[str, KeyProject] = {}
        self.code: dict[str, KeyProject] = {}
        self.name: dict[tuple[str, str], list[KeyProject]] = {}
        # Rows that the person may not see are not hers to change, and adding them would double them.
        self.hidden = set(
            KeyProject.objects.filter(wanted)
            .exclude(pk__in=KeyProject.objects.visible_to(actor).values("pk"))
            .values_list("pk", flat=True)
        )
        projects = KeyProject.objects.filter(wanted, is_sample=False) | KeyProject.objects.filter(
            wanted, is_sample=True
        )
        for project in projects.select_related("enterprise", *RELATED):
            self.number[project.number] = project
            if project.project_code:
                self.code.setdefault(project.project_code, project)
            self.name.setdefault((project.name, project.owner_name), []).append(project)
        self.taken: dict[int | tuple[str, str], int] = {}

    def find(self, values: dict[str, Any]) -> KeyProject | None:
        """The project that a row means, None for a new one. Raises `ValidationError`."""
        if number := values.get("number"):
            if number not in self.number:
                raise ValidationError({"number": f"没有编号为“{number}”的项目。新项目请把编号留空。"})
            return self.number[number]
        if (code := values.get("project_code")) and code in self.code:
            return self.code[code]
        same = self.name.get((values["name"], values.get("enterprise_name", "")), [])
        if len(same) > 1:
            raise ValidationError({"name": f"台账中有 {len(same)} 个同名同企业的项目，请填写项目编号。"})
        return same[0] if same else None

    def take(self, project: KeyProject | None, values: dict[str, Any], row: int) -> None:
        """Refuses a second row of one project."""
        key = project.pk if project else (values["name"], values.get("enterprise_name", ""))
        if key in self.taken:
            raise ValidationError({"name": f"与第 {self.taken[key]} 行是同一个项目，请保留一行。"})
        self.taken[key] = row
        if project is None and (code := values.get("project_code")):
            if ("", code) in self.taken:
                raise ValidationError({"project_code": f"与第 {self.taken['', code]} 行的代码相同，请核对。"})
            self.taken["", code] = row


def _settle(
    row: SheetRow,
    known: _Known,
    tables: dict[str, dict[str, Any]],
    enterprises: dict[str, Enterprise],
    report: ImportReport,
) -> tuple[KeyProject, list[str]] | None:
    """The project of a row as it should be and its changed fields; None for a row that is refused or
    says nothing new. Counts it in `report`."""
    errors, values = dict(row.errors), dict(row.values)
    for name in RELATED:
        wanted = values.get(name)
        if wanted and wanted not in tables[name]:
            errors[HEADINGS[name]] = f"没有“{wanted[:30]}”。请改用基础数据中的名称：{_near(tables[name])}。"
        elif wanted:
            values[name] = tables[name][wanted]
    stored: KeyProject | None = None
    if "name" in values and not {HEADINGS["number"], HEADINGS["project_code"]} & set(errors):
        try:
            stored = known.find(values)
            known.take(stored, values, row.number)
        except ValidationError as error:
            errors |= _words(error)  # type: ignore[arg-type]  # of a dictionary it makes one
    if errors:
        report.refuse(row.number, errors)
        return None
    if stored and stored.pk in known.hidden:
        report.refuse(row.number, "这个项目不在您的权限范围内，请删去本行或请主管单位导入。")
        return None
    if stored and stored.status == Status.TERMINATED:
        report.refuse(row.number, "项目已终止，台账不能再修改。请删去本行。")
        return None
    project, changed = _applied(stored, values, enterprises)
    try:
        _check(project, stored, values)
    except ValidationError as error:
        report.refuse(row.number, _words(error))
        return None
    if stored is None:
        report.added += 1
    elif changed:
        report.changed += 1
    else:
        report.unchanged += 1
        return None
    return project, changed


def _near(table: dict[str, Any]) -> str:
    names = list(table)[:6]
    return "、".join(names) + ("等" if len(table) > len(names) else "")


def _applied(
    stored: KeyProject | None, values: dict[str, Any], enterprises: dict[str, Enterprise]
) -> tuple[KeyProject, list[str]]:
    """A copy of `stored` (or a new project) with the row's filled cells, and the fields that differ."""
    project = copy(stored) if stored else KeyProject()
    changed = []
    for name, value in values.items():
        if value in ("", None) or name in ("number", "stage"):
            continue
        if name == "enterprise_name":
            if stored and value == stored.owner_name:
                continue
            if found := enterprises.get(value):
                if project.enterprise_id != found.pk:
                    project.enterprise = found
                    changed.append("enterprise")
                value = ""
        if getattr(project, name) != value:
            setattr(project, name, value)
            changed.append(name)
    if stored is None:
        project.stage = values.get("stage") or Stage.RESERVE
    return project, changed


# Relations were looked up already; asking the database for each again costs five queries a row.
NOT_CHECKED = frozenset({*RELATED, "enterprise", "number", "override_by"})


def _check(project: KeyProject, stored: KeyProject | None, values: dict[str, Any]) -> None:
    """Raises `ValidationError` by field when the row breaks a rule of the ledger."""
    if stored and values.get("stage") and values["stage"] != stored.stage:
        raise ValidationError(
            {"stage": f"现为“{stored.stage_label}”，导入不改阶段。请改回，再到项目页推进或退回。"}
        )
    problems: dict[str, Any] = {}
    for check in (
        lambda: project.clean_fields(exclude=NOT_CHECKED),
        lambda: check_project(project, stored),
    ):
        try:
            check()
        except ValidationError as error:
            problems |= {name: found for name, found in error.error_dict.items() if name not in problems}
    if problems:
        raise ValidationError(problems)


LEDGER_IMPORT = SheetImport(
    kind="project-ledger-import",
    name="项目台账",
    permission="projects.import_keyproject",
    columns=COLUMNS,
    page="admin:projects_keyproject_report",
    walk=import_ledger,
)
