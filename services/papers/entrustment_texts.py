"""The papers of 帮办: their texts, and how they are filled once and frozen.

The statute named (民法典 2020, Art. 165 what an authority names, Art. 169 sub-delegation, Art. 173 how it
ends) is background knowledge of the law and is shown to the county's legal office before first use.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from services.choices_cases import CaseOutcome, CaseState, PaperKind
from services.choices_entrustments import SPECIAL_POWERS, AssistanceMode
from services.mandate import powers_in_words
from services.models.entrustments import Entrustment, EntrustmentDocument, EntrustmentPaper
from services.papers.compose import content_of
from services.papers.texts import PAPERS as PAPERS_OF_CASES
from services.papers.texts import Paper
from tuoxian_portal.core.chinese import plain_date

CODE = "《中华人民共和国民法典》"
# A person's number is masked in what is frozen, and written by hand where the law wants it whole.
NUMBER_BY_HAND = "证件号码（委托人填写）"
LABELS = {
    "number": "委托编号",
    "principal": "委托人",
    "identity": "证件号码",
    "agent": "受托人",
    "outlet": "帮办网点",
    "mode": "帮办方式",
    "period": "委托期限",
    "powers": "一般权限",
    "special": "特别授权",
    "project": "项目",
    "signed": "签署日期",
    "signed_off": "签单日期",
    "when": "上门时间",
    "address": "地址",
    "visitors": "上门人员",
    "progress": "进度",
}

PAPERS: dict[str, Paper] = {
    PaperKind.HELP_PROMISE: Paper(
        title="服务承诺书",
        facts=("number", "principal", "mode", "agent", "outlet", "tracking"),
        body=("您（单位）提出的帮办需求已登记：{needs}", "我们承诺："),
        after=(
            "一、帮办服务自愿、免费，不收取任何费用，不接受礼品、宴请；",
            "二、一次性说清所需材料、办理流程和时限，没有把握的如实告知；",
            "三、只在委托书写明的事项、权限和期限内办理，不代替您（单位）作出承诺和决定；",
            "四、交来的材料逐件登记、双方签字，原件用完当面退还；",
            "五、办到哪一步及时告知，您（单位）可以凭上面的编号和密码随时查询；",
            "六、对知悉的个人信息和商业秘密保密。",
            "帮办只帮助申请，不影响行政机关依法作出的决定。您（单位）可以随时取消委托，无须说明理由。",
        ),
        seal="outlet",
        signers=("委托人签收", "帮办员"),
        slip=True,
        addressed=False,
    ),
    PaperKind.HELP_AUTHORITY: Paper(
        title="授权委托书",
        facts=(
            "number",
            "principal",
            "identity",
            "agent",
            "outlet",
            "project",
            "period",
            "powers",
            "special",
        ),
        body=("委托人自愿委托上述受托人，在本委托书写明的权限和期限内，代为办理下列事项：",),
        table="matters",
        after=(
            "没有写明的事项和权限，受托人不得代为办理。未经委托人同意，受托人不得转委托。委托人可以随时取消"
            "委托，受托人也可以辞去委托；期限届满或者事项办结，委托即行终止（" + CODE + "第一百六十五条、"
            "第一百六十九条、第一百七十三条）。",
            "本委托不收取任何费用。本委托书一式两份，委托人、帮办网点各执一份。",
        ),
        seal="",
        signers=("委托人（签字或盖章）", NUMBER_BY_HAND, "签署日期", "受托人"),
        addressed=False,
    ),
    PaperKind.HELP_PAPERS: Paper(
        title="材料交接单",
        facts=("number", "principal", "agent", "outlet"),
        body=("{direction}",),
        table="papers",
        after=("双方已当面逐件核对，名称、形式和份数无误。",),
        seal="",
        signers=("{giver}", "{taker}", "交接日期"),
        addressed=False,
    ),
    PaperKind.HELP_PAUSE: Paper(
        title="帮办中止单",
        facts=("number", "principal", "agent", "period"),
        body=(
            "因以下原因，自{today}起中止帮办：",
            "{reason}",
            "中止期间，受托人不以委托人名义办理任何事项。委托期限不因中止而延长；恢复帮办须签续办委托书。",
        ),
        table="held",
        after=("{held}",),
        seal="outlet",
        signers=("委托人签收", "帮办员"),
        addressed=False,
    ),
    PaperKind.HELP_RENEWAL: Paper(
        title="续办委托书",
        facts=(
            "number",
            "principal",
            "identity",
            "agent",
            "outlet",
            "project",
            "period",
            "powers",
            "special",
        ),
        body=("委托人于{signed}签署授权委托书，现就该委托{change}。此后的委托事项如下：",),
        table="matters",
        after=(
            "其余内容以授权委托书为准。委托人可以随时取消委托（"
            + CODE
            + "第一百七十三条）。本委托不收取任何费用。",
        ),
        seal="",
        signers=("委托人（签字或盖章）", "签署日期", "受托人"),
        addressed=False,
    ),
    PaperKind.HELP_SIGN_OFF: Paper(
        title="办结签单",
        facts=("number", "principal", "agent", "mode", "signed"),
        body=("受托的事项已经办结，帮办结果：{result}",),
        table="done",
        after=(
            "交来的原件已全部当面退还，代领的办理结果已全部交付。本次帮办没有收取任何费用。",
            "签单后将由帮办员以外的人员回访，请对本次帮办作出评价。",
        ),
        seal="outlet",
        signers=("委托人（签字）", "日期", "帮办员"),
        addressed=False,
        slip=True,
    ),
    PaperKind.INVITATION: replace(
        PAPERS_OF_CASES[PaperKind.INVITATION],
        facts=("number", "mode", "signed_off"),
        body=(
            "您（单位）委托的帮办代办已经办结签单。请用手机扫描右侧二维码，对这次帮办作一次评价：选一项满意"
            "程度即可，不用登录，也不用填写姓名和电话。",
            "您的评价不影响行政机关已经作出的决定。评价为“不满意”或“非常不满意”的，我们会核实、整改并回访。",
        ),
        after=(
            "二维码只能用一次，{expires}前有效，请不要转给他人。不方便扫码的，可以凭委托编号和密码在办件进度"
            "查询页面评价，也可以在电话回访时告诉回访人。",
        ),
    ),
    PaperKind.HELP_VISIT: Paper(
        title="上门帮办记录",
        facts=("number", "principal", "when", "address", "visitors"),
        body=("服务内容：{what}", "结果：{outcome}"),
        after=("上门帮办不收取任何费用。",),
        seal="",
        signers=("服务对象（签字）", "帮办员"),
        addressed=False,
    ),
    PaperKind.HELP_END: Paper(
        title="委托终止通知",
        facts=("number", "principal", "agent", "period"),
        body=(
            "您（单位）与{outlet}的帮办委托，{reason}",
            "根据"
            + CODE
            + "第一百七十三条，委托于{ended}终止。此后受托人不再以您（单位）的名义办理任何事项；"
            "已经提出的申请不受影响，由您（单位）自行办理。",
        ),
        table="held",
        after=("{held}", "仍需要帮办的，可以随时重新提出。"),
        seal="outlet",
    ),
    PaperKind.HELP_PLAN: Paper(
        title="全帮办计划表",
        facts=("project", "number", "principal", "agent", "period", "progress"),
        body=("从立项到竣工，按阶段列出需要办理的事项。进度取自帮办委托关联的办件，截至{today}。",),
        table="plan",
        after=("是否需要办理某一事项，以项目实际情况和窗口答复为准。",),
        seal="outlet",
        addressed=False,
    ),
}


def compose_entrustment(
    kind: str, entrustment: Entrustment, *, number: str, at: datetime, by: Any = None, **extra: Any
) -> dict[str, Any]:
    """The content of one paper. No query when `entrustment` came with what `entrusting.lock` fetches.

    `extra` may hold `reason`, `change` (what a renewal changes), `papers` with `returning`, `visit`,
    `plan` (an `assistance.Plan`), `expires` (the last day of an invitation). Numbers are masked; the tracking password is not in it.
    """
    paper = PAPERS[kind]
    on = timezone.localtime(at).date()
    powers = set(entrustment.powers)
    visit, plan = extra.get("visit"), extra.get("plan")
    returning = bool(extra.get("returning"))
    context: dict[str, str] = defaultdict(
        str,
        {
            "number": entrustment.number,
            "principal": entrustment.principal_name,
            "identity": entrustment.masked_number or "",
            "agent": _agent(entrustment),
            "outlet": _office(entrustment),
            "mode": str(AssistanceMode(entrustment.mode).label),
            "period": f"{_day(entrustment.starts_on)}至{_day(entrustment.ends_on)}"
            if entrustment.ends_on
            else "",
            "powers": powers_in_words(powers - SPECIAL_POWERS) or "无",
            "special": powers_in_words(powers & SPECIAL_POWERS) or "无（不代签字，不代为陈述申辩）",
            "project": entrustment.project.name if entrustment.project else "",
            "signed": _day(entrustment.signed_on),
            "signed_off": _day(entrustment.signed_off_on),
            "expires": _day(extra.get("expires")),
            "needs": _sentence(entrustment.needs),
            "result": _sentence(entrustment.result),
            "today": plain_date(on),
            "ended": _day(entrustment.closed_on),
            "reason": _sentence(extra.get("reason", "")),
            "change": str(extra.get("change") or ""),
            "direction": "受托人将下列材料退还委托人：" if returning else "受托人今收到委托人的下列材料：",
            "giver": "退还人" if returning else "交件人",
            "taker": "取件人" if returning else "接收人",
            "held": _held_sentence(entrustment),
            "when": f"{timezone.localtime(visit.at):%Y-%m-%d %H:%M}" if visit else "",
            # A person's address is written by hand: what is frozen is not encrypted.
            "address": (visit.address if entrustment.is_organisation else "（由服务对象填写）")
            if visit
            else "",
            "visitors": visit.visitors if visit else "",
            "what": _sentence(visit.what) if visit else "",
            "outcome": _sentence(visit.outcome) if visit else "",
            "progress": plan.sentence if plan else "",
        },
    )
    content = content_of(
        paper,
        context,
        number=number,
        to=entrustment.principal_name,
        table=_table(paper.table, entrustment, extra),
        place=_office(entrustment) if paper.seal else "",
        on=on,
        by=by,
        labels=LABELS,
    )
    helper_side = context["giver"] if returning else context["taker"]
    signs = {"帮办员": str(by or ""), "受托人": str(entrustment.helper or ""), helper_side: str(by or "")}
    if entrustment.project is None:
        content["facts"] = [row for row in content["facts"] if row[0] != LABELS["project"]]
    labels = [name.format_map(context) for name in paper.signers]
    if entrustment.is_organisation:  # its code is public and printed above in full
        labels = [label for label in labels if label != NUMBER_BY_HAND]
    content["signers"] = [[label, signs.get(label, "")] for label in labels]
    return content


def new_entrustment_paper(
    kind: str, entrustment: Entrustment, *, sequence: int, at: datetime, by: Any = None, **extra: Any
) -> EntrustmentDocument:
    """An unsaved document whose content is frozen."""
    number = f"{entrustment.number}-{sequence:02d}"
    return EntrustmentDocument(
        entrustment=entrustment,
        kind=kind,
        number=number,
        content=compose_entrustment(kind, entrustment, number=number, at=at, by=by, **extra),
        created_at=at,
        created_by=by,
    )


def _day(day: date | None) -> str:
    return plain_date(day) if day else ""


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in "。！？；" else text + "。"


def _agent(entrustment: Entrustment) -> str:
    names = [str(person) for person in (entrustment.helper, entrustment.co_helper) if person]
    return f"{'、'.join(names)}（{entrustment.outlet.name}）" if names else ""


def _office(entrustment: Entrustment) -> str:
    return entrustment.outlet.name


def _held(entrustment: Entrustment) -> list[EntrustmentPaper]:
    return [paper for paper in entrustment.papers.all() if paper.is_held] if entrustment.pk else []


def _held_sentence(entrustment: Entrustment) -> str:
    if _held(entrustment):
        return "上列材料仍在受托人处，请凭本单到帮办网点取回；原件当面退还。"
    return "受托人处没有委托人的材料。"


def _paper_rows(papers: Iterable[EntrustmentPaper]) -> dict[str, Any] | None:
    rows = [
        [str(n), p.name, str(p.get_form_display()), str(p.count), str(p.get_origin_display())]
        for n, p in enumerate(papers, 1)
    ]
    headers = ["序号", "材料", "形式", "份数", "来处"]
    return {"headers": headers, "rows": rows, "widths": [1, 5, 1.4, 1, 2]} if rows else None


def _table(name: str, entrustment: Entrustment, extra: dict[str, Any]) -> dict[str, Any] | None:
    if name == "matters":
        rows = [[str(n), str(matter)] for n, matter in enumerate(entrustment.matters.all(), 1)]
        return {"headers": ["序号", "委托事项"], "rows": rows, "widths": [1, 9]}
    if name == "papers":
        return _paper_rows(extra.get("papers") or [])
    if name == "held":
        return _paper_rows(_held(entrustment))
    if name == "done":
        return _done(entrustment)
    if name == "plan" and extra.get("plan") is not None:
        return {
            "headers": ["阶段", "事项", "办理部门", "进度", "下一期限"],
            "rows": [
                [str(stage.label), row.item.name, row.item.authority, row.label, _day(row.due_on)]
                for stage in extra["plan"].stages
                for row in stage.rows
                if row.in_scope
            ],
            "widths": [2, 4, 2.2, 1.6, 2.2],
        }
    return None


def _done(entrustment: Entrustment) -> dict[str, Any]:
    """What was handled: the cases, then what else was done."""
    rows = [
        [_case_day(link.case), f"{link.case.item_name}（{link.case.case_number}）", _case_result(link.case)]
        for link in entrustment.case_links.all()
    ]
    rows += [
        [f"{step.on:%Y-%m-%d}", step.what, step.result]
        for step in entrustment.steps.all()
        if not step.case_id
    ]
    rows += [
        [f"{timezone.localtime(visit.at):%Y-%m-%d}", f"上门：{visit.what}", visit.outcome]
        for visit in entrustment.visits.all()
    ]
    return {"headers": ["日期", "事项", "结果"], "rows": rows, "widths": [2.4, 5, 3]}


def _case_day(case: Any) -> str:
    day = case.closed_on or case.decided_on
    return f"{day:%Y-%m-%d}" if day else ""


def _case_result(case: Any) -> str:
    if case.outcome:
        return str(CaseOutcome(case.outcome).label)
    return str(CaseState(case.state).label)
