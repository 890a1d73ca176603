"""Viewsets that scope their rows and list what may be done next."""

from typing import Any

from rest_framework import serializers, viewsets


class PortalViewSet(viewsets.ReadOnlyModelViewSet):
    """A list and a detail over `queryset.visible_to(user)`. Verbs are added as `@action`s."""

    staff_only = False

    def get_queryset(self) -> Any:
        queryset: Any = super().get_queryset()
        return queryset.visible_to(self.request.user)


class ReasonSerializer(serializers.Serializer):
    """The body of most verbs: an optional reason and the version that was seen."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    version = serializers.IntegerField(required=False, allow_null=True, default=None)
