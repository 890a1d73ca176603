from django.urls import path, re_path

from tuoxian_portal.opendata import views

app_name = "opendata"
urlpatterns = [
    path("open-data/", views.index, name="index"),
    path("open-data/catalog.json", views.catalog, name="catalog"),
    path("open-data/<slug:key>/", views.detail, name="detail"),
    re_path(r"^open-data/(?P<key>[a-z-]+)\.(?P<kind>csv|xlsx)$", views.file, name="file"),
]
