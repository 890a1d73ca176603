"""Every address of the portal. The API, the pages, staff."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from tuoxian_portal.accounts.views import PortalLoginView

# Unfold has no setting for the heading of the admin's first page.
admin.site.index_title = "工作台"

urlpatterns = [
    # First what has a prefix of its own: a page is then looked for among one pattern more, an address of
    # the API among a hundred less.
    path("api/", include("tuoxian_portal.api")),
    path("", include("tuoxian_portal.core.urls")),
    path("", include("tuoxian_portal.dashboard.urls")),
    path("", include("projects.urls")),
    path("", include("policies.urls")),
    path("", include("services.urls")),
    path("", include("finance.urls")),
    path("", include("tuoxian_portal.search.urls")),
    path("", include("tuoxian_portal.reports.urls")),
    path("", include("tuoxian_portal.subscriptions.urls")),
    path("", include("tuoxian_portal.opendata.urls")),
    path("", include("tuoxian_portal.feedback.urls")),
    path("login/", PortalLoginView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    # Browsers ask for it on pages that name no icon of their own (the schema's page, a plain file).
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("img/mark.svg")), name="favicon"),
]

handler400 = "tuoxian_portal.core.views.bad_request"
handler403 = "tuoxian_portal.core.views.permission_denied"
handler404 = "tuoxian_portal.core.views.page_not_found"
handler500 = "tuoxian_portal.core.views.server_error"

if settings.DEBUG:
    from django.conf.urls.static import static as serve

    urlpatterns += serve(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
