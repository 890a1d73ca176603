"""Every verb of a claim. Amounts are 元; `actor=None` is the system (samples, imports).

Each re-reads its claim under a lock, raises `NotPermitted`, `WorkflowError`, `EditConflict` or
`ValidationError`, and writes one audit entry. An approval also locks the clause and the enterprise, in
this order: the envelope and the exclusions are checked against what is committed at that moment, so
two approvals at once can never overdraw it.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from policies.choices import ApplyMode, Recurrence, Verdict
from policies.choices_claims import ClaimOrigin, ClaimState, RefusalCode
from policies.claim_clocks import due_after
from policies.enterprises import facts_of, with_facts
from policies.fact_labels import labels
from policies.matching import IN_FORCE, match_clause
from policies.models import PolicyClaim, PolicyClause
from policies.workflow_claims import CLAIM_WORKFLOW, NOT_YET
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import locked, step, write
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.concurrency import check_version
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.money import format_yuan
from tuoxian_portal.core.numbering import next_number
from tuoxian_portal.directory.models import Enterprise

UNTOLD: dict[str, Any] = {"notified_on": None, "notice_method": "", "objection_until": None}
"""What a new decision knows of being told: nothing yet."""
TWICE = "这家企业 {year} 年度已有这一条款的兑现在办或已办，不能重复。"
ONCE = "这一条款是一次性的，这家企业已有 {number}（{year} 年度，{state}），不能再次享受。"
USED_UP = "这一条款连续享受 {years} 年，这家企业已经用完，最近一笔是 {number}（{year} 年度）。"
MOST_AT_ONCE = 2_000


def _must_be_claimable(clause: PolicyClause, day: date) -> None:
    if clause.policy.status_on(day) not in IN_FORCE:
        raise WorkflowError(f"政策现在不是有效状态（{clause.policy.reason_on(day)}），不能兑现。")
    if clause.tied_to_tax:
        raise WorkflowError("这一条与纳税挂钩，须先按公平竞争审查条例修改，不能兑现。")
    if not clause.is_open_on(day):
        raise WorkflowError(f"现在不在申报期内（{clause.window_label}）。")


def must_be_free(clause: PolicyClause, enterprise: Enterprise, year: int) -> None:
    """Raises `WorkflowError`, naming the claim, when `enterprise` has used `clause` up for `year`."""
    other = PolicyClaim.objects.using_up(clause, year).filter(enterprise=enterprise).order_by("-year").first()
    if other is None:
        return
    said = {"number": other.number, "year": other.year, "state": other.get_state_display()}
    if clause.recurrence == Recurrence.ONCE:
        raise WorkflowError(ONCE.format(**said))
    if other.year != year and clause.years:
        raise WorkflowError(USED_UP.format(years=clause.years, **said))
    raise WorkflowError(f"{TWICE.format(year=year)}见 {other.number}（{said['state']}）。")


def must_be_fileable(clause: PolicyClause, enterprise: Enterprise, year: int) -> None:
    """Raises what keeps `enterprise` from applying for `clause` for `year` today; two queries at most."""
    day = today()
    _must_be_claimable(clause, day)
    if not day.year - 3 <= year <= day.year:
        raise ValidationError({"year": [f"年度应在 {day.year - 3} 到 {day.year} 之间。"]})
    must_be_free(clause, enterprise, year)


def _new_claim(
    clause: PolicyClause, enterprise: Enterprise, day: date, year: int, **values: Any
) -> PolicyClaim:
    """A claim with what the register says now; the enterprise comes `with_facts`. Not saved."""
    found = match_clause(clause, facts_of(enterprise, day), day, labels(), "名录里是")
    return PolicyClaim(
        number=f"DX{day.year}-{next_number(f'policies.claim.{day.year}'):04d}",
        clause=clause,
        enterprise=enterprise,
        year=year,
        filed_on=day,
        review_from=day,
        review_due_on=due_after(load_calendar(), day, clause.review_within_days),
        verdict=Verdict(found.truth.value),
        estimate_yuan=found.estimate.of_a_year,
        basis="；".join(text for text in (*found.met, *found.failed, found.estimate.shown) if text),
        **values,
    )


@transaction.atomic
def file_claim(
    *,
    clause: PolicyClause,
    enterprise: Enterprise,
    actor: Any,
    claimed_yuan: Decimal | None = None,
    year: int | None = None,
    note: str = "",
    is_sample: bool = False,
) -> PolicyClaim:
    """An enterprise's application, with its number (DX2026-0001, unbroken per year).

    One claim a clause, enterprise and year (one in all of a one-off benefit, as many as the clause grants
    years), unless the earlier was refused or withdrawn.
    """
    if actor is not None and not actor.has_perm("policies.add_policyclaim"):
        raise NotPermitted("您没有登记政策兑现的权限。")
    day = today()
    wanted = year or day.year
    PolicyClause.objects.select_for_update(of=("self",)).get(pk=clause.pk)  # one at a time
    must_be_fileable(clause, enterprise, wanted)
    row = with_facts(Enterprise.objects.filter(pk=enterprise.pk)).get()
    claim = _new_claim(clause, row, day, wanted, claimed_yuan=claimed_yuan, note=note, is_sample=is_sample)
    claim.full_clean(validate_constraints=False)
    claim.save()
    log(actor=actor, action="file_claim", target=claim)
    return claim


@transaction.atomic
def propose_claims(
    *, clause: PolicyClause, enterprises: Iterable[Enterprise], actor: Any, year: int | None = None
) -> list[PolicyClaim]:
    """Puts enterprises on the 免申即享 list of `clause`; who has used it up for that year (is on it already,
    or enjoyed a one-off benefit before) is left out. Only those whose condition is met in the register; at most `MOST_AT_ONCE`."""
    if actor is not None and not actor.has_perm("policies.review_policyclaim"):
        raise NotPermitted("您没有确认免申即享名单的权限。")
    if clause.mode != ApplyMode.AUTO:
        raise WorkflowError("这一条款的兑现方式不是免申即享，须由企业申报。")
    day = today()
    _must_be_claimable(clause, day)
    wanted = year or day.year
    PolicyClause.objects.select_for_update().get(pk=clause.pk)  # one list at a time
    keys = [enterprise.pk for enterprise in enterprises]
    if len(keys) > MOST_AT_ONCE:
        raise WorkflowError(f"一次最多列入 {MOST_AT_ONCE} 家，请分批。")
    there = PolicyClaim.objects.using_up(clause, wanted).order_by().values("enterprise")
    made = []
    for row in with_facts(Enterprise.objects.filter(pk__in=keys).exclude(pk__in=there)):
        claim = _new_claim(clause, row, day, wanted, origin=ClaimOrigin.AUTO, state=ClaimState.PROPOSED)
        if claim.verdict == Verdict.YES:
            claim.save()
            log(actor=actor, action="propose_claims", target=claim)
            made.append(claim)
    return made


def _amount(claim: PolicyClaim, given: Decimal | None) -> Decimal:
    """The amount to approve, checked against the cap."""
    amount = given if given is not None else (claim.claimed_yuan or claim.estimate_yuan)
    if amount is None or amount <= 0:
        raise ValidationError({"approved_yuan": ["请填写核定金额（元）：名录里的情况还算不出金额。"]})
    most = claim.most_yuan
    if most is not None and amount > most:
        raise ValidationError({"approved_yuan": [f"核定金额不能超过条款的封顶 {format_yuan(most)}。"]})
    return amount.quantize(Decimal("0.01"))


def _review(
    name: str, claim: PolicyClaim, actor: Any, given: Decimal | None, reason: str, version: int | None
) -> PolicyClaim:
    return step(
        CLAIM_WORKFLOW,
        name,
        claim,
        actor,
        reason=reason,
        version=version,
        approved_yuan=lambda fresh: _amount(fresh, given),
        reviewed_by=actor,
        reviewed_on=today(),
    )


def review_claim(
    *,
    claim: PolicyClaim,
    actor: Any,
    approved_yuan: Decimal | None = None,
    reason: str = "",
    version: int | None = None,
) -> PolicyClaim:
    """The application is right; sets the amount (what was claimed, or estimated, by default)."""
    return _review("review_claim", claim, actor, approved_yuan, reason, version)


def confirm_claim(
    *,
    claim: PolicyClaim,
    actor: Any,
    approved_yuan: Decimal | None = None,
    reason: str = "",
    version: int | None = None,
) -> PolicyClaim:
    """An enterprise on the 免申即享 list is confirmed, with its amount."""
    return _review("confirm_claim", claim, actor, approved_yuan, reason, version)


@transaction.atomic
def approve_claim(
    *, claim: PolicyClaim, actor: Any, reason: str = "", version: int | None = None
) -> PolicyClaim:
    """Commits the amount out of the envelope and starts the paying clock (working days).

    Raises `WorkflowError` when the envelope does not suffice, or the enterprise already has something
    that excludes it.
    """
    day = today()
    fresh = locked(claim)
    clause = (
        PolicyClause.objects.select_for_update(of=("self",)).select_related("policy").get(pk=fresh.clause_id)
    )
    check_version(fresh, version)
    transition = CLAIM_WORKFLOW.check(fresh, "approve_claim", actor, reason=reason)
    if clause.policy.status_on(day) not in IN_FORCE:
        raise WorkflowError(f"政策现在不是有效状态（{clause.policy.reason_on(day)}），不能批准兑现。")
    amount = _amount(fresh, fresh.approved_yuan)
    if clause.budget_wan is not None:
        left = clause.budget_wan * 10_000 - clause.claims.committed().total_yuan()
        if amount > left:
            raise WorkflowError(
                f"资金盘子只剩 {format_yuan(max(left, Decimal(0)))}，不够这笔 {format_yuan(amount)}。"
                "请先调整盘子或核定金额。"
            )
    _check_exclusions(fresh, clause)
    values = {
        "state": transition.target,
        "approved_on": day,
        "pay_due_on": due_after(load_calendar(), day, clause.pay_within_days),
    }
    return write(fresh, values, actor=actor, action=transition.name, reason=reason)


def _check_exclusions(claim: PolicyClaim, clause: PolicyClause) -> None:
    groups = list(clause.exclusion_groups.all())
    if not groups:
        return
    Enterprise.objects.select_for_update(of=("self",)).get(pk=claim.enterprise_id)
    others = (
        PolicyClaim.objects.committed()
        .filter(enterprise=claim.enterprise_id, clause__exclusion_groups__in=groups)
        .exclude(clause=clause)
        .select_related("clause")
    )
    if other := others.first():
        raise WorkflowError(
            f"与已批准的 {other.number}（{other.clause.name}）不可同享，同一组只能享受一项。请把这一笔按“不予兑付”办结。"
        )


def pay_claim(
    *,
    claim: PolicyClaim,
    actor: Any,
    payment_reference: str,
    paid_on: date | None = None,
    reason: str = "",
    version: int | None = None,
) -> PolicyClaim:
    """The money has gone out, on `paid_on` (today by default), with the number of its voucher.

    Refused while the clause's objection period runs or has not begun: it begins with the notification.
    """
    day = paid_on or today()
    if day > today():
        raise ValidationError({"paid_on": ["兑付日期不能晚于今天。"]})
    if not payment_reference.strip():
        raise ValidationError({"payment_reference": ["请填写支付凭证号。"]})
    return step(
        CLAIM_WORKFLOW,
        "pay_claim",
        claim,
        actor,
        reason=reason,
        version=version,
        paid_on=lambda fresh: _paid_on(fresh, day),
        payment_reference=payment_reference.strip(),
    )


def _paid_on(claim: PolicyClaim, day: date) -> date:
    if claim.approved_on and day < claim.approved_on:
        raise ValidationError({"paid_on": [f"兑付日期不能早于批准日期 {claim.approved_on}。"]})
    if claim.objection_until and day <= claim.objection_until:
        raise ValidationError({"paid_on": [NOT_YET.format(day=claim.objection_until)]})
    return day


def refuse_claim(
    *, claim: PolicyClaim, actor: Any, refusal_code: str, reason: str = "", version: int | None = None
) -> PolicyClaim:
    """Nothing is paid, for a coded reason and in words."""
    if refusal_code not in RefusalCode.values:
        raise ValidationError({"refusal_code": ["请选择不予兑付的原因。"]})
    return step(
        CLAIM_WORKFLOW,
        "refuse_claim",
        claim,
        actor,
        reason=reason,
        version=version,
        refusal_code=refusal_code,
        refusal_reason=reason.strip(),
        reviewed_on=today(),
        **UNTOLD,
    )


def object_claim(*, claim: PolicyClaim, actor: Any, reason: str, version: int | None = None) -> PolicyClaim:
    """Somebody objects: the commitment is released and every clock stops until it is settled.

    Also after the objection period: whether it is heard is for the officer to say, not for the portal.
    """
    return step(
        CLAIM_WORKFLOW,
        "object_claim",
        claim,
        actor,
        reason=reason,
        version=version,
        objection=reason,
        approved_on=None,
        pay_due_on=None,
        review_due_on=None,
        **UNTOLD,
    )


def reopen_claim(*, claim: PolicyClaim, actor: Any, reason: str, version: int | None = None) -> PolicyClaim:
    """The objection is settled: the claim is reviewed again from the start, and so is its clock."""
    day = today()
    return step(
        CLAIM_WORKFLOW,
        "reopen_claim",
        claim,
        actor,
        reason=reason,
        version=version,
        refusal_code="",
        refusal_reason="",
        reviewed_by=None,
        reviewed_on=None,
        approved_yuan=None,
        review_from=day,
        review_due_on=lambda fresh: due_after(load_calendar(), day, fresh.clause.review_within_days),
    )


def uphold_claim(*, claim: PolicyClaim, actor: Any, reason: str, version: int | None = None) -> PolicyClaim:
    """The objection of the enterprise does not hold, or that of another does: nothing is paid."""
    return step(
        CLAIM_WORKFLOW,
        "uphold_claim",
        claim,
        actor,
        reason=reason,
        version=version,
        refusal_code=lambda fresh: fresh.refusal_code or RefusalCode.CONDITION,
        refusal_reason=reason.strip(),
        reviewed_on=today(),
    )


def withdraw_claim(*, claim: PolicyClaim, actor: Any, reason: str, version: int | None = None) -> PolicyClaim:
    """The enterprise takes it back."""
    return step(CLAIM_WORKFLOW, "withdraw_claim", claim, actor, reason=reason, version=version)


CLAIM_STEPS = {
    action.__name__: action
    for action in (
        confirm_claim,
        review_claim,
        approve_claim,
        pay_claim,
        refuse_claim,
        object_claim,
        reopen_claim,
        uphold_claim,
        withdraw_claim,
    )
}
"""Every transition of one claim but the notification, by its name."""
