"""Reminding of leads every night."""

from datetime import date

from projects.models import InvestmentLead, LeadReminder
from projects.reminders import passed
from tuoxian_portal.core.calendar import today

AT_ONCE = 500


def remind_leads(*, actor: None = None, on: date | None = None) -> int:
    """Gives every reminder whose day has come and that was not given yet; returns how many.

    Safe to run twice, and after days on which it did not run: the table says what was given. Two queries
    for each `AT_ONCE` open leads.
    """
    on = on or today()
    given = 0
    leads = InvestmentLead.objects.open().order_by("pk").with_last_visit()
    last = 0
    while batch := list(leads.filter(pk__gt=last)[:AT_ONCE]):
        last = batch[-1].pk
        known = set(
            LeadReminder.objects.filter(lead__in=[lead.pk for lead in batch]).values_list(
                "lead", "kind", "due_on"
            )
        )
        new = [
            LeadReminder(lead=lead, kind=kind, due_on=day)
            for lead in batch
            for kind, day in passed(lead, on)
            if (lead.pk, kind.value, day) not in known
        ]
        LeadReminder.objects.bulk_create(new, ignore_conflicts=True)
        given += len(new)
    return given
