"""Who may use the API. Rows are scoped by `visible_to`; this says which methods."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission


class ActionPermission(BasePermission):
    """Reading is open to whoever the queryset shows the row; writing needs a signed-in person.

    Which person may do which verb is checked once, in the action itself (`Workflow.check`).
    """

    def has_permission(self, request: Any, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return not getattr(view, "staff_only", False) or request.user.is_authenticated
        return bool(request.user and request.user.is_authenticated) or getattr(view, "open_to_public", False)
