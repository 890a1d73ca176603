"""What each paper says: one table, from which both the PDF and the print page are made.

The statutes named here are background knowledge of the law (行政许可法 2019, 行政复议法 2023,
行政诉讼法 2017) and are shown to the county's legal office before first use. For matters that are not
licences the same steps are followed by analogy, and the papers say so (参照).
"""

from dataclasses import dataclass, field

from services.choices_cases import PaperKind

LAW = "《中华人民共和国行政许可法》"
REMEDIES = (
    "如不服本{short}，可以自收到之日起六十日内依法申请行政复议，"
    "或者自收到之日起六个月内依法向人民法院提起行政诉讼。"
)


@dataclass(frozen=True)
class Paper:
    """One kind of paper. Texts are format strings over `compose`'s context.

    `facts` names rows of the box at the top, `table` what is listed below the text, `signers` who
    signs by hand at the end, `seal` whose seal it carries: `department`, `outlet` or "".
    `slip` papers show the tracking password and its QR code, `invites` ones the QR code of the rating.
    """

    title: str
    body: tuple[str, ...]
    facts: tuple[str, ...] = ("number", "item", "applicant")
    table: str = ""
    after: tuple[str, ...] = ()
    remedies: bool = False
    seal: str = "department"
    signers: tuple[str, ...] = ()
    addressed: bool = True
    slip: bool = False
    invites: bool = False
    short: str = "通知书"
    licence_title: str = field(default="")


