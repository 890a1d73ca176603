from django.http import HttpRequest, HttpResponse
from django.urls import path

from bench import documents  # noqa: F401  (registers the bench's search documents)
from tuoxian_portal.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def hello(request: HttpRequest) -> HttpResponse:
    """Baseline H: nothing but the project's own middleware."""
    return HttpResponse("hello", content_type="text/plain")


urlpatterns = [path("bench/hello/", hello), *urlpatterns]
