"""What people do with prices of other places."""

from typing import Any

from django.db import transaction

from policies.models import ComparisonPrice
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences, locked
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import NotPermitted


@transaction.atomic
def save_comparison_price(
    *, price: ComparisonPrice, actor: Any, changed: list[str], version: int | None = None
) -> ComparisonPrice:
    """Adds another place's price, or saves its `changed` fields.

    Raises `NotPermitted`, `EditConflict` or `ValidationError`.
    """
    adding = price.pk is None
    if not actor.has_perm(f"policies.{'add' if adding else 'change'}_comparisonprice"):
        raise NotPermitted("您没有修改外地要素价格的权限。")
    changes: dict[str, Any] = {}
    if adding:
        price.full_clean()
        price.save()
    else:
        fresh = locked(price)
        check_version(fresh, version)
        changes = differences(
            {name: getattr(fresh, name) for name in changed}, {name: getattr(price, name) for name in changed}
        )
        price.version = fresh.version
        bump(price)
        price.full_clean()
        price.save(update_fields=[*changed, "version", "updated_at"])
    log(actor=actor, action="add_price" if adding else "edit_price", target=price, changes=changes)
    return price
