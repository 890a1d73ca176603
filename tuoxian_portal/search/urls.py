from django.urls import path

from tuoxian_portal.search import views

app_name = "search"
urlpatterns = [path("search/", views.results, name="results")]
