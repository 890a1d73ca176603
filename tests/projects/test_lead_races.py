"""Two people at one enterprise at the same moment (PostgreSQL)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection

from projects import actions
from projects.choices import LeadState
from projects.models import InvestmentLead, KeyProject, LeadConflict
from tests.factories.projects import LeadFactory
from tuoxian_portal.core.errors import PortalError

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*jobs):
    def run(job):
        close_old_connections()
        try:
            job()
        except PortalError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_leads_recorded_at_once_still_conflict():
    def record():
        actions.record_enquiry(
            contact_name="张三", phone="13800001234", needs="咨询", enterprise_name="某某科技有限公司"
        )

    at_once(*[record] * 4)
    first = InvestmentLead.objects.order_by("created_at", "pk").first()
    assert InvestmentLead.objects.count() == 4
    assert LeadConflict.objects.count() == 3
    assert set(LeadConflict.objects.values_list("first", flat=True)) == {first.pk}


def test_a_lead_becomes_one_project():
    lead = LeadFactory(state=LeadState.CONTACTED)
    done = at_once(*[lambda: actions.convert_lead(lead=lead, actor=None)] * 3)
    assert sorted(done) == [False, False, True]
    assert KeyProject.objects.count() == 1


def test_a_conflict_is_settled_once():
    LeadFactory(enterprise_name="某某科技")
    found = actions.note_conflicts(lead=LeadFactory(enterprise_name="某某科技公司"), actor=None)[0]
    decisions = ("first", "later", "separate")
    done = at_once(
        *[
            lambda d=decision: actions.resolve_conflict(conflict=found, decision=d, actor=None, reason="裁定")
            for decision in decisions
        ]
    )
    assert sum(done) == 1
    assert InvestmentLead.objects.filter(state=LeadState.CLOSED).count() <= 1
