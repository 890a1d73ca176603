"""What stands between every request and its view."""

from collections.abc import Callable

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
