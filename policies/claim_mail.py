"""Taking the notices that were promised by mail to the mail server; `core.outbox` says what is guaranteed."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from policies.actions.claim_notice import may_be_mailed, notified_later
from policies.models import ClaimMail
from policies.notice_paper import render
from tuoxian_portal.core import outbox
from tuoxian_portal.core.outbox import Courier, ServerAway


def send_due() -> int:
    """Sends every mail whose time has come; returns how many went out. Safe to run twice at once."""
    return outbox.send_all(ClaimMail.objects.all(), send_one)


def send_one(pk: int, courier: Courier) -> bool:
    """One attempt at one mail, unless another worker is at it. Raises `ServerAway`, which is no attempt."""
    rows = ClaimMail.objects.all()
    if not outbox.take(rows, pk):
        return False
    mail = rows.select_related("notice__claim__enterprise", "notice__claim__clause__policy").get(pk=pk)
    try:
        letter = _letter(mail)
        if letter is not None:
            courier.send(letter)
    except ServerAway as away:
        outbox.give_back(mail, away)
        raise
    except Exception as error:  # every mail server and every network fails in its own way
        outbox.postpone(mail, error)
        return False
    outbox.settle(mail, sent=letter is not None)
    return letter is not None


def _letter(mail: ClaimMail) -> EmailMessage | None:
    """The mail; None when the address was erased, or the decision no longer stands."""
    claim = mail.notice.claim
    if claim.notified_on is None or not may_be_mailed(claim):
        return None
    notice = notified_later(notice=mail.notice)
    paper = notice.content
    message = EmailMessage(
        subject=" ".join(f"[{settings.SITE['name']}] {paper['title']} {notice.number}".split()),
        body=render_to_string("policies/mail/notice.txt", {"paper": paper, "site": settings.SITE}),
        to=[claim.enterprise.contact_email],
        headers=mail.headers(),
    )
    message.attach(f"{notice.number}.pdf", render([paper]), "application/pdf")
    return message
