"""How every act on an entrustment is done: locked, scoped, checked, printed, written down."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from services.choices_entrustments import ENDED_STATES
from services.models.catalogue import ServiceItem
from services.models.entrustments import Entrustment, EntrustmentCase, EntrustmentDocument
from services.papers.entrustment_texts import new_entrustment_paper
from services.workflow_entrustments import ENTRUSTMENT_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import NotPermitted, WorkflowError

# Written to the audit entry when they changed; never a personal value.
LOGGED = (
    *("state", "mode", "outlet_id", "park_id", "project_id", "helper_id", "co_helper_id"),
    *("starts_on", "ends_on", "follow_up_grade"),
)


@dataclass
class Entrusting:
    """One act under way: the locked entrustment, and what is to be printed when it is done."""

    entrustment: Entrustment
    actor: Any
    reason: str
    at: datetime
    on: date
    papers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    # What the audit entry says besides the changed fields.
    changes: dict[str, list[Any]] = field(default_factory=dict)

    def issue(self, kind: str, **extra: Any) -> None:
        """Has a paper printed once the act is complete."""
        self.papers.append((kind, extra))

    def require(self, power: str, item: ServiceItem | None, on: date | None = None) -> None:
        """Raises `WorkflowError` unless the authority allows `power` for `item` on that day (today)."""
        if refusal := self.entrustment.refusal(power, item, on or self.on):
            raise WorkflowError(refusal)

    def print_papers(self) -> None:
        if not self.papers:
            return
        # Rows written by this act must be on its papers.
        fresh = with_rows(Entrustment.objects.filter(pk=self.entrustment.pk)).get()
        sequence = EntrustmentDocument.objects.filter(entrustment=fresh).count()
        EntrustmentDocument.objects.bulk_create(
            new_entrustment_paper(kind, fresh, sequence=sequence + n, at=self.at, by=self.actor, **extra)
            for n, (kind, extra) in enumerate(self.papers, 1)
        )


def with_rows(rows: Any) -> Any:
    """Everything that guards and papers ask about an entrustment, in a constant number of queries."""
    links = EntrustmentCase.objects.select_related("case__item", "case__department", "helper")
    return rows.select_related(
        "outlet", "park", "project", "enterprise", "helper", "co_helper"
    ).prefetch_related("matters__item", "pauses", "steps", "papers", "visits", Prefetch("case_links", links))


def lock(entrustment: Entrustment, actor: Any) -> Entrustment:
    """The row as it is now, locked, if `actor` (None: the system) may see it.

    Some eight queries. Raises `NotPermitted` outside the actor's scope.
    """
    rows = Entrustment.objects.all() if actor is None else Entrustment.objects.visible_to(actor)
    found = with_rows(rows.select_for_update(of=("self",))).filter(pk=entrustment.pk).first()
    if found is None:
        raise NotPermitted("本委托不在您的办理范围内。")
    return found


def entrusting(
    name: str,
    *,
    entrustment: Entrustment,
    actor: Any,
    change: Callable[[Entrusting], None],
    reason: str = "",
    version: int | None = None,
) -> Entrustment:
    """Does the transition `name` and returns the entrustment as saved. `actor=None` is the system.

    `change` makes what is particular to it. Some fifteen queries. Raises what `Workflow.check` and
    `check_version` raise.
    """
    with transaction.atomic():
        fresh = lock(entrustment, actor)
        before = {f.attname: getattr(fresh, f.attname) for f in Entrustment._meta.concrete_fields}
        transition = ENTRUSTMENT_WORKFLOW.check(fresh, name, actor, reason=reason)
        check_version(fresh, version)
        at = timezone.now()
        doing = Entrusting(fresh, actor, reason.strip(), at, timezone.localdate(at))
        change(doing)
        if transition.target:
            fresh.state = transition.target
            if transition.target in ENDED_STATES and fresh.closed_on is None:
                fresh.closed_on = doing.on
        bump(fresh)
        changed = [field for field, value in before.items() if getattr(fresh, field) != value]
        fresh.save(update_fields=[*changed, "updated_at"])
        log(
            actor=actor,
            action=name,
            target=fresh,
            reason=doing.reason,
            changes={
                **differences(before, {field: getattr(fresh, field) for field in LOGGED}),
                **doing.changes,
            },
        )
        doing.print_papers()
        # What was fetched for the guards is older than what the act wrote.
        fresh.__dict__["_prefetched_objects_cache"] = {}
    return fresh


def text_of(field: str, value: str, label: str, *, longest: int, required: bool = True) -> str:
    """`value` on one line without odd spaces. Raises `ValidationError` at `field`."""
    text = " ".join((value or "").replace("\x00", "").split())
    if required and not text:
        raise ValidationError({field: f"请填写{label}。"})
    if len(text) > longest:
        raise ValidationError({field: f"{label}不超过 {longest} 字。"})
    return text
