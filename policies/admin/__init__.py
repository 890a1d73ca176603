from policies.admin.clause import ExclusionGroupAdmin, PolicyClauseAdmin
from policies.admin.policy import FactorPriceAdmin, IncentivePolicyAdmin

__all__ = ["ExclusionGroupAdmin", "FactorPriceAdmin", "IncentivePolicyAdmin", "PolicyClauseAdmin"]
