"""The vocabulary of claims (兑现)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class ClaimOrigin(models.TextChoices):
    """Who began it."""

    FILED = "filed", _("企业申报")
    AUTO = "auto", _("免申即享")


class ClaimState(BadgeChoices):
    PROPOSED = "proposed", _("拟享受，待确认")
    FILED = "filed", _("已申报，待审核")
    REVIEWED = "reviewed", _("已审核，待批准")
    APPROVED = "approved", _("已批准，待兑付")
    PAID = "paid", _("已兑付")
    REFUSED = "refused", _("不予兑付")
    OBJECTED = "objected", _("异议处理中")
    WITHDRAWN = "withdrawn", _("已撤回")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.PROPOSED: "neutral",
            cls.FILED: "info",
            cls.REVIEWED: "info",
            cls.APPROVED: "warn",
            cls.PAID: "good",
            cls.REFUSED: "bad",
            cls.OBJECTED: "warn",
            cls.WITHDRAWN: "muted",
        }


COMMITTED = (ClaimState.APPROVED, ClaimState.PAID)
"""What has been promised out of the envelope."""
ENDED = (ClaimState.REFUSED, ClaimState.WITHDRAWN)
"""What does not keep the same enterprise from claiming again in the same year."""


DECIDED = (ClaimState.REVIEWED, ClaimState.APPROVED, ClaimState.PAID, ClaimState.REFUSED)
"""Where there is a decision that the enterprise is told."""
AWAITS_REVIEW = (ClaimState.PROPOSED, ClaimState.FILED)


class NoticeMethod(models.TextChoices):
    """How an enterprise was told (送达方式)."""

    IN_PERSON = "in_person", _("当面")
    POST = "post", _("邮寄")
    EMAIL = "email", _("电子邮件")
    PHONE = "phone", _("电话")
    PUBLIC = "public", _("公告")


class RefusalCode(models.TextChoices):
    """Why nothing is paid; OTHER needs words."""

    CONDITION = "condition", _("不符合条件")
    MATERIALS = "materials", _("材料不全或不实")
    LATE = "late", _("不在申报期内")
    EXCLUDED = "excluded", _("与已享受的政策不可同享")
    DUPLICATE = "duplicate", _("重复申报")
    BUDGET = "budget", _("资金盘子已用完")
    POLICY = "policy", _("政策不再执行")
    OTHER = "other", _("其他")
