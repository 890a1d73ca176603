"""The workflow of a claim, as one table. Who reviewed a claim does not approve it."""

from typing import Any

from policies.choices_claims import ENDED, ClaimState, NoticeMethod
from policies.models import PolicyClaim
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.outbox import UNSENT
from tuoxian_portal.core.workflow import Transition, Workflow, register_check

REVIEW = "policies.review_policyclaim"
APPROVE = "policies.approve_policyclaim"
PAY = "policies.pay_policyclaim"
S = ClaimState


def not_own_review(claim: PolicyClaim, user: Any) -> str | None:
    if user is not None and claim.reviewed_by_id == user.pk:
        return "这笔兑现由您本人审核，须由另一位工作人员批准。"
    return None


def nothing_else_stands(claim: PolicyClaim, user: Any) -> str | None:
    """A refusal that is objected to counts again: not beside another claim of the same benefit."""
    if claim.state not in ENDED:
        return None
    others = PolicyClaim.objects.using_up(claim.clause, claim.year).filter(enterprise=claim.enterprise_id)
    if other := others.first():
        return (
            f"这家企业已另有 {other.number}（{other.get_state_display()}），同一支持只能有一笔在办。"
            "请在那一笔上办理；要按异议重办这一笔的，先把那一笔撤回。"
        )
    return None


NOT_YET = "异议期到 {day} 结束，次日起才能兑付。"


def mail_waits(claim: PolicyClaim) -> bool:
    return claim.notices.filter(mail__state__in=UNSENT).exists()


def objections_settled(claim: PolicyClaim, user: Any) -> str | None:
    """Refuses payment before the objection period that the clause states has run."""
    if claim.is_open_to_objections_on(today()):
        return NOT_YET.format(day=claim.objection_until)
    if claim.objection_until and claim.notice_method == NoticeMethod.EMAIL and mail_waits(claim):
        return "告知邮件还没有发出，异议期尚未起算。请等邮件发出，或改用其他方式告知。"
    if claim.objection_until is None and claim.clause.objection_days:
        return f"这一条款有 {claim.clause.objection_days} 个工作日的公示（异议）期，从告知起算。请先“登记已告知”。"
    return None


CLAIM_WORKFLOW = register_check(
    Workflow(
        name="policy_claim",
        states=ClaimState,
        # A claim begins as PROPOSED or as FILED; FILED is also where an objection leads back to.
        initial=S.PROPOSED,
        terminal=frozenset({S.PAID, S.WITHDRAWN}),
        transitions=(
            Transition(
                "confirm_claim", "确认享受", frozenset({S.PROPOSED}), S.REVIEWED, REVIEW, tone="primary"
            ),
            Transition("review_claim", "审核通过", frozenset({S.FILED}), S.REVIEWED, REVIEW, tone="primary"),
            Transition(
                "approve_claim",
                "批准",
                frozenset({S.REVIEWED}),
                S.APPROVED,
                APPROVE,
                guards=(not_own_review,),
                tone="primary",
            ),
            Transition(
                "notify_claim",
                "登记已告知",
                frozenset({S.REVIEWED, S.APPROVED, S.PAID, S.REFUSED}),
                None,
                REVIEW,
            ),
            Transition(
                "pay_claim",
                "登记兑付",
                frozenset({S.APPROVED}),
                S.PAID,
                PAY,
                guards=(objections_settled,),
                tone="primary",
            ),
            Transition(
                "refuse_claim",
                "不予兑付",
                frozenset({S.PROPOSED, S.FILED, S.REVIEWED}),
                S.REFUSED,
                REVIEW,
                needs_reason=True,
                tone="danger",
            ),
            Transition(
                "object_claim",
                "登记异议",
                frozenset({S.REVIEWED, S.APPROVED, S.REFUSED}),
                S.OBJECTED,
                REVIEW,
                guards=(nothing_else_stands,),
                needs_reason=True,
            ),
            Transition(
                "reopen_claim",
                "异议办结，重新审核",
                frozenset({S.OBJECTED}),
                S.FILED,
                APPROVE,
                needs_reason=True,
            ),
            Transition(
                "uphold_claim",
                "异议办结，不予兑付",
                frozenset({S.OBJECTED}),
                S.REFUSED,
                APPROVE,
                needs_reason=True,
            ),
            Transition(
                "withdraw_claim",
                "企业撤回",
                frozenset({S.PROPOSED, S.FILED, S.REVIEWED}),
                S.WITHDRAWN,
                REVIEW,
                needs_reason=True,
            ),
        ),
    )
)
