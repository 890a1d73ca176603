"""The result of a match on paper."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from policies.choices import ApplyMode
from policies.guides import AUTO, OneSet, one_set, papers_of, terms_of
from policies.matching import ClauseMatch, Result
from services.guides import licence_text

if TYPE_CHECKING:
    from tuoxian_portal.core.pdf import Pdf


def match_paper(
    result: Result,
    answers: Sequence[tuple[str, str, Any]],
    day: date,
    address: str,
    absolute: Callable[[str], str],
) -> bytes:
    """The three groups with reasons and sums, and one list of papers, as a PDF; about half a second of CPU.
    `absolute` makes whole addresses of the portal's own."""
    from tuoxian_portal.core.pdf import Pdf  # heavy: only processes that print load it

    pdf = Pdf(title="惠企政策匹配结果", base=12, footer=f"{day} 按当日公开的政策计算，以主管部门审核为准")
    pdf.heading("惠企政策匹配结果", level=0)
    pdf.facts([(label, value) for label, value, _ in answers])
    if result.counted:
        pdf.text(
            f"可同时享受的 {result.counted} 项合计约 {result.total_label}"
            f"{'（不可同享的已逐一比较，取最优组合）' if result.best.exact else '（组合太多，是找到的较好组合）'}。",
            bold=True,
        )
    for title, matches in (("符合", result.yes), ("可能符合", result.maybe)):
        if matches:
            pdf.heading(f"{title}（{len(matches)} 项）")
        for number, found in enumerate(matches, start=1):
            _clause(pdf, number, found, absolute)
        if matches is result.yes and (papers := one_set(matches)):
            _papers(pdf, papers)
    if result.no:
        pdf.heading(f"不符合（{len(result.no)} 项）")
        pdf.table(
            ["条款", "差什么"],
            [[f"{m.clause.name}（{m.policy.title}）", "；".join(m.failed)] for m in result.no],
            widths=[2, 3],
        )
    pdf.gap()
    pdf.text(f"网上查看：{absolute(address)}", size=9, align="left")
    return pdf.render()


def _papers(pdf: "Pdf", papers: OneSet) -> None:
    pdf.heading(f"合并材料清单（{len(papers.papers)} 份）", level=2)
    pdf.text(papers.summary)
    pdf.table(
        ["材料", "用于", "电子证照", "备好打√"],
        [[paper.material.name, paper.wanted_by, licence_text(paper.licence), ""] for paper in papers.papers],
        widths=[3, 4, 3, 1],
    )
    if papers.caution:
        pdf.text(papers.caution)


def _clause(pdf: "Pdf", number: int, found: ClauseMatch, absolute: Callable[[str], str]) -> None:
    pdf.gap()
    pdf.text(f"{number}．{found.clause.name}（{found.policy.title}）", bold=True)
    for label, value in details_of(found, absolute):
        pdf.text(f"{label}：{value}", indent=2)


def details_of(found: ClauseMatch, absolute: Callable[[str], str]) -> list[tuple[str, str]]:
    """What there is to say of one match, as (label, text); nothing for what is not known."""
    clause, amount, guide = found.clause, found.estimate, found.clause.guide
    rows = [
        ("金额", amount.shown or (clause.amount_text if not clause.formula else "")),
        (
            "金额还要知道",
            "、".join(f"{fact.label}（{fact.unit}）" for fact in found.missing_for_amount),
        ),
        ("金额算不出", amount.problem),
        ("理由", "；".join(found.met)),
        ("还要知道", "、".join(fact.label for fact in found.unknown)),
        ("注意", "".join(found.cautions)),
        ("兑现方式", clause.get_mode_display() if clause.mode else ""),
        *terms_of(clause),
        (
            "要准备",
            AUTO if clause.mode == ApplyMode.AUTO else "、".join(paper.text for paper in papers_of(clause)),
        ),
        ("办事指南", f"{guide.name} {absolute(guide.get_absolute_url())}" if guide else ""),
    ]
    if found.chosen is not None:
        rows.insert(
            1, ("同享", "合计里选了这一项" if found.chosen else "与合计里的另一项不可同享，没有计入合计")
        )
    return [(label, text) for label, text in rows if text]
