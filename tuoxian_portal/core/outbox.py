"""Mail that was promised: a row written in the transaction that promises it, and tried until it is sent.

An app's own row inherits from `Outgoing` and knows how to write its letter. The guarantee is at least
once, and once unless a worker dies between handing a message over and writing that down: then it is sent
once more, under the same `Message-ID`, by which mail systems tell the repetition. A message that the server
refuses is tried again, after 5 minutes at first and then at growing intervals up to a day; it is never
given up by itself. While the server cannot be reached at all, no message is blamed: one look finds that out for
all of them, and everything waits for the next one, five minutes later.
"""

import contextlib
import logging
import uuid
from collections.abc import Callable
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices

logger = logging.getLogger(__name__)

CLAIM_FOR = timedelta(minutes=15)  # longer than any attempt; then its worker is taken for dead
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=1)
A_CONNECTION = 50  # messages; mail servers end a connection that carries many more


class MailState(BadgeChoices):
    """`SENDING` is a claim by one worker; a claim that is too old is taken over."""

    QUEUED = "queued", _("待发送")
    SENDING = "sending", _("发送中")
    SENT = "sent", _("已发送")
    DROPPED = "dropped", _("不再发送")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.QUEUED: "info", cls.SENDING: "info", cls.SENT: "good", cls.DROPPED: "muted"}


UNSENT = (MailState.QUEUED, MailState.SENDING)


class Outgoing(models.Model):
    """One message and how far it has come."""

    state = models.CharField(_("状态"), max_length=8, choices=MailState.choices, default=MailState.QUEUED)
    # The `Message-ID` of every attempt, by which mail systems tell a repeated delivery.
    message_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("已试次数"), default=0)
    next_try_at = models.DateTimeField(_("下次发送"), default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)
    error = models.CharField(_("最近的错误"), max_length=200, blank=True)

    class Meta:
        abstract = True

    def headers(self) -> dict[str, str]:
        """What every attempt at this message carries."""
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
        return {"Message-ID": f"<{self.message_id}@{domain}>", "Auto-Submitted": "auto-generated"}


class ServerAway(Exception):
    """No connection to the mail server, or it does not let us in; its text is the kind of error."""


class Courier:
    """Carries messages to the mail server, `A_CONNECTION` of them over one connection."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._carried = 0

    def send(self, mail: EmailMessage) -> None:
        """Raises `ServerAway` when nothing can be sent now, anything else when this message cannot."""
        if self._connection is None or self._carried >= A_CONNECTION:
            self._connect()
        self._carried += 1
        mail.connection = self._connection
        try:
            mail.send()
        except Exception:
            self.close()  # whatever state it is in; the next message gets a new one
            raise

    def _connect(self) -> None:
        self.close()
        connection = get_connection()
        try:
            connection.open()
        except Exception as error:  # every network fails in its own way
            raise ServerAway(type(error).__name__) from error
        self._connection, self._carried = connection, 0

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):  # what was sent is sent, however the goodbye went
                self._connection.close()
            self._connection = None


def send_all(rows: Any, send_one: Callable[[int, Courier], bool]) -> int:
    """Sends those of `rows` that are due; returns how many went out. `send_one` makes one attempt, and
    gives its row back (`give_back`) when there is no server."""
    courier, sent = Courier(), 0
    try:
        for pk in due_keys(rows):
            sent += send_one(pk, courier)
    except ServerAway as away:
        logger.warning("the mail server cannot be reached: %s", away)
        _wait_for_server(rows.filter(due()), away)
    finally:
        courier.close()
    return sent


def give_back(message: Outgoing, away: ServerAway) -> None:
    """There was no server: the attempt does not count."""
    _wait_for_server(_held(message), away, attempts=F("attempts") - 1)


def _wait_for_server(rows: Any, away: ServerAway, **changes: Any) -> None:
    rows.update(
        state=MailState.QUEUED,
        next_try_at=timezone.now() + FIRST_WAIT,
        error=f"邮件服务器连不上（{away}）"[:200],
        **changes,
    )


def wait_after(attempts: int) -> timedelta:
    """5, 10, 20 … minutes, a day at most."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 12), LONGEST_WAIT)


def due() -> Q:
    """What is to be tried now: its time has come, or its worker is taken for dead."""
    now = timezone.now()
    return Q(state=MailState.QUEUED, next_try_at__lte=now) | Q(
        state=MailState.SENDING, claimed_at__lt=now - CLAIM_FOR
    )


def due_keys(rows: Any) -> list[int]:
    """The keys of those of `rows` that are due, longest waiting first."""
    return list(rows.filter(due()).order_by("next_try_at", "pk").values_list("pk", flat=True))


def take(rows: Any, pk: int) -> bool:
    """Claims one of `rows` for this worker; False when another has it, or it is not due."""
    claimed = rows.filter(pk=pk).filter(due())
    return bool(
        claimed.update(state=MailState.SENDING, claimed_at=timezone.now(), attempts=F("attempts") + 1)
    )


def settle(message: Outgoing, *, sent: bool) -> bool:
    """Writes how it ended; False when the claim of this worker was taken over meanwhile."""
    return bool(
        _held(message).update(
            state=MailState.SENT if sent else MailState.DROPPED,
            sent_at=timezone.now() if sent else None,
            error="",
        )
    )


def postpone(message: Outgoing, error: Exception) -> None:
    """The attempt failed: it waits for the next one."""
    logger.warning(
        "%s %s was not sent (attempt %d): %s",
        message._meta.label,
        message.pk,
        message.attempts,
        type(error).__name__,
    )
    _held(message).update(
        state=MailState.QUEUED,
        next_try_at=timezone.now() + wait_after(message.attempts),
        # The server's own words may repeat the address.
        error=f"{type(error).__name__}，第 {message.attempts} 次未发出"[:200],
    )


def _held(message: Outgoing) -> Any:
    """`message`, as long as this worker's claim on it lasts."""
    return type(message)._default_manager.filter(
        pk=message.pk, claimed_at=message.claimed_at, state=MailState.SENDING
    )
