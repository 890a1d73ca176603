from rest_framework.routers import SimpleRouter

from projects.api import funds, oversight, photos, pipeline, viewsets

router = SimpleRouter()
router.register("key-projects", viewsets.KeyProjectViewSet, basename="key-project")
router.register("opportunities", viewsets.OpportunityViewSet, basename="opportunity")
router.register("targets", viewsets.TargetViewSet, basename="target")
router.register("progress-reports", viewsets.ProgressReportViewSet, basename="progress-report")
router.register("funds-receipts", funds.FundsReceiptViewSet, basename="funds-receipt")
router.register("photos", photos.PhotoViewSet, basename="photo")
router.register("commitments", oversight.CommitmentViewSet, basename="commitment")
router.register("supervision-notices", oversight.NoticeViewSet, basename="supervision-notice")
router.register("leads", viewsets.LeadViewSet, basename="lead")
router.register("lead-conflicts", pipeline.ConflictViewSet, basename="lead-conflict")
router.register("promotion-targets", pipeline.PromotionTargetViewSet, basename="promotion-target")
router.register("chain-nodes", pipeline.ChainNodeViewSet, basename="chain-node")
router.register("enquiries", viewsets.EnquiryViewSet, basename="enquiry")
urlpatterns = router.urls
