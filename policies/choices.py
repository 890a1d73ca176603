"""The vocabulary of policies and factor prices, each word with its badge."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class Level(models.TextChoices):
    """Who issued it. The order is from the county outwards: what is nearest to the reader first."""

    COUNTY = "county", _("县级")
    CITY = "city", _("市级")
    REGION = "region", _("自治区")
    STATE = "state", _("国家")


class Nature(BadgeChoices):
    """What kind of thing a record is. Only a document can be in force."""

    DOCUMENT = "document", _("政策文件")
    CONSULTATION = "consultation", _("征求意见稿")
    MECHANISM = "mechanism", _("工作机制")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.DOCUMENT: "neutral", cls.CONSULTATION: "warn", cls.MECHANISM: "info"}


class Theme(models.TextChoices):
    """What a reader looks for."""

    INVESTMENT = "investment", _("招商引资")
    INDUSTRY = "industry", _("产业扶持")
    FACTOR = "factor", _("要素保障")
    APPROVAL = "approval", _("项目审批")
    SERVICE = "service", _("政务服务")
    COMPETITION = "competition", _("公平竞争")


class Publication(BadgeChoices):
    """Where a policy stands in the office, which is not whether it is in force."""

    DRAFT = "draft", _("起草")
    REVIEWED = "reviewed", _("已审核")
    PUBLISHED = "published", _("已公开")
    WITHDRAWN = "withdrawn", _("已撤下")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.DRAFT: "neutral",
            cls.REVIEWED: "info",
            cls.PUBLISHED: "good",
            cls.WITHDRAWN: "muted",
        }


class Status(BadgeChoices):
    """Whether a policy is in force: derived, never stored. See `policies.status`."""

    IN_FORCE = "in_force", _("有效")
    EXPIRING = "expiring", _("即将到期")
    UPCOMING = "upcoming", _("待施行")
    UNVERIFIED = "unverified", _("待核实")
    EXPIRED = "expired", _("失效")
    REPEALED = "repealed", _("废止")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.IN_FORCE: "good",
            cls.EXPIRING: "warn",
            cls.UPCOMING: "info",
            cls.UNVERIFIED: "warn",
            cls.EXPIRED: "muted",
            cls.REPEALED: "bad",
        }


class Benefit(models.TextChoices):
    """What a clause gives."""

    REWARD = "reward", _("奖励")
    SUBSIDY = "subsidy", _("补贴")
    INTEREST = "interest", _("贴息")
    FACTOR = "factor", _("要素保障")
    LAND = "land", _("用地")
    TALENT = "talent", _("人才")
    SERVICE = "service", _("服务便利")
    GENERAL = "general", _("目标与要求")


class ApplyMode(BadgeChoices):
    """How a benefit is obtained; empty where the source does not say."""

    AUTO = "auto", _("免申即享")
    INSTANT = "instant", _("即申即享")
    APPLY = "apply", _("申报")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.AUTO: "good", cls.INSTANT: "info", cls.APPLY: "neutral"}


class Recurrence(models.TextChoices):
    """How often an enterprise enjoys a clause; empty where the source does not say."""

    ONCE = "once", _("一次性，每家企业只享受一次")
    YEARLY = "yearly", _("按年，每年可以享受")


class Verdict(BadgeChoices):
    """What a match says of a clause; the values are those of `rules.logic.Truth`."""

    YES = "yes", _("符合")
    MAYBE = "maybe", _("可能符合")
    NO = "no", _("不符合")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.YES: "good", cls.MAYBE: "warn", cls.NO: "muted"}


class Factor(models.TextChoices):
    """A cost of doing business; the order is that of the cost table."""

    POWER = "power", _("用电")
    STEAM = "steam", _("蒸汽")
    WATER = "water", _("用水")
    GAS = "gas", _("天然气")
    SEWAGE = "sewage", _("污水处理")
    GREEN = "green", _("绿电绿证")
    LOGISTICS = "logistics", _("物流")
    LAND = "land", _("用地")
    LABOUR = "labour", _("用工")


class PriceKind(BadgeChoices):
    """What a figure means. Two kinds are never one series: a threshold is not a price."""

    ACTUAL = "actual", _("实际价格")
    POLICY = "policy", _("政策价格")
    THRESHOLD = "threshold", _("补差门槛")
    SUBSIDY = "subsidy", _("奖补标准")
    EXPECTED = "expected", _("预期价格")
    CHANGE = "change", _("预期变化")
    INVESTMENT = "investment", _("计划投资")
    CAPACITY = "capacity", _("能力")
    CONDITION = "condition", _("条件")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.ACTUAL: "good",
            cls.POLICY: "info",
            cls.THRESHOLD: "neutral",
            cls.SUBSIDY: "info",
            cls.EXPECTED: "warn",
            cls.CHANGE: "warn",
            cls.INVESTMENT: "warn",
            cls.CAPACITY: "neutral",
            cls.CONDITION: "neutral",
        }


class Tax(models.TextChoices):
    """Whether a price contains value-added tax; empty where the source does not say."""

    INCLUDED = "included", _("含税")
    EXCLUDED = "excluded", _("不含税")
