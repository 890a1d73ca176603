"""Which rows a person sees: her roles' scopes, turned into one filter."""

from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from tuoxian_portal.accounts.models import Role

Rows = TypeVar("Rows", bound=QuerySet)


def scope_rows(
    rows: Rows,
    user: Any,
    *,
    department: str = "",
    outlet: str = "",
    bank: str = "",
    own: str = "",
    permission: str | None = "view",
) -> Rows:
    """The rows of `rows` that `user` may see; none for anybody who is not signed in.

    Each argument names the field (or path) that leads from a row to the department, outlet, bank or
    person it belongs to; a scope without a field sees nothing here::

        def visible_to(self, user):
            return scope_rows(self, user, department="item__department", outlet="outlet", own="created_by")

    The scope 全县 sees every row, otherwise the scopes of all roles are joined by OR. The person
    must also hold the model's view permission, so that a role with a wide scope does not read what
    is none of its business; `permission` names another one, None asks for none. At most three
    queries for each user object, however many querysets are scoped.
    """
    if not user.is_authenticated or not user.is_active:
        return rows.none()
    if permission == "view":
        meta = rows.model._meta
        permission = f"{meta.app_label}.view_{meta.model_name}"
    if permission and not user.has_perm(permission):
        return rows.none()
    scopes = user.scopes
    if Role.Scope.COUNTY in scopes:
        return rows
    condition = Q()
    for scope, path, unit in (
        (Role.Scope.DEPARTMENT, department, user.department_id),
        (Role.Scope.OUTLET, outlet, user.outlet_id),
        (Role.Scope.BANK, bank, user.bank_id),
        (Role.Scope.OWN, own, user.pk),
    ):
        # A person without a department has no rows of hers, not the rows that have none either.
        if scope in scopes and path and unit is not None:
            condition |= Q(**{path: unit})
    return rows.filter(condition) if condition else rows.none()
