"""The public menu. No entry is shown while its page would be empty."""

from typing import Any

from django.core.cache import cache
from django.urls import reverse

from tuoxian_portal.core.registries import nav_entries

CACHE_KEY = "core.menu"


def menu() -> list[dict[str, Any]]:
    """The entries that have something behind them; asked once a minute."""
    entries = cache.get(CACHE_KEY)
    if entries is None:
        entries = [
            {"label": e.label, "url": reverse(e.url_name)}
            for e in sorted(nav_entries, key=lambda e: e.order)
            if e.has_content()
        ]
        cache.set(CACHE_KEY, entries, 60)
    return entries
