"""A month's report: what may be entered, who hands in, accepts and freezes, what enters the totals."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects import actions
from projects.choices import ReportState, Stage, Status
from projects.models import FundsReceipt, KeyProject, ProgressReport
from projects.workflow import REPORT_WORKFLOW
from tests.factories.accounts import UserFactory
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory, ProgressReportFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return UserFactory(roles=["project_officer"])


@pytest.fixture
def supervisor():
    return UserFactory(roles=["supervisor"])


@pytest.fixture
def project():
    return KeyProjectFactory(stage=Stage.BUILDING)


def draft(project, **fields):
    values = {"month": date(2026, 3, 1), "invested_month_wan": Decimal(200), "physical_progress": Decimal(30)}
    return ProgressReport(project=project, **{**values, **fields})


def save(report, actor, changed=(), version=None):
    return actions.save_report(report=report, actor=actor, changed=list(changed), version=version)


# --- What may be entered -------------------------------------------------------------------------
def test_a_month_is_recorded_as_a_draft_with_an_entry(project, officer):
    report = save(draft(project), officer)
    assert report.state == ReportState.DRAFT
    assert history_of(report).get().action == "add"


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"month": date(2099, 1, 1)}, "month"),
        ({"month": date(2026, 3, 2)}, "month"),
        ({"invested_month_wan": Decimal(-1)}, "invested_month_wan"),
        ({"physical_progress": Decimal(-1)}, "physical_progress"),
        ({"physical_progress": Decimal("100.1")}, "physical_progress"),
    ],
)
def test_impossible_figures_are_refused_at_their_field(project, officer, fields, at):
    with pytest.raises(ValidationError) as error:
        save(draft(project, **fields), officer)
    assert at in error.value.message_dict


def test_the_current_month_may_be_reported(project, officer):
    save(draft(project, month=today().replace(day=1)), officer)


def test_a_second_report_of_a_month_is_refused_in_chinese(project, officer):
    save(draft(project), officer)
    with pytest.raises(ValidationError, match="本月已有进展记录"):
        save(draft(project), officer)


def test_progress_below_the_last_month_needs_a_reason(project, officer):
    ProgressReportFactory(project=project, month=date(2026, 1, 1), physical_progress=40)
    with pytest.raises(ValidationError, match="2026年01月 的 40"):
        save(draft(project), officer)
    assert save(draft(project, regress_reason="部分工程返工"), officer).pk


def test_a_later_month_does_not_bind_an_earlier_one(project, officer):
    ProgressReportFactory(project=project, month=date(2026, 5, 1), physical_progress=90)
    save(draft(project), officer)


def test_a_terminated_project_reports_nothing(officer):
    with pytest.raises(WorkflowError, match="终止"):
        save(draft(KeyProjectFactory(status=Status.TERMINATED)), officer)


def test_a_report_of_a_sample_project_is_a_sample(officer):
    assert save(draft(KeyProjectFactory(is_sample=True)), officer).is_sample


@pytest.mark.parametrize("state", [s for s in ReportState if s != ReportState.DRAFT])
def test_only_a_draft_is_edited(project, officer, state):
    report = ProgressReportFactory(project=project, state=state)
    report.invested_month_wan = Decimal(999)
    with pytest.raises(WorkflowError, match="不能修改"):
        save(report, officer, ["invested_month_wan"])
    report.refresh_from_db()
    assert report.invested_month_wan == 100


def test_two_people_editing_one_draft(project, officer):
    report = save(draft(project), officer)
    report.progress_text = "先保存的"
    save(report, officer, ["progress_text"], version=0)
    with pytest.raises(EditConflict):
        save(report, officer, ["progress_text"], version=0)


# --- The workflow --------------------------------------------------------------------------------
VERBS = {
    "submit": lambda r, u: actions.submit_report(report=r, actor=u),
    "accept": lambda r, u: actions.accept_report(report=r, actor=u),
    "send_back": lambda r, u: actions.send_back_report(report=r, actor=u, reason="数据有误"),
    "freeze": lambda r, u: actions.freeze_report(report=r, actor=u),
}
MAY = {
    "project_officer": {"submit", "accept", "send_back"},
    "supervisor": {"accept", "send_back", "freeze"},
    "official": set(),
    "window": set(),
    "finance_officer": set(),
}


@pytest.mark.parametrize("state", list(ReportState))
@pytest.mark.parametrize("verb", list(VERBS))
def test_every_state_and_verb(state, verb):
    user = UserFactory(roles=["project_officer", "supervisor"])
    report = ProgressReportFactory(state=state)
    transition = REPORT_WORKFLOW.by_name[verb]
    if state in transition.sources:
        assert VERBS[verb](report, user).state == transition.target
    else:
        with pytest.raises(WorkflowError):
            VERBS[verb](report, user)
        report.refresh_from_db()
        assert report.state == state


@pytest.mark.parametrize("role", list(MAY))
@pytest.mark.parametrize("verb", list(VERBS))
def test_every_role_and_verb(role, verb):
    user = UserFactory(roles=[role])
    report = ProgressReportFactory(state=next(iter(REPORT_WORKFLOW.by_name[verb].sources)))
    if verb in MAY[role]:
        VERBS[verb](report, user)
    else:
        with pytest.raises(NotPermitted):
            VERBS[verb](report, user)


def test_nobody_accepts_an_own_report(project, officer):
    report = actions.submit_report(report=save(draft(project), officer), actor=officer)
    with pytest.raises(WorkflowError, match="本人提交"):
        actions.accept_report(report=report, actor=officer)
    assert actions.accept_report(report=report, actor=UserFactory(roles=["project_officer"])).accepted_at


def test_sending_back_needs_a_reason_and_leaves_the_totals(project, supervisor):
    report = AcceptedReportFactory(project=project)
    with pytest.raises(WorkflowError, match="理由"):
        actions.send_back_report(report=report, actor=supervisor, reason="")
    actions.send_back_report(report=report, actor=supervisor, reason="与凭证不符")
    assert KeyProject.objects.with_totals(2026).get(pk=project.pk).invested_year_wan == 0


def test_the_system_freezes_for_a_periodic_report(project):
    report = AcceptedReportFactory(project=project)
    frozen = actions.freeze_report(report=report, actor=None)
    assert frozen.frozen_at
    assert history_of(frozen).get().actor is None


# --- Totals --------------------------------------------------------------------------------------
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 25),
            st.decimals(0, 9999, places=2, allow_nan=False, allow_infinity=False),
            st.sampled_from(list(ReportState)),
        ),
        max_size=8,
        unique_by=lambda row: row[0],
    ),
    until=st.integers(1, 12),
)
def test_totals_are_the_sum_of_what_was_accepted(rows, until):
    """Against a plain sum in Python, for any states and months of two years."""
    project = KeyProjectFactory(stage=Stage.BUILDING)
    for index, amount, state in rows:
        month = date(2025 + index // 12 if index < 24 else 2024, index % 12 + 1, 1)
        ProgressReportFactory(project=project, month=month, invested_month_wan=amount, state=state)
    counted = [
        (r.month, r.invested_month_wan)
        for r in project.progress_reports.all()
        if r.state in ReportState.counted()
    ]
    month = date(2026, until, 1)
    found = KeyProject.objects.with_totals(2026, month).get(pk=project.pk)
    assert found.invested_year_wan == sum(a for m, a in counted if m.year == 2026 and m <= month)
    assert found.invested_month_wan == sum(a for m, a in counted if m == month)
    assert found.latest_month == max((m for m, _ in counted if m <= month), default=None)


def test_receipts_are_summed_by_their_day(project):
    for day, amount in ((date(2025, 12, 31), 100), (date(2026, 1, 1), 20), (date(2026, 6, 1), 3)):
        FundsReceipt.objects.create(project=project, received_on=day, amount_wan=amount, evidence="回单")
    AcceptedReportFactory(project=project, invested_month_wan=50)
    found = KeyProject.objects.with_totals(2026).get(pk=project.pk)
    assert (found.received_year_wan, found.received_total_wan, found.invested_year_wan) == (23, 123, 50)


def test_the_year_to_date_counts_accepted_months_and_the_one_looked_at(project):
    AcceptedReportFactory(project=project, month=date(2025, 12, 1), invested_month_wan=1000)
    AcceptedReportFactory(project=project, month=date(2026, 1, 1), invested_month_wan=10)
    ProgressReportFactory(project=project, month=date(2026, 2, 1), invested_month_wan=200)
    ProgressReportFactory(project=project, month=date(2026, 3, 1), invested_month_wan=3)
    found = dict(ProgressReport.objects.with_year_to_date().values_list("month", "invested_year_wan"))
    assert found[date(2026, 1, 1)] == 10
    assert found[date(2026, 2, 1)] == 210
    assert found[date(2026, 3, 1)] == 13


@pytest.mark.parametrize("count", [2, 20])
def test_totals_cost_one_query(count, django_assert_num_queries):
    for _ in range(count):
        AcceptedReportFactory()
    with django_assert_num_queries(1):
        list(KeyProject.objects.with_totals(2026, date(2026, 1, 1)))


def test_by_stage_lists_every_stage_in_order(django_assert_num_queries):
    KeyProjectFactory(stage=Stage.SIGNED, total_investment_wan=100)
    KeyProjectFactory(stage=Stage.SIGNED, total_investment_wan=200)
    KeyProjectFactory(stage="", total_investment_wan=7)
    with django_assert_num_queries(1):
        rows = KeyProject.objects.by_stage()
    assert [r["stage"] for r in rows] == [*Stage.values, ""]
    assert {r["stage"]: (r["count"], r["total_wan"]) for r in rows if r["count"]} == {
        "signed": (2, 300),
        "": (1, 7),
    }


def test_by_industry_sums_each_industry(django_assert_num_queries):
    first = KeyProjectFactory(total_investment_wan=100)
    KeyProjectFactory(industry=first.industry, total_investment_wan=50)
    KeyProjectFactory(industry=None)
    with django_assert_num_queries(1):
        rows = {r["industry"]: r for r in KeyProject.objects.by_industry()}
    assert (rows[first.industry_id]["count"], rows[first.industry_id]["total_wan"]) == (2, 150)
    assert rows[first.industry_id]["industry_name"] == first.industry.name
    assert rows[None]["count"] == 1
