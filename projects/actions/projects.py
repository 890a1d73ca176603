"""What people do with a key project."""

from copy import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from projects.actions.permission import require
from projects.choices import ConfidenceLevel, Stage, Status
from projects.confidence import assess
from projects.models import ChainNode, KeyProject, Opportunity
from projects.stage_fields import emptied, missing_at
from projects.workflow import (
    CHAIN_NODE_EVENTS,
    OPPORTUNITY_EVENTS,
    PROJECT_DESK,
    PROJECT_EVENTS,
    STAGE_WORKFLOW,
    STATUS_WORKFLOW,
)
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences, locked, step
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.numbering import next_number

EVENTS = {KeyProject: PROJECT_EVENTS, Opportunity: OPPORTUNITY_EVENTS, ChainNode: CHAIN_NODE_EVENTS}
# Personal fields never enter the audit log with their values.
UNLOGGED = {"responsible_phone"}


def new_project_number() -> str:
    """`TX2026-001`: unbroken per year. Two queries; only inside a transaction."""
    year = today().year
    return f"TX{year}-{next_number(f'projects.key-project.{year}'):03d}"


def check_project(project: KeyProject, before: KeyProject | None) -> None:
    """Raises `ValidationError` by field when `project` breaks a rule of the ledger: dates in the wrong
    order, a new row without what its stage requires, or (`before` being the stored row) a field that
    the stage requires emptied. A gap that was there already stays a gap."""
    if wrong := project.dates_in_disorder():
        raise ValidationError(wrong)
    if before is None:
        stage = Stage(project.stage or Stage.RESERVE)
        if missing := missing_at(project, stage):
            raise ValidationError({f.names[0]: f"“{stage.label}”阶段须填写{f.label}。" for f in missing})
    elif gaps := emptied(before, project):
        raise ValidationError(
            {f.names[0]: f"“{before.stage_label}”阶段须保留{f.label}，不能清空。" for f in gaps}
        )


@transaction.atomic
def save_project(
    *, project: KeyProject, actor: Any, changed: list[str], version: int | None = None
) -> KeyProject:
    """Adds `project`, or saves its `changed` fields; see `check_project`.

    Stage, status and publication change by their own actions only. Raises `NotPermitted`,
    `EditConflict`, `WorkflowError` or `ValidationError`.
    """
    adding = project.pk is None
    require(
        actor,
        "projects.add_keyproject" if adding else "projects.change_keyproject",
        "新增项目" if adding else "修改项目",
    )
    if adding:
        check_project(project, None)
        project.stage = project.stage or Stage.RESERVE
        project.status = Status.NORMAL
        project.number = new_project_number()
        project.full_clean()
        project.save()
        log(actor=actor, action="add", target=project, changes={"stage": [None, project.stage]})
        return project
    fresh = locked(project)
    check_version(fresh, version)
    if fresh.status == Status.TERMINATED:
        raise WorkflowError("项目已终止，台账不能再修改。")
    names = [name for name in changed if name not in STATE_FIELDS]
    if not names:
        return fresh
    was = copy(fresh)
    before = {name: getattr(fresh, name) for name in names}
    after = {name: getattr(project, name) for name in names}
    for name, value in after.items():
        setattr(fresh, name, value)
    check_project(fresh, was)
    fresh.full_clean()
    bump(fresh)
    fresh.save(update_fields=[*names, "version", "updated_at"])
    shown = differences(before, after)
    log(
        actor=actor,
        action="edit",
        target=fresh,
        changes={k: (["（不记录）"] * 2 if k in UNLOGGED else v) for k, v in shown.items()},
    )
    return fresh


@transaction.atomic
def note_children_changed(*, project: KeyProject, actor: Any, what: list[str]) -> KeyProject:
    """Records that milestones, problems or receipts of `project` were changed, after they were saved,
    in the same transaction; refuses (and so undoes it) for a terminated project."""
    fresh = KeyProject.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if fresh.status == Status.TERMINATED:
        raise WorkflowError("项目已终止，台账不能再修改。")
    bump(fresh)
    fresh.save(update_fields=["version", "updated_at"])
    log(actor=actor, action="edit_children", target=fresh, reason="；".join(what)[:1000])
    return fresh


STATE_FIELDS = frozenset(
    {"number", "stage", "status", "is_published", "published_at", "is_sample", "version", "reference_id"}
)


