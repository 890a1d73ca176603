"""Pages of a list. A page out of range is a clear 404; the size is capped."""

from rest_framework.exceptions import NotFound
from rest_framework.pagination import PageNumberPagination


class PortalPagination(PageNumberPagination):
    page_size_query_param = "page_size"
    max_page_size = 100

    def paginate_queryset(self, queryset, request, view=None):  # type: ignore[no-untyped-def]
        try:
            return super().paginate_queryset(queryset, request, view)
        except NotFound as error:
            raise NotFound("页码超出范围。") from error
