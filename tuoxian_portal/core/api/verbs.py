"""One POST sub-resource for each verb of a record: `/api/v1/…/{number}/accept/`."""

import inspect
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from tuoxian_portal.core.api.viewsets import ReasonSerializer


def answered(viewset: Any, record: Any, status: int = 200) -> Response:
    """What a change is answered with: the record as it is now. 204 when the change put it, or made it,
    outside what the person sees: it was done, and is none of hers."""
    shown = viewset.shown(record)
    return Response(status=204) if shown is None else Response(shown, status=status)


def verb(
    function: Callable[..., Any],
    argument: str,
    *,
    body: type[Serializer] = ReasonSerializer,
    name: str = "",
    path: str = "",
    summary: Any = "",
    answer: Any = None,
) -> Any:
    """A POST that does the action `function` and answers with the record as it is then.

    `argument` is the action's name for the record. Of what `body` validated the action gets what it
    takes: one that needs no reason is not given any. It is a class attribute of a `PortalViewSet` whose
    `get_serializer_class` gives the detail for anything but `list`; the attribute is called as the
    action is, or as `name` says (REST framework finds it by that). The address is this name in
    kebab-case unless `path` says otherwise. What the action raises becomes 400, 403 or 409
    (`core.api.errors`). One that puts the record outside what the person sees is answered with 204.
    `answer` is what the schema says comes back, where it is not the viewset's own.
    """
    takes = set(inspect.signature(function).parameters)

    def method(self: Any, request: Request, **kwargs: Any) -> Response:
        record = self.get_object()
        form = body(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        values = {name: value for name, value in form.validated_data.items() if name in takes}
        function(**{argument: record}, actor=request.user, **values)
        return answered(self, record)

    method.__name__ = name or function.__name__
    method.__doc__ = (function.__doc__ or "").split("\n\n")[0]
    path = path or method.__name__.replace("_", "-")
    described: dict[str, Any] = {"request": body}
    if summary:
        described["summary"] = str(summary)
    if answer:
        described["responses"] = answer
    return extend_schema(**described)(action(detail=True, methods=["post"], url_path=path)(method))