def advance_stage(
    *, project: KeyProject, actor: Any, reason: str = "", version: int | None = None
) -> KeyProject:
    """On to the next stage. Raises `WorkflowError` that names every field still missing."""
    following = Stage(project.stage).next if project.stage else None
    if following is None:
        raise WorkflowError(
            "项目已处于最后阶段，不能再推进。" if project.stage else "来源未载明阶段，请先“核定阶段”。"
        )
    return step(STAGE_WORKFLOW, f"advance_to_{following}", project, actor, reason=reason, version=version)


def set_back_stage(*, project: KeyProject, actor: Any, reason: str, version: int | None = None) -> KeyProject:
    """Back to the stage before, with a reason."""
    previous = Stage(project.stage).previous if project.stage else None
    if previous is None:
        raise WorkflowError("项目没有更早的阶段，不能退回。")
    return step(STAGE_WORKFLOW, f"set_back_to_{previous}", project, actor, reason=reason, version=version)


def place_stage(
    *, project: KeyProject, stage: str, actor: Any, reason: str, version: int | None = None
) -> KeyProject:
    """Gives a row whose source states no stage its first one, on the evidence named in `reason`.

    Gaps are allowed: the row is a legacy one, and what it lacks is listed on its page.
    """
    if stage not in Stage.values:
        raise WorkflowError("请选择一个阶段。", fields={"stage": ["请选择一个阶段。"]})
    return step(
        PROJECT_EVENTS,
        "place_stage",
        project,
        actor,
        reason=reason,
        version=version,
        stage=stage,
        status=lambda row: row.status or Status.NORMAL,
    )


def stall_project(*, project: KeyProject, actor: Any, reason: str, version: int | None = None) -> KeyProject:
    """Marks that the project stands still, whatever its stage."""
    return step(STATUS_WORKFLOW, "stall", project, actor, reason=reason, version=version)


def resume_project(*, project: KeyProject, actor: Any, reason: str, version: int | None = None) -> KeyProject:
    """The project goes on."""
    return step(STATUS_WORKFLOW, "resume", project, actor, reason=reason, version=version)


def terminate_project(
    *, project: KeyProject, actor: Any, reason: str, version: int | None = None
) -> KeyProject:
    """Ends the project; it leaves every count and cannot come back."""
    return step(STATUS_WORKFLOW, "terminate", project, actor, reason=reason, version=version)


@transaction.atomic
def override_confidence(
    *, project: KeyProject, level: str, actor: Any, reason: str, version: int | None = None
) -> KeyProject:
    """Shows `level` instead of the computed confidence, with its reason; the computed one of today is
    kept beside it. Raises `WorkflowError` for a project that is not rated."""
    if level not in {ConfidenceLevel.GREEN, ConfidenceLevel.YELLOW, ConfidenceLevel.RED}:
        raise WorkflowError("请选择绿、黄或红。", fields={"level": ["请选择绿、黄或红。"]})
    rated = KeyProject.objects.with_confidence_inputs(today()).get(pk=project.pk)
    assessment = assess(rated, on=today())
    return step(
        PROJECT_EVENTS,
        "override_confidence",
        project,
        actor,
        reason=reason,
        version=version,
        override_level=level,
        override_reason=reason.strip(),
        override_computed=assessment.computed.value if assessment else "",
        override_by=actor,
        override_at=timezone.now(),
    )


def clear_override(*, project: KeyProject, actor: Any, version: int | None = None) -> KeyProject:
    """Back to the computed confidence."""
    return step(
        PROJECT_EVENTS,
        "clear_override",
        project,
        actor,
        version=version,
        override_level="",
        override_reason="",
        override_computed="",
        override_by=None,
        override_at=None,
    )


def publish(*, record: Any, actor: Any, version: int | None = None) -> Any:
    """Puts a project, an opportunity or a link of a chain on the public pages."""
    values: dict[str, Any] = {"is_published": True, "published_at": timezone.now()}
    return step(EVENTS[type(record)], "publish", record, actor, version=version, **values)


def withdraw(*, record: Any, actor: Any, reason: str, version: int | None = None) -> Any:
    """Takes a project, an opportunity or a link of a chain off the public pages."""
    table = EVENTS[type(record)]
    return step(table, "withdraw", record, actor, reason=reason, version=version, is_published=False)


def available_project_actions(project: KeyProject, user: Any) -> list[str]:
    """The verbs that `user` could do with `project` now, as the API names them. No queries beyond
    the user's permissions."""
    names = [t.name for t in PROJECT_DESK.available(project, user)]
    renamed = {"advance": "advance_stage", "set": "set_back_stage"}
    return [renamed.get(name.partition("_")[0], name) for name in names]
