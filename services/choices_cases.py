"""The words of cases. The words of the catalogue are in `choices.py`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class CaseState(BadgeChoices):
    """Where a case (办件) stands. `services/workflow.py` says what leads from where to where."""

    REGISTERED = "registered", _("登记")
    WAITING = "waiting", _("等待前置事项")
    RECEIVED = "received", _("待受理")
    CORRECTING = "correcting", _("待补正")
    ACCEPTED = "accepted", _("已受理")
    REVIEWING = "reviewing", _("审查中")
    SPECIAL = "special", _("特别程序")
    DECIDING = "deciding", _("待审批")
    COLLECTING = "collecting", _("待领取")
    DELIVERED = "delivered", _("已送达")
    COMPLETED = "completed", _("已办结")
    DECLINED = "declined", _("不予受理")
    RETURNED = "returned", _("已退件")
    WITHDRAWN = "withdrawn", _("已撤回")
    TERMINATED = "terminated", _("已终止")
    VOID = "void", _("已作废")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.REGISTERED: "neutral",
            cls.WAITING: "neutral",
            cls.RECEIVED: "info",
            cls.CORRECTING: "warn",
            cls.ACCEPTED: "info",
            cls.REVIEWING: "info",
            cls.SPECIAL: "warn",
            cls.DECIDING: "info",
            cls.COLLECTING: "good",
            cls.DELIVERED: "good",
            cls.COMPLETED: "good",
            cls.DECLINED: "bad",
            cls.RETURNED: "muted",
            cls.WITHDRAWN: "muted",
            cls.TERMINATED: "muted",
            cls.VOID: "muted",
        }


CLOSED_STATES = frozenset(
    {
        CaseState.COMPLETED,
        CaseState.DECLINED,
        CaseState.RETURNED,
        CaseState.WITHDRAWN,
        CaseState.TERMINATED,
        CaseState.VOID,
    }
)
OPEN_STATES = frozenset(CaseState) - CLOSED_STATES
# Between acceptance and decision: the statutory and promised clocks exist.
DECISION_STATES = frozenset({CaseState.ACCEPTED, CaseState.REVIEWING, CaseState.SPECIAL, CaseState.DECIDING})
# States in which the office is to act. While the applicant corrects, or an expert examines, nobody
# in the office can be late.
OFFICE_STATES = frozenset(
    {
        CaseState.RECEIVED,
        CaseState.ACCEPTED,
        CaseState.REVIEWING,
        CaseState.DECIDING,
        CaseState.COLLECTING,
    }
)


class CaseOutcome(BadgeChoices):
    APPROVED = "approved", _("准予")
    REFUSED = "refused", _("不予")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.APPROVED: "good", cls.REFUSED: "bad"}


class ApplicantKind(models.TextChoices):
    PERSON = "person", _("个人")
    ORGANISATION = "organisation", _("法人或其他组织")


class ClockKind(BadgeChoices):
    """What an interval of the ledger (时限账本) counts."""

    INTAKE = "intake", _("收件审查")
    CORRECTION = "correction", _("补正")
    STATUTORY = "statutory", _("法定时限")
    PROMISED = "promised", _("承诺时限")
    SPECIAL = "special", _("特别程序")
    EXTENSION = "extension", _("延期")
    DELIVERY = "delivery", _("送达")


class SpecialProcedure(models.TextChoices):
    """What does not count towards the limit (行政许可法 Art. 45)."""

    HEARING = "hearing", _("听证")
    AUCTION = "auction", _("招标、拍卖")
    INSPECTION = "inspection", _("检验")
    TESTING = "testing", _("检测")
    QUARANTINE = "quarantine", _("检疫")
    APPRAISAL = "appraisal", _("鉴定")
    EXPERT_REVIEW = "expert_review", _("专家评审")


class DeliveryMethod(models.TextChoices):
    WINDOW = "window", _("窗口领取")
    AGENT = "agent", _("代理人领取")
    POST = "post", _("邮寄送达")
    ELECTRONIC = "electronic", _("电子送达")


class PaperKind(models.TextChoices):
    """Every paper that a case prints. Texts are in `services/papers/`."""

    RECEIPT = "receipt", _("申请材料接收回执")
    CORRECTION = "correction", _("补正告知书")
    CORRECTION_RECEIPT = "correction_receipt", _("补正材料接收回执")
    ACCEPTANCE = "acceptance", _("受理通知书")
    DEFERRAL = "deferral", _("容缺受理承诺书")
    DECLINE = "decline", _("不予受理通知书")
    RETURN = "return", _("退件单")
    HANDOVER = "handover", _("物料流转凭证")
    SPECIAL = "special", _("特别程序告知书")
    EXTENSION = "extension", _("延期通知书")
    APPROVAL = "approval", _("准予决定书")
    REFUSAL = "refusal", _("不予决定书")
    DELIVERY = "delivery", _("送达回执")
    WITHDRAWAL = "withdrawal", _("撤回确认书")
    TERMINATION = "termination", _("终止办理通知书")
    # 帮办; texts in `services/papers/entrustment_texts.py`
    HELP_PROMISE = "help_promise", _("服务承诺书")
    HELP_AUTHORITY = "help_authority", _("授权委托书")
    HELP_PAPERS = "help_papers", _("材料交接单")
    HELP_PAUSE = "help_pause", _("帮办中止单")
    HELP_RENEWAL = "help_renewal", _("续办委托书")
    HELP_SIGN_OFF = "help_sign_off", _("办结签单")
    HELP_VISIT = "help_visit", _("上门帮办记录")
    HELP_END = "help_end", _("委托终止通知")
    HELP_PLAN = "help_plan", _("全帮办计划表")
    INVITATION = "invitation", _("评价邀请")
    REMEDIATION = "remediation", _("差评整改单")
    REMEDIATION_RESULT = "remediation_result", _("差评整改办结单")
    # 一次办; texts in `services/papers/bundle_texts.py`
    BUNDLE_RECEIPT = "bundle_receipt", _("一次办接收回执")
    BUNDLE_SAVING = "bundle_saving", _("减负单")
    BUNDLE_CORRECTION = "bundle_correction", _("一次办补正告知书")
    BUNDLE_CORRECTION_RECEIPT = "bundle_corr_receipt", _("一次办补正材料接收回执")
    BUNDLE_ACCEPTANCE = "bundle_acceptance", _("一次办受理通知书")
    BUNDLE_DELIVERY = "bundle_delivery", _("一次办送达回执")


class MaterialState(BadgeChoices):
    MISSING = "missing", _("未交")
    HANDED_IN = "handed_in", _("已交")
    DEFERRED = "deferred", _("容缺")
    NOT_NEEDED = "not_needed", _("不涉及")
    LICENSED = "licensed", _("免交（电子证照）")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.HANDED_IN: "good",
            cls.LICENSED: "good",
            cls.DEFERRED: "warn",
            cls.NOT_NEEDED: "muted",
        }
