from django.urls import path

from tuoxian_portal.dashboard import views_public

app_name = "dashboard"
urlpatterns = [
    path("", views_public.home, name="home"),
    path("invest/", views_public.invest, name="invest"),
    path("invest/steps/", views_public.steps, name="steps"),
    path("help/", views_public.help_page, name="help"),
    path("accessibility/", views_public.accessibility, name="accessibility"),
    path("sitemap/", views_public.sitemap, name="sitemap"),
    path("sitemap.xml", views_public.sitemap_xml, name="sitemap-xml"),
    path("robots.txt", views_public.robots, name="robots"),
]
