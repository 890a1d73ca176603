from django.urls import path, re_path

from services.views import assist, bundles, catalogue, ratings
from services.views.track import track

app_name = "services"
urlpatterns = [
    path("track/", track, name="track"),
    path("services/", catalogue.item_list, name="list"),
    path("services/bundles/", bundles.bundle_list, name="bundles"),
    path("services/bundles/<slug:slug>/", bundles.bundle_detail, name="bundle"),
    path("services/bundles/<slug:slug>/checklist/", bundles.bundle_checklist, name="bundle-checklist"),
    path("services/bundles/<slug:slug>/checklist.pdf", bundles.bundle_slip_pdf, name="bundle-slip"),
    path("services/bundles/<slug:slug>/form.pdf", bundles.bundle_form_pdf, name="bundle-form"),
    path("services/hall/", catalogue.hall, name="hall"),
    path("services/ratings/", ratings.ratings, name="ratings"),
    path("services/rate/<str:token>/", ratings.rate, name="rate"),
    path("services/help/", assist.about, name="help"),
    path("services/assist/", assist.request_help, name="assist"),
    path("services/assist/done/", assist.done, name="assist_done"),
    path("services/<str:code>/", catalogue.item_detail, name="detail"),
    re_path(
        r"^services/(?P<code>[A-Z0-9-]+)/files/(?P<kind>sample|blank|result)/(?P<number>[0-9]{1,9})/$",
        catalogue.public_file,
        name="file",
    ),
    path("services/<str:code>/checklist/", catalogue.checklist, name="checklist"),
    path("services/<str:code>/form.pdf", bundles.item_form_pdf, name="form"),
]
