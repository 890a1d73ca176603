"""Kleene's three-valued logic: what is not known stays unknown until it no longer matters."""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """What can be said about a condition with the facts at hand."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"

    @classmethod
    def of(cls, value: bool) -> "Truth":
        return cls.YES if value else cls.NO

    def __invert__(self) -> "Truth":
        return {Truth.YES: Truth.NO, Truth.NO: Truth.YES}.get(self, Truth.MAYBE)


def every(values: Iterable[Truth]) -> Truth:
    """NO as soon as one is NO, YES when all are YES (also of none), else MAYBE."""
    result = Truth.YES
    for value in values:
        if value is Truth.NO:
            return Truth.NO
        if value is Truth.MAYBE:
            result = Truth.MAYBE
    return result


def some(values: Iterable[Truth]) -> Truth:
    """YES as soon as one is YES, NO when all are NO (also of none), else MAYBE."""
    return ~every(~value for value in values)
