"""A report closes the months that it prints, and names those that it could not close."""

import io
from datetime import date
from decimal import Decimal

import docx
import openpyxl
import pypdf
import pytest
from django.urls import reverse
from freezegun import freeze_time

from projects import ledger as books
from projects.actions import close_months, freeze_report, restate_report
from projects.choices import ReportState
from projects.closing import left_open
from projects.models import ProgressReport
from projects.reports import collect
from tests.factories.accounts import UserFactory
from tests.reports.conftest import KIND, PERIOD
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.errors import NotPermitted
from tuoxian_portal.reports import actions
from tuoxian_portal.reports.renderers import RENDERERS

pytestmark = pytest.mark.django_db
WARNING = "未冻结 1 个项目，其数据以后可能变动"


def quiet(done, total, message):
    return None


def produce(**values):
    return actions.produce_report(kind=KIND, period=PERIOD, actor=None, progress=quiet, **values)


def states():
    return list(ProgressReport.objects.order_by("project", "month").values_list("state", flat=True))


@pytest.fixture
def waiting(ledger):
    """One project that can be closed, one of which September is a draft again."""
    ledger(1)
    (late,) = ledger(1)
    ProgressReport.objects.filter(project=late, month=date(2026, 9, 1)).update(state=ReportState.DRAFT)
    return late


