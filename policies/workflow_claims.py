"""The workflow of a claim, as one table. Who reviewed a claim does not approve it."""

from typing import Any

from policies.choices_claims import ClaimState
from policies.models import PolicyClaim
from tuoxian_portal.core.workflow import Transition, Workflow, register_check

REVIEW = "policies.review_policyclaim"
APPROVE = "policies.approve_policyclaim"
PAY = "policies.pay_policyclaim"
S = ClaimState


def not_own_review(claim: PolicyClaim, user: Any) -> str | None:
    if user is not None and claim.reviewed_by_id == user.pk:
        return "这笔兑现由您本人审核，须由另一位工作人员批准。"
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
            Transition("pay_claim", "登记兑付", frozenset({S.APPROVED}), S.PAID, PAY, tone="primary"),
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
