"""Who applies, as a case and a bundle case (一次办办件) both keep it."""

import secrets
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from services.choices_cases import ApplicantKind
from tuoxian_portal.core import crypto
from tuoxian_portal.core.fields import EncryptedTextField
from tuoxian_portal.core.models import KeyedHashes

# No 0 O 1 I L: read aloud over the counter and typed from a slip.
TRACKING_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_tracking_code() -> str:
    """Eight characters, 40 bits: with the rate limit of `/track/` beyond guessing."""
    return "".join(secrets.choice(TRACKING_ALPHABET) for _ in range(8))


class ApplicantFields(KeyedHashes):
    """The applicant, the agent and the tracking password. Numbers are sealed; `applicant_hash` finds
    the applicant and follows the number at every `save` (`bulk_create` must set it itself)."""

    hash_sources: ClassVar = {"applicant_hash": "applicant_number"}

    applicant_kind = models.CharField(_("申请人类型"), max_length=12, choices=ApplicantKind.choices)
    applicant_name = models.CharField(_("申请人"), max_length=120)
    applicant_number = EncryptedTextField(_("证件号码"))
    applicant_hash = models.CharField(max_length=64, editable=False)
    phone = EncryptedTextField(_("联系电话"))
    agent_name = models.CharField(_("代理人"), max_length=60, blank=True)
    agent_phone = EncryptedTextField(_("代理人电话"), blank=True)
    # Why a number without a right check digit was taken (foreign papers, old codes); "" for all others.
    number_override = models.CharField(
        _("证件号码未通过校验的理由"), max_length=200, blank=True, default="", editable=False
    )
    note = models.CharField(_("备注"), max_length=300, blank=True)
    # JSON text of {field key: value}, the application form as filled in: personal data, so sealed as a whole.
    form_answers = EncryptedTextField(_("表单内容"), blank=True, default="", editable=False)
    tracking_code = EncryptedTextField(_("查询密码"), default=new_tracking_code, editable=False)

    class Meta:
        abstract = True

    @property
    def masked_name(self) -> str:
        """A person's name masked; an organisation's name is public."""
        if self.applicant_kind == ApplicantKind.ORGANISATION:
            return self.applicant_name
        return crypto.mask_name(self.applicant_name)

    @property
    def masked_number(self) -> str:
        if self.applicant_kind == ApplicantKind.ORGANISATION and not self.number_override:
            return self.applicant_number  # a 统一社会信用代码 is public; what was overridden may be anything
        return crypto.mask_identity(self.applicant_number)

    @property
    def masked_phone(self) -> str:
        return crypto.mask_phone(self.phone)
