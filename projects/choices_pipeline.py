"""The words of the work before a project: conflicts, visits, reminders, whom to approach, chains."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class ConflictGround(models.TextChoices):
    """Why two leads are taken for the same enterprise."""

    CREDIT_CODE = "credit_code", _("统一社会信用代码相同")
    NAME = "name", _("企业名称相同")


class ConflictDecision(BadgeChoices):
    """How a conflict (撞单) was settled. Empty on a record: not yet."""

    FIRST = "first", _("首谈保留，后登记的关闭")
    LATER = "later", _("转由后登记的跟进，先登记的关闭")
    SEPARATE = "separate", _("不是同一意向，各自继续")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.FIRST: "good", cls.LATER: "info", cls.SEPARATE: "neutral"}


class VisitKind(models.TextChoices):
    OUT = "out", _("外出拜访")
    RECEPTION = "reception", _("来访接待")


class ReminderKind(models.TextChoices):
    """What a lead is waiting for. A reminder is due once its day has been reached or passed."""

    ANSWER_DUE = "answer_due", _("今天应答复")
    ANSWER_LATE = "answer_late", _("超过答复期限")
    STEP_DUE = "step_due", _("到了下一步的日期")
    STEP_LATE = "step_late", _("下一步已过期一周")
    SILENT = "silent", _("一个月没有动静")


class TargetKind(models.TextChoices):
    """What is approached to bring investment in."""

    REGION = "region", _("目标地区")
    ENTERPRISE = "enterprise", _("目标企业")
    GAP = "gap", _("补链方向")


class PursuitState(BadgeChoices):
    PLANNED = "planned", _("拟招引")
    CONTACTED = "contacted", _("已接触")
    TALKING = "talking", _("洽谈中")
    LANDED = "landed", _("已落地")
    DROPPED = "dropped", _("不再招引")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.PLANNED: "neutral",
            cls.CONTACTED: "info",
            cls.TALKING: "info",
            cls.LANDED: "good",
            cls.DROPPED: "muted",
        }


class NodeStanding(BadgeChoices):
    """Whether a link of a chain exists in the county. `UNSTATED`: no source says so."""

    EXISTING = "existing", _("已有企业")
    PROJECT = "project", _("有项目")
    GAP = "gap", _("缺环")
    UNSTATED = "unstated", _("来源未载明")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.EXISTING: "good", cls.PROJECT: "info", cls.GAP: "warn", cls.UNSTATED: "muted"}
