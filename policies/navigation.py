from policies.models import FactorPrice, IncentivePolicy, PolicyClause
from tuoxian_portal.core.registries import NavEntry, nav_entries

nav_entries.register(
    "policies",
    NavEntry("惠企政策", "policies:list", 20, lambda: IncentivePolicy.objects.published().exists()),
)
nav_entries.register(
    "costs", NavEntry("要素成本", "policies:costs", 25, lambda: FactorPrice.objects.published().exists())
)
nav_entries.register(
    "match", NavEntry("政策匹配", "policies:match", 22, lambda: PolicyClause.objects.matchable().exists())
)
