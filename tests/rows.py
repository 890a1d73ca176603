"""A list that is read as plain rows says exactly what its serializer describes."""

import json
from typing import Any

from tuoxian_portal.core.api.renderers import PortalJSONRenderer


def assert_shape(results: list[dict[str, Any]], serializer: type, records: Any) -> None:
    """`results` of an API list against `serializer` over `records`, in the same order."""
    described = json.loads(PortalJSONRenderer().render(serializer(records, many=True).data))
    assert results == described
    assert results
