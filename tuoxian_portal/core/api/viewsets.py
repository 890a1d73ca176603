"""Viewsets that scope their rows and list what may be done next."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.decorators import classonlymethod
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from tuoxian_portal.core.http import public_page


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


def local_time(value: datetime | None) -> str | None:
    """As `DateTimeField` writes it: ISO 8601 in the county's time."""
    return timezone.localtime(value).isoformat() if value else None


class RowList:
    """Mixin of a viewset: its list is read as plain rows, without model instances and serializer fields.

    `row_columns` maps keys of the answer to the columns they are read from; `finish_row` adds what
    Python derives and drops what it only needed for that. The serializer goes on describing the shape
    (OpenAPI), and `tests.rows.assert_shape` holds the two together.
    """

    row_columns: dict[str, str]

    def finish_row(self, row: dict[str, Any]) -> dict[str, Any]:
        return row

    def list(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        keys, columns = self.row_columns.keys(), self.row_columns.values()
        rows = self.filter_queryset(self.get_queryset()).values_list(*columns)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(
            [self.finish_row(dict(zip(keys, row, strict=True))) for row in page]
        )


class ReasonSerializer(serializers.Serializer):
    """The body of most verbs: an optional reason and the version that was seen."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    version = serializers.IntegerField(required=False, allow_null=True, default=None)
