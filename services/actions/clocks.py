"""What time does to cases: deemed acceptance, and deadlines that follow the calendar."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from services.actions.acting import set_deadlines
from services.actions.cases import complete_case, deem_accepted
from services.actions.following import follow_cases, lock_bundle, open_bundles
from services.choices_cases import OPEN_STATES, CaseState
from services.models.cases import Case
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.concurrency import bump
from tuoxian_portal.core.errors import PortalError

logger = logging.getLogger(__name__)
DERIVED = ("due_on", "due_kind", "decide_by")


@dataclass(frozen=True)
class Moved:
    """A deadline that a change of the calendar moved."""

    case_number: str
    due_before: date | None
    due_after: date | None
    decide_before: date | None
    decide_after: date | None

    def __str__(self) -> str:
        parts = []
        if self.due_before != self.due_after:
            parts.append(f"本环节 {self.due_before or '无'} → {self.due_after or '无'}")
        if self.decide_before != self.decide_after:
            parts.append(f"作出决定 {self.decide_before or '无'} → {self.decide_after or '无'}")
        return f"{self.case_number}：{'，'.join(parts)}"


def recompute_deadlines(*, batch: int = 500) -> list[Moved]:
    """Derives every open case's deadlines again and returns those that moved, each audited.

    Two queries a batch, and three for each moved case; then some four for each open bundle case, whose
    one promise follows. Idempotent.
    """
    moved = _recompute_cases(batch)
    for pk in open_bundles():
        with transaction.atomic():
            before = lock_bundle(pk)
            if follow_cases(pk):
                after = lock_bundle(pk)
                moved.append(Moved(after.number, None, None, before.promised_by, after.promised_by))
    return moved


def _recompute_cases(batch: int) -> list[Moved]:
    moved: list[Moved] = []
    last = 0
    while True:
        with transaction.atomic():
            cases = list(
                Case.objects.select_for_update()
                .filter(state__in=OPEN_STATES, pk__gt=last)
                .prefetch_related("intervals")
                .order_by("pk")[:batch]
            )
            if not cases:
                return moved
            last = cases[-1].pk
            for case in cases:
                before = {name: getattr(case, name) for name in DERIVED}
                set_deadlines(case, list(case.intervals.all()))
                changes = differences(before, {name: getattr(case, name) for name in DERIVED})
                if not changes:
                    continue
                bump(case)
                case.save(update_fields=[*DERIVED, "version"])
                moved.append(
                    Moved(
                        case.case_number, before["due_on"], case.due_on, before["decide_by"], case.decide_by
                    )
                )
                log(actor=None, action="recompute", target=case, reason="工作日历变更", changes=changes)


def accept_by_law() -> list[Case]:
    """视为受理 for every receipt whose five days are over, whenever that was: a task that did not run
    for days catches up, and each acceptance is dated back to its receipt."""
    waiting = Case.objects.filter(state=CaseState.RECEIVED, due_on__lt=today()).order_by("pk")
    return _each(waiting.iterator(chunk_size=200), deem_accepted)


def close_delivered() -> int:
    """办结 for what was delivered but not closed."""
    return len(_each(list(Case.objects.filter(state=CaseState.DELIVERED)[:500]), complete_case))


def _each(cases: Iterable[Case], act: Callable[..., Case]) -> list[Case]:
    """Does `act` with each of `cases`; returns those done. One that fails is logged and keeps no other
    waiting: a right that follows from the law does not depend on another applicant's case."""
    done = []
    for case in cases:
        try:
            done.append(act(case=case))
        except PortalError as error:  # answered in the same moment
            logger.info("%s of case %s was refused: %s", act.__name__, case.case_number, error.message)
        except Exception:  # a fault of ours; tried again with the next run
            logger.exception("%s of case %s failed", act.__name__, case.case_number)
    return done
