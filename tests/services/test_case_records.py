"""What stays of a case: numbers, conflicts, scope, the item as it was, calendar, papers."""

import io
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from freezegun import freeze_time
from pypdf import PdfReader

from services.actions import cases as do
from services.actions.clocks import accept_by_law, recompute_deadlines
from services.actions.recording import record_case
from services.choices_cases import CaseState, PaperKind
from services.models import Case, CaseDocument
from services.papers.render import render_paper
from tests.factories.accounts import UserFactory
from tests.factories.cases import IDENTITY, Hall
from tests.factories.directory import OutletFactory
from tuoxian_portal.accounts.models import Role
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import announce_change, forget_calendar
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError
from tuoxian_portal.core.models import CalendarDay, Job

pytestmark = pytest.mark.django_db
MONDAY = "2026-11-02 02:00:00"  # ten o'clock in the county


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def hall():
    return Hall()


# --- Numbers, conflicts, scope ----------------------------------------------------------------


def test_a_void_number_stays_and_is_not_given_again(hall):
    with freeze_time(MONDAY) as frozen:
        first = do.void_case(case=hall.record(), actor=hall.clerk, reason="选错事项")
        second = hall.record()
        assert second.case_number.endswith("-0002")
        assert Case.objects.counted().get() == second
        assert first.state == CaseState.VOID
        frozen.tick(timedelta(days=1))
        with pytest.raises(WorkflowError, match="收件当日"):
            do.void_case(case=second, actor=hall.clerk, reason="选错事项")


def test_the_second_of_two_people_is_told_and_nothing_is_overwritten(hall):
    seen = hall.record()
    do.accept_case(case=seen, actor=hall.clerk, version=seen.version)
    with pytest.raises(WorkflowError):
        do.request_correction(case=seen, actor=hall.clerk, missing=["缺章"], days=5, version=seen.version)
    fresh = hall.record()
    do.propose_decline(case=fresh, actor=hall.clerk, reason="不属于本机关", version=fresh.version)
    with pytest.raises(EditConflict, match="已被他人修改"):
        do.accept_case(case=fresh, actor=hall.clerk, version=fresh.version)
    fresh.refresh_from_db()
    assert fresh.state == CaseState.RECEIVED


def test_people_act_on_the_cases_they_see_only(hall):
    case = hall.record()
    stranger = UserFactory(roles=["window"], outlet=OutletFactory())
    with pytest.raises(NotPermitted, match="范围"):
        do.accept_case(case=case, actor=stranger)
    assert not Case.objects.visible_to(stranger).exists()
    for person in (hall.clerk, hall.reviewer, hall.approver, hall.issuer, hall.supervisor, hall.official):
        assert Case.objects.visible_to(person).get() == case
    other = Hall()
    assert not Case.objects.visible_to(other.reviewer).exists()
    assert not Case.objects.visible_to(UserFactory(roles=["project_officer"])).exists()
    assert Role.objects.exists()


def test_each_act_takes_a_bounded_number_of_queries(hall, django_assert_max_num_queries):
    case = hall.record()
    do.accept_case(case=hall.record(), actor=hall.clerk)
    with django_assert_max_num_queries(26):
        do.accept_case(case=case, actor=hall.clerk)


# --- Snapshot, calendar, papers ---------------------------------------------------------------


def test_the_item_is_kept_as_it_was_when_the_case_was_accepted(hall):
    case = hall.case_in(CaseState.ACCEPTED)
    old = hall.item.name
    hall.item.name, hall.item.promised_days = "改名后的事项", 3
    hall.item.save()
    case = Case.objects.get(pk=case.pk)
    assert case.item_name == old
    assert case.item_snapshot["promised"]["days"] == 10


def test_a_changed_calendar_moves_open_deadlines_and_lists_them(hall):
    with freeze_time(MONDAY):
        case = hall.case_in(CaseState.REVIEWING)
        done = hall.case_in(CaseState.COMPLETED)
        CalendarDay.objects.create(date=date(2026, 11, 11), is_working=False, name="测试放假")
        forget_calendar()
        (moved,) = recompute_deadlines()
        assert str(moved) == (
            f"{case.case_number}：本环节 2026-11-16 → 2026-11-17，作出决定 2026-11-16 → 2026-11-17"
        )
        assert recompute_deadlines() == []
    case.refresh_from_db()
    assert case.decide_by == date(2026, 11, 17)
    assert history_of(case)[0].action == "recompute"
    before = done.decide_by
    done.refresh_from_db()
    assert done.decide_by == before


