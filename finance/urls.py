from django.urls import path

from finance import views

app_name = "finance"
urlpatterns = [
    path("finance/", views.index, name="list"),
    path("finance/products/<slug:slug>/", views.product, name="product"),
]
