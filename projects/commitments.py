"""What a promise has come to: derived from the portal's records where they say it, judged otherwise.

Rules (口径), in their order:

- judged by a person: that word, with its reason; what the records say stays beside it;
- 完成投资, 资金到位: accepted investment, or receipts not voided, up to the day it is due, against the
  amount promised: 兑现 as soon as it is reached; when the day has passed 部分兑现 above nothing, else 未兑现;
- 开工, 投产: the project's actual date: by the day due 兑现, later 部分兑现, none when it has passed 未兑现;
- everything else: 未到期 until the day due, afterwards 到期待核定 until somebody judges it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from projects.choices_commitment import CommitmentKind, Verdict
from tuoxian_portal.core.money import format_wan, percent


@dataclass(frozen=True)
class Standing:
    """`verdict` is what counts, `computed` what the records say, `text` why."""

    verdict: Verdict
    computed: Verdict
    text: str
    overdue_days: int = 0

    @property
    def label(self) -> str:
        return str(self.verdict.label)

    @property
    def tone(self) -> str:
        return self.verdict.tone


def standing(commitment: Any, *, on: date) -> Standing:
    """What `commitment` has come to on `on`. It comes from `with_measures()`; no queries then."""
    computed, text = _computed(commitment, on)
    late = max(0, (on - commitment.due_on).days)
    if commitment.verdict:
        why = f"核定：{commitment.verdict_reason}"
        return Standing(Verdict(commitment.verdict), computed, f"{why}；记录显示：{text}" if text else why)
    open_ = computed in (Verdict.WAITING, Verdict.BROKEN, Verdict.PARTLY)
    return Standing(computed, computed, text, late if open_ else 0)


def _computed(commitment: Any, on: date) -> tuple[Verdict, str]:
    passed = commitment.due_on < on
    kind = commitment.kind
    if kind in CommitmentKind.in_amounts() and commitment.amount:
        name = "累计完成投资" if kind == CommitmentKind.INVESTMENT else "累计到位"
        done = Decimal(
            commitment.invested_by_due_wan
            if kind == CommitmentKind.INVESTMENT
            else commitment.received_by_due_wan
        )
        text = (
            f"{name} {format_wan(done) or '0'}，承诺 {format_wan(commitment.amount)}"
            f"（{percent(done, commitment.amount)}%）"
        )
        if done >= commitment.amount:
            return Verdict.KEPT, text
        if not passed:
            return Verdict.PENDING, text
        return (Verdict.PARTLY if done else Verdict.BROKEN), text
    if kind in (CommitmentKind.START, CommitmentKind.PRODUCTION):
        start = kind == CommitmentKind.START
        actual = commitment.project.actual_start if start else commitment.project.actual_production
        word = "开工" if start else "投产"
        if actual and actual <= on:
            late = (actual - commitment.due_on).days
            if late <= 0:
                return Verdict.KEPT, f"{actual} {word}"
            return Verdict.PARTLY, f"{actual} {word}，晚 {late} 天"
        return (Verdict.BROKEN, f"尚未{word}") if passed else (Verdict.PENDING, "")
    if passed:
        return Verdict.WAITING, f"已到期 {(on - commitment.due_on).days} 天，请核定"
    return Verdict.PENDING, ""
