"""Public pages that can be answered from the cache, with validators.

A page for people who are not signed in depends on its address and the display settings only, so it
is kept under both; `If-None-Match` is answered before the view runs.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language

from tuoxian_portal.core.display import DisplaySettings


def _is_somebody_s(request: HttpRequest) -> bool:
    """Whether the answer would show what is this person's alone: her menu, her rows, or a message left
    from a form, which outlives signing out. Asks nothing without a cookie."""
    if "Authorization" in request.headers:
        return True
    if not {settings.SESSION_COOKIE_NAME, CookieStorage.cookie_name} & set(request.COOKIES):
        return False
    return request.user.is_authenticated or len(get_messages(request)) > 0


def public_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Gives a page ETag and cache headers, and keeps it for `settings.PUBLIC_PAGE_SECONDS`.

    Only for GET, for people of whom nothing is known, and for pages without a form token: who has signed
    in, or whom a message waits for, gets `private, no-cache` and a fresh page.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return view(request, *args, **kwargs)
        if _is_somebody_s(request):
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "private, no-cache")
            return response
        seconds = settings.PUBLIC_PAGE_SECONDS
        display = str(DisplaySettings.from_request(request))
        raw = f"{get_language()}|{display}|{request.scheme}://{request.get_host()}|{request.get_full_path()}"
        key = "page." + hashlib.sha256(raw.encode()).hexdigest()
        kept = cache.get(key) if seconds else None
        if kept is None:
            response = view(request, *args, **kwargs)
            if hasattr(response, "render"):
                response = response.render()
            if response.status_code != 200 or response.streaming:
                return response
            etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
            kept = (response.content, response.headers["Content-Type"], etag)
            if seconds:
                cache.set(key, kept, seconds)
        content, content_type, etag = kept
        seen = request.headers.get("If-None-Match", "")
        fresh: HttpResponse
        if etag in {part.strip().removeprefix("W/") for part in seen.split(",")}:
            fresh = HttpResponseNotModified()
        else:
            fresh = HttpResponse(content, content_type=content_type)
        fresh.headers["ETag"] = etag
        fresh.headers["Cache-Control"] = f"public, max-age={seconds}" if seconds else "no-cache"
        patch_vary_headers(fresh, ["Cookie", "Authorization", "Accept-Language"])
        return fresh

    return wrapper
