from policies.admin.claim import PolicyClaimAdmin
from policies.admin.clause import ExclusionGroupAdmin, PolicyClauseAdmin
from policies.admin.policy import FactorPriceAdmin, IncentivePolicyAdmin
from policies.admin.price import ComparisonPriceAdmin

__all__ = [
    "ComparisonPriceAdmin",
    "ExclusionGroupAdmin",
    "FactorPriceAdmin",
    "IncentivePolicyAdmin",
    "PolicyClaimAdmin",
    "PolicyClauseAdmin",
]
