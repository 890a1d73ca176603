from rest_framework.routers import SimpleRouter

from services.api.bundle_cases import BundleCaseViewSet
from services.api.cases import CaseViewSet
from services.api.custody import HandoverViewSet
from services.api.entrustments import EntrustmentViewSet
from services.api.project_cases import ProjectCaseViewSet
from services.api.ratings import (
    PublishedAnswerViewSet,
    RatingViewSet,
    RecordedRatingViewSet,
    RemediationViewSet,
)
from services.api.viewsets import (
    BundleViewSet,
    HallMechanismViewSet,
    HallStatisticViewSet,
    ItemViewSet,
    MaterialViewSet,
    ThemeViewSet,
)

router = SimpleRouter()
router.register("items", ItemViewSet, basename="service-item")
router.register("bundles", BundleViewSet, basename="service-bundle")
router.register("materials", MaterialViewSet, basename="material")
router.register("themes", ThemeViewSet, basename="service-theme")
router.register("hall-statistics", HallStatisticViewSet, basename="hall-statistic")
router.register("hall-mechanisms", HallMechanismViewSet, basename="hall-mechanism")
router.register("cases", CaseViewSet, basename="case")
router.register("project-cases", ProjectCaseViewSet, basename="project-case")
router.register("handovers", HandoverViewSet, basename="handover")
router.register("bundle-cases", BundleCaseViewSet, basename="bundle-case")
router.register("ratings", RatingViewSet, basename="service-rating")
router.register("recorded-ratings", RecordedRatingViewSet, basename="recorded-rating")
router.register("rating-remediations", RemediationViewSet, basename="rating-remediation")
router.register("published-ratings", PublishedAnswerViewSet, basename="published-rating")
router.register("entrustments", EntrustmentViewSet, basename="entrustment")
urlpatterns = router.urls
