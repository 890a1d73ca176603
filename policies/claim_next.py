"""What comes next for a claim, in a sentence for the person who looks at it."""

from typing import Any

from policies.choices_claims import ClaimState
from policies.models import PolicyClaim
from policies.workflow_claims import CLAIM_WORKFLOW, objections_settled
from tuoxian_portal.core.calendar import today

S = ClaimState
TELL = "请打印告知书，送达后“登记已告知”。"
STEPS = {
    S.PROPOSED: "在免申即享名单上，待确认。核对名录情况和金额，对的“确认享受”，不对的“不予兑付”。",
    S.FILED: "待审核。核对材料、名录情况和金额，对的“审核通过”，不对的“不予兑付”。",
    S.OBJECTED: "异议处理中，所有时限停住。查清后由有批准权限的人办结：“重新审核”或“不予兑付”。",
    S.PAID: "已兑付，这一笔办完了。",
    S.WITHDRAWN: "企业已撤回。要再享受，请重新登记申报。",
}


def next_step(claim: PolicyClaim, user: Any) -> str:
    """What is to be done now, and what that waits for; two queries at most."""
    if claim.state == S.REVIEWED:
        return _approval(claim, user)
    if claim.state == S.APPROVED:
        return _payment(claim)
    if claim.state == S.REFUSED:
        return (
            "不予兑付。企业有异议的，登记异议。" if claim.notified_on else f"不予兑付，还没有告知企业。{TELL}"
        )
    return STEPS[S(claim.state)]


def _approval(claim: PolicyClaim, user: Any) -> str:
    refused = CLAIM_WORKFLOW.by_name["approve_claim"].refusal(claim, user)
    told = "" if claim.notified_on else f"可以先告知企业：{TELL}"
    return f"待批准。{refused or '核对金额后“批准”。'}{told}"


def _payment(claim: PolicyClaim) -> str:
    if not claim.notified_on:
        return f"已批准，还没有告知企业。{TELL}"
    if waits := objections_settled(claim, None):
        return f"已批准。{waits}"
    due = claim.pay_due_on
    if due is None:
        return "可以兑付：付款后“登记兑付”。"
    return f"可以兑付，应在 {due} 前{'，已经超时' if due < today() else ''}：付款后“登记兑付”。"
