"""Pages of a list. A page out of range is a clear 404; the size is capped."""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param


class PortalPagination(PageNumberPagination):
    page_size_query_param = "page_size"
    max_page_size = 100

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except NotFound as error:
            raise NotFound("页码超出范围。") from error


class UncountedPagination(PortalPagination):
    """Pages of a table too large to count on every request: `next` and `previous`, no `count`.

    One query, of one row more than the page. Narrow a list that goes deeper than `deepest_page`.
    """

    deepest_page = 1_000
    request: Any

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        self.request = request
        size = self.get_page_size(request) or self.max_page_size
        asked = request.query_params.get(self.page_query_param, "1")
        # A number of thousands of digits is no page, and Python refuses to read it.
        self.number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
        if not 1 <= self.number <= self.deepest_page:
            raise NotFound("页码超出范围。")
        start = (self.number - 1) * size
        rows = list(queryset[start : start + size + 1])
        if not rows and self.number > 1:
            raise NotFound("页码超出范围。")
        self.has_more = len(rows) > size
        return rows[:size]

    def get_paginated_response(self, data: Any) -> Response:
        address, page = self.request.build_absolute_uri(), self.page_query_param
        after = replace_query_param(address, page, self.number + 1) if self.has_more else None
        before = None
        if self.number == 2:
            before = remove_query_param(address, page)
        elif self.number > 2:
            before = replace_query_param(address, page, self.number - 1)
        return Response({"next": after, "previous": before, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        del described["properties"]["count"]
        described["required"] = ["results"]
        return described
