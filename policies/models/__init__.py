from policies.models.policy import IncentivePolicy, PolicyClause, PolicyQuestion
from policies.models.price import FactorPrice

__all__ = ["FactorPrice", "IncentivePolicy", "PolicyClause", "PolicyQuestion"]
