"""The words of the catalogue. The words of cases are in `choices_cases.py`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class PublicationState(BadgeChoices):
    """Where a catalogue record stands on its way to the public."""

    DRAFTED = "drafted", _("编制中")
    REVIEWED = "reviewed", _("已审核")
    PUBLISHED = "published", _("已发布")
    RETIRED = "retired", _("已停办")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.DRAFTED: "neutral", cls.REVIEWED: "info", cls.PUBLISHED: "good", cls.RETIRED: "muted"}


class ImportState(BadgeChoices):
    """Where a workbook of the catalogue stands: checked first, carried out only when confirmed."""

    CHECKING = "checking", _("正在检查")
    REFUSED = "refused", _("有误，不能导入")
    UNCHANGED = "unchanged", _("与目录相同，无需导入")
    READY = "ready", _("待确认")
    APPLYING = "applying", _("正在导入")
    STALE = "stale", _("目录已有变动，请重新检查")
    APPLIED = "applied", _("已导入")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.CHECKING: "info",
            cls.REFUSED: "bad",
            cls.UNCHANGED: "muted",
            cls.READY: "warn",
            cls.APPLYING: "info",
            cls.STALE: "warn",
            cls.APPLIED: "good",
        }


class ItemType(models.TextChoices):
    """事项类型 (国办 政务服务事项基本目录)."""

    LICENCE = "licence", _("行政许可")
    PAYMENT = "payment", _("行政给付")
    CONFIRMATION = "confirmation", _("行政确认")
    REWARD = "reward", _("行政奖励")
    RULING = "ruling", _("行政裁决")
    OTHER = "other", _("其他行政权力")
    FILING = "filing", _("行政备案")
    PUBLIC = "public", _("公共服务")

    @property
    def national_code(self) -> str:
        """The two-digit code that a live county catalogue uses; a filing is listed under 其他."""
        return {
            "licence": "01",
            "payment": "05",
            "confirmation": "07",
            "reward": "08",
            "ruling": "09",
            "other": "10",
            "filing": "10",
            "public": "20",
        }[self.value]


class HandlingKind(BadgeChoices):
    """办件类型: decided on the spot, or within a promised time."""

    INSTANT = "instant", _("即办件")
    PROMISED = "promised", _("承诺件")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.INSTANT: "good", cls.PROMISED: "info"}


class DayUnit(models.TextChoices):
    WORKING = "working", _("工作日")
    CALENDAR = "calendar", _("日")


class LimitKind(models.TextChoices):
    """Whose duty a statutory limit is. Only an office's own limit runs a clock."""

    OFFICE = "office_limit", _("机关办理时限")
    APPLICANT = "applicant_duty", _("申请人办理期限")
    TARGET = "service_target", _("服务目标")


class ProjectStage(models.TextChoices):
    """Where a project is when it needs the item (全帮办: 立项 to 竣工)."""

    LAND = "land", _("立项用地规划许可")
    DESIGN = "design", _("工程建设许可")
    CONSTRUCTION = "construction", _("施工许可")
    COMPLETION = "completion", _("竣工验收")
    PARALLEL = "parallel", _("并行推进")
    UTILITIES = "utilities", _("公共设施接入")


class ReachMode(models.TextChoices):
    """How an item is done away from home (通办)."""

    ONLINE = "online", _("全程网办")
    COLLECTED = "collected", _("异地代收代办")
    JOINT = "joint", _("多地联办")


class Necessity(BadgeChoices):
    REQUIRED = "required", _("必要")
    CONDITIONAL = "conditional", _("特定情形")
    DEFERRABLE = "deferrable", _("可容缺")
    OPTIONAL = "optional", _("可选")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.REQUIRED: "info",
            cls.CONDITIONAL: "neutral",
            cls.DEFERRABLE: "good",
            cls.OPTIONAL: "muted",
        }


class MaterialForm(models.TextChoices):
    PAPER = "paper", _("纸质")
    ELECTRONIC = "electronic", _("电子")
    EITHER = "either", _("纸质或电子")


class MaterialOrigin(models.TextChoices):
    """材料来源: who makes the paper."""

    APPLICANT = "applicant", _("申请人自备")
    GOVERNMENT = "government", _("政府部门核发")
    AGENCY = "agency", _("中介机构出具")
    WINDOW = "window", _("窗口提供")
    FILLED_IN = "filled_in", _("办理时填报")


class FactScope(models.TextChoices):
    """Whose fact it is. Only the county's own are shown as the county's."""

    COUNTY = "county", _("本县")
    CITY = "city", _("呼和浩特市")
    REGION = "region", _("内蒙古自治区")
    ELSEWHERE = "elsewhere", _("外地或通用")
