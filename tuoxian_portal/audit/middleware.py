from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tuoxian_portal.audit.context import remote_address


class AuditContextMiddleware:
    """Remembers the caller's address for the audit entries written during the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = remote_address.set(request.META.get("REMOTE_ADDR") or None)
        try:
            return self.get_response(request)
        finally:
            remote_address.reset(token)
