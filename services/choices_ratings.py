"""The words of ratings (好差评): grades, channels, doubts, rectification."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class RatingGrade(models.IntegerChoices):
    """The five grades of 国办发〔2019〕51号; the number is what other systems exchange."""

    VERY_SATISFIED = 5, _("非常满意")
    SATISFIED = 4, _("满意")
    FAIR = 3, _("基本满意")
    DISSATISFIED = 2, _("不满意")
    VERY_DISSATISFIED = 1, _("非常不满意")

    @property
    def tone(self) -> str:
        return {5: "good", 4: "good", 3: "info", 2: "warn", 1: "bad"}[self.value]

    @property
    def is_bad(self) -> bool:
        """差评: opens a rectification."""
        return self in BAD_GRADES


BAD_GRADES = frozenset({RatingGrade.DISSATISFIED, RatingGrade.VERY_DISSATISFIED})


class TagSide(models.TextChoices):
    """Which grades a tag is offered with."""

    GOOD = "good", _("好评")
    BAD = "bad", _("差评")


class RatingChannel(models.TextChoices):
    """How a rating reached the hall."""

    WINDOW_QR = "window_qr", _("窗口二维码")
    DEVICE = "device", _("评价器")
    ONLINE = "online", _("网上")
    PHONE = "phone", _("电话回访")
    PAPER = "paper", _("纸质")


# What the applicant does herself, and what staff enter for her. The address of a link says which of the
# first it is (`?via=`); nothing depends on it but the statistics.
SELF_CHANNELS = frozenset({RatingChannel.WINDOW_QR, RatingChannel.DEVICE, RatingChannel.ONLINE})
STAFF_CHANNELS = frozenset({RatingChannel.PHONE, RatingChannel.PAPER})


class RatingStanding(BadgeChoices):
    """Whether a rating counts. A doubtful one is kept and shown, and counts only once decided so."""

    CLEAR = "clear", _("正常")
    DOUBTFUL = "doubtful", _("待认定")
    VALID = "valid", _("认定有效")
    INVALID = "invalid", _("认定无效")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.CLEAR: "good", cls.DOUBTFUL: "warn", cls.VALID: "good", cls.INVALID: "muted"}


COUNTED_STANDINGS = frozenset({RatingStanding.CLEAR, RatingStanding.VALID})


class Doubt(models.TextChoices):
    """Why a rating is doubted. The rules are in `services/integrity.py`."""

    STAFF_SESSION = "staff_session", _("由已登录工作人员的浏览器提交")
    OWN_CASE = "own_case", _("由本件经办人代为录入")
    STAFF_PHONE = "staff_phone", _("申请人电话与部门或网点电话相同")
    SAME_PHONE = "same_phone", _("同一电话短期内多次评价")
    SAME_ADDRESS = "same_address", _("同一网络地址一小时内多次评价")
    TOO_FAST = "too_fast", _("发出邀请后数秒内提交")
    MANUAL = "manual", _("督办人员提出疑问")


class RemediationState(BadgeChoices):
    """Where a rectification (差评整改) stands."""

    VERIFYING = "verifying", _("待核实")
    RECTIFYING = "rectifying", _("整改中")
    CALLING_BACK = "calling_back", _("待回访")
    CLOSED = "closed", _("办结")
    UNFOUNDED = "unfounded", _("不属实")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.VERIFYING: "warn",
            cls.RECTIFYING: "info",
            cls.CALLING_BACK: "info",
            cls.CLOSED: "good",
            cls.UNFOUNDED: "muted",
        }


CLOSED_REMEDIATIONS = frozenset({RemediationState.CLOSED, RemediationState.UNFOUNDED})
OPEN_REMEDIATIONS = frozenset(RemediationState) - CLOSED_REMEDIATIONS


class CallBackVerdict(BadgeChoices):
    """What the person said when called back."""

    SATISFIED = "satisfied", _("对整改满意")
    DISSATISFIED = "dissatisfied", _("仍不满意")
    UNREACHABLE = "unreachable", _("多次联系不上")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.SATISFIED: "good", cls.DISSATISFIED: "bad", cls.UNREACHABLE: "muted"}
