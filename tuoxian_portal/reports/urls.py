from django.urls import path

from tuoxian_portal.reports import views

app_name = "reports"
urlpatterns = [
    path("reports/", views.index, name="list"),
    path("reports/produce/<slug:kind>/", views.produce, name="produce"),
    path("reports/<str:period>/<slug:kind>/close/", views.close, name="close"),
    path("reports/<str:period>/", views.detail, name="detail"),
    path("reports/<str:period>/<slug:kind>/<int:revision>/<slug:format>/", views.file, name="file"),
]
