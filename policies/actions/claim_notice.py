"""Telling an enterprise what was decided: the paper is kept as issued, and mailed when there is an address."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from policies.choices_claims import NoticeMethod
from policies.claim_clocks import due_after
from policies.models import ClaimMail, ClaimNotice, PolicyClaim
from policies.notice_paper import compose
from policies.querysets_claims import OBJECTABLE
from policies.workflow_claims import CLAIM_WORKFLOW
from tuoxian_portal.audit.steps import locked, write
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.concurrency import check_version
from tuoxian_portal.core.jobs import enqueue
from tuoxian_portal.core.outbox import UNSENT, MailState

SEND = "policies-send-notices"


def may_be_mailed(claim: PolicyClaim) -> bool:
    """Whether a notice goes to the enterprise by mail: it has a contact address and is no sample."""
    return bool(claim.enterprise.contact_email) and not _is_sample(claim)


def _is_sample(claim: PolicyClaim) -> bool:
    return claim.is_sample or claim.enterprise.is_sample


@transaction.atomic
def notify_claim(
    *,
    claim: PolicyClaim,
    actor: Any,
    method: str,
    notified_on: date | None = None,
    undelivered: bool = False,
    reason: str = "",
    version: int | None = None,
) -> PolicyClaim:
    """The enterprise is told of the decision, by `method`, on `notified_on` (today by default).

    The first time starts the objection period, if the clause states one. Later ones are kept, and start
    it again only when the one before was `undelivered`. The paper is frozen with the act; where the
    register has a contact address it is mailed, whatever the method.
    """
    day = notified_on or today()
    fresh = locked(claim)
    check_version(fresh, version)
    transition = CLAIM_WORKFLOW.check(fresh, "notify_claim", actor, reason=reason)
    _check(fresh, method, day)
    values: dict[str, Any] = {}
    if fresh.notified_on is None or undelivered:
        values = {"notified_on": day, "notice_method": method, **_objection_period(fresh, day)}
        _drop_unsent(fresh)
    write(fresh, values, actor=actor, action=transition.name, reason=reason)
    notice = ClaimNotice(claim=fresh, state=fresh.state, method=method, notified_on=day)
    notice.number = f"{fresh.number}-{fresh.notices.count() + 1:02d}"
    notice.content = compose(fresh, notice.number)
    notice.save()
    if may_be_mailed(fresh):
        ClaimMail.objects.create(notice=notice)
        transaction.on_commit(queue_sending)
    return fresh


def queue_sending() -> None:
    """One open job, however many mails were promised."""
    enqueue(SEND, title="发送兑现告知书", dedupe_key="send")


def _check(claim: PolicyClaim, method: str, day: date) -> None:
    decided = claim.reviewed_on or claim.filed_on
    if method not in NoticeMethod.values:
        raise ValidationError({"method": ["请选择送达方式。"]})
    if day > today():
        raise ValidationError({"notified_on": ["告知日期不能晚于今天。"]})
    if day < decided:
        raise ValidationError({"notified_on": [f"告知日期不能早于作出决定的日期 {decided}。"]})
    if method == NoticeMethod.EMAIL:
        if day != today():
            raise ValidationError({"notified_on": ["用电子邮件告知的，日期为今天，邮件随后发出。"]})
        if not may_be_mailed(claim) and not _is_sample(claim):
            raise ValidationError(
                {"method": ["名录里没有这家企业的联系邮箱。请先在“企业”里填写，或改用其他送达方式。"]}
            )


def _objection_period(claim: PolicyClaim, day: date) -> dict[str, Any]:
    if claim.state not in OBJECTABLE:
        return {}
    return {"objection_until": due_after(load_calendar(), day, claim.clause.objection_days)}


def _drop_unsent(claim: PolicyClaim) -> None:
    """What waits to be mailed of an earlier notice would contradict the new one."""
    ClaimMail.objects.filter(notice__claim=claim, state__in=UNSENT).update(state=MailState.DROPPED)


@transaction.atomic
def notified_later(*, notice: ClaimNotice) -> ClaimNotice:
    """A notice by e-mail goes out only today: its date, the objection period and the paper follow.

    Only the notice that started the period; the system does it, just before the mail is sent.
    """
    day = today()
    claim = locked(notice.claim)
    first = claim.notice_method == NoticeMethod.EMAIL and claim.notified_on == notice.notified_on
    if notice.method != NoticeMethod.EMAIL or notice.notified_on == day or not first:
        return notice
    write(
        claim,
        {"notified_on": day, **_objection_period(claim, day)},
        actor=None,
        action="notified_later",
        reason="告知邮件今天发出",
    )
    notice.notified_on = day
    notice.content = compose(claim, notice.number)
    notice.save(update_fields=["notified_on", "content", "updated_at"])
    return notice
