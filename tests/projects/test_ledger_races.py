"""Two people at one book at the same moment (PostgreSQL)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.db import close_old_connections, connection

from projects import actions, ledger
from projects.choices import ReportState, Stage
from projects.models import ProgressReport, Restatement
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory
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


def test_restating_and_closing_at_once_leave_a_book_that_holds():
    project = KeyProjectFactory(stage=Stage.BUILDING)
    january, february = (AcceptedReportFactory(project=project, month=date(2026, n, 1)) for n in (1, 2))
    actions.freeze_report(report=january, actor=None)
    january.refresh_from_db()

    def restate(value):
        return lambda: actions.restate_report(
            report=ProgressReport.objects.get(pk=january.pk),
            figure="invested_month_wan",
            value=Decimal(value),
            actor=None,
            reason="同时更正",
        )

    at_once(
        restate(7),
        lambda: actions.freeze_report(report=february, actor=None),
        restate(9),
        lambda: actions.freeze_report(report=ProgressReport.objects.get(pk=february.pk), actor=None),
    )
    assert Restatement.objects.count() == 2
    assert ProgressReport.objects.filter(state=ReportState.FROZEN).count() == 2
    assert ledger.prove().breaks == []


def test_a_month_sent_back_while_all_are_closed_is_either_a_draft_or_a_page():
    project = KeyProjectFactory(stage=Stage.BUILDING)
    january, february = (AcceptedReportFactory(project=project, month=date(2026, n, 1)) for n in (1, 2))
    at_once(
        lambda: actions.close_months(period="2026-02", actor=None),
        lambda: actions.send_back_report(report=january, actor=None, reason="与凭证不符"),
        lambda: actions.close_months(period="2026-02", actor=None),
        lambda: actions.freeze_report(report=february, actor=None),
    )
    january.refresh_from_db()
    pages = 2 if january.state == ReportState.FROZEN else 0
    assert ProgressReport.objects.filter(state=ReportState.FROZEN, closing_wan__isnull=False).count() == pages
    assert ledger.prove().breaks == []
