"""The words of 帮办 entrustments. The words of cases are in `choices_cases.py`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class EntrustmentState(BadgeChoices):
    """Where an entrustment (帮办委托) stands; `services/workflow_entrustments.py` leads from one to the next."""

    CONSULTED = "consulted", _("咨询登记")
    PROMISED = "promised", _("已承诺")
    DRAWN_UP = "drawn_up", _("待签委托书")
    HELPING = "helping", _("帮办中")
    SUSPENDED = "suspended", _("已中止")
    SIGNED_OFF = "signed_off", _("已签单")
    CLOSED = "closed", _("已办结")
    TERMINATED = "terminated", _("已终止")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.CONSULTED: "neutral",
            cls.PROMISED: "info",
            cls.DRAWN_UP: "info",
            cls.HELPING: "info",
            cls.SUSPENDED: "warn",
            cls.SIGNED_OFF: "good",
            cls.CLOSED: "good",
            cls.TERMINATED: "muted",
        }


ENDED_STATES = frozenset({EntrustmentState.CLOSED, EntrustmentState.TERMINATED})
# A signed 委托书 is in force or paused: the period matters.
SIGNED_STATES = frozenset({EntrustmentState.HELPING, EntrustmentState.SUSPENDED})
# What the daily task ends once the period is over; an authority never signed lapses with it.
LAPSING_STATES = SIGNED_STATES | {EntrustmentState.DRAWN_UP}


class AssistanceMode(models.TextChoices):
    """How the help is given."""

    WINDOW = "window", _("窗口帮办")
    ON_SITE = "on_site", _("上门帮办")
    PARK = "park", _("园区帮办")
    FULL = "full", _("全程帮办")


class EntrustmentChannel(models.TextChoices):
    """Where the consultation came from."""

    WINDOW = "window", _("窗口")
    PHONE = "phone", _("电话")
    WEB = "web", _("网站")
    VISIT = "visit", _("上门走访")
    PARK = "park", _("园区服务站")


class Power(models.TextChoices):
    """What the helper may do for the principal. The last two are never part of it unless the principal
    says so separately (特别授权)."""

    GUIDE = "guide", _("陪同引导")
    FILL = "fill", _("代填申请表")
    SUBMIT = "submit", _("代交材料")
    RUN = "run", _("代跑部门窗口")
    RECEIVE = "receive", _("代收文书和通知")
    COLLECT = "collect", _("代领办理结果")
    SIGN = "sign", _("代为签字")
    STATE = "state", _("代为陈述和申辩")


SPECIAL_POWERS = frozenset({Power.SIGN, Power.STATE})


class PaperForm(models.TextChoices):
    ORIGINAL = "original", _("原件")
    COPY = "copy", _("复印件")


class PaperOrigin(models.TextChoices):
    """Who gave the helper the paper. Either way it belongs to the principal."""

    PRINCIPAL = "principal", _("委托人交来")
    OFFICE = "office", _("代领自窗口")


class FollowUpGrade(BadgeChoices):
    """What the principal says when called back (好差评 的五级)."""

    VERY_SATISFIED = "very_satisfied", _("非常满意")
    SATISFIED = "satisfied", _("满意")
    FAIRLY_SATISFIED = "fairly_satisfied", _("基本满意")
    DISSATISFIED = "dissatisfied", _("不满意")
    VERY_DISSATISFIED = "very_dissatisfied", _("非常不满意")
    UNREACHED = "unreached", _("未联系上")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.VERY_SATISFIED: "good",
            cls.SATISFIED: "good",
            cls.FAIRLY_SATISFIED: "info",
            cls.DISSATISFIED: "bad",
            cls.VERY_DISSATISFIED: "bad",
            cls.UNREACHED: "muted",
        }
