"""What stands between every request and its view."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from tuoxian_portal.core.views import page_not_found


class OwnNotFoundMiddleware:
    """The site's own 404 while `DEBUG` is on, too: who tries the portal with `make run` sees what
    people will see. Django's page would list every address of the portal in English; the log names
    what was not found either way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        html = response.headers.get("Content-Type", "").startswith("text/html")
        return page_not_found(request, Http404()) if response.status_code == 404 and html else response


class ClientAddressMiddleware:
    """`REMOTE_ADDR` is the caller's address behind `settings.TRUSTED_PROXIES` servers of our own.

    Lockouts, rate limits and the audit trail read `REMOTE_ADDR` only. Each proxy appends to
    `X-Forwarded-For` whom it heard from; what stands further left was written by the caller and is
    never believed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hops = settings.TRUSTED_PROXIES
        told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if 0 < hops <= len(told) and (address := _address(told[-hops])):
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


class SecurityHeadersMiddleware:
    """Content-Security-Policy by the part of the portal, and Permissions-Policy.

    The public pages allow no script but our files. `settings.CONTENT_SECURITY_POLICIES` holds what the
    parts made by others need; the longest prefix of the path wins.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policies = sorted(
            settings.CONTENT_SECURITY_POLICIES.items(), key=lambda item: len(item[0]), reverse=True
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        # Django's own page of a fault brings its script along; only while developing.
        readable = not (settings.DEBUG and response.status_code >= 500)
        if readable and response.headers.get("Content-Type", "").startswith("text/html"):
            policy = next(policy for prefix, policy in self.policies if request.path.startswith(prefix))
            response.headers.setdefault("Content-Security-Policy", policy)
        return response
