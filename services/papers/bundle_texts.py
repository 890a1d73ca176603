"""Texts of the papers about the whole of a bundle (一次办). See `texts` for their shape.

Each case of a bundle keeps the papers of its own: acceptance, decision, refusal. What would otherwise be
printed once for each case, receipt, correction and delivery, is printed once for the whole.
"""

from dataclasses import replace

from services.choices_cases import PaperKind
from services.papers.texts import LAW, PAPERS, Paper

BUNDLE_FACT_LABELS = {
    "number": "一次办编号",
    "item": "申请事项",
    "applicant": "申请人",
    "identity": "证件号码",
    "phone": "联系电话",
    "received": "收件时间",
    "recipient": "领取人",
    "method": "送达方式",
    "delivered": "送达日期",
}

BUNDLE_PAPERS: dict[str, Paper] = {
    PaperKind.BUNDLE_RECEIPT: Paper(
        title="一次办接收回执",
        facts=("number", "item", "applicant", "identity", "phone", "received", "tracking"),
        body=("今收到您（单位）{matter}的一张申请表和一套材料，供 {count} 个事项共用。材料清单如下：",),
        table="materials",
        after=(
            "本窗口自收到材料的次日起 5 个工作日内（最迟{due}）对已收件的事项作出是否受理的答复；需要补正的，"
            "各事项汇总后一次性告知；逾期不告知的，自收到申请材料之日起即为受理（" + LAW + "第三十二条，"
            "许可以外的事项参照执行）。",
            "注明等待的事项，在所等事项准予后自动收件，不用另行申请，答复期限自收件的次日起计算。",
        ),
        seal="outlet",
        signers=("申请人（代理人）签字", "收件人"),
        addressed=False,
        slip=True,
    ),
    PaperKind.BUNDLE_SAVING: Paper(
        title="减负单",
        facts=("number", "item", "applicant"),
        body=("本次{matter}共 {count} 个事项，合并为一次办理：", "{saving}"),
        table="saving",
        after=("{notes}",),
        seal="",
        addressed=False,
    ),
    PaperKind.BUNDLE_CORRECTION: Paper(
        title="一次办补正告知书",
        body=(
            "您（单位）于{received}提出的{matter}一次办申请，经各部门审查，下列事项需要补正。根据"
            + LAW
            + "第三十二条"
            "第一款第（四）项（许可以外的事项参照执行），现将需要补正的全部内容汇总后一次性告知如下：",
        ),
        table="missing",
        after=(
            "请在 {days} 个工作日内（最迟{due}）将补正材料一次交至{outlet}，几个事项都要的材料只交一份。"
            "补正材料收到后重新计算审查期限；没有列出的事项不受影响，继续办理。"
            "逾期未补正的事项，退回其申请材料，您（单位）可以重新提出申请。",
        ),
        seal="outlet",
        signers=("签收人", "签收日期"),
        slip=True,
        short="告知书",
    ),
    PaperKind.BUNDLE_CORRECTION_RECEIPT: Paper(
        title="一次办补正材料接收回执",
        facts=("number", "item", "applicant", "received", "tracking"),
        body=("今收到您（单位）按补正告知书补交的{matter}申请材料。目前全部材料如下：",),
        table="materials",
        after=("本窗口自收到补正材料的次日起 5 个工作日内（最迟{due}）对补正的事项作出是否受理的答复。",),
        seal="outlet",
        signers=("申请人（代理人）签字", "收件人"),
        addressed=False,
        slip=True,
    ),
    PaperKind.BUNDLE_ACCEPTANCE: Paper(
        title="一次办受理通知书",
        body=(
            "您（单位）于{received}提出的{matter}一次办申请，经审查，下列事项申请材料齐全、符合法定形式，根据"
            + LAW
            + "第三十二条第一款第（五）项（许可以外的事项参照执行），决定予以受理：",
        ),
        table="accepted",
        after=(
            "{promise}",
            "依法需要听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审的，所需时间不计算在上述期限内，"
            "将另行书面告知。全部事项的办理结果一次领取。",
        ),
        seal="outlet",
        slip=True,
    ),
    PaperKind.INVITATION: replace(
        PAPERS[PaperKind.INVITATION],
        body=tuple(t.replace("“{item}”", "{matter}") for t in PAPERS[PaperKind.INVITATION].body),
    ),
    PaperKind.BUNDLE_DELIVERY: Paper(
        title="一次办送达回执",
        facts=("number", "item", "applicant", "recipient", "method", "delivered"),
        body=("受送达人已一次领取{matter}下列事项的决定书及办理结果：",),
        table="delivered",
        seal="",
        signers=("受送达人签字", "送达人"),
        addressed=False,
    ),
}
