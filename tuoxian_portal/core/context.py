"""What every page knows: the site, the menu, the display settings."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

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
    }
