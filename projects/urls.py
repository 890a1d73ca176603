from django.urls import path

from projects import views

app_name = "projects"
urlpatterns = [
    path("projects/", views.project_list, name="list"),
    path("projects/opportunities/", views.opportunity_list, name="opportunities"),
    path("projects/<str:number>/", views.detail, name="detail"),
    path("invest/contact/", views.enquiry, name="enquiry"),
    path("invest/contact/done/", views.enquiry_done, name="enquiry_done"),
]
