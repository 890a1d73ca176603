"""What a person may do, read in one query."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from tuoxian_portal.accounts.models import User


class PortalBackend(ModelBackend):
    """Django's own, except that a person, roles, scopes and permissions come together."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.with_grants(user_id)
        return user if user and self.user_can_authenticate(user) else None

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
