"""What every page knows: the site, the menu, the display settings."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static

from tuoxian_portal.core.display import DisplaySettings
from tuoxian_portal.core.navigation import menu


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor. No queries: the menu comes from the cache."""
    entries = menu()
    # The section one is in is the entry with the longest address that this page's begins with.
    section = max((e["url"] for e in entries if request.path.startswith(e["url"])), key=len, default="")
    return {
        "site": settings.SITE,
        "display": DisplaySettings.from_request(request),
        "menu": [{**entry, "current": entry["url"] == section} for entry in entries],
        "current_path": request.path,
        "canonical": _canonical(request),
        "share_image": f"{settings.SITE_URL}{static('img/share.png')}",
    }


def _canonical(request: HttpRequest) -> str:
    """The one address under which a search engine should know the page: without the answers, filters and
    order that a GET form leaves in it, but with the number of the page."""
    number = request.GET.get("page", "")
    page = f"?page={number}" if number.isdecimal() and number.isascii() and int(number) > 1 else ""
    return f"{settings.SITE_URL}{request.path}{page}"
