"""What happens to one case because it is one of a bundle's. What is done with all of them at once is in
`bundle_cases`."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from services.actions.acting import Act, act, handed_in, received, told_lines
from services.choices_cases import CaseOutcome, CaseState, MaterialState, PaperKind
from services.models.cases import Case
from tuoxian_portal.core.errors import WorkflowError


def propose_correction(
    *, case: Case, actor: Any, missing: Iterable[str], version: int | None = None, reason: str = ""
) -> Case:
    """What this case of a bundle still needs, for the next collected notice; replaces what was
    proposed before. Nothing is told to the applicant yet."""
    return _propose("propose_correction", case, actor, missing, version, reason)


def advise_correction(
    *, case: Case, actor: Any, missing: Iterable[str], version: int | None = None, reason: str = ""
) -> Case:
    """`propose_correction` by the department that will review the case."""
    return _propose("advise_correction", case, actor, missing, version, reason)


def _propose(
    name: str, case: Case, actor: Any, missing: Iterable[str], version: int | None, reason: str
) -> Case:
    texts = told_lines(missing)
    if not texts:
        raise ValidationError({"missing": "请逐条写明需要补正的内容。"})

    def change(doing: Act) -> None:
        doing.case.correction_proposal, doing.case.correction_proposed_by = texts, actor

    return act(name, case=case, actor=actor, version=version, reason=reason, change=change)


def hand_in(*, case: Case, actor: Any, materials: Iterable[int]) -> Case:
    """Materials (pks) of a case of a bundle that is not accepted yet came in. Only through the
    bundle's own act, which hands each paper in once for all cases."""
    wanted = set(materials)
    return act(
        "hand_in",
        case=case,
        actor=actor,
        change=lambda doing: handed_in(doing, wanted),
        by_system=True,
        whole=True,
    )


def release_dependents(*, granted: Case) -> list[Case]:
    """Receives the cases of the bundle that waited for `granted` and now wait for nothing: their five
    days begin, and what the earlier ones issue is handed to them. One query, some ten for each."""
    waiting = (
        Case.objects.filter(state=CaseState.WAITING, split_off_at=None, waits_for=granted)
        .exclude(waits_for__in=Case.objects.exclude(outcome=CaseOutcome.APPROVED))
        .order_by("pk")
    )

    def change(doing: Act) -> None:
        received(doing)
        doing.case.received_by = doing.case.created_by
        for material in doing.case.materials.all():
            if material.supplied_by_id and material.state == MaterialState.MISSING:
                material.state, material.received_at = MaterialState.HANDED_IN, doing.at
                doing.changed_materials.append(material)
        doing.issue(PaperKind.RECEIPT)

    reason = f"前置事项 {granted.case_number} 已准予"
    return [act("release", case=case, actor=None, reason=reason, change=change) for case in waiting]


def split_off(*, case: Case, actor: Any, reason: str, version: int | None = None) -> Case:
    """分出单办: the case leaves its bundle and goes on as a single one, with its number and password.
    The last case cannot leave."""
    return act("split_off", case=case, actor=actor, version=version, reason=reason, change=_leave)


def stop_waiting(*, case: Case, actor: Any, reason: str, version: int | None = None) -> Case:
    """不再等待: a case that waits for another one leaves its bundle, because the other ended otherwise or
    the applicant does not want to wait. It stands registered, the window receives it next, and what the
    other would have given is asked of the applicant."""

    def change(doing: Act) -> None:
        _leave(doing)
        pending = doing.case.materials.filter(state=MaterialState.MISSING)
        pending.exclude(supplied_by=None).update(supplied_by=None)

    return act("split_off_waiting", case=case, actor=actor, version=version, reason=reason, change=change)


def _leave(doing: Act) -> None:
    siblings = Case.objects.filter(bundle_case=doing.case.bundle_case_id, split_off_at=None)
    if siblings.count() < 2:
        raise WorkflowError("一次办里只剩这一件，不用分出，直接在一次办办件页面办理即可。")
    doing.case.split_off_at, doing.case.split_off_by = doing.at, doing.actor
    doing.case.split_off_reason = doing.reason[:300]
    doing.case.correction_proposal, doing.case.correction_proposed_by = [], None
