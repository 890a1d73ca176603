"""Attaching files to a case, taking them away, handing them out."""

import logging
from collections.abc import Mapping, Sequence
from copy import copy as copy_of
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from services.actions.acting import lock
from services.models.attachments import CaseAttachment
from services.models.bundle_cases import BundleCase
from services.models.cases import Case, CaseMaterial
from services.models.catalogue import Material
from services.querysets_attachments import ORPHANED_AFTER
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.uploads import CheckedUpload, check_upload, private_storage, remove_strays

logger = logging.getLogger(__name__)
MAX_ATTACHMENTS = 60
ADD = "services.add_caseattachment"


@dataclass(frozen=True)
class Attached:
    """What `attach` answers: `is_new` is False when the case has the same file already."""

    attachment: CaseAttachment
    is_new: bool


def attach(
    *,
    file: File,
    actor: Any,
    case: Case | None = None,
    submission: UUID | None = None,
    line: CaseMaterial | None = None,
    material: Material | None = None,
) -> Attached:
    """Keeps `file` with `case`, or, before it is recorded, under the token `submission` of its form.

    `line` (of the case) or `material` (of the catalogue) is what the file shows; it may come later. The
    same bytes a second time are recognised and not kept twice. Raises `ValidationError` for a file
    that `check_upload` refuses (nothing is written), `NotPermitted`, `WorkflowError` on a closed case.
    """
    if not actor.has_perm(ADD):
        raise NotPermitted("您没有上传附件的权限。如需上传，请联系窗口负责人。")
    if case is None and submission is None:
        raise ValidationError({"submission": "请从办件登记页上传附件。"})
    checked = check_upload(file)
    with transaction.atomic():
        if case is None and submission is not None:
            # Recorded in the meantime, in another window: then it is that case's file.
            case = Case.objects.filter(submission=submission).first()
            if case is None and BundleCase.objects.filter(submission=submission).exists():
                raise WorkflowError("这次一次办已经登记。请打开其中的办件，在办件页上传附件。")
        if case is not None:
            case = lock(case, actor)
            if not case.is_open:
                raise WorkflowError("本件已结束，不能再添加附件。如需更正，请另立一件。")
            submission = case.submission
            if line is not None and line.case_id != case.pk:
                raise ValidationError({"line": "所选材料不属于本件，请刷新页面后重选。"})
            if line is None and material is not None:
                line = case.materials.filter(material=material).first()
        assert submission is not None  # noqa: S101  (for the type checker: one of the two is set)
        present = CaseAttachment.objects.present().filter(submission=submission)
        if case is None:
            present = present.filter(uploaded_by=actor)
        if same := present.filter(sha256=checked.sha256).first():
            if (line or material) and not (same.line_id or same.material_id):
                same = _filed(same, actor, line, material)
            return Attached(same, is_new=False)
        if present.count() >= MAX_ATTACHMENTS:
            raise WorkflowError(f"一件最多 {MAX_ATTACHMENTS} 个附件，请先撤下不需要的。")
        return _keep(checked, actor=actor, case=case, submission=submission, line=line, material=material)


def _keep(
    checked: CheckedUpload, *, actor: Any, case: Case | None, submission: UUID, **about: Any
) -> Attached:
    attachment = CaseAttachment(
        case=case,
        submission=submission,
        name=checked.name,
        kind=checked.kind.code,
        size=checked.size,
        sha256=checked.sha256,
        uploaded_by=actor,
        uploaded_at=timezone.now(),
        is_sample=bool(case and case.is_sample),
        **about,
    )
    attachment.file.save(f"file.{checked.kind.extensions[0]}", checked.file, save=False)
    try:
        with transaction.atomic():
            attachment.save()
    except IntegrityError as error:  # the same file, a moment earlier; ours goes
        attachment.file.delete(save=False)
        same = CaseAttachment.objects.present().filter(
            submission=submission, sha256=checked.sha256, uploaded_by=actor
        )
        if found := same.first():
            return Attached(found, is_new=False)
        raise WorkflowError("附件没有保存，请刷新页面后重新上传。") from error
    log(
        actor=actor,
        action="attach",
        target=case or attachment,
        reason=checked.name,
        changes={"sha256": [None, checked.sha256]},
    )
    return Attached(attachment, is_new=True)


@transaction.atomic
def adopt(*, case: Case, actor: Any) -> int:
    """Gives `case`, just recorded, what was uploaded for it while its form was open; returns how many.
    One query when there is nothing, else two more."""
    waiting = list(
        CaseAttachment.objects.filter(submission=case.submission, case=None, uploaded_by=actor).only(
            "material_id"
        )
    )
    if not waiting:
        return 0
    lines = {line.material_id: line.pk for line in case.materials.all()}
    for attachment in waiting:
        attachment.case = case
        attachment.line_id = lines.get(attachment.material_id) if attachment.material_id else None
    return CaseAttachment.objects.bulk_update(waiting, ["case", "line"])


