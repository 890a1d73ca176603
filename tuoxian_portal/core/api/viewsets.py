"""Viewsets that scope their rows and list what may be done next."""

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.decorators import classonlymethod
from django_filters import FilterSet
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.statements import Statements


class PortalViewSet(viewsets.ReadOnlyModelViewSet):
    """A list and a detail over `queryset.visible_to(user)`. Verbs are added as `@action`s."""

    staff_only = False

    @classonlymethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        """What is not `staff_only` answers people who are not signed in as a public page does: with an
        ETag, and from the cache (docs/adr/0004)."""
        view = super().as_view(actions, **initkwargs)
        return view if cls.staff_only else public_page(view)

    def get_queryset(self) -> Any:
        queryset: Any = super().get_queryset()
        return queryset.visible_to(self.request.user)

    def shown(self, record: Any) -> Any:
        """The detail of `record` as it is now; None when the person does not see it (any longer)."""
        fresh = list(self.get_queryset().filter(pk=record.pk))
        return self.get_serializer(fresh[0]).data if fresh else None


def local_time(value: datetime | None) -> str | None:
    """As `DateTimeField` writes it: ISO 8601 in the county's time."""
    return timezone.localtime(value).isoformat() if value else None


class RowList:
    """Mixin of a viewset: its list is read as plain rows, without model instances and serializer fields.

    `row_columns` maps keys of the answer to the columns they are read from; `row_finisher` is asked once
    for what adds what Python derives to a row, and drops what it only needed for that. The serializer goes on describing the shape
    (OpenAPI), and `tests.rows.assert_shape` holds the two together.
    """

    row_columns: dict[str, str]

    def row_finisher(self) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda row: row

    def list(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.rows(request))
        keys, finish = self.row_columns.keys(), self.row_finisher()
        return self.get_paginated_response([finish(dict(zip(keys, row, strict=True))) for row in page])

    def rows(self: Any, request: Request) -> Any:
        """What the paginator slices."""
        return self.filter_queryset(self.get_queryset()).values_list(*self.row_columns.values())


class KeptRowList(RowList):
    """A `RowList` for staff, of pages that are not counted, whose statements are kept
    (`core.statements`): reading the filters and putting the statement together was half of its CPU.

    A filter that is a method may ask for the day or the calendar: with one of these nothing is kept.
    """

    filterset_class: type[FilterSet]
    statements = Statements()

    def rows(self, request: Request) -> Any:
        filters = self.filterset_class.base_filters
        if any(filters[name].method for name in request.query_params if name in filters):
            return super().rows(request)
        person: Any = request.user  # what is for staff only has asked who it is
        key = (type(self), person.standing, request.META["QUERY_STRING"])
        return SlicedRows(self.statements, key, lambda: super(KeptRowList, self).rows(request))


class SlicedRows:
    """Rows of a list, read when they are sliced; `queryset` is asked when the statement is not yet kept."""

    def __init__(self, kept: Statements, key: Hashable, queryset: Callable[[], QuerySet]) -> None:
        self.kept, self.key, self.queryset = kept, key, queryset

    def __getitem__(self, part: slice) -> Any:
        statement = self.kept.get((self.key, part.start, part.stop), lambda: self.queryset()[part])
        return statement.rows()


class ReasonSerializer(serializers.Serializer):
    """The body of most verbs: an optional reason and the version that was seen."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    version = serializers.IntegerField(required=False, allow_null=True, default=None)