class TestMaking:
    def test_every_accepted_month_is_frozen_in_its_order(self, ledger):
        ledger(3)
        run = produce()
        assert set(states()) == {ReportState.FROZEN}
        assert run.figures["warnings"] == []
        proof = books.prove()
        assert (proof.months, proof.breaks) == (6, [])
        entry = LogEntry.objects.filter(action="freeze").first()
        assert entry.actor is None
        assert "2026-10 月报" in entry.reason

    def test_later_months_and_the_other_kind_of_data_are_left_alone(self, ledger):
        (real,) = ledger(1)
        ledger(1, is_sample=True)
        ProgressReport.objects.create(
            project=real,
            month=date(2026, 11, 1),
            invested_month_wan=1,
            physical_progress=Decimal(40),
            state=ReportState.ACCEPTED,
        )
        produce()
        assert states() == [ReportState.FROZEN] * 2 + [ReportState.ACCEPTED] * 3

    def test_what_waits_for_an_earlier_month_is_named(self, waiting):
        run = produce()
        assert states() == [
            ReportState.FROZEN,
            ReportState.FROZEN,
            ReportState.DRAFT,
            ReportState.ACCEPTED,
        ]
        assert run.figures["warnings"] == [WARNING]
        (table,) = [t for t in run.figures["sections"][0]["tables"] if t["caption"] == "未冻结的项目"]
        (row,) = table["rows"]
        assert waiting.number in row["project"]
        assert "更早的 2026-09 还是“草稿”" in row["text"]

    def test_pages_follow_what_was_closed_and_corrected_before(self, ledger, monkeypatch):
        """Three batches; a project whose September was closed and corrected; one entry for each month."""
        monkeypatch.setattr("projects.actions.reports.PROJECTS_AT_ONCE", 2)
        corrected, *_others = ledger(5)
        september = freeze_report(report=corrected.progress_reports.get(month=date(2026, 9, 1)), actor=None)
        restate_report(
            report=september, figure="invested_month_wan", value=Decimal(40), actor=None, reason="发票重复"
        )
        before = corrected.progress_reports.get(month=date(2026, 10, 1))
        with freeze_time("2026-11-10 03:00:00"):
            assert close_months(period=PERIOD, actor=None) == 9
        october = corrected.progress_reports.get(month=date(2026, 10, 1))
        assert (october.opening_wan, october.restated_wan, october.closing_wan) == (50, -10, 90)
        assert (october.version, october.created_at) == (before.version + 1, before.created_at)
        assert october.updated_at == october.frozen_at > before.updated_at
        assert (books.prove().breaks, LogEntry.objects.filter(action="freeze").count()) == ([], 10)
        entry = history_of(october).first()
        assert (entry.changes["state"], entry.changes["closing_wan"]) == (
            ["accepted", "frozen"],
            [None, "90.0000"],
        )

    def test_a_report_that_fails_later_leaves_books_that_hold(self, waiting, monkeypatch):
        monkeypatch.setitem(RENDERERS, "pdf", lambda figures: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            produce()
        assert books.prove().breaks == []

    def test_a_correction_after_the_report_does_not_change_its_month(self, ledger, supervisor):
        (project,) = ledger(1)
        before = produce().figures["sections"][5]
        report = ProgressReport.objects.get(project=project, month=date(2026, 10, 1))
        restate_report(
            report=report,
            figure="invested_month_wan",
            value=Decimal(70),
            actor=supervisor,
            reason="发票重复",
        )
        assert collect(PERIOD, quiet)["sections"][5] == before

    def test_queries_do_not_grow(self, ledger, django_assert_max_num_queries):
        ledger(2)
        with django_assert_max_num_queries(4):
            assert len(left_open(PERIOD)) == 2
        ledger(10)
        with django_assert_max_num_queries(4):
            assert len(left_open(PERIOD)) == 12
        with django_assert_max_num_queries(10):
            assert close_months(period=PERIOD, actor=None) == 24


class TestWhatReadersSee:
    @pytest.fixture
    def figures(self, waiting):
        return produce().figures

    def test_word(self, figures):
        document = docx.Document(io.BytesIO(RENDERERS["docx"](figures)))
        assert f"【{WARNING}】" in [p.text for p in document.paragraphs]

    def test_pdf(self, figures):
        pages = pypdf.PdfReader(io.BytesIO(RENDERERS["pdf"](figures))).pages
        assert "未冻结1个项目" in pages[0].extract_text().replace(" ", "").replace("\n", "")

    def test_excel(self, figures):
        book = openpyxl.load_workbook(io.BytesIO(RENDERERS["xlsx"](figures)))
        for sheet in book:
            assert WARNING in [cell.value for cell in sheet["A"]]
        assert "未冻结" in book.sheetnames

    def test_figures_from_before_there_were_warnings_are_still_printed(self, figures):
        old = {key: value for key, value in figures.items() if key != "warnings"}
        for render in RENDERERS.values():
            assert render(old)


class TestTheButton:
    def url(self):
        return reverse("reports:close", args=[PERIOD, KIND])

    def test_one_click_closes_what_is_ready(self, client, waiting, supervisor):
        produce()
        ProgressReport.objects.filter(state=ReportState.DRAFT).update(state=ReportState.ACCEPTED)
        client.force_login(supervisor)
        page = client.get(f"/reports/{PERIOD}/").content.decode()
        assert "现在还有 1 个项目未冻结" in page
        assert "冻结全部" in page
        answer = client.post(self.url(), follow=True).content.decode()
        assert "已冻结 2 个月份" in answer
        assert "现在还有" not in answer
        assert WARNING in answer  # the files say what they said
        assert LogEntry.objects.filter(action="freeze", actor=supervisor).count() == 2
        assert "没有可以冻结的月份" in client.post(self.url(), follow=True).content.decode()

    def test_others_see_who_does_it(self, client, waiting, officer):
        produce()
        client.force_login(officer)
        page = client.get(f"/reports/{PERIOD}/").content.decode()
        assert "冻结全部" not in page
        assert "由督办人员冻结" in page
        assert "没有“冻结月度进展”的权限" in client.post(self.url(), follow=True).content.decode()
        assert ReportState.ACCEPTED in states()

    def test_only_for_a_report_that_exists(self, client, ledger, supervisor):
        ledger(1)
        client.force_login(supervisor)
        assert "没有需要冻结数据的报告" in client.post(self.url(), follow=True).content.decode()
        assert client.post("/reports/nonsense/monthly-projects/close/").status_code == 404
        assert "没有名为" in client.post(f"/reports/{PERIOD}/weather/close/", follow=True).content.decode()
        assert set(states()) == {ReportState.ACCEPTED}

    def test_not_without_reading_the_report(self, waiting):
        produce()
        stranger = UserFactory(permissions=["projects.freeze_report"])
        with pytest.raises(NotPermitted):
            actions.close_period(kind=KIND, period=PERIOD, actor=stranger)
