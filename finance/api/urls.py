from rest_framework.routers import SimpleRouter

from finance.api import viewsets

router = SimpleRouter()
router.register("products", viewsets.LoanProductViewSet, "finance-product")
router.register("events", viewsets.MatchmakingEventViewSet, "finance-event")
router.register("demands", viewsets.FinancingDemandViewSet, "finance-demand")
router.register("intents", viewsets.LoanIntentViewSet, "finance-intent")
urlpatterns = router.urls
