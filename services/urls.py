from django.urls import path

from services.views import catalogue
from services.views.track import track

app_name = "services"
urlpatterns = [
    path("track/", track, name="track"),
    path("services/", catalogue.item_list, name="list"),
    path("services/bundles/", catalogue.bundle_list, name="bundles"),
    path("services/bundles/<slug:slug>/", catalogue.bundle_detail, name="bundle"),
    path("services/hall/", catalogue.hall, name="hall"),
    path("services/<str:code>/", catalogue.item_detail, name="detail"),
    path("services/<str:code>/checklist/", catalogue.checklist, name="checklist"),
]
