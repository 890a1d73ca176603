"""The base of the serializers that describe a model."""

from copy import copy, deepcopy
from typing import Any

from rest_framework import serializers


class PortalModelSerializer(serializers.ModelSerializer):
    # No docstring here: the schema would give it to every serializer that has none of its own.
    def get_fields(self) -> dict[str, Any]:
        """The fields, looked up in the model once for the class. Doing so for every answer took a quarter
        of the CPU of a detail. Each instance gets copies of its own all the same: a field knows its
        parent, and through it the request and who is asking."""
        kind = type(self)
        if "looked_up" not in kind.__dict__:
            kind.looked_up = super().get_fields()  # type: ignore[attr-defined]  # of this class alone
        return {name: _own(field) for name, field in kind.looked_up.items()}  # type: ignore[attr-defined]  # see above


def _own(field: Any) -> Any:
    """A copy that can be bound to another parent. What holds further fields needs them copied, too."""
    holds_fields = isinstance(field, serializers.BaseSerializer) or any(
        hasattr(field, name) for name in ("child", "child_relation")
    )
    return deepcopy(field) if holds_fields else copy(field)
