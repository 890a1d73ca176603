"""Recording promises and judging what they came to."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from projects.actions.permission import require
from projects.choices_commitment import Verdict
from projects.commitments import standing
from projects.models import Commitment, KeyProject
from projects.workflow_oversight import COMMITMENT_EVENTS
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences, locked, step
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import WorkflowError

FILE_FIELDS = ["evidence_file", "evidence_name", "evidence_kind", "evidence_sha256"]


@transaction.atomic
def save_commitment(
    *,
    commitment: Commitment,
    actor: Any,
    changed: list[str],
    version: int | None = None,
    file: File | None = None,
) -> Commitment:
    """Adds a promise, or saves its `changed` fields; `file` becomes its evidence.

    Raises `NotPermitted`, `EditConflict`, `WorkflowError` once it was judged, or `ValidationError`.
    """
    adding = commitment.pk is None
    require(actor, f"projects.{'add' if adding else 'change'}_commitment", "登记承诺")
    names = [name for name in changed if name not in FILE_FIELDS]
    try:
        commitment.keep(file)
    except ValidationError as error:
        raise ValidationError({"evidence_file": error.messages}) from None
    if adding:
        commitment.is_sample = KeyProject.objects.get(pk=commitment.project_id).is_sample
        commitment.full_clean()
        commitment.save()
        log(actor=actor, action="add", target=commitment)
        return commitment
    fresh = locked(commitment)
    check_version(fresh, version)
    if fresh.verdict:
        raise WorkflowError("这项承诺已经核定，不能再修改。如需修改，请先“撤销核定”。")
    before = {name: getattr(fresh, name) for name in names}
    after = {name: getattr(commitment, name) for name in names}
    for name, value in after.items():
        setattr(fresh, name, value)
    if file:
        names = [*names, *FILE_FIELDS]
        for name in FILE_FIELDS:
            setattr(fresh, name, getattr(commitment, name))
        before, after = {**before, "evidence": ""}, {**after, "evidence": commitment.evidence_name}
    if not names:
        return fresh
    fresh.full_clean()
    bump(fresh)
    fresh.save(update_fields=[*names, "version", "updated_at"])
    log(actor=actor, action="edit", target=fresh, changes=differences(before, after))
    return fresh


@transaction.atomic
def judge_commitment(
    *, commitment: Commitment, verdict: str, actor: Any, reason: str, version: int | None = None
) -> Commitment:
    """Says what a promise came to, on the evidence named in `reason`; what the records say is kept
    beside it. Raises `NotPermitted`, `EditConflict`, or `WorkflowError` (judged already, no reason)."""
    if verdict not in dict(Verdict.judged()):
        text = "请选择兑现、部分兑现或未兑现。"
        raise WorkflowError(text, fields={"verdict": [text]})
    measured = Commitment.objects.with_measures().get(pk=commitment.pk)
    return step(
        COMMITMENT_EVENTS,
        "judge",
        commitment,
        actor,
        reason=reason,
        version=version,
        verdict=verdict,
        verdict_reason=reason.strip()[:300],
        verdict_computed=standing(measured, on=today()).computed.value,
        judged_at=timezone.now(),
        judged_by=actor,
    )


def withdraw_verdict(
    *, commitment: Commitment, actor: Any, reason: str, version: int | None = None
) -> Commitment:
    """Back to what the records say; the history keeps the judgement."""
    return step(
        COMMITMENT_EVENTS,
        "withdraw_verdict",
        commitment,
        actor,
        reason=reason,
        version=version,
        verdict="",
        verdict_reason="",
        verdict_computed="",
        judged_at=None,
        judged_by=None,
    )
