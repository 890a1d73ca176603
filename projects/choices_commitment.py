"""The words of a promise."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class PromisedBy(models.TextChoices):
    ENTERPRISE = "enterprise", _("企业")
    COUNTY = "county", _("县里")


class CommitmentKind(models.TextChoices):
    """What was promised. The first four are measured by the portal's own records."""

    INVESTMENT = "investment", _("完成投资")
    FUNDS = "funds", _("资金到位")
    START = "start", _("开工")
    PRODUCTION = "production", _("投产")
    JOBS = "jobs", _("用工")
    LAND = "land", _("用地")
    POWER = "power", _("供电")
    UTILITIES = "utilities", _("水、汽、路等配套")
    SUBSIDY = "subsidy", _("奖补")
    PERMITS = "permits", _("审批")
    OTHER = "other", _("其他")

    @classmethod
    def in_amounts(cls) -> list["CommitmentKind"]:
        """Measured in 万元."""
        return [cls.INVESTMENT, cls.FUNDS]


class Verdict(BadgeChoices):
    """What a promise has come to."""

    KEPT = "kept", _("兑现")
    PARTLY = "partly", _("部分兑现")
    BROKEN = "broken", _("未兑现")
    PENDING = "pending", _("未到期")
    WAITING = "waiting", _("到期待核定")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.KEPT: "good",
            cls.PARTLY: "warn",
            cls.BROKEN: "bad",
            cls.PENDING: "neutral",
            cls.WAITING: "warn",
        }

    @classmethod
    def judged(cls) -> list[tuple[str, str]]:
        """What a person may judge; the rest follows from dates."""
        return [(v.value, str(v.label)) for v in (cls.KEPT, cls.PARTLY, cls.BROKEN)]


# As a list of choices with a name: what a person may judge.
JUDGED = Verdict.judged()
