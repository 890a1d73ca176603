"""Loans step by step, as officials read them: 意向 → 授信 → 签约 → 放款.

A step counts every loan that reached it, also one that went on or was dropped later, so that the
figures of one step never fall because the next one grew.
"""

from collections import Counter, defaultdict
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


COLUMNS = (
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


def build(intents: Any, *, on: date | None = None) -> Pipeline:
    """The pipeline of a `LoanIntentQuerySet`; one query. See `LoanIntentQuerySet.pipeline`."""
    count = _Count(on or today())
    for row in intents.with_drawn().order_by().values_list(*COLUMNS):
        count.add(*row)
    return Pipeline(
        steps=[tally.figure(step) for step, tally in zip(STEPS, count.tallies, strict=True)],
        drops=[
            DropFigure(reason, str(DropReason(reason).label), number, count.drop_amounts[reason])
            for reason, number in count.drops.most_common()
        ],
        banks=sorted(
            (bank.figure(pk) for pk, bank in count.banks.items()),
            key=lambda bank: (-bank.drawn_wan, -bank.intended_wan, bank.name),
        ),
        has_samples=count.has_samples,
    )


@dataclass
class _Tally:
    """What is counted of one step."""

    count: int = 0
    amount: Decimal = Decimal(0)
    enterprises: set[int] = field(default_factory=set)
    days: list[int] = field(default_factory=list)
    waiting: int = 0
    stuck: int = 0

    def figure(self, step: IntentState) -> StepFigure:
        return StepFigure(
            step=step.value,
            label=str(step.label),
            count=self.count,
            enterprises=len(self.enterprises),
            amount_wan=self.amount,
            median_days=float(median(self.days)) if self.days else None,
            waiting=self.waiting,
            stuck=self.stuck,
        )


@dataclass
class _Bank:
    """What is counted of one bank."""

    name: str
    reached: list[int] = field(default_factory=lambda: [0] * len(STEPS))
    intended: Decimal = Decimal(0)
    drawn: Decimal = Decimal(0)

    def figure(self, pk: int) -> BankFigure:
        first, second, third, fourth = self.reached
        return BankFigure(pk, self.name, (first, second, third, fourth), self.intended, self.drawn)


class _Count:
    """Loans counted one after the other, as of the day `on`."""

    def __init__(self, on: date) -> None:
        self.on = on
        self.tallies = [_Tally() for _ in STEPS]
        self.drops: Counter[str] = Counter()
        self.drop_amounts: dict[str, Decimal] = defaultdict(Decimal)
        self.banks: dict[int, _Bank] = {}
        self.has_samples = False

    def add(
        self,
        state: str,
        enterprise: int,
        bank: int,
        bank_name: str,
        drop_reason: str,
        is_sample: bool,
        *dates_then_amounts: Any,
    ) -> None:
        """One loan. Of the four steps first the days, None from the first not reached on, then the money."""
        dates, amounts = dates_then_amounts[: len(STEPS)], dates_then_amounts[len(STEPS) :]
        self.has_samples = self.has_samples or is_sample
        mine = self.banks.setdefault(bank, _Bank(bank_name))
        mine.intended += amounts[0]
        mine.drawn += amounts[-1]
        before = None
        for index, (step, day, amount) in enumerate(zip(STEPS, dates, amounts, strict=True)):
            if day is None:
                break
            tally = self.tallies[index]
            tally.count += 1
            tally.amount += amount
            tally.enterprises.add(enterprise)
            mine.reached[index] += 1
            if before is not None:
                tally.days.append((day - before).days)
            before = day
            if state == step:
                tally.waiting += 1
                tally.stuck += (self.on - day).days > STUCK_AFTER_DAYS and state != IntentState.DRAWN
        if drop_reason:
            self.drops[drop_reason] += 1
            self.drop_amounts[drop_reason] += amounts[0]
