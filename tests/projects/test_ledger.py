"""The book of investment: pages that follow each other, restatements, and the proof over all data."""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects import actions, ledger
from projects.choices import ReportState, RestatedFigure, Stage
from projects.models import KeyProject, ProgressReport, Restatement
from projects.targets import actuals
from tests.factories.accounts import UserFactory
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory, ProgressReportFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
INVESTED, PROGRESS = RestatedFigure


@pytest.fixture
def supervisor():
    return UserFactory(roles=["supervisor"])


@pytest.fixture
def project():
    return KeyProjectFactory(stage=Stage.BUILDING)


def month(n, year=2026):
    return date(year, n, 1)


def closed(project, *amounts, year=2026):
    """Reports of January on with these amounts, accepted and frozen in their order."""
    reports = [
        AcceptedReportFactory(
            project=project, month=month(n, year), invested_month_wan=amount, physical_progress=n
        )
        for n, amount in enumerate(amounts, start=1)
    ]
    return [actions.freeze_report(report=report, actor=None) for report in reports]


def restate(report, value, actor=None, figure=INVESTED, **more):
    return actions.restate_report(
        report=report, figure=figure, value=Decimal(value), actor=actor, reason="与凭证不符", **more
    )


def year_total(project, until=None, year=2026):
    return KeyProject.objects.with_totals(year, until).get(pk=project.pk).invested_year_wan


# --- Closing -------------------------------------------------------------------------------------
def test_each_closing_figure_is_the_next_opening(project):
    first, second = closed(project, 100, 30)
    assert (first.opening_wan, first.frozen_wan, first.restated_wan, first.closing_wan) == (0, 100, 0, 100)
    assert (second.opening_wan, second.frozen_wan, second.closing_wan) == (100, 30, 130)


def test_months_are_closed_in_their_order(project):
    ProgressReportFactory(project=project, month=month(1))
    later = AcceptedReportFactory(project=project, month=month(2))
    with pytest.raises(WorkflowError, match="更早的 2026年01月 还是“草稿”"):
        actions.freeze_report(report=later, actor=None)


@freeze_time("2026-03-20 04:00")
def test_a_month_that_goes_on_is_not_closed(project):
    report = AcceptedReportFactory(project=project, month=month(3))
    with pytest.raises(WorkflowError, match="尚未结束"):
        actions.freeze_report(report=report, actor=None)


def test_no_month_is_added_before_a_closed_one(project):
    officer = UserFactory(roles=["project_officer"])
    AcceptedReportFactory(project=project, month=month(2))
    actions.freeze_report(report=project.progress_reports.get(), actor=None)
    late = ProgressReport(
        project=project, month=month(1), invested_month_wan=Decimal(5), physical_progress=Decimal(1)
    )
    with pytest.raises(ValidationError, match="在已冻结的月份上作“更正”"):
        actions.save_report(report=late, actor=officer, changed=[])


# --- Restating -----------------------------------------------------------------------------------
def test_a_restatement_keeps_what_was_and_moves_no_published_month(project, supervisor):
    january, _february = closed(project, 100, 30)
    restate(january, 80, supervisor)
    row = Restatement.objects.get()
    assert (row.old_value, row.new_value, row.booked_month) == (100, 80, month(3))
    assert (row.restated_by, row.reason) == (supervisor, "与凭证不符")
    january.refresh_from_db()
    assert (january.invested_month_wan, january.frozen_wan, january.closing_wan) == (80, 100, 100)
    assert year_total(project, month(1)) == 100
    assert year_total(project, month(2)) == 130
    assert year_total(project, month(3)) == year_total(project) == 110
    entry = history_of(january).first()
    assert (entry.action, entry.changes["invested_month_wan"]) == ("restate", ["100.0000", "80"])
    march = AcceptedReportFactory(project=project, month=month(3), invested_month_wan=5)
    march = actions.freeze_report(report=march, actor=None)
    assert (march.opening_wan, march.restated_wan, march.closing_wan) == (130, -20, 115)
    assert ledger.prove().breaks == []
    assert [(p.reported, p.restated, p.closing) for p in ledger.book(project)] == [
        (100, 0, 100),
        (30, 0, 130),
        (5, -20, 115),
    ]
    found = KeyProject.objects.with_totals(2026, month(3)).get(pk=project.pk)
    assert (found.invested_month_wan, found.restated_month_wan) == (5, -20)


