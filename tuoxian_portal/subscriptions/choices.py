"""The vocabulary of subscriptions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class Frequency(models.TextChoices):
    DAILY = "daily", _("每天一封（有更新才发）")
    WEEKLY = "weekly", _("每周一封（周一，有更新才发）")


class SubscriptionState(BadgeChoices):
    PENDING = "pending", _("待确认")
    ACTIVE = "active", _("订阅中")
    ENDED = "ended", _("已退订")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.PENDING: "neutral", cls.ACTIVE: "good", cls.ENDED: "muted"}


class MessageKind(models.TextChoices):
    CONFIRM = "confirm", _("确认订阅")
    KNOWN = "known", _("已订阅过")
    DIGEST = "digest", _("更新提醒")
