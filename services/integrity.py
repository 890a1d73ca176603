"""Which ratings are doubted, and why. Pure rules over facts; `actions.ratings` gathers the facts.

A doubted rating is kept, shown and answered like any other; it is left out of the figures until a
supervisor has decided. The thresholds are settings: the county knows its hall. A rule looks back: the
rating that crosses a threshold is doubted, not those before it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from services.choices_ratings import SELF_CHANNELS, Doubt

SAME_PHONE_DAYS = 30
SAME_ADDRESS_WINDOW = timedelta(hours=1)


@dataclass(frozen=True)
class RatingFacts:
    """What is known at the moment of rating. `from_phone` and `from_address` count the earlier ratings
    of the same phone in `SAME_PHONE_DAYS` and of the same address in `SAME_ADDRESS_WINDOW`."""

    channel: str
    seconds_after_invitation: float
    staff_session: bool = False
    recorded_by_handler: bool = False
    phone_is_offices: bool = False
    from_phone: int = 0
    from_address: int = 0
    hall_device: bool = False  # the address of one of the hall's own evaluation devices

    @property
    def by_applicant(self) -> bool:
        return self.channel in SELF_CHANNELS


RULES: dict[str, Callable[[RatingFacts], bool]] = {
    Doubt.STAFF_SESSION: lambda f: f.staff_session,
    Doubt.OWN_CASE: lambda f: f.recorded_by_handler,
    Doubt.STAFF_PHONE: lambda f: f.phone_is_offices,
    Doubt.SAME_PHONE: lambda f: f.from_phone >= settings.RATING_SAME_PHONE_LIMIT,
    Doubt.SAME_ADDRESS: lambda f: (
        f.by_applicant and not f.hall_device and f.from_address >= settings.RATING_SAME_ADDRESS_LIMIT
    ),
    Doubt.TOO_FAST: lambda f: f.by_applicant and f.seconds_after_invitation < settings.RATING_MIN_SECONDS,
}


def doubts(facts: RatingFacts) -> list[str]:
    """The codes of `Doubt` that apply, in the order of the rules; [] for a plain rating."""
    return [str(code) for code, applies in RULES.items() if applies(facts)]