def test_the_year_that_a_restatement_concerns_is_the_year_of_its_month(project, supervisor):
    *_, december = closed(project, *[10] * 12, year=2025)
    restate(december, 70, supervisor)
    AcceptedReportFactory(project=project, month=month(1), invested_month_wan=1)
    assert year_total(project, year=2025) == 180
    assert year_total(project, month(12, 2025), year=2025) == 120
    assert year_total(project, month(1)) == 1
    assert ledger.book(project)[-1].closing == 181
    assert ledger.book(project)[-1].year == 1


def test_physical_progress_is_restated_too(project, supervisor):
    (report,) = closed(project, 100)
    restate(report, "0.5", supervisor, figure=PROGRESS)
    report.refresh_from_db()
    assert (report.physical_progress, report.frozen_progress) == (Decimal("0.5"), 1)
    assert ledger.prove().breaks == []


@pytest.mark.parametrize(
    ("figure", "value", "at", "text"),
    [
        (INVESTED, "100", "value", "相同"),
        (INVESTED, "-1", "value", "不能小于"),
        (PROGRESS, "100.5", "value", "不能大于"),
        (PROGRESS, "1.25", "value", "小数"),
        ("state", "1", "figure", "请选择"),
    ],
)
def test_a_restatement_that_makes_no_sense(project, supervisor, figure, value, at, text):
    (report,) = closed(project, 100)
    with pytest.raises(ValidationError, match=text) as error:
        restate(report, value, supervisor, figure=figure)
    assert at in error.value.message_dict
    report.refresh_from_db()
    assert report.invested_month_wan == 100


def test_a_restatement_needs_a_reason_and_the_version_that_was_seen(project, supervisor):
    (report,) = closed(project, 100)
    with pytest.raises(WorkflowError, match="理由"):
        actions.restate_report(report=report, figure=INVESTED, value=Decimal(1), actor=supervisor, reason=" ")
    with pytest.raises(EditConflict):
        restate(report, 1, supervisor, version=0)


@pytest.mark.parametrize("state", [s for s in ReportState if s != ReportState.FROZEN])
def test_only_frozen_figures_are_restated(supervisor, state):
    with pytest.raises(WorkflowError):
        restate(ProgressReportFactory(state=state), 1, supervisor)


@pytest.mark.parametrize("role", ["project_officer", "official", "window"])
def test_who_may_not_restate(project, role):
    (report,) = closed(project, 100)
    with pytest.raises(NotPermitted):
        restate(report, 1, UserFactory(roles=[role]))


def test_targets_count_restatements(project, supervisor):
    from projects.choices import TargetCategory
    from projects.models import Target

    target = Target.objects.create(
        indicator="完成投资", year=2026, category=TargetCategory.TARGET, rule="invested", value=1, unit="亿元"
    )
    january, _february = closed(project, 10_000, 10_000)
    restate(january, 5_000, supervisor)
    assert actuals([target])[target.pk].value == Decimal("1.5")
    assert actuals([target], until=date(2026, 2, 28))[target.pk].value == 2


