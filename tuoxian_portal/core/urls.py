from django.urls import path

from tuoxian_portal.core import views

app_name = "core"
urlpatterns = [
    path("display/", views.display, name="display"),
    path("components/", views.components, name="components"),
    path("healthz/", views.health, name="health"),
    path("session/", views.session, name="session"),
    path("session/signed-in/", views.signed_in, name="signed_in"),
    path("jobs/<uuid:job_id>/", views.job_progress, name="job-progress"),
]
