"""What the filters of every API list share."""

from functools import lru_cache
from typing import Any

from django_filters import CharFilter, MultipleChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.exceptions import ValidationError

from tuoxian_portal.core.listing import MAX_TEXT

PLAIN_PARAMETERS = {"page", "page_size", "ordering", "format", "cursor"}


class ChoicesFilter(MultipleChoiceFilter):
    """Several values of one column, joined by OR; without DISTINCT, which would sort the whole table."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"distinct": False, **kwargs})


class SearchFilter(CharFilter):
    """Narrows by the queryset's own `search(text)`, at the length that pages allow."""

    def filter(self, queryset: Any, value: str) -> Any:
        return queryset.search(value[:MAX_TEXT]) if value else queryset


@lru_cache(maxsize=256)
def only(filterset_class: type[FilterSet], names: frozenset[str]) -> type[FilterSet]:
    """`filterset_class` with the filters `names` alone: building all of them costs more than a query."""
    narrowed: Any = type(filterset_class.__name__, (filterset_class,), {})
    narrowed.base_filters = {n: f for n, f in filterset_class.base_filters.items() if n in names}
    return narrowed


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
        if not (known & set(request.query_params)):
            return queryset
        return super().filter_queryset(request, queryset, view)

    def get_filterset(self, request: Any, queryset: Any, view: Any) -> Any:
        filterset_class = self.get_filterset_class(view, queryset)
        asked = frozenset(request.query_params) & set(filterset_class.base_filters)
        return only(filterset_class, asked)(**self.get_filterset_kwargs(request, queryset, view))
