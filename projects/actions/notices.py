"""督办 from its issue to its end."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction

from projects.actions.permission import require
from projects.choices_notice import NoticeEntryKind
from projects.models import NoticeEntry, SupervisionNotice
from projects.workflow_oversight import NOTICE_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import step
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.numbering import next_number

DEFAULT_RETURN_DAYS = 3


@transaction.atomic
def issue_notice(*, notice: SupervisionNotice, actor: Any) -> SupervisionNotice:
    """Sends a notice: gives it its number (`DB2026-001`, unbroken per year) and the day for the reply.

    Raises `NotPermitted` or `ValidationError` (no owner, no demand, no sensible deadline).
    """
    require(actor, "projects.add_supervisionnotice", "发出督办")
    on = today()
    notice.issued_on, notice.issued_by = on, actor
    notice.clean_fields(exclude=["number", "issued_on", "reply_due", "state"])
    notice.clean()
    notice.reply_due = load_calendar().add(on, notice.reply_days)
    notice.number = f"DB{on.year}-{next_number(f'projects.notice.{on.year}'):03d}"
    notice.is_sample = bool(notice.project and notice.project.is_sample)
    notice.save()
    log(
        actor=actor,
        action="issue",
        target=notice,
        reason=notice.requirement[:300],
        changes={"reply_due": [None, str(notice.reply_due)]},
    )
    return notice


@transaction.atomic
def answer_notice(
    *,
    notice: SupervisionNotice,
    text: str,
    actor: Any,
    file: File | None = None,
    version: int | None = None,
) -> SupervisionNotice:
    """The owner's reply, with `file` as its evidence. Late replies are taken and marked as late.

    Raises `NotPermitted`, `EditConflict`, `WorkflowError` (not the owner, not her turn), or
    `ValidationError` (no text, a file that is refused).
    """
    if not text.strip():
        raise ValidationError({"text": "请写明办理情况和结果。"})
    entry = NoticeEntry(notice=notice, kind=NoticeEntryKind.ANSWER, text=text.strip(), by=actor)
    try:
        entry.keep(file)
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from None
    fresh = step(NOTICE_WORKFLOW, "answer", notice, actor, reason=text.strip()[:300], version=version)
    entry.due_on, entry.is_sample = fresh.reply_due, fresh.is_sample
    entry.save()
    return fresh


@transaction.atomic
def return_notice(
    *,
    notice: SupervisionNotice,
    actor: Any,
    reason: str,
    reply_days: int = DEFAULT_RETURN_DAYS,
    version: int | None = None,
) -> SupervisionNotice:
    """The reply does not do; a new deadline of `reply_days` working days runs from today."""
    if not 1 <= reply_days <= 60:
        raise ValidationError({"reply_days": "答复时限应为 1 到 60 个工作日。"})
    due = load_calendar().add(today(), reply_days)
    fresh = step(NOTICE_WORKFLOW, "return", notice, actor, reason=reason, version=version, reply_due=due)
    NoticeEntry.objects.create(
        notice=fresh,
        kind=NoticeEntryKind.RETURN,
        text=reason.strip(),
        due_on=due,
        by=actor,
        is_sample=fresh.is_sample,
    )
    return fresh


def close_notice(
    *, notice: SupervisionNotice, actor: Any, reason: str, version: int | None = None
) -> SupervisionNotice:
    """The matter is settled; `reason` says on what grounds."""
    return step(NOTICE_WORKFLOW, "close", notice, actor, reason=reason, version=version, ended_on=today())


def cancel_notice(
    *, notice: SupervisionNotice, actor: Any, reason: str, version: int | None = None
) -> SupervisionNotice:
    """Takes back a notice that need not be answered any more."""
    return step(NOTICE_WORKFLOW, "cancel", notice, actor, reason=reason, version=version, ended_on=today())
