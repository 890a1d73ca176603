"""What a person may do, read in one query."""

from typing import Any

from django.contrib.auth.backends import ModelBackend


class PortalBackend(ModelBackend):
    """Django's own, except that a person's roles, scopes and permissions come together (`User.grants`)."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if obj is not None or not user_obj.is_active or user_obj.is_anonymous:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj)
        return set(user_obj.grants.permissions)

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if obj is not None or not user_obj.is_active or user_obj.is_anonymous:
            return False
        return user_obj.is_superuser or perm in user_obj.grants.permissions
