"""Filtering that says so when a filter is unknown, instead of returning everything."""

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError

PLAIN_PARAMETERS = {"page", "page_size", "ordering", "format", "cursor"}


class StrictFilterBackend(DjangoFilterBackend):
    """`DjangoFilterBackend` that refuses an unknown parameter with the list of known ones (400)."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        filterset_class = self.get_filterset_class(view, queryset)
        known = set(filterset_class.base_filters) if filterset_class else set()
        unknown = set(request.query_params) - known - PLAIN_PARAMETERS
        if unknown and getattr(view, "action", "") == "list":
            raise ValidationError(
                {name: [f"没有这个筛选条件。可用：{'、'.join(sorted(known)) or '无'}。"] for name in unknown}
            )
        return super().filter_queryset(request, queryset, view)
