"""What happens to somebody who asks about investing."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from projects.actions.conflicts import note_conflicts
from projects.actions.permission import require
from projects.actions.projects import new_project_number
from projects.choices import LeadSource, LeadState, Stage, Status
from projects.models import (
    ChainNode,
    InvestmentLead,
    KeyProject,
    LeadVisit,
    Opportunity,
    PromotionTarget,
)
from projects.names import enterprise_key
from projects.workflow import HANDLE_LEAD, LEAD_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import locked, step, write
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.codes import clean_phone
from tuoxian_portal.core.concurrency import check_version
from tuoxian_portal.core.crypto import keyed_hash
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.numbering import next_number
from tuoxian_portal.directory.models import Enterprise, Industry


def new_lead_number(on: date) -> str:
    """`XS20261124-0001`: unbroken per day. Two queries; only inside a transaction."""
    return f"XS{on:%Y%m%d}-{next_number(f'projects.lead.{on:%Y%m%d}'):04d}"


def record_enquiry(
    *,
    contact_name: str,
    phone: str,
    needs: str,
    enterprise_name: str = "",
    credit_code: str = "",
    industry: Industry | None = None,
    opportunity: Opportunity | None = None,
    project: KeyProject | None = None,
    intended_investment_wan: Decimal | None = None,
    intended_land_mu: Decimal | None = None,
    intended_jobs: int | None = None,
    intended_energy: str = "",
    chain_node: ChainNode | None = None,
    promotion_target: PromotionTarget | None = None,
    owner: Any = None,
    next_step: str = "",
    next_on: date | None = None,
    source: str = LeadSource.WEB,
    source_note: str = "",
    token: uuid.UUID | None = None,
    actor: Any = None,
) -> InvestmentLead:
    """Records an enquiry that its sender consented to, or (with an `actor`) what staff heard of at an
    event, a visit or from somebody else; returns the lead with its number and deadline.

    The same `token` (a form sent twice) returns the first lead. Another lead of the same enterprise
    makes a `LeadConflict`. Raises `ValidationError` for a phone number that cannot be one.
    """
    token = token or uuid.uuid4()
    if existing := InvestmentLead.objects.filter(token=token).first():
        return existing
    digits = clean_phone(phone)
    on = today()
    try:
        with transaction.atomic():
            lead = InvestmentLead(
                number=new_lead_number(on),
                token=token,
                source=source,
                source_note=source_note.strip(),
                enterprise_name=enterprise_name.strip(),
                name_key=enterprise_key(enterprise_name),
                credit_code=credit_code,
                contact_name=contact_name.strip(),
                phone=digits,
                phone_hash=keyed_hash(digits),
                industry=industry,
                opportunity=opportunity,
                project=project,
                intended_investment_wan=intended_investment_wan,
                intended_land_mu=intended_land_mu,
                intended_jobs=intended_jobs,
                intended_energy=intended_energy.strip(),
                chain_node=chain_node,
                promotion_target=promotion_target,
                owner=owner,
                next_step=next_step.strip(),
                next_on=next_on,
                needs=needs.strip(),
                # What staff write down was told to them; consent is given on the form.
                consented_at=timezone.now() if actor is None else None,
                answer_due=load_calendar().add(on, settings.ENQUIRY_ANSWER_WORKING_DAYS),
            )
            lead.full_clean(validate_unique=False)
            lead.save(force_insert=True)
            log(actor=actor, action="receive", target=lead)
            note_conflicts(lead=lead, actor=actor)
    except IntegrityError:  # the same form, a moment earlier
        existing = InvestmentLead.objects.filter(token=token).first()
        if existing is None:
            raise
        return existing
    return lead


@transaction.atomic
def assign_lead(
    *, lead: InvestmentLead, owner: Any, actor: Any, version: int | None = None
) -> InvestmentLead:
    """Names who answers."""
    require(actor, HANDLE_LEAD, "分派线索")
    fresh = locked(lead)
    check_version(fresh, version)
    if fresh.state in {LeadState.CONVERTED, LeadState.CLOSED}:
        raise WorkflowError(f"线索{fresh.get_state_display()}，不能再分派。")
    return write(fresh, {"owner": owner}, actor=actor, action="assign")


@transaction.atomic
def save_lead(
    *, lead: InvestmentLead, actor: Any, changed: list[str], version: int | None = None
) -> InvestmentLead:
    """Saves the `changed` fields of an open lead. Raises `NotPermitted`, `EditConflict`,
    `WorkflowError` or `ValidationError`."""
    require(actor, "projects.change_investmentlead", "修改线索")
    fresh = locked(lead)
    check_version(fresh, version)
    if fresh.state in {LeadState.CONVERTED, LeadState.CLOSED}:
        raise WorkflowError(f"线索{fresh.get_state_display()}，不能再修改。")
    if not changed:
        return fresh
    lead.full_clean(exclude=["contact_name", "phone"])
    values = {name: getattr(lead, name) for name in changed}
    if "enterprise_name" in values:
        values["name_key"] = enterprise_key(values["enterprise_name"])
    fresh = write(fresh, values, actor=actor, action="edit")
    if {"enterprise_name", "credit_code"} & set(changed):
        note_conflicts(lead=fresh, actor=actor)
    return fresh


def contact_lead(
    *, lead: InvestmentLead, actor: Any, reason: str = "", version: int | None = None
) -> InvestmentLead:
    """The asker was answered; this is what the promised answer time is measured by."""
    return step(
        LEAD_WORKFLOW,
        "contact",
        lead,
        actor,
        reason=reason,
        version=version,
        answered_at=timezone.now(),
        owner=lambda fresh: fresh.owner or actor,
    )


def follow_up_lead(
    *,
    lead: InvestmentLead,
    actor: Any,
    next_step: str = "",
    next_on: date | None = None,
    version: int | None = None,
) -> InvestmentLead:
    """Goes on after the answer, with the next step and its day."""
    return step(
        LEAD_WORKFLOW,
        "follow_up",
        lead,
        actor,
        version=version,
        next_step=lambda fresh: next_step or fresh.next_step,
        next_on=lambda fresh: next_on or fresh.next_on,
    )


@transaction.atomic
def convert_lead(
    *, lead: InvestmentLead, actor: Any, name: str = "", version: int | None = None
) -> InvestmentLead:
    """Makes a project in reserve of the lead, once; what the ledger still lacks is listed there."""
    fresh = locked(lead)
    check_version(fresh, version)
    transition = LEAD_WORKFLOW.check(fresh, "convert", actor)
    title = name.strip() or f"{fresh.enterprise_name or '未具名企业'}意向项目"
    known = Enterprise.objects.filter(credit_code=fresh.credit_code).first() if fresh.credit_code else None
    project = KeyProject.objects.create(
        number=_sample_number(fresh) if fresh.is_sample else new_project_number(),
        name=title,
        enterprise=known,
        enterprise_name=fresh.enterprise_name,
        industry=fresh.industry,
        chain=fresh.chain_node.chain if fresh.chain_node else None,
        total_investment_wan=fresh.intended_investment_wan,
        land_mu=fresh.intended_land_mu,
        helper=fresh.owner,
        department=getattr(actor, "department", None),
        summary=fresh.needs,
        stage=Stage.RESERVE,
        status=Status.NORMAL,
        is_sample=fresh.is_sample,
    )
    log(actor=actor, action="from_lead", target=project, reason=fresh.number)
    values = {"state": transition.target, "converted_project": project}
    return write(fresh, values, actor=actor, action=transition.name)


def _sample_number(lead: InvestmentLead) -> str:
    """A sample lead makes a sample project, outside the real series."""
    return f"SL-{lead.number}"[:20]


def close_lead(
    *, lead: InvestmentLead, actor: Any, reason: str, version: int | None = None
) -> InvestmentLead:
    """Nothing comes of it, with a reason."""
    return step(LEAD_WORKFLOW, "close", lead, actor, reason=reason, version=version, close_reason=reason)


def reopen_lead(
    *, lead: InvestmentLead, actor: Any, reason: str, version: int | None = None
) -> InvestmentLead:
    """Takes a closed lead up again."""
    return step(LEAD_WORKFLOW, "reopen", lead, actor, reason=reason, version=version, close_reason="")


@transaction.atomic
def record_visit(
    *,
    lead: InvestmentLead,
    actor: Any,
    kind: str,
    held_on: date,
    place: str,
    people: str,
    outcome: str,
    next_step: str = "",
    next_on: date | None = None,
    version: int | None = None,
) -> InvestmentLead:
    """Writes down a visit or a reception, and what comes next. Raises `NotPermitted`, `EditConflict`,
    `WorkflowError` (the lead is over) or `ValidationError` by field (a day in the future, no outcome)."""
    fresh = locked(lead)
    check_version(fresh, version)
    LEAD_WORKFLOW.check(fresh, "visit", actor)
    visit = LeadVisit(
        lead=fresh,
        kind=kind,
        held_on=held_on,
        place=place.strip(),
        people=people.strip(),
        outcome=outcome.strip(),
        recorded_by=actor,
        is_sample=fresh.is_sample,
    )
    visit.full_clean()
    visit.save()
    values: dict[str, Any] = {"next_step": fresh.next_step, "next_on": fresh.next_on}
    if next_step.strip() or next_on:
        values = {"next_step": next_step.strip(), "next_on": next_on}
    return write(fresh, values, actor=actor, action="visit", reason=str(visit))