def test_the_history_says_which_date_the_calendar_moved(hall):
    with freeze_time(MONDAY):
        case = hall.case_in(CaseState.SPECIAL)
        before = case.decide_by
        CalendarDay.objects.create(date=before, is_working=False, name="测试放假")
        forget_calendar()
        assert recompute_deadlines()
    case.refresh_from_db()
    assert history_of(case)[0].changes == {"decide_by": [str(before), str(case.decide_by)]}


def test_an_edit_while_deadlines_are_being_derived_has_them_derived_once_more(
    hall, django_capture_on_commit_callbacks
):
    with freeze_time(MONDAY):
        hall.case_in(CaseState.REVIEWING)
        with django_capture_on_commit_callbacks(execute=True):
            announce_change()
        Job.objects.filter(kind="recompute-deadlines").update(state=Job.State.RUNNING)
        with django_capture_on_commit_callbacks(execute=True):
            for day in (11, 12):  # one form, two days: one job
                CalendarDay.objects.create(date=date(2026, 11, day), is_working=False, name="测试放假")
                announce_change()
    assert Job.objects.filter(kind="recompute-deadlines").exclude(state=Job.State.RUNNING).count() == 1


def test_editing_the_calendar_has_the_worker_derive_deadlines_again(
    hall, client, django_capture_on_commit_callbacks
):
    with freeze_time(MONDAY):
        case = hall.case_in(CaseState.REVIEWING)
        client.force_login(UserFactory(is_superuser=True))
        with django_capture_on_commit_callbacks(execute=True):
            client.post(
                "/admin/core/calendarday/add/", {"date": "2026-11-11", "name": "测试放假", "is_working": ""}
            )
    case.refresh_from_db()
    assert case.decide_by == date(2026, 11, 17)
    job = Job.objects.get(kind="recompute-deadlines")
    assert job.state == Job.State.SUCCEEDED
    assert job.payload["moved"][0].startswith(case.case_number)
    with freeze_time(MONDAY):  # the session is as old as the clock
        page = client.get(f"/admin/core/job/{job.pk}/change/").content.decode()
    assert job.payload["moved"][0] in page


def test_papers_say_the_same_when_they_are_printed_again(hall):
    case = hall.case_in(CaseState.ACCEPTED)
    document = case.documents.get(kind=PaperKind.ACCEPTANCE)
    first = render_paper(document)
    hall.item.name = "改名后的事项"
    hall.item.save()
    hall.department.name = "改名后的部门"
    hall.department.save()
    assert render_paper(CaseDocument.objects.get(pk=document.pk)) == first


@pytest.mark.parametrize("state", [s for s in CaseState.values if s not in {"registered", "waiting", "void"}])
def test_every_state_has_its_papers_and_each_can_be_read(hall, state):
    case = hall.case_in(state)
    documents = list(case.documents.all())
    assert documents
    for number, document in enumerate(documents, 1):
        assert document.number == f"{case.case_number}-{number:02d}"
        assert "{" not in str([document.content["body"], document.content["after"]])
        assert IDENTITY not in str(document.content)
        assert case.phone not in str(document.content)
        assert case.tracking_code not in str(document.content)
    data = render_paper(documents[-1])
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    assert documents[-1].content["title"] in text
    assert case.case_number in text


def test_the_slip_carries_the_tracking_password(hall):
    case = hall.record()
    text = PdfReader(io.BytesIO(render_paper(case.documents.get()))).pages[0].extract_text()
    assert f"{case.tracking_code[:4]} {case.tracking_code[4:]}" in text


def test_deemed_acceptance_of_a_case_that_was_answered_meanwhile_is_no_error(hall):
    with freeze_time(MONDAY) as frozen:
        hall.case_in(CaseState.ACCEPTED)
        frozen.tick(timedelta(days=30))
        assert accept_by_law() == []


def test_one_broken_case_keeps_no_other_from_being_deemed_accepted(hall, monkeypatch):
    with freeze_time(MONDAY) as frozen:
        broken, sound = hall.record(), hall.record()
        frozen.tick(timedelta(days=30))
        monkeypatch.setattr("services.actions.clocks.deem_accepted", unless(broken, do.deem_accepted))
        assert accept_by_law() == [sound]
    assert Case.objects.get(pk=broken.pk).state == CaseState.RECEIVED


def unless(broken, act):
    def acting(*, case):
        return 1 / 0 if case.pk == broken.pk else act(case=case)

    return acting


def test_recording_is_one_transaction(hall, monkeypatch):
    monkeypatch.setattr("services.actions.recording.receive_case", lambda **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        record_case(**hall._arguments())
    assert not Case.objects.exists()
