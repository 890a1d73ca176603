"""Saying which key project a case belongs to."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from projects.models import KeyProject
from services.choices_cases import CaseState
from services.models.cases import Case
from services.models.project_cases import ProjectCase
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.errors import NotPermitted

LINK = "services.link_projectcase"


def _require(actor: Any) -> None:
    if actor is not None and not actor.has_perm(LINK):
        raise NotPermitted("您没有“关联项目办件”的权限。如需关联，请联系项目专员。")


@transaction.atomic
def link_case(*, project: KeyProject, case_number: str, actor: Any) -> ProjectCase:
    """Links the case with this number to `project`; the same again changes nothing.

    Whoever links learns the item and the state of the case, nothing of its applicant. Raises
    `NotPermitted`, or `ValidationError` by field: no such number, a void one, sample and real mixed, or
    a case of another project.
    """
    _require(actor)
    number = "".join(case_number.split()).upper()
    case = Case.objects.select_for_update(of=("self",)).filter(case_number=number).first()
    if case is None:
        raise ValidationError({"case_number": "没有这个编号的办件，请照接收回执上的编号核对后再填。"})
    if case.state == CaseState.VOID:
        raise ValidationError({"case_number": "这个编号已作废，请填有效的办件编号。"})
    if case.is_sample != project.is_sample:
        raise ValidationError({"case_number": "示例办件只能关联示例项目。"})
    link = ProjectCase.objects.filter(case=case).select_related("project").first()
    if link is not None:
        if link.project_id != project.pk:
            raise ValidationError(
                {"case_number": f"这件已关联到 {link.project.number}，如有误请先在那个项目取消关联。"}
            )
        return link
    link = ProjectCase.objects.create(project=project, case=case, linked_by=actor)
    log(actor=actor, action="link_case", target=project, reason=case.case_number)
    return link


@transaction.atomic
def unlink_case(*, project: KeyProject, case_number: str, actor: Any, reason: str) -> None:
    """Takes back a link that was wrong. Raises `NotPermitted` or `ValidationError` (no reason, no link)."""
    _require(actor)
    if not reason.strip():
        raise ValidationError({"reason": "请写明取消关联的理由。"})
    found, _ = ProjectCase.objects.filter(project=project, case__case_number=case_number).delete()
    if not found:
        raise ValidationError({"case_number": "这件没有单独关联到本项目，无须取消。"})
    log(actor=actor, action="unlink_case", target=project, reason=f"{case_number}：{reason.strip()}")
