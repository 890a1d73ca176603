"""What an enterprise was told of its claim: the paper as it was issued, and the mail that carries it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.choices_claims import ClaimState, NoticeMethod
from policies.models.claim import PolicyClaim
from tuoxian_portal.core.models import Timestamped
from tuoxian_portal.core.outbox import Outgoing
from tuoxian_portal.core.querysets import PortalQuerySet


class ClaimNotice(Timestamped):
    """告知书。 `content` is the paper of that day (see `policies.notice_paper`), printed the same each time."""

    claim = models.ForeignKey(PolicyClaim, models.CASCADE, related_name="notices", verbose_name=_("政策兑现"))
    number = models.CharField(_("文书编号"), max_length=30, unique=True)
    state = models.CharField(_("告知的决定"), max_length=10, choices=ClaimState.choices)
    method = models.CharField(_("送达方式"), max_length=10, choices=NoticeMethod.choices)
    notified_on = models.DateField(_("告知日期"))
    content = models.JSONField(_("内容"))

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("兑现告知书")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.number


class ClaimMail(Outgoing, Timestamped):
    """The mail that carries a notice to the contact address of the enterprise.

    The address is read when it is sent, so that a corrected one is used and an erased one is not."""

    notice = models.OneToOneField(
        ClaimNotice, models.CASCADE, related_name="mail", verbose_name=_("兑现告知书")
    )

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("告知邮件")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "next_try_at"], name="claim_mail_due")]

    def __str__(self) -> str:
        return str(self.notice)
