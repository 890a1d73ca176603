"""告知书: what an enterprise is told of its claim, as plain data and as PDF.

The remedies named for a refusal (行政复议, 行政诉讼) are background knowledge of the law, without any
time; they are shown to the county's legal office before first use. What the clause does not state (an
objection period, whom to ask) the paper does not say either.
"""

from collections.abc import Iterable
from typing import Any

from policies.choices_claims import ClaimOrigin, ClaimState
from policies.models import ClaimNotice, PolicyClaim
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.chinese import chinese_date, plain_date
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.money import NBSP, format_yuan, plain

S = ClaimState
TITLES = {
    S.REVIEWED: "惠企政策拟兑现告知书",
    S.APPROVED: "惠企政策兑现告知书",
    S.PAID: "惠企政策兑现告知书",
    S.REFUSED: "惠企政策不予兑现告知书",
}
OUTCOMES = {
    S.REVIEWED: "审核，拟给予你单位以下支持，现予告知：",
    S.APPROVED: "审核批准，给予你单位以下支持，现予告知：",
    S.PAID: "审核批准，已向你单位兑付以下支持，现予告知：",
    S.REFUSED: "审核，决定不予兑现，现将理由告知如下：",
}
NOBODY = "作出本告知的单位"
PRINTED_AT_ONCE = 500


def compose(claim: PolicyClaim, number: str) -> dict[str, Any]:
    """The paper of what is decided now, under `number`, in plain data. Raises `WorkflowError` when nothing is.

    No queries when `clause__policy` and `enterprise` are loaded.
    """
    if claim.state not in TITLES:
        raise WorkflowError(f"{claim.number} 现在是“{claim.get_state_display()}”，还没有可以告知的决定。")
    clause, policy = claim.clause, claim.clause.policy
    named = f"《{policy.title}》{f'（{policy.document_number}）' if policy.document_number else ''}"
    began = (
        "按免申即享比对名录"
        if claim.origin == ClaimOrigin.AUTO
        else f"你单位{plain_date(claim.filed_on)}提出的申报"
    )
    decided = (claim.approved_on if claim.state in (S.APPROVED, S.PAID) else claim.reviewed_on) or today()
    return {
        "title": TITLES[S(claim.state)],
        "number": number,
        "to": f"{claim.enterprise.name}：",
        "body": [f"根据{named}“{clause.name}”，{began}，经{OUTCOMES[S(claim.state)]}"],
        "facts": _refusal(claim) if claim.state == S.REFUSED else _grant(claim),
        "after": [*_objections(claim), *_remedies(claim)],
        "place": clause.payer,
        "date": chinese_date(decided),
        "sample": claim.is_sample,
    }


def _grant(claim: PolicyClaim) -> list[list[str]]:
    clause, amount = claim.clause, claim.approved_yuan or 0
    in_words = format_yuan(amount)
    pay = ""
    if claim.state == S.PAID:
        pay = f"已于 {claim.paid_on} 兑付"
    elif clause.pay_within_days:
        pay = f"批准后 {clause.pay_within_days} 个工作日内"
        if claim.pay_due_on:
            pay += f"，即 {claim.pay_due_on} 前"
    exact = f"{plain(amount)}{NBSP}元"
    rows = [
        ("支持方式", str(clause.get_benefit_display())),
        ("年度", str(claim.year)),
        ("核定金额", exact if in_words == exact else f"{exact}（{in_words}）"),
        ("核定依据", claim.basis),
        ("兑付单位", clause.payer),
        ("兑付时间", pay),
    ]
    return [[label, value] for label, value in rows if value]


def _refusal(claim: PolicyClaim) -> list[list[str]]:
    rows = [
        ("年度", str(claim.year)),
        ("申报金额", format_yuan(claim.claimed_yuan)),
        ("原因", str(claim.get_refusal_code_display())),
        ("理由", claim.refusal_reason),
        ("名录情况", claim.basis),
    ]
    return [[label, value] for label, value in rows if value]


def _objections(claim: PolicyClaim) -> list[str]:
    """Until when and to whom; nothing about a time that the clause does not state."""
    clause = claim.clause
    whom = clause.objection_to or NOBODY
    if claim.state == S.PAID:
        return [f"对以上内容有疑问的，可以向{whom}询问。"]
    if not clause.objection_days:
        return [f"对以上内容有异议的，可以向{whom}提出，并说明理由。"]
    until = f"，至{plain_date(claim.objection_until)}止" if claim.objection_until else ""
    paid = "" if claim.state == S.REFUSED else "期内没有异议的，期满后兑付。"
    return [
        f"公示（异议）期为告知次日起 {clause.objection_days} 个工作日{until}。{paid}",
        f"对以上内容有异议的，请在期内向{whom}提出，并说明理由。",
    ]


def _remedies(claim: PolicyClaim) -> list[str]:
    if claim.state != S.REFUSED:
        return []
    return ["如不服本告知，也可以依法申请行政复议，或者依法向人民法院提起行政诉讼。"]


def paper_of(claim: PolicyClaim) -> dict[str, Any]:
    """The paper to print now: as issued, when the decision that stands was told; otherwise as it would be.

    Reads `claim.notices` (prefetch them for many)."""
    told = [notice for notice in claim.notices.all() if notice.state == claim.state]
    if claim.notified_on and told:
        latest: ClaimNotice = max(told, key=lambda notice: notice.pk)
        return latest.content
    return compose(claim, claim.number)


def render(papers: Iterable[dict[str, Any]]) -> bytes:
    """Each paper on its own page of one PDF; about half a second, and some milliseconds a paper."""
    from tuoxian_portal.core.pdf import Pdf, mm  # heavy: only processes that print load it

    papers = list(papers)
    one = papers[0]
    pdf = Pdf(
        one["title"],
        author=one["place"],
        base=14,
        leading=23,
        margins=(24 * mm, 26 * mm, 28 * mm, 28 * mm),
        footer="示例数据，不是真实的告知" if any(paper["sample"] for paper in papers) else "",
        numbered=len(papers) == 1,
    )
    for place, paper in enumerate(papers):
        if place:
            pdf.page_break()
        _draw(pdf, paper)
    return pdf.render()


def _draw(pdf: Any, paper: dict[str, Any]) -> None:
    pdf.heading(paper["title"], level=0)
    pdf.text(f"编号：{paper['number']}", align="right", size=12)
    pdf.text(paper["to"], align="left", bold=True)
    for text in paper["body"]:
        pdf.text(text, indent=2)
    pdf.gap()
    pdf.facts([(label, value) for label, value in paper["facts"]])
    for text in paper["after"]:
        pdf.text(text, indent=2)
    pdf.signature(paper["place"], paper["date"])
