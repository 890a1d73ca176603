"""What pages and papers say about a clause: pure presentation, in the shapes of the components."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policies.choices import ApplyMode
from policies.matching import OFFERED, ClauseMatch, envelope_left, is_matchable
from policies.models import ClauseMaterial, PolicyClause
from policies.rules import conditions
from policies.rules.facts import Labels
from services.guides import licence_text
from services.models import ItemMaterial, Material, ServiceItem
from tuoxian_portal.core.money import NBSP, format_wan, format_yuan

AUTO = "不用申报，由部门按名单审核后兑付。"
FREE = "可免交"
AMOUNT = "享受多少"


@dataclass(frozen=True)
class Paper:
    """One paper of one clause. `licence` is the electronic licence that replaces it, "" for none; `files`
    are (label, address) of the item's own blank form and example."""

    material: Material
    note: str
    licence: str
    files: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return self.material.name

    @property
    def hints(self) -> list[str]:
        return [hint for hint in (self.note, licence_text(self.licence)) if hint]

    @property
    def text(self) -> str:
        """`营业执照（复印件 1 份；可用电子营业执照，免交纸质材料）`."""
        return f"{self.name}（{'；'.join(self.hints)}）" if self.hints else self.name

    @property
    def links(self) -> list[tuple[str, str, str]]:
        """(whole label, label, address), for the `task_list` component."""
        return [(f"{label}：{self.name}", label, url) for label, url in self.files]


def papers_of(clause: PolicyClause) -> list[Paper]:
    """What an applicant brings, in order; [] for 免申即享. No query on a clause read `with_papers`. Where the
    item itself needs the paper, the licence does not replace it here either."""
    if clause.mode == ApplyMode.AUTO:
        return []
    item = clause.guide
    lines = {line.material_id: line for line in item.materials.all()} if item else {}
    return [_paper(row, lines.get(row.material_id)) for row in clause.materials.all()]


def _paper(row: ClauseMaterial, line: ItemMaterial | None) -> Paper:
    files = (("空白表格", line.blank_url), ("样表", line.sample_url)) if line else ()
    accepted = line is None or line.licence_accepted
    return Paper(
        material=row.material,
        note=row.note,
        licence=row.material.electronic_licence if accepted else "",
        files=tuple((label, url) for label, url in files if url),
    )


def task_row(paper: Paper) -> dict[str, Any]:
    """A paper in the `task_list` component."""
    return {
        "title": paper.name,
        "hint": " · ".join(paper.hints),
        "status": FREE if paper.licence else "",
        "tone": "good",
        "links": paper.links,
    }


@dataclass
class MergedPaper:
    """One paper for all clauses that ask for it: handed in once."""

    material: Material
    asked: list[tuple[PolicyClause, Paper]] = field(default_factory=list)

    @property
    def licence(self) -> str:
        """The licence that replaces it; "" when one clause insists on the paper."""
        return self.material.electronic_licence if all(paper.licence for _, paper in self.asked) else ""

    @property
    def wanted_by(self) -> str:
        """`设备投入补贴（复印件 1 份）、项目贷款贴息`."""
        return "、".join(
            f"{clause.name}（{paper.note}）" if paper.note else clause.name for clause, paper in self.asked
        )

    @property
    def row(self) -> dict[str, Any]:
        """In the `task_list` component."""
        links = {link[2]: link for _, paper in self.asked for link in paper.links}
        return {
            "title": self.material.name,
            "hint": " · ".join(
                hint for hint in (f"用于：{self.wanted_by}", licence_text(self.licence)) if hint
            ),
            "status": FREE if self.licence else "",
            "tone": "good",
            "links": list(links.values()),
        }


@dataclass
class OneSet:
    """一套材料: the papers of several clauses, each once. `before` counts them clause by clause; `silent`
    are the clauses whose source names no paper."""

    papers: list[MergedPaper]
    before: int
    clauses: int
    silent: list[PolicyClause]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [paper.row for paper in self.papers]

    @property
    def summary(self) -> str:
        free = sum(1 for paper in self.papers if paper.licence)
        saved = self.before - len(self.papers)
        parts = [f"{self.clauses}{NBSP}项一共要 {self.before}{NBSP}份"]
        if saved:
            parts.append(f"相同的只备一次，合起来 {len(self.papers)}{NBSP}份")
        if free:
            parts.append(f"其中 {free}{NBSP}份可用电子证照免交")
        return f"{'，'.join(parts)}。"

    @property
    def caution(self) -> str:
        """What the list does not say; ""."""
        names = "、".join(f"“{clause.name}”" for clause in self.silent)
        return f"{names}的来源没有写明要准备什么，没有列入，请先问县里。" if names else ""


def one_set(matches: Iterable[ClauseMatch]) -> OneSet | None:
    """What the clauses of `matches` that are applied for ask for together; None unless two ask."""
    merged: dict[int, MergedPaper] = {}
    silent, before, asking = [], 0, 0
    for clause in (found.clause for found in matches):
        if clause.mode == ApplyMode.AUTO:
            continue
        papers = papers_of(clause)
        before += len(papers)
        asking += bool(papers)
        if not papers:
            silent.append(clause)
        for paper in papers:
            merged.setdefault(paper.material.pk, MergedPaper(paper.material)).asked.append((clause, paper))
    return OneSet(list(merged.values()), before, asking, silent) if asking > 1 else None


