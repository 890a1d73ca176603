from rest_framework.routers import SimpleRouter

from tuoxian_portal.feedback.api.viewsets import FeedbackViewSet

router = SimpleRouter()
router.register("", FeedbackViewSet, basename="feedback")
urlpatterns = router.urls
