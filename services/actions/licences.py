"""Using a licence of the register instead of a paper, and taking that back."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from services.actions.acting import lock
from services.choices_cases import MaterialState
from services.models.cases import Case, CaseMaterial
from services.models.licences import Licence
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import NotPermitted, WorkflowError

LINK = "services.link_licence"


def _line(case: Case, material: int, actor: Any, version: int | None) -> tuple[Case, CaseMaterial]:
    fresh = lock(case, actor)
    if not actor.has_perm(LINK):
        raise NotPermitted("您没有关联电子证照的权限。如需办理，请联系窗口负责人。")
    if not fresh.is_open:
        raise WorkflowError("本件已结束，材料不再变动。如需更正，请另立一件。")
    check_version(fresh, version)
    line = next((m for m in fresh.materials.all() if m.pk == material), None)
    if line is None:
        raise ValidationError({"material": "所选材料不属于本件，请刷新页面后重选。"})
    return fresh, line


def licence_for(case: Case, line: CaseMaterial) -> Licence | None:
    """The licence of the applicant that replaces `line`, if there is one in force and signed."""
    if line.material_id is None:
        return None
    held = Licence.objects.held_materials(case.applicant_hash, materials=[line.material_id])
    return held.get(line.material_id)


@transaction.atomic
def link_licence(*, case: Case, material: int, actor: Any, version: int | None = None) -> Case:
    """免交: the licence of the applicant that replaces the case's `material` (pk) is linked to it.

    Raises `WorkflowError` when the paper was handed in already or no licence is in force and signed.
    """
    fresh, line = _line(case, material, actor, version)
    if line.state == MaterialState.LICENSED:
        return fresh
    if line.state == MaterialState.HANDED_IN:
        raise WorkflowError("该材料已收到纸质件，不需要关联。确需关联，请先退还纸质件。")
    licence = licence_for(fresh, line)
    if licence is None:
        raise WorkflowError("证照库中没有该申请人的有效、已签章证照可替代此材料，请收取纸质材料。")
    line.licence, line.state = licence, MaterialState.LICENSED
    line.promised_on, line.received_at, line.received_by = None, timezone.now(), actor
    return _saved(fresh, line, actor, "link_licence", f"{line.name}：{licence.caption}")


@transaction.atomic
def unlink_licence(*, case: Case, material: int, actor: Any, reason: str, version: int | None = None) -> Case:
    """The licence does not replace the paper after all; the material is missing again."""
    fresh, line = _line(case, material, actor, version)
    if line.state != MaterialState.LICENSED:
        raise WorkflowError("该材料没有关联电子证照。")
    if not reason.strip():
        raise WorkflowError("取消关联须写明理由。", fields={"reason": ["请填写理由。"]})
    line.licence, line.state = None, MaterialState.MISSING
    line.received_at, line.received_by = None, None
    return _saved(fresh, line, actor, "unlink_licence", f"{line.name}：{reason.strip()}")


def _saved(case: Case, line: CaseMaterial, actor: Any, action: str, reason: str) -> Case:
    line.save(update_fields=["licence", "state", "promised_on", "received_at", "received_by"])
    bump(case)
    case.save(update_fields=["version", "updated_at"])
    log(actor=actor, action=action, target=case, reason=reason)
    return case
