"""差评整改: checked, corrected, answered, called back about, closed by somebody else.

All take the `remediation`, the `actor`, what was written (`reason`), and the `version` that was on the
screen; they raise `WorkflowError`, `NotPermitted`, `EditConflict` or `ValidationError`. The table of who
may do what when is `services/workflow_ratings.py`.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from services.choices_cases import PaperKind
from services.choices_ratings import CallBackVerdict, RatingStanding
from services.models.ratings import RatingRemediation, RemediationPaper, ServiceRating
from services.papers.ratings import new_remediation_paper
from services.workflow_ratings import REMEDIATION_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import locked, step, write
from tuoxian_portal.core.calendar import load_calendar
from tuoxian_portal.directory.models import Department

MAX_TEXT = 1000


def open_remediation(*, rating: ServiceRating, actor: Any, at: datetime) -> RatingRemediation:
    """Opened by the system in the transaction of the rating; must run inside it. Its number is the
    rating's own, its deadline counts working days from the day after."""
    day = timezone.localdate(at)
    invitation = rating.invitation
    remediation = RatingRemediation.objects.create(
        number=rating.number.replace("PJ-", "ZG-", 1),
        rating=rating,
        department_id=invitation.department_id,
        outlet_id=invitation.outlet_id,
        opened_at=at,
        due_on=load_calendar().add(day, settings.RATING_REMEDIATION_WORKING_DAYS),
        is_sample=rating.is_sample,
    )
    log(actor=actor, action="open", target=remediation, changes={"state": [None, remediation.state]})
    return remediation


def _text(value: str, field: str = "reason") -> str:
    value = value.replace("\x00", "").strip()
    if len(value) > MAX_TEXT:
        raise ValidationError({field: f"不超过 {MAX_TEXT} 字，现有 {len(value)} 字，请删减。"})
    return value


def _do(
    name: str, remediation: RatingRemediation, actor: Any, reason: str, version: int | None, **values: Any
) -> Any:
    return step(REMEDIATION_WORKFLOW, name, remediation, actor, reason=reason, version=version, **values)


@transaction.atomic
def verify_remediation(
    *,
    remediation: RatingRemediation,
    actor: Any,
    reason: str,
    department: Department | None = None,
    version: int | None = None,
) -> Any:
    """核实属实: `reason` is what was found. Goes to the responsible department (`department`, if another
    one than so far), with a 差评整改单."""
    finding = _text(reason)
    values: dict[str, Any] = {"department": department} if department is not None else {}
    fresh = _do(
        "verify",
        remediation,
        actor,
        finding,
        version,
        finding=finding,
        verified_by=actor,
        verified_at=timezone.now(),
        **values,
    )
    _print(PaperKind.REMEDIATION, fresh, actor)
    return fresh


@transaction.atomic
def reject_remediation(
    *, remediation: RatingRemediation, actor: Any, reason: str, version: int | None = None
) -> Any:
    """不属实: ends the rectification; the rating stays and no longer counts."""
    finding, now = _text(reason), timezone.now()
    fresh = _do(
        "reject",
        remediation,
        actor,
        finding,
        version,
        finding=finding,
        verified_by=actor,
        verified_at=now,
        closed_by=actor,
        closed_at=now,
        closing_note=finding,
    )
    rating = locked(fresh.rating)
    if rating.standing != RatingStanding.INVALID:
        judged = {"judged_by": actor, "judged_at": now, "judgement": f"差评不属实：{finding}"[:300]}
        write(
            rating,
            {"standing": RatingStanding.INVALID, **judged},
            actor=actor,
            action="dismiss",
            reason=finding,
        )
    _print(PaperKind.REMEDIATION_RESULT, fresh, actor)
    return fresh


def answer_remediation(
    *, remediation: RatingRemediation, actor: Any, reason: str, version: int | None = None
) -> Any:
    """提交整改答复: what was done, in words that can be said to the person."""
    answer = _text(reason)
    return _do(
        "answer",
        remediation,
        actor,
        answer,
        version,
        answer=answer,
        answered_by=actor,
        answered_at=timezone.now(),
        verdict="",
        call_note="",
        called_by=None,
        called_at=None,
    )


@transaction.atomic
def call_back(
    *,
    remediation: RatingRemediation,
    actor: Any,
    verdict: str,
    reason: str,
    version: int | None = None,
) -> Any:
    """登记回访: who is still dissatisfied sends the rectification back; `reason` is what was said."""
    if verdict not in CallBackVerdict.values:
        raise ValidationError({"verdict": "请选择回访结果。"})
    note = _text(reason)
    fresh = _do(
        "call_back",
        remediation,
        actor,
        note,
        version,
        verdict=verdict,
        call_note=note,
        called_by=actor,
        called_at=timezone.now(),
    )
    if verdict != CallBackVerdict.DISSATISFIED:
        return fresh
    back = REMEDIATION_WORKFLOW.check(fresh, "send_back", None)  # of the row that is locked already
    values = {"state": back.target, "rounds": fresh.rounds + 1}
    return write(fresh, values, actor=None, action=back.name, reason="回访仍不满意")


@transaction.atomic
def close_remediation(
    *, remediation: RatingRemediation, actor: Any, reason: str, version: int | None = None
) -> Any:
    """办结, by somebody who neither handled the matter nor wrote the answer."""
    note = _text(reason)
    fresh = _do(
        "close",
        remediation,
        actor,
        note,
        version,
        closed_by=actor,
        closed_at=timezone.now(),
        closing_note=note,
    )
    _print(PaperKind.REMEDIATION_RESULT, fresh, actor)
    return fresh


def lapse_remediation(*, rating: ServiceRating, actor: Any, reason: str) -> None:
    """Ends an open rectification of a rating that was found invalid."""
    found = RatingRemediation.objects.open().filter(rating=rating).first()
    if found is not None:
        _do("lapse", found, actor, reason, None, closed_at=timezone.now(), closing_note=reason[:MAX_TEXT])


def _print(kind: str, remediation: RatingRemediation, actor: Any) -> None:
    sequence = RemediationPaper.objects.filter(remediation=remediation).count() + 1
    new_remediation_paper(kind, remediation, sequence=sequence, at=timezone.now(), by=actor).save()
