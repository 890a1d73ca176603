"""The words a project, its reports and its leads can be in, each with its badge."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class Stage(BadgeChoices):
    """How far a project is. Independent of `Status`. The order of the members is the order of the path.

    An empty stage on a record means that its source does not state one.
    """

    RESERVE = "reserve", _("储备")
    NEGOTIATING = "negotiating", _("在谈")
    SIGNED = "signed", _("签约")
    FILED = "filed", _("备案")
    STARTED = "started", _("开工")
    BUILDING = "building", _("在建")
    IN_PRODUCTION = "in_production", _("投产")
    AT_CAPACITY = "at_capacity", _("达产")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.RESERVE: "muted",
            cls.NEGOTIATING: "neutral",
            cls.SIGNED: "info",
            cls.FILED: "info",
            cls.STARTED: "info",
            cls.BUILDING: "info",
            cls.IN_PRODUCTION: "good",
            cls.AT_CAPACITY: "good",
        }

    @property
    def rank(self) -> int:
        return list(type(self)).index(self)

    @property
    def next(self) -> "Stage | None":
        stages = list(type(self))
        return stages[self.rank + 1] if self.rank + 1 < len(stages) else None

    @property
    def previous(self) -> "Stage | None":
        return list(type(self))[self.rank - 1] if self.rank else None

    @classmethod
    def from_(cls, stage: "Stage") -> list["Stage"]:
        """`stage` and what follows it."""
        return list(cls)[stage.rank :]


class Status(BadgeChoices):
    """Whether a project moves. Empty where the source does not say."""

    NORMAL = "normal", _("正常")
    STALLED = "stalled", _("停滞")
    TERMINATED = "terminated", _("终止")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.NORMAL: "good", cls.STALLED: "warn", cls.TERMINATED: "muted"}


class ProjectType(models.TextChoices):
    NEW = "new", _("新建")
    CONTINUING = "continuing", _("续建")
    PRELIMINARY = "preliminary", _("前期")


class Nature(models.TextChoices):
    """What a ledger row stands for. Only `PROJECT` counts as a project in figures."""

    PROJECT = "project", _("项目")
    GROUP = "group", _("未具名项目组")
    WORKS = "works", _("已建企业")
    ARRANGEMENT = "arrangement", _("保障事项")
    OUTSIDE = "outside", _("县外项目")
    HISTORIC = "historic", _("历史推介")


class InvestmentBand(models.TextChoices):
    """Total investment in the bands that the county counts by: 500万元 (双一百) and 1亿元."""

    UNKNOWN = "unknown", _("未公布")
    UNDER_500 = "under_500", _("500 万元以下")
    FROM_500 = "from_500", _("500 万元至 1 亿元")
    FROM_1YI = "from_1yi", _("1 亿元至 10 亿元")
    FROM_10YI = "from_10yi", _("10 亿元以上")


class MilestoneKind(models.TextChoices):
    """The path after signing, in its order."""

    FILING = "filing", _("备案")
    LAND = "land", _("用地")
    ENERGY = "energy", _("能评")
    ENVIRONMENT = "environment", _("环评")
    PERMIT = "permit", _("施工许可")
    START = "start", _("开工")
    STATISTICS = "statistics", _("纳统")
    PRODUCTION = "production", _("投产")
    CAPACITY = "capacity", _("达产")


class ReportState(BadgeChoices):
    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("已提交")
    ACCEPTED = "accepted", _("已审核")
    FROZEN = "frozen", _("已冻结")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.DRAFT: "neutral", cls.SUBMITTED: "info", cls.ACCEPTED: "good", cls.FROZEN: "muted"}

    @classmethod
    def counted(cls) -> list["ReportState"]:
        """The states whose figures enter totals."""
        return [cls.ACCEPTED, cls.FROZEN]


class RestatedFigure(models.TextChoices):
    """A figure of a monthly report that a restatement may change; the values are its field names."""

    INVESTED = "invested_month_wan", _("本月完成投资（万元）")
    PROGRESS = "physical_progress", _("形象进度（%）")


class FundsSource(models.TextChoices):
    """Where money that arrived came from."""

    OWN = "own", _("企业自有资金")
    EQUITY = "equity", _("股东或外部股权投资")
    LOAN = "loan", _("银行贷款")
    GRANT = "grant", _("财政资金")
    OTHER = "other", _("其他")
    UNSTATED = "unstated", _("未说明")


class ConfidenceLevel(BadgeChoices):
    """Whether a project can be expected on time."""

    GREEN = "green", _("绿 可按期")
    YELLOW = "yellow", _("黄 有问题可解")
    RED = "red", _("红 现状难以按期")
    GREY = "grey", _("灰 未更新")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.GREEN: "good", cls.YELLOW: "warn", cls.RED: "bad", cls.GREY: "muted"}


class LeadState(BadgeChoices):
    NEW = "new", _("新收")
    CONTACTED = "contacted", _("已联系")
    FOLLOWING = "following", _("跟进中")
    CONVERTED = "converted", _("已转项目")
    CLOSED = "closed", _("已关闭")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.NEW: "warn",
            cls.CONTACTED: "info",
            cls.FOLLOWING: "info",
            cls.CONVERTED: "good",
            cls.CLOSED: "muted",
        }


class LeadSource(models.TextChoices):
    WEB = "web", _("网站咨询")
    API = "api", _("接口提交")
    EVENT = "event", _("招商活动")
    VISIT = "visit", _("上门拜访")
    REFERRAL = "referral", _("推荐")
    CALL = "call", _("来电来访")


class TargetCategory(models.TextChoices):
    TARGET = "target", _("目标")
    RESULT = "result", _("已公布结果")
    AMBITION = "ambition", _("远景")
    LAYOUT = "layout", _("布局")
    DERIVED = "derived", _("推算")


class TargetScope(models.TextChoices):
    COUNTY = "county", _("全县")
    INDUSTRY = "industry", _("产业")
    PARK = "park", _("园区")
    PROJECT = "project", _("项目")
    CITY = "city", _("呼和浩特市")


class Comparison(models.TextChoices):
    """How the value is meant."""

    EQUAL = "eq", _("达到")
    AT_LEAST = "ge", _("不少于")
    AT_MOST = "le", _("不高于")
    ABOUT = "about", _("约")
