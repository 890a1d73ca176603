"""What people do with policies, prices and claims. The admin, the API and imports call these."""

from policies.actions.claim import (
    CLAIM_STEPS,
    approve_claim,
    confirm_claim,
    file_claim,
    object_claim,
    pay_claim,
    propose_claims,
    refuse_claim,
    reopen_claim,
    review_claim,
    uphold_claim,
    withdraw_claim,
)
from policies.actions.claim_notice import notify_claim
from policies.actions.policy import (
    ACTIONS,
    note_contents_changed,
    publish,
    publish_unverified,
    repeal,
    return_to_draft,
    review,
    revise,
    save_policy,
    save_price,
    unused_slug,
    unverify,
    verify,
    withdraw,
)

CLAIM_ACTIONS = {**CLAIM_STEPS, "notify_claim": notify_claim}
"""Every transition of one claim, by its name."""

__all__ = [
    "ACTIONS",
    "CLAIM_ACTIONS",
    "approve_claim",
    "confirm_claim",
    "file_claim",
    "note_contents_changed",
    "notify_claim",
    "object_claim",
    "pay_claim",
    "propose_claims",
    "publish",
    "publish_unverified",
    "refuse_claim",
    "reopen_claim",
    "repeal",
    "return_to_draft",
    "review",
    "review_claim",
    "revise",
    "save_policy",
    "save_price",
    "unused_slug",
    "unverify",
    "uphold_claim",
    "verify",
    "withdraw",
    "withdraw_claim",
]
