from django.urls import path, re_path

from tuoxian_portal.dashboard import (
    views_cockpit,
    views_policies,
    views_project,
    views_public,
    views_rows,
    views_targets,
)

app_name = "dashboard"
urlpatterns = [
    path("", views_public.home, name="home"),
    path("invest/", views_public.invest, name="invest"),
    path("invest/steps/", views_public.steps, name="steps"),
    path("dashboard/", views_cockpit.index, name="cockpit"),
    path("dashboard/refresh/", views_cockpit.refresh, name="refresh"),
    path("dashboard/projects/", views_rows.projects, name="projects"),
    re_path(r"^dashboard/projects/(?P<number>[A-Za-z0-9-]{1,24})/$", views_project.project, name="project"),
    path("dashboard/industries/", views_rows.industries, name="industries"),
    path("dashboard/targets/", views_targets.targets, name="targets"),
    path("dashboard/finance/", views_rows.finance, name="finance"),
    path("dashboard/policies/", views_policies.policies, name="policies"),
    path("dashboard/policies/refresh/", views_policies.refresh, name="policies-refresh"),
    path("dashboard/hall/", views_rows.hall, name="hall"),
    path("help/", views_public.help_page, name="help"),
    path("accessibility/", views_public.accessibility, name="accessibility"),
    path("sitemap/", views_public.sitemap, name="sitemap"),
    path("sitemap.xml", views_public.sitemap_xml, name="sitemap-xml"),
    path("robots.txt", views_public.robots, name="robots"),
]
