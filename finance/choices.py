"""States, levels and reasons of the finance app, with their badges."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class ProductState(BadgeChoices):
    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("已发布")
    WITHDRAWN = "withdrawn", _("已下架")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.DRAFT: "neutral", cls.PUBLISHED: "good", cls.WITHDRAWN: "muted"}


class DemandState(BadgeChoices):
    OPEN = "open", _("待对接")
    MET = "met", _("已落实")
    CLOSED = "closed", _("已终止")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.OPEN: "info", cls.MET: "good", cls.CLOSED: "muted"}


class IntentState(BadgeChoices):
    """The steps of a loan in their order; a loan leaves them by being drawn or dropped."""

    INTENT = "intent", _("意向")
    CREDIT_APPROVED = "credit_approved", _("授信")
    CONTRACTED = "contracted", _("签约")
    DRAWN = "drawn", _("放款")
    DROPPED = "dropped", _("未成")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.INTENT: "neutral",
            cls.CREDIT_APPROVED: "info",
            cls.CONTRACTED: "info",
            cls.DRAWN: "good",
            cls.DROPPED: "muted",
        }


class DropReason(models.TextChoices):
    """Why a loan did not come about; coded, so that the county can act on the commonest."""

    COLLATERAL = "collateral", _("抵押担保不足")
    CREDIT = "credit", _("征信或经营指标不符")
    PRICE = "price", _("利率或期限未谈拢")
    PROJECT = "project", _("项目调整或取消")
    OTHER_BANK = "other_bank", _("已由其他机构解决")
    NOT_NEEDED = "not_needed", _("企业不再需要")
    OTHER = "other", _("其他")


class Purpose(models.TextChoices):
    WORKING = "working", _("流动资金")
    FIXED = "fixed", _("固定资产投资")
    PROJECT = "project", _("项目建设")
    REFINANCE = "refinance", _("续贷或置换")
    OTHER = "other", _("其他")


class Level(BadgeChoices):
    """Whose event it was; what is not the county's is shown apart and marked."""

    COUNTY = "county", _("县级")
    CITY = "city", _("市级")
    REGION = "region", _("自治区级")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.COUNTY: "good", cls.CITY: "neutral", cls.REGION: "neutral"}
