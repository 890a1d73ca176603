"""What happens to feedback, from the form to the day on which its contact is erased."""

import uuid
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from tuoxian_portal.audit.actions import log, log_many
from tuoxian_portal.audit.steps import step
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.numbering import next_number
from tuoxian_portal.feedback.choices import ContactKind
from tuoxian_portal.feedback.contacts import clean_contact
from tuoxian_portal.feedback.models import Feedback
from tuoxian_portal.feedback.pages import clean_page
from tuoxian_portal.feedback.workflow import FEEDBACK_WORKFLOW

ERASED_AT_ONCE = 500


def _new_number(on: date) -> str:
    """`YJ20261124-0001`: unbroken per day. Two queries; only inside a transaction."""
    return f"YJ{on:%Y%m%d}-{next_number(f'feedback.{on:%Y%m%d}'):04d}"


def _answer_due(on: date) -> date | None:
    days = settings.FEEDBACK_ANSWER_WORKING_DAYS
    return load_calendar().add(on, days) if days else None


def record_feedback(
    *,
    kind: str,
    text: str,
    page: str = "",
    contact: str = "",
    token: uuid.UUID | None = None,
    actor: Any = None,
) -> Feedback:
    """Writes down what a visitor says; returns it with number, password and deadline.

    The same `token` (a form sent twice) returns the first record. Raises `ValidationError` for a contact
    that is neither a telephone number nor an address of mail.
    """
    token = token or uuid.uuid4()
    if existing := Feedback.objects.filter(token=token).first():
        return existing
    contact, contact_kind = clean_contact(contact)
    on = today()
    try:
        with transaction.atomic():
            feedback = Feedback(
                number=_new_number(on),
                token=token,
                kind=kind,
                text=text.strip(),
                page=clean_page(page),
                contact=contact,
                contact_kind=contact_kind,
                answer_due=_answer_due(on),
            )
            feedback.full_clean(validate_unique=False)
            feedback.save(force_insert=True)
            log(actor=actor, action="receive", target=feedback)
    except IntegrityError:  # the same form, a moment earlier
        earlier = Feedback.objects.filter(token=token).first()
        if earlier is None:
            raise
        return earlier
    return feedback


def take_feedback(*, feedback: Feedback, actor: Any, version: int | None = None) -> Feedback:
    """Somebody looks after it; her name stands in the queue."""
    return step(FEEDBACK_WORKFLOW, "take", feedback, actor, version=version, owner=actor)


def answer_feedback(*, feedback: Feedback, actor: Any, answer: str, version: int | None = None) -> Feedback:
    """The answer that the writer reads. Raises `ValidationError` without words."""
    if not answer.strip():
        raise ValidationError({"answer": "请填写答复。"})
    return step(
        FEEDBACK_WORKFLOW,
        "answer",
        feedback,
        actor,
        version=version,
        answer=answer.strip(),
        ended_at=timezone.now(),
        owner=lambda fresh: fresh.owner or actor,
    )


def close_feedback(*, feedback: Feedback, actor: Any, reason: str, version: int | None = None) -> Feedback:
    """Nothing to answer, with the reason that the writer reads."""
    return step(
        FEEDBACK_WORKFLOW,
        "close",
        feedback,
        actor,
        reason=reason,
        version=version,
        close_reason=reason.strip(),
        ended_at=timezone.now(),
        owner=lambda fresh: fresh.owner or actor,
    )


def reopen_feedback(*, feedback: Feedback, actor: Any, reason: str, version: int | None = None) -> Feedback:
    """Takes it up again; the earlier answer stays in the history."""
    return step(
        FEEDBACK_WORKFLOW,
        "reopen",
        feedback,
        actor,
        reason=reason,
        version=version,
        answer="",
        close_reason="",
        ended_at=None,
        owner=actor,
    )


@transaction.atomic
def erase_contacts(*, actor: Any = None) -> int:
    """Erases the contacts of what ended more than `FEEDBACK_CONTACT_DAYS` ago; returns how many."""
    before = timezone.now() - timedelta(days=settings.FEEDBACK_CONTACT_DAYS)
    due = Feedback.objects.contact_to_erase(before)
    rows = list(due.select_for_update().defer("contact", "code").order_by("pk")[:ERASED_AT_ONCE])
    Feedback.objects.filter(pk__in=[row.pk for row in rows]).update(
        contact="", contact_kind=ContactKind.ERASED
    )
    log_many(actor=actor, action="erase_contact", targets=rows, changes=[{}] * len(rows))
    return len(rows)
