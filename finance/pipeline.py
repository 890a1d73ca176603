"""Loans step by step, as officials read them: 意向 → 授信 → 签约 → 放款.

A step counts every loan that reached it, also one that went on or was dropped later, so that the
figures of one step never fall because the next one grew.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from finance.choices import DropReason, IntentState
from tuoxian_portal.core.calendar import today

SUPPRESS_BELOW = 3
"""In public, a cell that stands for fewer enterprises than this is not shown: it would tell the
affairs of one of them."""

STUCK_AFTER_DAYS = 90


@dataclass(frozen=True)
class StepFigure:
    """One step. `amount_wan` is this step's own money (intended, granted, contracted, paid out).

    `waiting` loans stand at this step now, `stuck` of them for more than 90 days. `median_days` are
    days since the step before, None without a case. A suppressed figure has None for count and money.
    """

    step: str
    label: str
    count: int | None
    enterprises: int | None
    amount_wan: Decimal | None
    median_days: float | None
    waiting: int | None
    stuck: int | None
    suppressed: bool = False

    def for_public(self) -> "StepFigure":
        if not self.enterprises or self.enterprises >= SUPPRESS_BELOW:
            return StepFigure(
                self.step, self.label, self.count, self.enterprises, self.amount_wan, None, None, None
            )
        return StepFigure(self.step, self.label, None, None, None, None, None, None, suppressed=True)


@dataclass(frozen=True)
class DropFigure:
    """Loans that did not come about for one reason, and the money that was intended."""

    reason: str
    label: str
    count: int
    amount_wan: Decimal


@dataclass(frozen=True)
class BankFigure:
    """One bank: loans that reached each step, in the order of the steps, and money paid out."""

    bank_id: int
    name: str
    reached: tuple[int, int, int, int]
    intended_wan: Decimal
    drawn_wan: Decimal


@dataclass(frozen=True)
class Pipeline:
    steps: list[StepFigure]
    drops: list[DropFigure]
    banks: list[BankFigure]
    has_samples: bool = False

    def for_public(self) -> list[StepFigure]:
        """The steps without cells of fewer than three enterprises, and without what only staff need."""
        return [step.for_public() for step in self.steps]


STEPS = (IntentState.INTENT, IntentState.CREDIT_APPROVED, IntentState.CONTRACTED, IntentState.DRAWN)


@dataclass
class _Tally:
    count: int = 0
    amount: Decimal = Decimal(0)
    enterprises: set[int] = field(default_factory=set)
    days: list[int] = field(default_factory=list)
    waiting: int = 0
    stuck: int = 0


def build(intents: Any, *, on: date | None = None) -> Pipeline:
    """The pipeline of a `LoanIntentQuerySet`; one query. See `LoanIntentQuerySet.pipeline`."""
    on = on or today()
    rows: Iterable[tuple[Any, ...]] = (
        intents.with_drawn()
        .order_by()
        .values_list(
            "state",
            "enterprise_id",
            "bank_id",
            "bank__name",
            "drop_reason",
            "is_sample",
            "intent_on",
            "credit_on",
            "contracted_on",
            "first_drawn_on",
            "amount_wan",
            "credit_wan",
            "contract_wan",
            "drawn_total_wan",
        )
    )
    tallies = [_Tally() for _ in STEPS]
    drop_counts: Counter[str] = Counter()
    drop_amounts: dict[str, Decimal] = defaultdict(Decimal)
    banks: dict[int, list[Any]] = {}
    has_samples = False
    for state, enterprise, bank, bank_name, drop_reason, is_sample, *rest in rows:
        dates, amounts = rest[:4], rest[4:]
        has_samples = has_samples or is_sample
        mine = banks.setdefault(bank, [bank_name, [0, 0, 0, 0], Decimal(0), Decimal(0)])
        mine[2] += amounts[0]
        mine[3] += amounts[3]
        before = None
        for index, (tally, day, amount) in enumerate(zip(tallies, dates, amounts, strict=True)):
            if day is None:
                break
            tally.count += 1
            tally.amount += amount
            tally.enterprises.add(enterprise)
            mine[1][index] += 1
            if before is not None:
                tally.days.append((day - before).days)
            before = day
            if state == STEPS[index]:
                tally.waiting += 1
                tally.stuck += (on - day).days > STUCK_AFTER_DAYS and state != IntentState.DRAWN
        if drop_reason:
            drop_counts[drop_reason] += 1
            drop_amounts[drop_reason] += amounts[0]
    return Pipeline(
        steps=[
            StepFigure(
                step=step.value,
                label=str(step.label),
                count=tally.count,
                enterprises=len(tally.enterprises),
                amount_wan=tally.amount,
                median_days=float(median(tally.days)) if tally.days else None,
                waiting=tally.waiting,
                stuck=tally.stuck,
            )
            for step, tally in zip(STEPS, tallies, strict=True)
        ],
        drops=[
            DropFigure(reason, str(DropReason(reason).label), count, drop_amounts[reason])
            for reason, count in drop_counts.most_common()
        ],
        banks=sorted(
            (
                BankFigure(pk, name, tuple(reached), intended, drawn)
                for pk, (name, reached, intended, drawn) in banks.items()
            ),
            key=lambda bank: (-bank.drawn_wan, -bank.intended_wan, bank.name),
        ),
        has_samples=has_samples,
    )
