"""The words of paper custody: who can hold a paper, and what can happen to one that changes hands."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class HolderKind(models.TextChoices):
    OUTLET = "outlet", _("网点")
    DEPARTMENT = "department", _("部门")
    PERSON = "person", _("经办人")
    APPLICANT = "applicant", _("申请人")


class CustodyKind(models.TextChoices):
    TAKEN_IN = "taken_in", _("收到")
    HANDED = "handed", _("移交签收")
    GIVEN_BACK = "given_back", _("退还申请人")


class LineAnswer(BadgeChoices):
    """What became of one paper of a handover."""

    PENDING = "pending", _("在途待签收")
    RECEIVED = "received", _("已签收")
    REFUSED = "refused", _("拒收")
    RECALLED = "recalled", _("撤回")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.PENDING: "warn", cls.RECEIVED: "good", cls.REFUSED: "bad", cls.RECALLED: "muted"}
