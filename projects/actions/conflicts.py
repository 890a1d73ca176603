"""撞单: finding leads of the same enterprise, and settling whose it is."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from projects.choices import LeadState
from projects.choices_pipeline import ConflictDecision, ConflictGround
from projects.models import InvestmentLead, LeadConflict
from projects.workflow_pipeline import CONFLICT_EVENTS
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import locked, write
from tuoxian_portal.core.concurrency import check_version
from tuoxian_portal.core.errors import WorkflowError

ENDED = {LeadState.CONVERTED, LeadState.CLOSED}


def note_conflicts(*, lead: InvestmentLead, actor: Any) -> list[LeadConflict]:
    """Records which open leads speak of the same enterprise as `lead`; returns what is new.

    The one that was registered first is the protected one. A pair that was settled stays settled. Call
    it inside the transaction that saved `lead`.
    """
    others = list(InvestmentLead.objects.open().same_enterprise(lead))
    if not others:
        return []
    ordered = sorted([*others, lead], key=lambda row: (row.created_at, row.pk))
    first = ordered[0]
    found = []
    for later in ordered[1:] if first.pk == lead.pk else [lead]:
        same_code = bool(first.credit_code) and first.credit_code == later.credit_code
        conflict, created = LeadConflict.objects.get_or_create(
            first=first,
            later=later,
            defaults={
                "ground": ConflictGround.CREDIT_CODE if same_code else ConflictGround.NAME,
                "is_sample": lead.is_sample,
            },
        )
        if created:
            log(actor=actor, action="conflict", target=later, reason=f"与 {first.number} 为同一企业")
            found.append(conflict)
    return found


@transaction.atomic
def resolve_conflict(
    *, conflict: LeadConflict, decision: str, actor: Any, reason: str, version: int | None = None
) -> LeadConflict:
    """Settles whose the enterprise is. The lead that gives way is closed with the decision as its reason.

    Raises `NotPermitted` (also for an owner of either lead), `EditConflict`, `WorkflowError` (settled
    already, or the lead that would be closed is over), or `ValidationError` for no such decision.
    """
    if decision not in ConflictDecision.values:
        raise ValidationError({"decision": "请选择一种裁定。"})
    fresh = locked(conflict)
    check_version(fresh, version)
    CONFLICT_EVENTS.check(fresh, "resolve", actor, reason=reason)
    # Both leads under lock, in one order for everybody.
    pair = InvestmentLead.objects.select_for_update().order_by("pk")
    leads = pair.in_bulk([fresh.first_id, fresh.later_id])
    if decision != ConflictDecision.SEPARATE:
        first, later = leads[fresh.first_id], leads[fresh.later_id]
        lead, kept = (later, first) if decision == ConflictDecision.FIRST else (first, later)
        if lead.state == LeadState.CONVERTED:
            raise WorkflowError(f"{lead.number} 已转为项目，不能再让出。请改选其他裁定。")
        if kept.state == LeadState.CLOSED:
            raise WorkflowError(f"{kept.number} 已关闭，不能由它继续。请先重新跟进它，或改选其他裁定。")
        if lead.state not in ENDED:
            text = f"撞单裁定：由 {kept.number} 继续跟进。{reason.strip()}"
            values = {"state": LeadState.CLOSED, "close_reason": text}
            write(lead, values, actor=actor, action="close", reason=text)
    settled: dict[str, Any] = {
        "decision": decision,
        "reason": reason.strip(),
        "decided_by": actor,
        "decided_at": timezone.now(),
    }
    return write(fresh, settled, actor=actor, action="resolve", reason=reason)
