from rest_framework.routers import SimpleRouter

from policies.api.claims import ClaimViewSet
from policies.api.viewsets import FactorPriceViewSet, PolicyViewSet

router = SimpleRouter()
router.register("policy-claims", ClaimViewSet, basename="policy-claim")
router.register("policies", PolicyViewSet, basename="policy")
router.register("factor-prices", FactorPriceViewSet, basename="factor-price")
urlpatterns = router.urls