@dataclass(frozen=True)
class ClauseGuide:
    """A clause on the page of its policy. `facts` are (label, value) of what is stated, `unstated` names
    the rest; `item` is where to apply, None where nobody is led there. A clause that says nothing beyond
    its words `is_bare`, and has no `unstated`."""

    clause: PolicyClause
    facts: list[tuple[str, str]]
    papers: list[dict[str, Any]]
    excludes: list[PolicyClause]
    item: ServiceItem | None
    takes_part: bool
    unstated: list[str]
    is_bare: bool


def clause_guide(clause: PolicyClause, day: date, labels: Labels) -> ClauseGuide:
    """No query on a clause read `with_guide`, whose policy is at hand."""
    offered = clause.policy.status_on(day) in OFFERED and not clause.tied_to_tax
    papers = [task_row(paper) for paper in papers_of(clause)]
    excludes = excluded_by(clause, day)
    item = clause.guide if offered else None
    facts = [fact for fact in facts_of_clause(clause, day if offered else None, labels) if fact[1]]
    is_bare = not (papers or excludes or item or clause.formula or {label for label, _ in facts} - {AMOUNT})
    return ClauseGuide(
        clause=clause,
        facts=facts,
        papers=papers,
        excludes=excludes,
        item=item,
        takes_part=clause.policy.is_published and is_matchable(clause, day),
        unstated=[] if is_bare else unstated(clause),
        is_bare=is_bare,
    )


def facts_of_clause(clause: PolicyClause, day: date | None, labels: Labels) -> list[tuple[str, str]]:
    """(label, value) of what an enterprise asks first; "" where the source does not say. `day` is None for
    what nobody can apply for: then nothing is said of an open window."""
    clocks = "；".join(f"{label}：{text}" for label, text in clock_rows(clause) if text)
    return [
        ("谁能享受", "" if clause.rule is None else f"{conditions.say(clause.rule, labels)}。"),
        (AMOUNT, amount_text(clause)),
        ("怎么兑现", _lines(mode_text(clause), window_text(clause, day))),
        ("谁兑付、多久", _lines(clause.payer, clocks)),
        ("资金盘子", envelope_text(clause)),
    ]


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def unstated(clause: PolicyClause) -> list[str]:
    """What an enterprise would ask for and the source does not say."""
    applied = clause.mode != ApplyMode.AUTO
    asked = (
        ("谁能享受", clause.rule is not None),
        ("享受多少", bool(clause.formula or clause.amount_text)),
        ("怎么兑现", bool(clause.mode)),
        ("申报时间", not applied or bool(clause.window_label)),
        ("谁兑付", bool(clause.payer)),
        ("兑付时限", clause.pay_within_days is not None),
        ("要准备什么", not applied or bool(clause.materials.all())),
    )
    return [label for label, is_stated in asked if not is_stated]


def amount_text(clause: PolicyClause) -> str:
    """The standard as the source words it, then the formula with cap and years; "" when neither is stated."""
    parts = [clause.amount_text] if clause.amount_text else []
    if clause.formula:
        text = f"算法：{clause.formula}"
        if clause.cap_wan is not None:
            text += f"，{'每年' if clause.years else ''}封顶 {format_wan(clause.cap_wan)}"
        if clause.years:
            text += f"，连续 {clause.years}{NBSP}年"
        parts.append(text)
    if clause.recurrence and not clause.years:
        parts.append(str(clause.get_recurrence_display()))
    return "\n".join(parts)


def mode_text(clause: PolicyClause) -> str:
    if not clause.mode:
        return ""
    label = str(ApplyMode(clause.mode).label)
    return f"{label}：{AUTO}" if clause.mode == ApplyMode.AUTO else label


def clock_rows(clause: PolicyClause) -> list[tuple[str, str]]:
    """(label, value) of the working days that the policy promises; "" where it does not say."""

    def days(before: str, number: int | None, after: str) -> str:
        return f"{before} {number}{NBSP}个工作日{after}" if number else ""

    return [
        ("审核时限", days("申报后", clause.review_within_days, "内")),
        ("公示（异议）期", days("告知后", clause.objection_days, "，期满后兑付")),
        ("兑付时限", days("批准后", clause.pay_within_days, "内")),
    ]


def terms_of(clause: PolicyClause) -> list[tuple[str, str]]:
    """(label, value) of who pays, how soon, and when to apply; only what is stated."""
    rows = [("兑付单位", clause.payer), *clock_rows(clause), ("申报时间", clause.window_label)]
    return [(label, text) for label, text in rows if text]


def window_text(clause: PolicyClause, day: date | None) -> str:
    """`申报时间：2026-01-01 至 2026-06-30`; "" when none is stated."""
    closed = "（现在不在申报期内）" if day and not clause.is_open_on(day) else ""
    return f"申报时间：{clause.window_label}{closed}" if clause.window_label else ""


def envelope_text(clause: PolicyClause) -> str:
    """`500 万元，还剩 420 万元`; "" where there is none, or where what is committed was not asked."""
    left = envelope_left(clause)
    if clause.budget_wan is None or left is None:
        return ""
    return f"{format_wan(clause.budget_wan)}，{f'还剩 {format_yuan(left)}' if left else '已用完'}"


def excluded_by(clause: PolicyClause, day: date) -> list[PolicyClause]:
    """The public clauses still offered of which an enterprise may not enjoy one together with `clause`."""
    found: dict[int, PolicyClause] = {}
    for group in clause.exclusion_groups.all():
        for other in group.clauses.all():
            if other.pk != clause.pk and other.policy.is_published and other.policy.status_on(day) in OFFERED:
                found[other.pk] = other
    return list(found.values())
