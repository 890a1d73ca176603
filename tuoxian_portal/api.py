"""The portal's REST API: one version, the routers of the domain apps, its schema and its page."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import TemplateHTMLRenderer

urlpatterns = [
    path(
        "v1/",
        include(
            [
                path("projects/", include("projects.api.urls")),
                path("policies/", include("policies.api.urls")),
                path("services/", include("services.api.urls")),
                path("finance/", include("finance.api.urls")),
                path("feedback/", include("tuoxian_portal.feedback.api.urls")),
                path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
            ]
        ),
    ),
    path(
        "",
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", renderer_classes=[TemplateHTMLRenderer]),
        name="api-docs",
    ),
]
