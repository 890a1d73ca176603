"""Who may save what has no workflow of its own."""

from typing import Any

from tuoxian_portal.core.errors import NotPermitted


def require(actor: Any, permission: str, what: str) -> None:
    """Raises `NotPermitted` unless `actor` is the system (None) or holds `permission`."""
    if actor is not None and not actor.has_perm(permission):
        raise NotPermitted(f"您没有“{what}”的权限。如需办理，请联系项目专员。")