@transaction.atomic
def adopt_for_all(*, submission: UUID, cases: Sequence[Case], actor: Any) -> int:
    """Gives every case of a bundle, just recorded, what was uploaded for the whole of it: each department
    sees the file in its own case, and takes it away from there only. A file of one material goes to the
    cases that ask for it. Returns how many files; one query when there is none, else three more."""
    waiting = list(CaseAttachment.objects.filter(submission=submission, case=None, uploaded_by=actor))
    if not waiting or not cases:
        return 0
    lines = {(line.case_id, line.material_id): line for line in CaseMaterial.objects.filter(case__in=cases)}
    copies = []
    for attachment in waiting:
        asking = [case for case in cases if (case.pk, attachment.material_id) in lines]
        first, *others = asking or cases
        for case in others:
            copies.append(_given(copy_of(attachment), case, lines))
            copies[-1].pk = None
        _given(attachment, first, lines)
    CaseAttachment.objects.bulk_create(copies)
    CaseAttachment.objects.bulk_update(waiting, ["case", "submission", "line"])
    return len(waiting)


def _given(
    attachment: CaseAttachment, case: Case, lines: Mapping[tuple[int, int | None], CaseMaterial]
) -> CaseAttachment:
    attachment.case, attachment.submission = case, case.submission
    attachment.line = lines.get((case.pk, attachment.material_id)) if attachment.material_id else None
    return attachment


def _take(attachment: CaseAttachment, actor: Any, *, closed: str) -> CaseAttachment:
    """The row as it is now, locked with its case. `closed` is said where the case is over."""
    rows = CaseAttachment.objects.visible_to(actor).select_for_update(of=("self",))
    fresh = rows.filter(pk=attachment.pk).first()
    if fresh is None:
        raise NotPermitted("这个附件不在您的办理范围内。")
    if fresh.case_id is not None and not fresh.removed_at and not lock(Case(pk=fresh.case_id), actor).is_open:
        raise WorkflowError(closed)
    return fresh


@transaction.atomic
def file_under(
    *,
    attachment: CaseAttachment,
    actor: Any,
    line: CaseMaterial | None = None,
    material: Material | None = None,
) -> CaseAttachment:
    """归类: the file shows `line` of its case or, before that is recorded, `material` of the catalogue;
    with neither it is 未归类. Raises as `attach` does."""
    if not actor.has_perm(ADD):
        raise NotPermitted("您没有整理附件的权限。如需整理，请联系窗口负责人。")
    fresh = _take(attachment, actor, closed="本件已结束，附件不再变动。")
    if fresh.removed_at:
        raise WorkflowError("这个附件已撤下。")
    if line is not None and line.case_id != fresh.case_id:
        raise ValidationError({"material": "所选材料不属于本件，请刷新页面后重选。"})
    return _filed(fresh, actor, line, material)


def _filed(
    fresh: CaseAttachment, actor: Any, line: CaseMaterial | None, material: Material | None
) -> CaseAttachment:
    before = (fresh.line_id, fresh.material_id)
    fresh.line, fresh.material = line, line.material if line else material
    if (fresh.line_id, fresh.material_id) == before:
        return fresh
    fresh.save(update_fields=["line", "material"])
    log(
        actor=actor,
        action="file_under",
        target=fresh.case or fresh,
        reason=f"{fresh.name}：{line or material or '未归类'}",
    )
    return fresh


@transaction.atomic
def remove(*, attachment: CaseAttachment, actor: Any, reason: str = "") -> CaseAttachment:
    """Takes a file away; the row keeps who and why. The uploader may, and who receives cases.

    Before the case is recorded no reason is asked for. Raises `WorkflowError` on a closed case.
    """
    fresh = _take(attachment, actor, closed="本件已结束，附件不能再撤下。")
    if fresh.removed_at:
        return fresh  # the second click
    if fresh.case_id is not None:
        if fresh.uploaded_by_id != actor.pk and not actor.has_perm("services.receive_case"):
            raise NotPermitted("附件由上传人或窗口撤下。")
        if not reason.strip():
            raise WorkflowError("撤下附件须写明理由。", fields={"reason": ["请填写理由。"]})
    fresh.removed_by, fresh.removed_at = actor, timezone.now()
    fresh.removed_reason = reason.strip()[:200]
    fresh.save(update_fields=["removed_by", "removed_at", "removed_reason"])
    log(
        actor=actor,
        action="detach",
        target=fresh.case or fresh,
        reason=f"{fresh.name}：{reason.strip()}" if reason.strip() else fresh.name,
    )
    return fresh


def hand_out(*, attachment: CaseAttachment, actor: Any) -> File:
    """The file, opened; who looked is logged. The caller scoped it by `visible_to`.

    Raises `WorkflowError` when it was taken away or is no longer on the disk."""
    if attachment.removed_at:
        raise WorkflowError("这个附件已撤下，不再提供。")
    try:
        file = attachment.file.open("rb")
    except FileNotFoundError:
        logger.error("attachment %s has lost its file %s", attachment.pk, attachment.file.name)
        raise WorkflowError("附件文件丢失，请联系系统管理员从备份恢复。") from None
    log(actor=actor, action="open_attachment", target=attachment.case or attachment, reason=attachment.name)
    return file


def sweep_orphans(*, actor: None = None) -> int:
    """Deletes uploads whose case was never recorded, once they are old, and files that a killed worker
    left without a row; returns how many. Done daily by the system."""
    orphans = list(CaseAttachment.objects.orphans())
    for orphan in orphans:
        with transaction.atomic():
            if CaseAttachment.objects.filter(pk=orphan.pk, case=None).delete()[0]:
                transaction.on_commit(lambda name=str(orphan.file.name): private_storage().delete(name))  # type: ignore[misc]  # binds now
    known = set(CaseAttachment.objects.values_list("file", flat=True))
    return len(orphans) + remove_strays("attachments", known, older_than=ORPHANED_AFTER)
