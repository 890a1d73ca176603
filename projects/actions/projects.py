"""What people do with a key project."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from projects.actions.step import differences, locked, require, step, write
from projects.choices import ConfidenceLevel, Stage, Status
from projects.confidence import assess
from projects.models import KeyProject, Opportunity
from projects.stage_fields import emptied, missing_at
from projects.workflow import MOVE_STAGE, STAGE_WORKFLOW, STATUS_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.numbering import next_number

OVERRIDE = "projects.override_confidence"
PUBLISH = {KeyProject: "projects.publish_keyproject", Opportunity: "projects.publish_opportunity"}
# Personal fields never enter the audit log with their values.
UNLOGGED = {"responsible_phone"}


def new_project_number() -> str:
    """`TX2026-001`: unbroken per year. Two queries; only inside a transaction."""
    year = today().year
    return f"TX{year}-{next_number(f'projects.key-project.{year}'):03d}"


@transaction.atomic
def save_project(
    *, project: KeyProject, actor: Any, changed: list[str], version: int | None = None
) -> KeyProject:
    """Adds `project`, or saves its `changed` fields.

    A new row must have what its stage requires. An edit may leave a legacy gap but may not empty a
    field that the stage requires. Stage, status and publication change by their own actions only.
    Raises `NotPermitted`, `EditConflict`, `WorkflowError` or `ValidationError`.
    """
    adding = project.pk is None
    require(
        actor,
        "projects.add_keyproject" if adding else "projects.change_keyproject",
        "新增项目" if adding else "修改项目",
    )
    if wrong := project.dates_in_disorder():
        raise ValidationError(wrong)
    if adding:
        project.stage = project.stage or Stage.RESERVE
        project.status = Status.NORMAL
        if missing := missing_at(project, project.stage):
            raise ValidationError(
                {f.names[0]: f"“{Stage(project.stage).label}”阶段须填写{f.label}。" for f in missing}
            )
        project.number = new_project_number()
        project.full_clean()
        project.save()
        log(actor=actor, action="新增项目", target=project, changes={"stage": [None, project.stage]})
        return project
    fresh = locked(project)
    check_version(fresh, version)
    if fresh.status == Status.TERMINATED:
        raise WorkflowError("项目已终止，台账不能再修改。")
    allowed = [name for name in changed if name not in STATE_FIELDS]
    before = {name: getattr(fresh, name) for name in allowed}
    after = {name: getattr(project, name) for name in allowed}
    was = _copy_of(fresh)
    for name, value in after.items():
        setattr(fresh, name, value)
    if gaps := emptied(was, fresh):
        raise ValidationError(
            {f.names[0]: f"“{fresh.stage_label}”阶段须保留{f.label}，不能清空。" for f in gaps}
        )
    fresh.full_clean()
    bump(fresh)
    fresh.save(update_fields=[*allowed, "version", "updated_at"])
    shown = differences(before, after)
    log(
        actor=actor,
        action="修改台账",
        target=fresh,
        changes={k: (["（不记录）"] * 2 if k in UNLOGGED else v) for k, v in shown.items()},
    )
    return fresh


STATE_FIELDS = frozenset(
    {"number", "stage", "status", "is_published", "published_at", "is_sample", "version", "reference_id"}
)


def _copy_of(project: KeyProject) -> KeyProject:
    copy = KeyProject()
    for field in KeyProject._meta.concrete_fields:
        if not field.generated:
            setattr(copy, field.attname, getattr(project, field.attname))
    return copy


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


@transaction.atomic
def place_stage(
    *, project: KeyProject, stage: str, actor: Any, reason: str, version: int | None = None
) -> KeyProject:
    """Gives a row whose source states no stage its first one, on the evidence named in `reason`.

    Gaps are allowed: the row is a legacy one, and what it lacks is listed on its page.
    """
    require(actor, MOVE_STAGE, "核定阶段")
    fresh = locked(project)
    check_version(fresh, version)
    if fresh.stage:
        raise WorkflowError(f"项目已处于“{fresh.stage_label}”，请用推进或退回。")
    if stage not in Stage.values:
        raise WorkflowError("请选择一个阶段。", fields={"stage": ["请选择一个阶段。"]})
    if not reason.strip():
        raise WorkflowError("核定阶段须写明依据。", fields={"reason": ["请填写依据。"]})
    values = {"stage": stage, "status": fresh.status or Status.NORMAL}
    return write(fresh, values, actor=actor, action="核定阶段", reason=reason)


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
    require(actor, OVERRIDE, "人工评定红黄绿")
    fresh = locked(project)
    check_version(fresh, version)
    if level not in {ConfidenceLevel.GREEN, ConfidenceLevel.YELLOW, ConfidenceLevel.RED}:
        raise WorkflowError("请选择绿、黄或红。", fields={"level": ["请选择绿、黄或红。"]})
    if not reason.strip():
        raise WorkflowError("人工评定须写明理由。", fields={"reason": ["请填写理由。"]})
    rated = KeyProject.objects.with_confidence_inputs(today()).get(pk=project.pk)
    assessment = assess(rated, on=today())
    if assessment is None:
        raise WorkflowError("该项目不参与红黄绿评定（签约前、已达产、已终止或未定阶段）。")
    values = {
        "override_level": level,
        "override_reason": reason.strip(),
        "override_computed": assessment.computed.value,
        "override_by": actor,
        "override_at": timezone.now(),
    }
    return write(fresh, values, actor=actor, action="人工评定", reason=reason)


@transaction.atomic
def clear_override(*, project: KeyProject, actor: Any, version: int | None = None) -> KeyProject:
    """Back to the computed confidence."""
    require(actor, OVERRIDE, "撤销人工评定")
    fresh = locked(project)
    check_version(fresh, version)
    if not fresh.override_level:
        raise WorkflowError("该项目没有人工评定。")
    values = {
        "override_level": "",
        "override_reason": "",
        "override_computed": "",
        "override_by": None,
        "override_at": None,
    }
    return write(fresh, values, actor=actor, action="撤销人工评定")


@transaction.atomic
def publish(*, record: Any, actor: Any, version: int | None = None) -> Any:
    """Puts a project or an opportunity on the public pages."""
    require(actor, PUBLISH[type(record)], "对外公布")
    fresh = locked(record)
    check_version(fresh, version)
    if fresh.is_published:
        raise WorkflowError("这条记录已经公布。")
    values = {"is_published": True, "published_at": timezone.now()}
    return write(fresh, values, actor=actor, action="对外公布")


@transaction.atomic
def withdraw(*, record: Any, actor: Any, reason: str, version: int | None = None) -> Any:
    """Takes a project or an opportunity off the public pages."""
    require(actor, PUBLISH[type(record)], "撤下")
    fresh = locked(record)
    check_version(fresh, version)
    if not fresh.is_published:
        raise WorkflowError("这条记录尚未公布。")
    if not reason.strip():
        raise WorkflowError("撤下须写明理由。", fields={"reason": ["请填写理由。"]})
    return write(fresh, {"is_published": False}, actor=actor, action="撤下", reason=reason)


def available_project_actions(project: KeyProject, user: Any) -> list[str]:
    """The verbs that `user` could do with `project` now, as the API names them. No queries beyond
    the user's permissions."""
    verbs = [t.name for t in STAGE_WORKFLOW.available(project, user)]
    verbs = ["advance_stage" if v.startswith("advance") else "set_back_stage" for v in verbs]
    if not project.stage and user.has_perm(MOVE_STAGE):
        verbs.append("place_stage")
    verbs += [t.name for t in STATUS_WORKFLOW.available(project, user)]
    if user.has_perm(PUBLISH[KeyProject]):
        verbs.append("withdraw" if project.is_published else "publish")
    if user.has_perm(OVERRIDE):
        verbs.append("clear_override" if project.override_level else "override_confidence")
    return verbs
