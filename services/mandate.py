"""What a signed authority (委托书) allows, on which day, for which item: pure, without the database.

民法典 Art. 165: an authority names the agent, the matters, the powers and the period. Whatever one of
them does not cover is done without authority (Art. 171), so each act asks `refusal` first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.choices_entrustments import Power


@dataclass(frozen=True)
class Pause:
    """中止: from `started_on` on nothing may be done; on `ended_on` (None: not yet) it may again."""

    started_on: date
    ended_on: date | None = None

    def covers(self, day: date) -> bool:
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)


@dataclass(frozen=True)
class Matter:
    """The part of an item that a mandate looks at: its key and its project stage ("" for none)."""

    item: int
    stage: str = ""


@dataclass(frozen=True)
class Mandate:
    """The authority as it stands. `ended_on` is the day on which it ended (nothing may be done from then
    on), None while it has not.

    `items` are keys of items, `stages` project stages whose items are all covered (全帮办).
    """

    powers: frozenset[str]
    items: frozenset[int]
    stages: frozenset[str]
    signed_on: date | None
    starts_on: date | None
    ends_on: date | None
    pauses: tuple[Pause, ...] = ()
    ended_on: date | None = None

    def covers(self, matter: Matter) -> bool:
        return matter.item in self.items or (bool(matter.stage) and matter.stage in self.stages)

    def refusal_on(self, day: date) -> str | None:
        """Why nothing may be done under the mandate on `day`; None when it is in force."""
        if not (self.signed_on and self.starts_on and self.ends_on):
            return "委托书尚未签署，请先办理签署登记。"
        first = max(self.signed_on, self.starts_on)
        if day < first:
            return f"委托自 {first:%Y-%m-%d} 起生效，{day:%Y-%m-%d} 尚未生效。"
        if day > self.ends_on:
            return f"委托期限已于 {self.ends_on:%Y-%m-%d} 届满。仍需帮办的，请另立委托。"
        if self.ended_on is not None and day >= self.ended_on:
            return f"委托已于 {self.ended_on:%Y-%m-%d} 结束。"
        if any(pause.covers(day) for pause in self.pauses):
            return f"{day:%Y-%m-%d} 委托处于中止期间，请先签续办委托书。"
        return None

    def refusal(self, power: str, matter: Matter | None, day: date) -> str | None:
        """Why `power` may not be used for `matter` (None: for the entrustment as a whole) on `day`."""
        if reason := self.refusal_on(day):
            return reason
        if power not in self.powers:
            label = Power(power).label if power in Power.values else power
            return f"委托书没有授予“{label}”的权限，请由委托人本人办理，或另签委托书。"
        if matter is not None and not self.covers(matter):
            return "该事项不在委托事项之内，请由委托人本人办理，或另签委托书。"
        return None

    def allows(self, power: str, matter: Matter | None, day: date) -> bool:
        return self.refusal(power, matter, day) is None


def powers_in_words(powers: Iterable[str]) -> str:
    """The powers in the order of the form, joined by 、."""
    held = set(powers)
    return "、".join(str(label) for value, label in Power.choices if value in held)
