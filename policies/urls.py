from django.urls import path

from policies import views, views_costs, views_match

app_name = "policies"
urlpatterns = [
    path("policies/", views.policy_list, name="list"),
    path("policies/match/", views_match.match_page, name="match"),
    path("policies/match/result.pdf", views_match.match_paper_view, name="match-paper"),
    path("policies/<slug:slug>/files/<slug:digest>/", views.attachment, name="attachment"),
    path("policies/<slug:slug>/", views.policy_detail, name="detail"),
    path("invest/costs/", views_costs.costs, name="costs"),
]
