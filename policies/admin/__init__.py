from policies.admin.claim import PolicyClaimAdmin
from policies.admin.clause import ExclusionGroupAdmin, PolicyClauseAdmin
from policies.admin.policy import FactorPriceAdmin, IncentivePolicyAdmin

__all__ = [
    "ExclusionGroupAdmin",
    "FactorPriceAdmin",
    "IncentivePolicyAdmin",
    "PolicyClaimAdmin",
    "PolicyClauseAdmin",
]
