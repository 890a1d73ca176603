"""What can be done with a catalogue record. Items and bundles share the verbs."""

from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from services.choices import PublicationState
from services.models import ItemVersion, ServiceBundle, ServiceItem
from services.publishing import gaps_of
from services.versions import content_of, copy_content
from services.workflow_catalogue import bundle_workflow, item_workflow, revises_what_is_published
from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.workflow import Transition, Workflow

Record = TypeVar("Record", ServiceItem, ServiceBundle)


def workflow_of(record: ServiceItem | ServiceBundle) -> Workflow:
    return item_workflow if isinstance(record, ServiceItem) else bundle_workflow


def _begin(
    record: Record, verb: str, actor: Any, version: int | None, reason: str
) -> tuple[Record, Transition]:
    """The row under its lock, checked; the caller is in a transaction."""
    fresh = type(record).objects.select_for_update().get(pk=record.pk)
    transition = workflow_of(fresh).check(fresh, verb, actor, reason=reason)
    check_version(fresh, version)
    return fresh, transition


def _move(record: Record, transition: Transition, actor: Any, reason: str, **values: Any) -> Record:
    before = record.state
    record.state = transition.target or before
    for name, value in values.items():
        setattr(record, name, value)
    bump(record)
    record.save(update_fields=["state", "version", "updated_at", *values])
    log(
        actor=actor,
        action=transition.name,
        target=record,
        reason=reason,
        changes={"state": [before, record.state]},
    )
    return record


def _freeze(item: ServiceItem, actor: Any) -> None:
    ItemVersion.objects.create(
        item=item,
        number=item.version_number,
        content=content_of(item),
        published_at=item.published_at or timezone.now(),
        published_by=actor if actor is not None and actor.pk else None,
    )


@transaction.atomic
def review(*, record: Record, actor: Any, version: int | None = None) -> Record:
    """Marks a complete draft as reviewed. Raises `WorkflowError` with the list of what is missing."""
    fresh, transition = _begin(record, "review", actor, version, "")
    return _move(fresh, transition, actor, "")


@transaction.atomic
def send_back(*, record: Record, actor: Any, reason: str, version: int | None = None) -> Record:
    """Returns a reviewed record to its editors, with the reason."""
    fresh, transition = _begin(record, "send_back", actor, version, reason)
    return _move(fresh, transition, actor, reason)


@transaction.atomic
def publish(*, record: Record, actor: Any, version: int | None = None) -> Record:
    """Puts a record before the public and, for an item, freezes its version.

    The draft of a next version replaces the content of the item it revises and is then gone; the
    item is returned. Raises `WorkflowError` with the list of what is missing.
    """
    fresh, transition = _begin(record, "publish", actor, version, "")
    now = timezone.now()
    if isinstance(fresh, ServiceItem) and fresh.revises_id:
        item = ServiceItem.objects.select_for_update().get(pk=fresh.revises_id)
        fresh.revises = item
        if refusal := revises_what_is_published(fresh, actor):  # retired in the same moment
            raise WorkflowError(refusal)
        copy_content(fresh, item)
        # The draft leaves before anything asks which draft revises the item.
        ServiceItem.objects.get(pk=fresh.pk).delete()
        item.version_number += 1
        item = _move(item, transition, actor, "", published_at=now, version_number=item.version_number)
        _freeze(item, actor)
        return item
    if isinstance(fresh, ServiceItem):
        if fresh.versions.exists():  # published before, retired and taken up again
            fresh.version_number += 1
        moved = _move(fresh, transition, actor, "", published_at=now, version_number=fresh.version_number)
        _freeze(moved, actor)
        return moved
    return _move(fresh, transition, actor, "", published_at=now)


@transaction.atomic
def retire(*, record: Record, actor: Any, reason: str, version: int | None = None) -> Record:
    """Takes a record from the public for good; cases that were accepted go on."""
    fresh, transition = _begin(record, "retire", actor, version, reason)
    return _move(fresh, transition, actor, reason)


@transaction.atomic
def reopen(*, record: Record, actor: Any, version: int | None = None) -> Record:
    """Takes a retired record up again, as a draft."""
    fresh, transition = _begin(record, "reopen", actor, version, "")
    return _move(fresh, transition, actor, "")


@transaction.atomic
def take_back(*, record: ServiceBundle, actor: Any, version: int | None = None) -> ServiceBundle:
    """Returns a published bundle to its editors; the public does not see it meanwhile."""
    fresh, transition = _begin(record, "take_back", actor, version, "")
    return _move(fresh, transition, actor, "")


@transaction.atomic
def revise(*, record: ServiceItem, actor: Any, version: int | None = None) -> ServiceItem:
    """Opens the draft of an item's next version and returns it; the published one stays as it is."""
    item, _ = _begin(record, "revise", actor, version, "")
    draft = ServiceItem(code=item.code, revises=item, version_number=item.version_number + 1)
    copy_content(item, draft)
    log(actor=actor, action="revise", target=item, changes={"draft": [None, draft.pk]})
    return draft


@transaction.atomic
def discard(*, record: ServiceItem, actor: Any, version: int | None = None) -> ServiceItem:
    """Throws the draft of a next version away; returns the item that stays published."""
    draft, _ = _begin(record, "discard", actor, version, "")
    item = ServiceItem.objects.get(pk=draft.revises_id)  # type: ignore[misc]  # the table lets only drafts of a next version here
    log(actor=actor, action="discard", target=item, changes={"draft": [draft.pk, None]})
    draft.delete()
    return item


def publish_reference(record: ServiceItem | ServiceBundle) -> bool:
    """Publishes a record of the reference data the first time it is loaded; True when it did.

    The same gate holds: raises `WorkflowError` when the file leaves something open.
    """
    if record.state != PublicationState.DRAFTED or record.published_at or record.version:
        return False
    if gaps := gaps_of(record):
        raise WorkflowError(f"参考数据“{record}”不能发布：" + " ".join(gap.text for gap in gaps))
    record.state = PublicationState.PUBLISHED
    record.published_at = timezone.now()
    record.save(update_fields=["state", "published_at", "updated_at"])
    if isinstance(record, ServiceItem):
        _freeze(record, None)
    log(
        actor=None,
        action="publish",
        target=record,
        reason="随参考数据发布",
        changes={"state": [PublicationState.DRAFTED, record.state]},
    )
    return True
