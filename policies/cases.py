"""The tests of a clause that its officer wrote: run before publishing, and beside the editor."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from policies.choices import Verdict
from policies.matching import WAN, estimate
from policies.models import ClauseCase, PolicyClause
from policies.rules import conditions
from policies.rules.facts import FACTS, FactError, Labels, by_name, read
from policies.rules.logic import Truth
from tuoxian_portal.core.money import plain

CENT_OF_WAN = Decimal("0.0001")


def facts_from_lines(text: str, labels: Labels) -> dict[str, Any]:
    """What `从业人数：50` and so on, one a line, say. Raises `FactError` naming the line."""
    facts: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, mark, value = line.replace(":", "：").replace("=", "：").partition("：")
        fact = by_name(name)
        if not mark or fact is None:
            known = "、".join(f.label for f in FACTS.values())
            raise FactError(f"第 {number} 行应写成“名称：内容”，例如“从业人数：50”。名称可以是：{known}。")
        try:
            facts[fact.key] = read(fact, value, labels)
        except FactError as error:
            raise FactError(f"第 {number} 行：{error}") from None
    return facts


def lines_of(facts: dict[str, str]) -> str:
    """The typed facts of a case, one a line."""
    return "\n".join(f"{FACTS[key].label}：{value}" for key, value in facts.items() if key in FACTS)


def typed_from_lines(text: str, labels: Labels) -> dict[str, str]:
    """`{fact key: what was typed}`, after checking that it can be read. Raises `FactError`."""
    facts_from_lines(text, labels)
    typed = {}
    for line in text.splitlines():
        name, _, value = line.replace(":", "：").replace("=", "：").partition("：")
        if fact := by_name(name):
            typed[fact.key] = value.strip()
    return typed


@dataclass(frozen=True)
class Outcome:
    """What a case gave; `problem` is empty when it is as expected."""

    case: ClauseCase
    verdict: Verdict
    shown: str
    problem: str = ""


def run(case: ClauseCase, clause: PolicyClause, day: date, labels: Labels) -> Outcome:
    """Runs one case against `clause` as it is; no query."""
    try:
        facts = facts_from_lines(lines_of(case.facts), labels)
    except FactError as error:
        return Outcome(case, Verdict.MAYBE, "", f"企业情况读不懂：{error}")
    truth = Truth.MAYBE if clause.rule is None else conditions.judge(clause.rule, facts, day)
    verdict = Verdict(truth.value)
    amount = estimate(clause, facts)
    problems = []
    if verdict != case.verdict:
        problems.append(f"应为“{Verdict(case.verdict).label}”，算出“{verdict.label}”")
    if case.amount_wan is not None:
        got = None if amount.yearly is None else (amount.yearly / WAN).quantize(CENT_OF_WAN)
        if got != case.amount_wan:
            why = amount.problem or "缺" + "、".join(FACTS[key].label for key in amount.missing)
            if not clause.formula:
                why = "没有公式"
            is_ = f"算不出金额（{why}）" if got is None else f"算出 {plain(got, 4)} 万元"
            problems.append(f"应得 {plain(case.amount_wan, 4)} 万元，{is_}")
    return Outcome(case, verdict, amount.shown, "；".join(problems))


def failures(clauses: list[PolicyClause], day: date, labels: Labels) -> list[str]:
    """Every case that does not give what was expected, named; the clauses come with their cases."""
    found = []
    for clause in clauses:
        for case in clause.cases.all():
            if problem := run(case, clause, day, labels).problem:
                found.append(f"{clause.name}的用例“{case.name}”：{problem}")
    return found
