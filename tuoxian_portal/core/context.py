"""What every page knows: the site, the menu, the display settings."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from tuoxian_portal.core.display import DisplaySettings
from tuoxian_portal.core.navigation import menu


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor. No queries: the menu comes from the cache."""
    return {
        "site": settings.SITE,
        "display": DisplaySettings.from_request(request),
        "menu": menu(),
        "current_path": request.path,
    }
