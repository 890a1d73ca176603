"""Papers of a case change hands: handed over, signed for or refused, taken back, given back; and a case
passed on from one outlet to another with them.

Two sides sign: a handover is an offer until the receiver has answered for each paper. All of it is
allowed on a closed case too: the papers are still somewhere.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from services import custody
from services.actions.acting import lock
from services.choices_cases import PaperKind
from services.choices_custody import HolderKind, LineAnswer
from services.custody import Whereabouts
from services.models.cases import Case, CaseDocument
from services.models.custody import Handover, HandoverLine, Holder
from services.papers.compose import new_document
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.concurrency import bump
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.directory.models import Outlet

MOVE = "services.move_paper"


def _enter(case: Case, actor: Any) -> Case:
    fresh = lock(case, actor)
    if not actor.has_perm(MOVE):
        raise NotPermitted("您没有移交、签收材料的权限。如需办理，请联系窗口负责人。")
    return fresh


def _chosen(case: Case, materials: Iterable[int], actor: Any) -> tuple[list[Whereabouts], Holder]:
    """The papers named, which one holder has and `actor` answers for. Raises otherwise."""
    wanted = set(materials)
    if not wanted:
        raise ValidationError({"materials": "请勾选材料。"})
    papers = [paper for paper in custody.whereabouts(case) if paper.material.pk in wanted]
    if len(papers) < len(wanted):
        raise ValidationError({"materials": "所选材料没有收到纸质件，或不属于本件。请刷新页面后重选。"})
    if moving := [paper.material.name for paper in papers if paper.transit]:
        raise WorkflowError(f"{'、'.join(moving)}正在移交途中，请等对方签收，或先撤回移交。")
    if gone := [paper.material.name for paper in papers if not paper.is_out]:
        raise WorkflowError(f"{'、'.join(gone)}已退还申请人。")
    holders = {str(paper.holder): paper.holder for paper in papers}
    if len(holders) > 1:
        raise WorkflowError(f"所选材料在不同的地方（{'、'.join(holders)}），请分开办理。")
    holder = papers[0].holder
    assert holder is not None  # noqa: S101  (a paper that is out has one)
    if not holder.includes(actor):
        raise NotPermitted(f"材料现在在{holder}，须由持有方办理。")
    return papers, holder


def _destinations(case: Case, receiver: Holder) -> None:
    """Raises unless `receiver` is one that sees the case."""
    if receiver.kind == HolderKind.DEPARTMENT and receiver.unit.pk == case.department_id:
        return
    if receiver.kind == HolderKind.OUTLET and receiver.unit in custody.outlets_of(case):
        return
    if (
        receiver.kind == HolderKind.PERSON
        and Case.objects.visible_to(receiver.unit).filter(pk=case.pk).exists()
    ):
        return
    if receiver.kind == HolderKind.OUTLET:
        raise WorkflowError("交给其他网点请用“转交网点”，办件随材料一起转过去。")
    raise WorkflowError("接收方看不到本件，不能签收。请改选办理部门、经办网点，或能看到本件的人员。")


@transaction.atomic
def hand_over_papers(
    *,
    case: Case,
    actor: Any,
    materials: Iterable[int],
    receiver: Holder,
    due_back_on: date | None = None,
    note: str = "",
) -> Handover:
    """移交: `materials` (pks of the case's) go on their way to `receiver`, who signs for or refuses each.

    A 物料流转凭证 is printed. Raises `ValidationError`, `WorkflowError`, `NotPermitted`."""
    fresh = _enter(case, actor)
    papers, sender = _chosen(fresh, materials, actor)
    if receiver == sender:
        raise WorkflowError(f"材料已经在{sender}，不需要移交。")
    if due_back_on is not None and due_back_on < today():
        raise ValidationError({"due_back_on": "应归还日期不能早于今天。"})
    _destinations(fresh, receiver)
    return _send(fresh, papers, sender, receiver, actor, due_back_on=due_back_on, note=note)


def _send(
    case: Case, papers: list[Whereabouts], sender: Holder, receiver: Holder, actor: Any, **more: Any
) -> Handover:
    at = timezone.now()
    handover = custody.send(case, papers, sender=sender, receiver=receiver, actor=actor, at=at, **more)
    count = CaseDocument.objects.filter(case=case).count()
    handover.paper = new_document(
        PaperKind.HANDOVER,
        case,
        sequence=count + 1,
        at=at,
        by=actor,
        materials=[paper.material for paper in papers],
        parties=(str(sender), str(receiver)),
    )
    handover.paper.save()
    handover.save(update_fields=["paper"])
    names = "、".join(paper.material.name for paper in papers)
    log(actor=actor, action="send_papers", target=case, reason=f"{handover}：{names}")
    return handover


def _open(handover: Handover, actor: Any) -> tuple[Handover, list[HandoverLine]]:
    """The handover as it is now, under the lock of its case."""
    _enter(Case(pk=handover.case_id), actor)
    fresh = Handover.objects.with_holders().get(pk=handover.pk)
    if not fresh.is_open:
        raise WorkflowError("这次移交已经办完，请刷新页面查看。")
    return fresh, list(fresh.lines.select_related("material"))


@transaction.atomic
def answer_handover(*, handover: Handover, actor: Any, refused: Mapping[int, str] | None = None) -> Handover:
    """签收: the receiver takes what is on its way; `refused` maps lines (pks) that are not taken to why."""
    fresh, lines = _open(handover, actor)
    if not fresh.receiver.includes(actor):
        raise NotPermitted(f"这批材料移交给{fresh.receiver}，须由接收方签收。")
    reasons = {pk: reason.strip() for pk, reason in (refused or {}).items()}
    if set(reasons) - {line.pk for line in lines}:
        raise ValidationError({"refused": "所选材料不在这次移交中，请刷新页面后重选。"})
    if not all(reasons.values()):
        raise WorkflowError("拒收须写明理由。", fields={"reason": ["请填写拒收理由。"]})
    custody.answer(fresh, lines, refused=reasons, actor=actor, at=timezone.now())
    words = "、".join(
        line.material.name + (f"（拒收：{line.reason}）" if line.reason else "") for line in lines
    )
    log(actor=actor, action="sign_papers", target=fresh.case, reason=f"{fresh}：{words}")
    return fresh


@transaction.atomic
def recall_handover(*, handover: Handover, actor: Any, reason: str) -> Handover:
    """撤回: the sender takes back what nobody has signed for."""
    fresh, lines = _open(handover, actor)
    if not fresh.sender.includes(actor):
        raise NotPermitted(f"这批材料由{fresh.sender}移交，须由移交方撤回。")
    if not reason.strip():
        raise WorkflowError("撤回移交须写明理由。", fields={"reason": ["请填写理由。"]})
    for line in lines:
        line.answer = LineAnswer.RECALLED
    HandoverLine.objects.bulk_update(lines, ["answer"])
    fresh.answered_by, fresh.answered_at = actor, timezone.now()
    fresh.save(update_fields=["answered_by", "answered_at"])
    log(actor=actor, action="recall_papers", target=fresh.case, reason=f"{fresh}：{reason.strip()}")
    return fresh


@transaction.atomic
def return_papers(*, case: Case, actor: Any, materials: Iterable[int], recipient: str) -> Case:
    """退还: the holder gives `materials` (pks) back to the applicant; `recipient` is who took them."""
    fresh = _enter(case, actor)
    recipient = recipient.strip()
    if not recipient or len(recipient) > 60:
        raise ValidationError({"recipient": "请填写领取人（不超过 60 字）。"})
    papers, _ = _chosen(fresh, materials, actor)
    given = custody.give_back(papers, actor=actor, at=timezone.now(), note=f"领取人：{recipient}")
    log(actor=actor, action="return_papers", target=fresh, reason="、".join(m.name for m in given))
    return fresh


@transaction.atomic
def transfer_case(*, case: Case, actor: Any, outlet: Outlet, reason: str) -> Case:
    """转交网点: the case is handled at `outlet` from now on, and what this outlet holds of its papers goes
    on its way there. Both outlets go on seeing the case; its 收件网点 stays.

    Raises `WorkflowError` on a closed case, for the same or a closed outlet, without a reason."""
    fresh = _enter(case, actor)
    if not actor.has_perm("services.receive_case"):
        raise NotPermitted("办件由窗口转交。如需转交，请联系收件窗口。")
    if not fresh.is_open:
        raise WorkflowError("本件已结束，不再转交。")
    here = fresh.handling_outlet or fresh.outlet
    if actor.outlet_id != here.pk:
        raise NotPermitted(f"本件现由{here}经办，须由该网点转交。")
    if not outlet.is_active or outlet.pk == here.pk:
        raise WorkflowError("请选择另一个启用的网点。", fields={"outlet": ["请选择另一个网点。"]})
    if not reason.strip():
        raise WorkflowError("转交须写明理由。", fields={"reason": ["请填写理由。"]})
    fresh.handling_outlet = None if outlet.pk == fresh.outlet_id else outlet
    bump(fresh)
    fresh.save(update_fields=["handling_outlet", "version", "updated_at"])
    log(
        actor=actor,
        action="transfer",
        target=fresh,
        reason=reason.strip(),
        changes={"handling_outlet": [str(here), str(outlet)]},
    )
    papers = [
        paper for paper in custody.at_the_window(fresh) if paper.event and paper.event.outlet_id == here.pk
    ]
    if papers:
        sender, receiver = Holder(HolderKind.OUTLET, here), Holder(HolderKind.OUTLET, outlet)
        _send(fresh, papers, sender, receiver, actor, note=reason)
    return fresh
