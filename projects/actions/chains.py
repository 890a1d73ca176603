"""Keeping the links of the industry chains."""

from typing import Any

from django.db import transaction

from projects.actions.permission import require
from projects.actions.records import save_changed
from projects.models import ChainNode
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import locked
from tuoxian_portal.core.concurrency import check_version


@transaction.atomic
def save_chain_node(
    *, node: ChainNode, actor: Any, changed: list[str], version: int | None = None
) -> ChainNode:
    """Adds `node` or saves its `changed` fields. Raises `NotPermitted`, `EditConflict` or
    `ValidationError`."""
    adding = node.pk is None
    require(actor, f"projects.{'add' if adding else 'change'}_chainnode", "维护产业链环节")
    if adding:
        node.full_clean()
        node.save()
        log(actor=actor, action="add", target=node)
        return node
    fresh = locked(node)
    check_version(fresh, version)
    return save_changed(
        fresh=fresh, record=node, actor=actor, changed=changed, also=["version", "updated_at"]
    )
