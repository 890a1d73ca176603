"""What would an enterprise get? The verdict, its reasons and the amount of every clause, from its facts.

A clause takes part when its condition or its formula is stated and it does not reward tax paid. What is not in force
is never promised: a clause of a policy that nobody has confirmed yet is at most 可能符合, and only
clauses in force enter the sum.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from policies.choices import Benefit, Nature, Status
from policies.models import IncentivePolicy, PolicyClause
from policies.rules import combine, conditions, formula
from policies.rules.facts import FACTS, Fact, Facts, Labels
from policies.rules.logic import Truth
from tuoxian_portal.core.money import format_wan, format_yuan

WAN = Decimal(10_000)
IN_FORCE = frozenset({Status.IN_FORCE, Status.EXPIRING})
OFFERED = IN_FORCE | {Status.UPCOMING, Status.UNVERIFIED}


@dataclass(frozen=True)
class Estimate:
    """The amount of a clause. `yearly` and `total` are 元, None when it cannot be said; `missing` are the
    facts it still needs, `problem` why else it cannot be calculated."""

    yearly: Decimal | None = None
    total: Decimal | None = None
    shown: str = ""
    missing: tuple[str, ...] = ()
    problem: str = ""

    @property
    def of_a_year(self) -> Decimal | None:
        """What one claim asks for: the amount of a year, at most what is left of the envelope."""
        return None if self.yearly is None or self.total is None else min(self.yearly, self.total)

    @property
    def label(self) -> str:
        return format_yuan(self.total)


def estimate(clause: PolicyClause, facts: Facts) -> Estimate:
    """What `clause` gives with these facts: the formula, then its cap, then its years. No query.

    Never more than the cap, never less than nought."""
    if not clause.formula:
        return Estimate()
    try:
        amount = formula.calculate(clause.formula, facts)
    except formula.FactsMissing as error:
        return Estimate(missing=tuple(error.keys))
    except formula.FormulaError as error:
        return Estimate(problem=error.message)
    yearly, shown = amount.yuan, amount.shown
    if clause.cap_wan is not None:
        cap = clause.cap_wan * WAN
        shown += f"，{'每年' if clause.years else ''}封顶 {format_wan(clause.cap_wan)}"
        if yearly > cap:
            yearly, shown = cap, f"{shown}，取 {format_wan(clause.cap_wan)}"
    total = yearly * (clause.years or 1)
    if clause.years and clause.years > 1:
        shown += f"；连续 {clause.years} 年，共 {format_yuan(total)}"
    return Estimate(yearly, total, shown)


@dataclass
class ClauseMatch:
    """One clause and what the facts say of it."""

    clause: PolicyClause
    status: Status
    truth: Truth
    met: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unknown: list[Fact] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    estimate: Estimate = field(default_factory=Estimate)
    chosen: bool | None = None
    """Whether the best combination takes it; None when it excludes nothing."""

    @property
    def policy(self) -> IncentivePolicy:
        return self.clause.policy

    @property
    def missing_for_amount(self) -> list[Fact]:
        return [FACTS[key] for key in self.estimate.missing]


def envelope_left(clause: PolicyClause) -> Decimal | None:
    """What is left of the envelope, 元; None without one, or where what is committed was not asked
    (`PolicyClauseQuerySet.with_committed` asks)."""
    committed = getattr(clause, "committed_yuan", None)
    if clause.budget_wan is None or committed is None:
        return None
    return max(clause.budget_wan * WAN - committed, Decimal(0))


def within_envelope(clause: PolicyClause, amount: Estimate) -> Estimate:
    """`amount`, at most what is left of the envelope."""
    left = envelope_left(clause)
    if left is None or amount.total is None or amount.total <= left:
        return amount
    note = f"只剩 {format_yuan(left)}" if left else "已用完"
    return replace(amount, total=left, shown=f"{amount.shown}；资金盘子{note}")


def match_clause(
    clause: PolicyClause, facts: Facts, day: date, labels: Labels, have: str = conditions.ASKED
) -> ClauseMatch:
    """The verdict on one clause whose policy is at hand; no query."""
    policy = clause.policy
    status = policy.status_on(day)
    rule = clause.rule
    if rule is None:
        cautions = ["来源没有写明适用条件。", *_cautions(clause, status, day)]
        amount = within_envelope(clause, estimate(clause, facts))
        return ClauseMatch(clause, status, Truth.MAYBE, cautions=cautions, estimate=amount)
    why = conditions.explain(rule, facts, day, labels, have=have)
    result = ClauseMatch(clause, status, why.truth, why.met, why.failed, [FACTS[key] for key in why.unknown])
    if why.truth is not Truth.NO:
        result.estimate = within_envelope(clause, estimate(clause, facts))
        result.cautions = _cautions(clause, status, day)
        if why.truth is Truth.YES and status not in IN_FORCE:
            result.truth = Truth.MAYBE
    return result


def _cautions(clause: PolicyClause, status: Status, day: date) -> list[str]:
    cautions = []
    if status is Status.UNVERIFIED:
        cautions.append("政策是否有效还在核实，不能据此申报；请先问县里。")
    elif status is Status.UPCOMING:
        cautions.append(clause.policy.reason_on(day))
    if not clause.is_open_on(day):
        cautions.append(f"现在不在申报期内（{clause.window_label}）。")
    return cautions


@dataclass
class Result:
    """The three groups, largest amount first, and the best that can be had together."""

    yes: list[ClauseMatch]
    maybe: list[ClauseMatch]
    no: list[ClauseMatch]
    best: combine.Best

    @property
    def total_label(self) -> str:
        return format_yuan(self.best.total)

    @property
    def counted(self) -> int:
        """How many clauses make up the sum."""
        return len(self.best.keys)


def match(clauses: Iterable[PolicyClause], facts: Facts, day: date, labels: Labels) -> Result:
    """The verdict on each clause and the best combination. The clauses come with `policy` and
    `exclusion_groups` (see `PolicyClauseQuerySet.for_matching`); no query."""
    groups: dict[Truth, list[ClauseMatch]] = {truth: [] for truth in Truth}
    for clause in clauses:
        found = match_clause(clause, facts, day, labels)
        groups[found.truth].append(found)
    groups[Truth.YES].sort(key=lambda m: -(m.estimate.total or Decimal(0)))
    groups[Truth.MAYBE].sort(key=lambda m: (len(m.unknown), -(m.estimate.total or Decimal(0))))
    best = _best(groups[Truth.YES])
    return Result(groups[Truth.YES], groups[Truth.MAYBE], groups[Truth.NO], best)


def _best(matches: list[ClauseMatch]) -> combine.Best:
    priced = [m for m in matches if m.estimate.total]
    groups = {m.clause.pk: frozenset(g.pk for g in m.clause.exclusion_groups.all()) for m in priced}
    best = combine.best(
        combine.Offer(m.clause.pk, m.estimate.total or Decimal(0), groups[m.clause.pk]) for m in priced
    )
    members = [group for own in groups.values() for group in own]
    for m in priced:
        if any(members.count(group) > 1 for group in groups[m.clause.pk]):
            m.chosen = m.clause.pk in best.keys
    return best


def asked_facts(clauses: Iterable[PolicyClause]) -> list[Fact]:
    """The facts that these clauses ask for, in the order of `FACTS`: the questions worth asking."""
    keys: set[str] = set()
    for clause in clauses:
        if clause.rule is not None:
            keys |= conditions.facts_asked(clause.rule)
        if clause.formula:
            keys |= set(formula.facts_asked(formula.read(clause.formula)))
    return [fact for key, fact in FACTS.items() if key in keys]


def is_matchable(clause: PolicyClause, day: date) -> bool:
    """Whether the public match speaks of this clause: see the module."""
    policy = clause.policy
    return (
        (clause.condition is not None or bool(clause.formula))
        and clause.benefit != Benefit.GENERAL
        and not clause.tied_to_tax
        and policy.nature != Nature.CONSULTATION
        and policy.status_on(day) in OFFERED
    )
