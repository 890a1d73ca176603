from django.urls import path

from tuoxian_portal.feedback import views

app_name = "feedback"
urlpatterns = [
    path("feedback/", views.new, name="new"),
    path("feedback/received/", views.received, name="received"),
    path("feedback/answer/", views.answer, name="answer"),
]
