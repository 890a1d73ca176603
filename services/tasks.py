"""Celery's doors into the service hall."""

from celery import shared_task

from services.actions.clocks import accept_by_law, close_delivered, recompute_deadlines


@shared_task
def run_clock() -> dict[str, int]:
    """Every night: deadlines after the calendar, deemed acceptances, closings. Safe to run twice."""
    return {
        "moved": len(recompute_deadlines()),
        "deemed_accepted": len(accept_by_law()),
        "closed": close_delivered(),
    }
