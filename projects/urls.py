from django.urls import path, re_path

from projects import views, views_chains, views_photos

app_name = "projects"
urlpatterns = [
    path("projects/", views.project_list, name="list"),
    path("projects/opportunities/", views.opportunity_list, name="opportunities"),
    re_path(
        r"^projects/photos/(?P<token>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/(?P<size>large|small)\.webp$",
        views_photos.photo,
        name="photo",
    ),
    re_path(r"^projects/(?P<number>[A-Za-z0-9-]{1,24})/$", views.detail, name="detail"),
    path("invest/chains/", views_chains.chains, name="chains"),
    path("invest/contact/", views.enquiry, name="enquiry"),
    path("invest/contact/done/", views.enquiry_done, name="enquiry_done"),
]
