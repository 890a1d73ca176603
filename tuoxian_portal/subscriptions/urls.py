from django.urls import path

from tuoxian_portal.subscriptions import views

app_name = "subscriptions"
urlpatterns = [
    path("feeds/<slug:kind>/", views.feed, name="feed"),
    path("subscriptions/", views.index, name="index"),
    path("subscriptions/new/", views.subscribe, name="subscribe"),
    path("subscriptions/asked/", views.asked, name="asked"),
    path(
        "subscriptions/mail/<uuid:message_id>/<slug:token>/", views.unsubscribe_mail, name="unsubscribe-mail"
    ),
    path("subscriptions/<uuid:public_id>/confirm/<slug:token>/", views.confirm, name="confirm"),
    path("subscriptions/<uuid:public_id>/manage/<slug:token>/", views.manage, name="manage"),
    path("subscriptions/<uuid:public_id>/unsubscribe/<slug:token>/", views.unsubscribe, name="unsubscribe"),
]
