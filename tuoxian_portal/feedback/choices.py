"""The words of feedback about the site."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class FeedbackKind(models.TextChoices):
    WRONG = "wrong", _("内容有误")
    MISSING = "missing", _("找不到")
    BROKEN = "broken", _("打不开或不好用")
    IDEA = "idea", _("建议")
    OTHER = "other", _("其他")


class FeedbackState(BadgeChoices):
    NEW = "new", _("已收到")
    IN_HAND = "in_hand", _("正在处理")
    ANSWERED = "answered", _("已答复")
    CLOSED = "closed", _("已关闭")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.NEW: "info", cls.IN_HAND: "warn", cls.ANSWERED: "good", cls.CLOSED: "muted"}


OPEN = frozenset({FeedbackState.NEW, FeedbackState.IN_HAND})
OVER = frozenset({FeedbackState.ANSWERED, FeedbackState.CLOSED})


class ContactKind(models.TextChoices):
    """What the sealed contact is; `ERASED` when its time was over."""

    NONE = "", _("没有留")
    PHONE = "phone", _("电话")
    EMAIL = "email", _("电子邮箱")
    ERASED = "erased", _("已到期删除")
