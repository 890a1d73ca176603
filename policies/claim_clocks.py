"""The clocks of a claim in words: which one runs, and how many working days are left."""

from dataclasses import dataclass
from datetime import date

from policies.choices_claims import AWAITS_REVIEW, ClaimState
from policies.models import PolicyClaim
from tuoxian_portal.core.calendar import WorkingCalendar


@dataclass(frozen=True)
class Clock:
    """`label` such as `兑付还剩 3 个工作日`; `tone` that of a badge; `due` the day that still counts."""

    label: str
    tone: str
    due: date


def due_after(calendar: WorkingCalendar, start: date, days: int | None) -> date | None:
    """The last day of a time of `days` working days that begins after `start`; None without a time."""
    return calendar.add(start, days) if days else None


def clock_of(claim: PolicyClaim, day: date, calendar: WorkingCalendar) -> Clock | None:
    """What runs on `day`; the objection period before the paying time. None when nothing does."""
    if claim.is_open_to_objections_on(day) and claim.objection_until:
        left = calendar.between(day, claim.objection_until)
        return Clock(_left("公示期", left), "info", claim.objection_until)
    if claim.state in AWAITS_REVIEW and claim.review_due_on:
        return _running("审核", claim.review_due_on, day, calendar)
    if claim.state == ClaimState.APPROVED and claim.pay_due_on:
        return _running("兑付", claim.pay_due_on, day, calendar)
    return None


def _running(what: str, due: date, day: date, calendar: WorkingCalendar) -> Clock:
    if due < day:
        over = calendar.between(due, day)
        # Over a weekend no working day has passed yet.
        return Clock(f"{what}已超时 {over} 个工作日" if over else f"{what}已到期", "bad", due)
    left = calendar.between(day, due)
    return Clock(_left(what, left), "warn" if left <= 2 else "good", due)


def _left(what: str, days: int) -> str:
    return f"{what}还剩 {days} 个工作日" if days else f"{what}今天到期"
