from policies.models.claim import PolicyClaim
from policies.models.clause import ClauseCase, ExclusionGroup, PolicyClause
from policies.models.policy import IncentivePolicy, PolicyQuestion
from policies.models.price import FactorPrice

__all__ = [
    "ClauseCase",
    "ExclusionGroup",
    "FactorPrice",
    "IncentivePolicy",
    "PolicyClaim",
    "PolicyClause",
    "PolicyQuestion",
]
