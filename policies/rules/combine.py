"""The best that can be had together when some offers exclude each other, found exactly.

Two offers that share an exclusion group cannot both be taken. That is a heaviest set of pairwise
compatible offers: solved by branch and bound in each connected part, with the sum of the best of each
group as the bound. Real policies have one group an offer, where the bound is already the answer; the
number of steps is limited all the same, and `Best.exact` says whether the search was finished.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal

MAX_STEPS = 20_000


@dataclass(frozen=True)
class Offer:
    """Something of value `amount` that belongs to exclusion groups."""

    key: Hashable
    amount: Decimal
    groups: frozenset[Hashable] = frozenset()


@dataclass(frozen=True)
class Best:
    """The offers to take, in the order they were given, their sum, and whether nothing better exists."""

    keys: tuple[Hashable, ...]
    total: Decimal
    exact: bool


def best(offers: Iterable[Offer], max_steps: int = MAX_STEPS) -> Best:
    """The heaviest compatible set. Offers of the same sum: those that stand first win."""
    everything = list(offers)
    taken: set[int] = set()
    exact = True
    for part in _connected(everything):
        search = _Search([everything[i] for i in part], max_steps)
        taken |= {part[i] for i in search.run()}
        exact &= search.finished
    keys = tuple(offer.key for i, offer in enumerate(everything) if i in taken)
    total = sum((everything[i].amount for i in taken), Decimal(0))
    return Best(keys, total, exact)


def _connected(offers: list[Offer]) -> list[list[int]]:
    """Indices of offers that are linked through groups."""
    parent = list(range(len(offers)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[Hashable, int] = {}
    for index, offer in enumerate(offers):
        for group in offer.groups:
            parent[root(index)] = root(first.setdefault(group, index))
    parts: dict[int, list[int]] = {}
    for index in range(len(offers)):
        parts.setdefault(root(index), []).append(index)
    return list(parts.values())


class _Search:
    def __init__(self, offers: list[Offer], max_steps: int) -> None:
        self.offers, self.steps, self.finished = offers, max_steps, True
        self.order = sorted(range(len(offers)), key=lambda i: (-offers[i].amount, i))
        self.best: list[int] = []
        self.best_total = Decimal(-1)

    def run(self) -> list[int]:
        self._visit(0, [], frozenset(), Decimal(0))
        return self.best

    def _bound(self, place: int, used: frozenset[Hashable]) -> Decimal:
        """Never less than what can still be added: of each group only the heaviest counts, each offer
        being put under one of its groups."""
        seen: set[Hashable] = set()
        total = Decimal(0)
        for index in self.order[place:]:
            offer = self.offers[index]
            if offer.groups & used:
                continue
            if not offer.groups:
                total += offer.amount
            elif not offer.groups & seen:
                total += offer.amount
                seen.add(min(offer.groups, key=repr))
        return total

    def _visit(self, place: int, taken: list[int], used: frozenset[Hashable], total: Decimal) -> None:
        # Depth is the number of offers; taking the heaviest first finds a good answer at once.
        stack = [(place, taken, used, total)]
        while stack:
            place, taken, used, total = stack.pop()
            if total > self.best_total:
                self.best, self.best_total = taken, total
            if place == len(self.order):
                continue
            self.steps -= 1
            if self.steps < 0:
                self.finished = False
                return
            if total + self._bound(place, used) <= self.best_total:
                continue
            index = self.order[place]
            offer = self.offers[index]
            stack.append((place + 1, taken, used, total))
            if not offer.groups & used and offer.amount >= 0:
                stack.append((place + 1, [*taken, index], used | offer.groups, total + offer.amount))