PAPERS: dict[str, Paper] = {
    PaperKind.RECEIPT: Paper(
        title="申请材料接收回执",
        facts=("number", "item", "applicant", "identity", "phone", "received", "tracking"),
        body=("今收到您（单位）提交的“{item}”申请材料，清单如下：", "{exempt}"),
        table="materials",
        after=(
            "{per}" + LAW + "第三十二条，本窗口自收到材料的次日起 5 个工作日内（最迟{due}）作出是否受理的"
            "答复；需要补正的，一次性告知全部内容；逾期不告知的，自收到申请材料之日起即为受理。",
        ),
        seal="outlet",
        signers=("申请人（代理人）签字", "收件人"),
        addressed=False,
        slip=True,
    ),
    PaperKind.CORRECTION: Paper(
        title="补正告知书",
        body=(
            "您（单位）于{received}提出的“{item}”申请，经审查需要补正。{per}" + LAW + "第三十二条第一款"
            "第（四）项，现将需要补正的全部内容一次性告知如下：",
        ),
        table="missing",
        after=(
            "请在 {days} 个工作日内（最迟{due}）将补正材料交至{outlet}。补正材料收到后重新计算审查期限。"
            "逾期未补正的，退回申请材料，您（单位）可以重新提出申请。",
        ),
        signers=("签收人", "签收日期"),
        slip=True,
        short="告知书",
    ),
    PaperKind.CORRECTION_RECEIPT: Paper(
        title="补正材料接收回执",
        facts=("number", "item", "applicant", "received", "tracking"),
        body=("今收到您（单位）按补正告知书补交的“{item}”申请材料。目前全部材料如下：",),
        table="materials",
        after=("本窗口自收到补正材料的次日起 5 个工作日内（最迟{due}）作出是否受理的答复。",),
        seal="outlet",
        signers=("申请人（代理人）签字", "收件人"),
        addressed=False,
        slip=True,
    ),
    PaperKind.ACCEPTANCE: Paper(
        title="受理通知书",
        body=("您（单位）于{received}提出的“{item}”申请，{acceptance}", "{limits}"),
        after=(
            "依法需要听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审的，所需时间不计算在上述期限内，"
            "将另行书面告知。",
        ),
        slip=True,
    ),
    PaperKind.DEFERRAL: Paper(
        title="容缺受理承诺书",
        body=("本人（单位）申请办理“{item}”，下列材料暂未提交，自愿申请容缺受理，并承诺按期补齐：",),
        table="deferred",
        after=(
            "已知悉：上述材料补齐之前不作出准予决定；逾期未补齐的，行政机关可以终止办理；"
            "所作承诺和提交的材料真实、有效，愿意承担不实承诺的法律责任。",
        ),
        seal="",
        signers=("承诺人（签字或盖章）", "日期"),
        addressed=False,
        short="承诺书",
    ),
    PaperKind.DECLINE: Paper(
        title="不予受理通知书",
        body=(
            "您（单位）于{received}提出的“{item}”申请，经审查，存在以下情形：",
            "{reason}",
            "{per}" + LAW + "第三十二条，决定不予受理。",
        ),
        remedies=True,
    ),
    PaperKind.RETURN: Paper(
        title="退件单",
        body=(
            "您（单位）申请的“{item}”，未在补正期限内补正：{reason}",
            "现将已提交的下列材料全部退回。您（单位）可以在备齐材料后重新提出申请。",
        ),
        table="handed_in",
        signers=("领取人", "领取日期"),
        short="退件单",
    ),
    PaperKind.HANDOVER: Paper(
        title="物料流转凭证",
        facts=("number", "item", "applicant", "accepted", "deadline"),
        body=("下列申请材料于{now}由{sender}移交{receiver}：",),
        table="handed_in",
        seal="",
        signers=("移交人", "接收人", "接收时间"),
        addressed=False,
    ),
    PaperKind.SPECIAL: Paper(
        title="特别程序告知书",
        body=(
            "您（单位）申请的“{item}”，因以下情形依法需要进行{procedure}：",
            "{reason}",
            "{per}" + LAW + "第四十五条，{procedure}所需时间不计算在办理期限内。本次{procedure}预计需要"
            " {days} 个工作日，自{today}起，预计至{due}结束。结束后恢复计算办理期限。",
        ),
        short="告知书",
    ),
    PaperKind.EXTENSION: Paper(
        title="延期通知书",
        body=(
            "您（单位）申请的“{item}”，因以下原因不能在规定期限内作出决定：",
            "{reason}",
            "经本行政机关负责人批准，{per}" + LAW + "第四十二条，延长办理期限 {days} 个工作日，"
            "最迟于{deadline}作出决定。",
        ),
    ),
    PaperKind.APPROVAL: Paper(
        title="准予办理决定书",
        licence_title="准予行政许可决定书",
        body=(
            "您（单位）于{received}提出的“{item}”申请，本机关于{accepted}受理。",
            "经审查，申请符合法定条件、标准，{per}" + LAW + "第三十八条第一款，决定准予{what}。",
            "{result}自作出决定之日起 10 个工作日内送达。",
        ),
        slip=True,
        short="决定",
    ),
    PaperKind.REFUSAL: Paper(
        title="不予办理决定书",
        licence_title="不予行政许可决定书",
        body=(
            "您（单位）于{received}提出的“{item}”申请，本机关于{accepted}受理。经审查：",
            "{reason}",
            "{per}" + LAW + "第三十八条第二款，决定不予{what}。",
        ),
        remedies=True,
        short="决定",
    ),
    PaperKind.DELIVERY: Paper(
        title="送达回执",
        facts=("number", "item", "applicant", "recipient", "method", "delivered"),
        body=("受送达人已收到“{item}”的《{decision}》{outcome}。", "{returned}"),
        table="returned",
        seal="",
        signers=("受送达人签字", "签收日期", "送达人"),
        addressed=False,
    ),
    PaperKind.WITHDRAWAL: Paper(
        title="撤回确认书",
        body=(
            "您（单位）要求撤回“{item}”申请：{reason}",
            "现予确认，本件办理终结。您（单位）可以重新提出申请。",
        ),
        signers=("申请人签字", "日期"),
    ),
    PaperKind.TERMINATION: Paper(
        title="终止办理通知书",
        body=("您（单位）申请的“{item}”，因以下原因终止办理：", "{reason}"),
        remedies=True,
    ),
    PaperKind.INVITATION: Paper(
        title="评价邀请",
        facts=("number", "item", "delivered"),
        body=(
            "您申请的“{item}”已经办结。请用手机扫描右侧二维码，对这次服务作一次评价：选一项满意程度即可，"
            "不用登录，也不用填写姓名和电话。",
            "您的评价不会影响已经作出的决定。评价为“不满意”或“非常不满意”的，我们会核实、整改并回访。",
        ),
        after=(
            "二维码只能用一次，{expires}前有效，请不要转给他人。不方便扫码的，可以在办件进度查询页面评价，"
            "也可以请窗口代为登记。",
        ),
        seal="outlet",
        addressed=False,
        invites=True,
    ),
    PaperKind.REMEDIATION: Paper(
        title="差评整改单",
        facts=("number", "rating", "grade", "rated", "about", "deadline"),
        body=(
            "{department}、{outlet}：",
            "群众对下列服务作出“{grade}”评价。经核实：{finding}",
            "评价意见：{comment}",
            "请于{deadline}前完成整改并提交书面答复。被评价人不得办结本单。",
        ),
        seal="outlet",
        signers=("承办人", "签收日期"),
        addressed=False,
    ),
    PaperKind.REMEDIATION_RESULT: Paper(
        title="差评整改办结单",
        facts=("number", "rating", "grade", "rated", "about", "deadline"),
        body=("评价意见：{comment}", "核实情况：{finding}", "{answer}", "{call}", "{closing}"),
        seal="outlet",
        signers=("办结人", "日期"),
        addressed=False,
    ),
}
