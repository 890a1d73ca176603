from rest_framework.routers import SimpleRouter

from policies.api.batches import ClaimBatchViewSet
from policies.api.claims import ClaimViewSet
from policies.api.viewsets import FactorPriceViewSet, PolicyViewSet

router = SimpleRouter()
router.register("policy-claims", ClaimViewSet, basename="policy-claim")
router.register("policy-claim-batches", ClaimBatchViewSet, basename="policy-claim-batch")
router.register("policies", PolicyViewSet, basename="policy")
router.register("factor-prices", FactorPriceViewSet, basename="factor-price")
urlpatterns = router.urls
