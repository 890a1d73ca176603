"""How often `/track/` may be asked, by address and by case number; how often a wrong link may be tried,
and how often help may be asked for."""

from django.core.cache import cache

from projects.throttling import EnquiryThrottle
from tuoxian_portal.core.cache import count_up

WINDOW = 15 * 60  # seconds
PER_ADDRESS = 20
WRONG_PER_CASE = 10


def too_many_from(address: str) -> bool:
    """Counts one question from `address`; True from the 21st within 15 minutes."""
    return count_up(f"track.address.{address}", WINDOW) > PER_ADDRESS


def too_many_wrong(case_number: str) -> bool:
    """Whether somebody is guessing this case's password."""
    return (cache.get(f"track.case.{case_number}") or 0) >= WRONG_PER_CASE


def count_wrong(case_number: str) -> None:
    count_up(f"track.case.{case_number}", WINDOW)


def too_many_links_from(address: str) -> bool:
    """Counts one unknown rating link from `address`; True from the 21st within 15 minutes."""
    return count_up(f"rate.address.{address}", WINDOW) > PER_ADDRESS


class AssistThrottle(EnquiryThrottle):
    """`DEFAULT_THROTTLE_RATES["assist"]` for each address, whoever is signed in."""

    scope = "assist"