# --- The proof -----------------------------------------------------------------------------------
def proof_text():
    out = StringIO()
    try:
        call_command("reconcile_progress", stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def test_the_command_says_that_all_holds(project, supervisor):
    january, _ = closed(project, 100, 30)
    restate(january, 90, supervisor)
    assert "核对 1 个项目、2 个月、1 条更正：全部相符" in proof_text()


@pytest.mark.parametrize(
    ("model", "values", "text"),
    [
        (ProgressReport, {"invested_month_wan": 7}, "有人绕过更正改了数"),
        (ProgressReport, {"opening_wan": 7}, "期初 7 与上期期末 0 不符"),
        (ProgressReport, {"closing_wan": 7}, "不等于期末 7"),
        (ProgressReport, {"restated_wan": 7}, "账页更正 7 与更正记录合计 0 不符"),
        (ProgressReport, {"closing_wan": None}, "没有账页"),
        (ProgressReport, {"state": ReportState.ACCEPTED}, "未冻结，却有冻结时的数据"),
        (Restatement, {"old_value": 99}, "从 99 起，而更正前是 100"),
        (Restatement, {"booked_month": date(2026, 1, 1)}, "更正计入了它自己或更早的月份"),
    ],
)
def test_every_kind_of_break_is_found_and_named(project, supervisor, model, values, text):
    (report,) = closed(project, 100)
    restate(report, 90, supervisor)
    model.objects.update(**values)
    found = proof_text()
    assert text in found
    assert project.number in found
    assert "处不符" in found


def test_the_command_fails_with_a_code_and_knows_its_projects(project, supervisor):
    closed(project, 100)
    ProgressReport.objects.update(closing_wan=1)
    with pytest.raises(CommandError) as error:
        call_command("reconcile_progress", "--project", project.number, stdout=StringIO())
    assert error.value.returncode == 1
    with pytest.raises(CommandError, match="没有这些项目"):
        call_command("reconcile_progress", "--project", "TX0", stdout=StringIO())


def test_the_proof_costs_the_same_for_few_and_many(django_assert_max_num_queries):
    for _ in range(20):
        AcceptedReportFactory()
    with django_assert_max_num_queries(7):
        assert ledger.prove().projects == 20


EVENTS = st.one_of(
    st.tuples(st.just("report"), st.integers(0, 5_000), st.just(0)),
    st.tuples(st.just("close"), st.just(0), st.just(0)),
    st.tuples(st.just("restate"), st.integers(0, 5_000), st.integers(0, 30)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, min_size=3, max_size=30), start=st.integers(9, 12))
def test_the_books_hold_after_any_history(events, start):
    """Months reported, closed and restated in any order over the turn of a year, against a plain model."""
    project = KeyProjectFactory(stage=Stage.BUILDING)
    months = [date(2024 + (start + n - 1) // 12, (start + n - 1) % 12 + 1, 1) for n in range(20)]
    reports: list[ProgressReport] = []
    expected: dict[date, Decimal] = {}
    frozen = 0
    published: dict[date, tuple[Decimal, Decimal]] = {}
    for verb, amount, which in events:
        if verb == "report" and len(reports) < len(months):
            at = months[len(reports)]
            reports.append(AcceptedReportFactory(project=project, month=at, invested_month_wan=amount))
            expected[at] = Decimal(amount)
        elif verb == "close" and frozen < len(reports):
            report = actions.freeze_report(report=reports[frozen], actor=None)
            published[report.month] = (
                report.closing_wan,
                year_total(project, report.month, report.month.year),
            )
            frozen += 1
        elif verb == "restate" and frozen and expected[months[which % frozen]] != amount:
            restate(reports[which % frozen], amount)
            expected[months[which % frozen]] = Decimal(amount)
    assert ledger.prove(KeyProject.objects.filter(pk=project.pk)).breaks == []
    # Today's totals are the figures as they stand, and no published month has moved.
    for year in {at.year for at in expected}:
        assert year_total(project, year=year) == sum(v for at, v in expected.items() if at.year == year)
    pages = {page.month: page for page in ledger.book(project)}
    for at, (closing, total) in published.items():
        assert pages[at].closing == closing
        assert year_total(project, at, at.year) == total == pages[at].year
    assert not pages or next(reversed(pages.values())).closing == sum(expected.values())
