from policies.models.attachment import PolicyAttachment
from policies.models.claim import PolicyClaim
from policies.models.clause import ClauseCase, ClauseMaterial, ExclusionGroup, PolicyClause
from policies.models.notice import ClaimMail, ClaimNotice
from policies.models.policy import IncentivePolicy, PolicyQuestion
from policies.models.price import ComparisonPrice, FactorPrice

__all__ = [
    "ClaimMail",
    "ClaimNotice",
    "ClauseCase",
    "ClauseMaterial",
    "ComparisonPrice",
    "ExclusionGroup",
    "FactorPrice",
    "IncentivePolicy",
    "PolicyAttachment",
    "PolicyClaim",
    "PolicyClause",
    "PolicyQuestion",
]
