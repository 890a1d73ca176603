"""Public pages that join several apps: home, why here, the path of a project, help, the site's map."""

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.registries import search_sources
from tuoxian_portal.dashboard import public

STATEMENT_DATE = date(2026, 11, 24)


@public_page
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/home.html", public.home())


@public_page
def invest(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/invest.html", public.invest())


@public_page
def steps(request: HttpRequest) -> HttpResponse:
    context = {
        "steps": public.path(),
        "crumbs": [("投资托县", "/invest/"), ("落户全流程", "")],
    }
    return render(request, "dashboard/steps.html", context)


@public_page
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/help.html", {"crumbs": [("帮助", "")]})


@public_page
def accessibility(request: HttpRequest) -> HttpResponse:
    context = {"crumbs": [("无障碍声明", "")], "date": STATEMENT_DATE}
    return render(request, "dashboard/accessibility.html", context)


@public_page
def sitemap(request: HttpRequest) -> HttpResponse:
    context = {"crumbs": [("站点地图", "")], "sections": public.site_sections()}
    return render(request, "dashboard/sitemap.html", context)


@public_page
def sitemap_xml(request: HttpRequest) -> HttpResponse:
    """Sections and every public record that the search knows; one query for each kind."""
    paths = [url for section in public.site_sections() for _, url in section["links"]]
    for source in search_sources:
        paths += [record.get_absolute_url() for record in source.queryset()[:5000]]
    unique = list(dict.fromkeys(path.partition("#")[0] for path in paths))
    urls = [f"{settings.SITE_URL}{path}" for path in unique]
    return render(request, "dashboard/sitemap.xml", {"urls": urls}, content_type="application/xml")


def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        *(
            f"Disallow: {path}"
            for path in ("/admin/", "/dashboard/", "/track/", "/login/", "/display/", "/feedback/?")
        ),
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
