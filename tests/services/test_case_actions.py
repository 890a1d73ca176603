"""What a case does: receipt, clocks, corrections, decisions, papers."""

import io
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from freezegun import freeze_time
from pypdf import PdfReader

from services.actions import cases as do
from services.actions.clocks import accept_by_law, recompute_deadlines
from services.actions.recording import HandedIn, LikelyDuplicate, record_case
from services.choices import Necessity, PublicationState
from services.choices_cases import CaseState, ClockKind, MaterialState, PaperKind
from services.models import Case, CaseDocument
from services.papers.render import render_paper
from services.tasks import run_clock
from tests.factories.accounts import UserFactory
from tests.factories.cases import CREDIT_CODE, IDENTITY, Hall, ItemFactory
from tests.factories.directory import OutletFactory
from tuoxian_portal.accounts.models import Role
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import forget_calendar
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


def actions_of(case):
    return [entry.action for entry in history_of(case)][::-1]


# --- Recording --------------------------------------------------------------------------------


@freeze_time(MONDAY)
def test_recording_gives_a_number_receives_and_prints_the_receipt(hall):
    case = hall.record()
    assert case.case_number == "150122-20261102-0001"
    assert case.state == CaseState.RECEIVED
    assert (case.due_on, case.due_kind) == (date(2026, 11, 9), ClockKind.INTAKE)
    assert case.outlet == hall.outlet
    assert case.department == hall.department
    assert actions_of(case) == ["register", "receive"]
    assert [d.kind for d in case.documents.all()] == [PaperKind.RECEIPT]
    assert {m.state for m in case.materials.all()} == {MaterialState.HANDED_IN}
    assert hall.record().case_number == "150122-20261102-0002"


@freeze_time(MONDAY)
def test_personal_numbers_are_sealed_in_the_database_and_found_by_hash(hall):
    case = hall.record()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT applicant_number, phone, tracking_code FROM services_case WHERE id = %s", [case.pk]
        )
        row = cursor.fetchone()
    assert all(value.startswith("v1:") for value in row)
    fresh = Case.objects.get(pk=case.pk)
    assert fresh.applicant_number == IDENTITY
    assert fresh.masked_number == "110105********002X"
    assert Case.objects.get(applicant_hash=fresh.applicant_hash) == fresh


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "110105194912310021"}, "applicant_number"),
        ({"number": "11010519491331002X"}, "applicant_number"),
        ({"number": "123"}, "applicant_number"),
        ({"kind": "organisation", "number": "91350100M000100Y44"}, "applicant_number"),
        ({"kind": "organisation", "number": IDENTITY}, "applicant_number"),
        ({"kind": "nobody"}, "applicant_kind"),
        ({"name": "  "}, "applicant_name"),
        ({"name": "长" * 121}, "applicant_name"),
        ({"phone": "138000056"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"agent_phone": "12"}, "agent_phone"),
        ({"agent_name": "长" * 61}, "agent_name"),
    ],
)
def test_wrong_input_is_refused_at_its_field_and_gives_no_number(hall, changes, field):
    with pytest.raises(ValidationError) as caught:
        hall.record(applicant=hall.applicant(**changes))
    assert set(caught.value.message_dict) == {field}
    assert not Case.objects.exists()


def test_spaces_hyphens_and_full_width_are_forgiven(hall):
    case = hall.record(
        applicant=hall.applicant(
            kind="organisation", name=" 示例  企业 ", number="9135 0100-M000 100Ｙ43", phone="138-0000 5678"
        )
    )
    assert case.applicant_number == CREDIT_CODE
    assert case.applicant_name == "示例 企业"
    assert case.phone == "13800005678"


def test_a_second_submit_of_the_same_form_finds_the_first_case(hall):
    submission = uuid4()
    first = hall.record(submission=submission)
    again = hall.record(submission=submission)
    assert again == first
    assert Case.objects.count() == 1
    assert actions_of(first) == ["register", "receive"]


def test_the_same_applicant_and_item_within_thirty_days_asks_for_confirmation(hall):
    with freeze_time(MONDAY) as frozen:
        first = hall.record()
        with pytest.raises(LikelyDuplicate, match=first.case_number):
            hall.record(confirmed=False)
        assert Case.objects.count() == 1
        hall.record(confirmed=True)
        frozen.tick(timedelta(days=31))
        hall.record(confirmed=False)
    assert Case.objects.count() == 3


def test_only_a_published_item_of_a_department_can_be_applied_for(hall):
    hall.item.state = PublicationState.RETIRED
    hall.item.save()
    with pytest.raises(WorkflowError, match="尚未发布"):
        hall.record()
    outside = ItemFactory(department=None, authority="供电企业")
    with pytest.raises(WorkflowError, match="供电企业"):
        hall.record(item=outside, materials={})


def test_a_clerk_needs_an_outlet_and_the_permission(hall):
    with pytest.raises(NotPermitted, match="服务网点"):
        hall.record(actor=UserFactory(roles=["window"]))
    with pytest.raises(NotPermitted, match="权限"):
        hall.record(actor=hall.reviewer)


def test_a_failed_recording_gives_its_number_back(hall, monkeypatch):
    first = hall.record()
    monkeypatch.setattr("services.actions.acting.new_document", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        hall.record()
    monkeypatch.undo()
    assert int(hall.record().case_number[-4:]) == int(first.case_number[-4:]) + 1


def test_a_closed_case_is_corrected_by_a_linked_one_only(hall):
    closed = hall.case_in(CaseState.WITHDRAWN)
    linked = hall.record(corrects=closed)
    assert linked.corrects == closed
    with pytest.raises(WorkflowError, match="尚未结束"):
        hall.record(corrects=linked)


# --- Materials --------------------------------------------------------------------------------


def test_acceptance_waits_for_required_materials():
    hall = Hall(materials=[Necessity.REQUIRED, Necessity.CONDITIONAL])
    required, conditional = hall.item.materials.all()
    case = hall.record(materials={conditional.pk: HandedIn(MaterialState.HANDED_IN)})
    with pytest.raises(WorkflowError, match=required.name):
        do.accept_case(case=case, actor=hall.clerk)
    case = hall.record(materials={required.pk: HandedIn(MaterialState.HANDED_IN)})
    assert do.accept_case(case=case, actor=hall.clerk).state == CaseState.ACCEPTED


@pytest.mark.parametrize("promised", [None, date(2020, 1, 1)])
def test_deferring_needs_a_promised_date(promised):
    hall = Hall(materials=[Necessity.DEFERRABLE])
    with pytest.raises(ValidationError, match="承诺补齐日期"):
        hall.record(materials=hall.handed_in(MaterialState.DEFERRED, promised_on=promised))


def test_only_a_deferrable_material_can_be_deferred(hall):
    later = date.today() + timedelta(days=9)
    with pytest.raises(ValidationError, match="不能容缺"):
        hall.record(materials=hall.handed_in(MaterialState.DEFERRED, promised_on=later))


def test_approval_is_blocked_until_a_deferred_material_came():
    hall = Hall(materials=[Necessity.REQUIRED, Necessity.DEFERRABLE])
    first, deferred = hall.item.materials.all()
    later = date.today() + timedelta(days=9)
    case = hall.record(
        materials={
            first.pk: HandedIn(MaterialState.HANDED_IN),
            deferred.pk: HandedIn(MaterialState.DEFERRED, promised_on=later),
        }
    )
    case = hall.bring(case, CaseState.DECIDING)
    assert PaperKind.DEFERRAL in {d.kind for d in case.documents.all()}
    assert Case.objects.owing_materials().get() == case
    with pytest.raises(WorkflowError, match=deferred.name):
        do.approve_case(case=case, actor=hall.approver)
    owed = case.materials.get(state=MaterialState.DEFERRED)
    with pytest.raises(ValidationError, match="不属于本件"):
        do.supply_deferred(case=case, actor=hall.clerk, materials=[owed.pk + 999])
    case = do.supply_deferred(case=case, actor=hall.clerk, materials=[owed.pk])
    owed.refresh_from_db()
    assert (owed.state, owed.received_by) == (MaterialState.HANDED_IN, hall.clerk)
    assert do.approve_case(case=case, actor=hall.approver).outcome == "approved"


# --- The five days ----------------------------------------------------------------------------


@pytest.mark.parametrize("late", [8, 9, 30])
def test_a_receipt_left_unanswered_is_accepted_by_law_and_dated_back(hall, late):
    with freeze_time(MONDAY) as frozen:
        case = hall.record()
        frozen.tick(timedelta(days=7))  # the fifth working day: still time
        assert run_clock()["deemed_accepted"] == 0
        frozen.tick(timedelta(days=late - 7))
        assert run_clock()["deemed_accepted"] == 1
        assert run_clock()["deemed_accepted"] == 0
        case.refresh_from_db()
    assert case.state == CaseState.ACCEPTED
    assert case.deemed_accepted
    assert case.accepted_on == date(2026, 11, 2)
    assert case.decide_by == date(2026, 11, 16)  # ten working days promised, from receipt
    last = history_of(case)[0]
    assert (last.action, last.actor) == ("deem_accepted", None)


def test_after_the_fifth_day_the_window_can_only_accept_and_that_is_dated_back(hall):
    with freeze_time(MONDAY) as frozen:
        case = hall.record()
        frozen.tick(timedelta(days=8))
        with pytest.raises(WorkflowError, match="视为受理"):
            do.request_correction(case=case, actor=hall.clerk, missing=["缺章"], days=5)
        with pytest.raises(WorkflowError, match="视为受理"):
            do.propose_decline(case=case, actor=hall.clerk, reason="不属于本机关")
        case = do.accept_case(case=case, actor=hall.clerk)
    assert case.accepted_on == date(2026, 11, 2)
    assert case.deemed_accepted


# --- Corrections ------------------------------------------------------------------------------


def test_a_correction_stops_the_check_and_its_answer_starts_a_new_one():
    hall = Hall(materials=[Necessity.REQUIRED, Necessity.REQUIRED])
    first, second = hall.item.materials.all()
    with freeze_time(MONDAY) as frozen:
        case = hall.record(materials={first.pk: HandedIn(MaterialState.HANDED_IN)})
        frozen.tick(timedelta(days=1))
        case = do.request_correction(
            case=case, actor=hall.clerk, missing=[f"补交：{second.name}", "  "], days=10
        )
        assert (case.due_on, case.due_kind) == (date(2026, 11, 17), ClockKind.CORRECTION)
        assert not case.is_overdue
        notice = case.corrections.get()
        assert notice.items == [f"补交：{second.name}"]
        frozen.tick(timedelta(days=3))
        lacking = case.materials.get(state=MaterialState.MISSING)
        case = do.receive_correction(case=case, actor=hall.clerk, materials=[lacking.pk])
        assert (case.due_on, case.due_kind) == (date(2026, 11, 13), ClockKind.INTAKE)
        notice.refresh_from_db()
        assert notice.answered_on == date(2026, 11, 6)
        assert do.accept_case(case=case, actor=hall.clerk).state == CaseState.ACCEPTED


def test_a_second_correction_needs_a_supervisors_reason(hall):
    case = hall.case_in(CaseState.CORRECTING)
    case = do.receive_correction(case=case, actor=hall.clerk)
    with pytest.raises(WorkflowError, match="督办"):
        do.request_correction(case=case, actor=hall.clerk, missing=["又缺一页"], days=5)
    with pytest.raises(WorkflowError, match="理由"):
        do.allow_second_correction(case=case, actor=hall.supervisor, reason=" ")
    case = do.allow_second_correction(case=case, actor=hall.supervisor, reason="补正件出现新问题")
    case = do.request_correction(case=case, actor=hall.clerk, missing=["又缺一页"], days=5)
    assert case.corrections.last().override_reason == "补正件出现新问题"
    case = do.receive_correction(case=case, actor=hall.clerk)
    with pytest.raises(WorkflowError, match="督办"):
        do.request_correction(case=case, actor=hall.clerk, missing=["第三次"], days=5)


@pytest.mark.parametrize(("missing", "days"), [([], 5), (["  "], 5), (["缺章"], 0), (["缺章"], 61)])
def test_a_correction_says_what_is_missing_and_until_when(hall, missing, days):
    case = hall.record()
    with pytest.raises(ValidationError):
        do.request_correction(case=case, actor=hall.clerk, missing=missing, days=days)


def test_papers_are_sent_back_only_after_the_applicants_deadline(hall):
    with freeze_time(MONDAY) as frozen:
        case = hall.case_in(CaseState.CORRECTING)
        with pytest.raises(WorkflowError, match="补正期限"):
            do.return_case(case=case, actor=hall.clerk, reason="未补正")
        frozen.tick(timedelta(days=15))
        assert do.return_case(case=case, actor=hall.clerk, reason="未补正").state == CaseState.RETURNED


def test_who_proposes_to_decline_cannot_approve_it(hall):
    both = UserFactory(roles=["window", "approver"], outlet=hall.outlet, department=hall.department)
    case = do.propose_decline(case=hall.record(), actor=both, reason="不属于本机关职权")
    with pytest.raises(WorkflowError, match="不能自己批准"):
        do.decline_case(case=case, actor=both, reason="不属于本机关职权")
    case = do.decline_case(case=case, actor=hall.approver, reason="不属于本机关职权")
    text = str(case.documents.last().content)
    assert "不属于本机关职权" in text
    assert "行政复议" in text
    assert "行政诉讼" in text


# --- Review and decision ----------------------------------------------------------------------


def test_who_reviewed_a_case_never_approves_it(hall):
    both = UserFactory(roles=["reviewer", "approver"], department=hall.department)
    case = hall.case_in(CaseState.REVIEWING)
    case = do.submit_opinion(case=case, actor=both, outcome="approved", reason="符合条件")
    for decide in (do.approve_case, do.refuse_case, do.return_to_review):
        with pytest.raises(WorkflowError, match="另一人"):
            decide(case=case, actor=both, reason="理由")
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(approver=both)
    assert do.approve_case(case=case, actor=hall.approver).approver == hall.approver


def test_a_special_procedure_gives_back_the_days_it_really_took(hall):
    with freeze_time(MONDAY) as frozen:
        case = hall.case_in(CaseState.REVIEWING)
        assert case.decide_by == date(2026, 11, 16)
        case = do.start_special(
            case=case, actor=hall.approver, procedure="testing", days=15, reason="需要检测"
        )
        assert case.due_kind == ClockKind.SPECIAL
        assert case.decide_by == date(2026, 12, 7)  # planned days in it
        frozen.tick(timedelta(days=7))
        case = do.end_special(case=case, actor=hall.reviewer)
        assert case.decide_by == date(2026, 11, 23)  # five working days given back
        assert case.due_on == case.decide_by


@pytest.mark.parametrize(("procedure", "days"), [("nap", 5), ("testing", 0), ("testing", 181)])
def test_a_special_procedure_has_a_kind_and_a_planned_length(hall, procedure, days):
    case = hall.case_in(CaseState.REVIEWING)
    with pytest.raises(ValidationError):
        do.start_special(case=case, actor=hall.approver, procedure=procedure, days=days, reason="理由")


def test_an_extension_is_given_once_before_expiry_and_not_for_more_than_ten_days(hall):
    with freeze_time(MONDAY) as frozen:
        case = hall.case_in(CaseState.REVIEWING)
        late = hall.case_in(CaseState.REVIEWING)
        with pytest.raises(ValidationError):
            do.extend_case(case=case, actor=hall.approver, days=11, reason="复杂")
        case = do.extend_case(case=case, actor=hall.approver, days=10, reason="复杂")
        assert case.decide_by == date(2026, 11, 30)
        with pytest.raises(WorkflowError, match="一次"):
            do.extend_case(case=case, actor=hall.approver, days=1, reason="复杂")
        frozen.tick(timedelta(days=15))
        with pytest.raises(WorkflowError, match="届满"):
            do.extend_case(case=late, actor=hall.approver, days=5, reason="复杂")


def test_a_decision_against_the_opinion_needs_a_reason(hall):
    case = hall.case_in(CaseState.REVIEWING)
    case = do.submit_opinion(case=case, actor=hall.reviewer, outcome="refused", reason="面积不足")
    with pytest.raises(WorkflowError, match="不一致"):
        do.approve_case(case=case, actor=hall.approver)
    case = do.approve_case(case=case, actor=hall.approver, reason="复核后面积符合规定")
    assert case.decision_reason == "复核后面积符合规定"


def test_a_refusal_states_reason_and_remedies(hall):
    case = hall.case_in(CaseState.DECIDING)
    case = do.refuse_case(case=case, actor=hall.approver, reason="经营场所不符合规定")
    content = case.documents.last().content
    assert content["title"] == "不予行政许可决定书"
    assert "经营场所不符合规定。" in content["body"]
    assert any("六十日" in text and "六个月" in text for text in content["after"])
    assert (case.due_kind, case.outcome) == (ClockKind.DELIVERY, "refused")


def test_lateness_is_judged_by_the_deadline_at_the_decision(hall):
    with freeze_time(MONDAY) as frozen:
        early = do.approve_case(case=hall.case_in(CaseState.DECIDING), actor=hall.approver)
        late = hall.case_in(CaseState.DECIDING)
        frozen.tick(timedelta(days=15))
        assert late in Case.objects.overdue()
        late = do.approve_case(case=late, actor=hall.approver)
        rows = Case.objects.on_time(date(2026, 11, 1), date(2026, 11, 30))
    assert (early.is_late, late.is_late) == (False, True)
    assert (rows.decided, rows.with_limit, rows.on_time, rows.rate) == (2, 2, 1, 0.5)


def test_delivery_closes_the_case(hall):
    case = hall.case_in(CaseState.COLLECTING)
    with pytest.raises(ValidationError):
        do.deliver_case(case=case, actor=hall.issuer, recipient=" ")
    case = do.deliver_case(case=case, actor=hall.issuer, recipient="示例领取人", method="post")
    assert case.state == CaseState.COMPLETED
    assert case.closed_on == case.delivered_on
    assert actions_of(case)[-2:] == ["deliver", "complete"]


def test_an_unknown_limit_runs_no_clock(hall):
    hall = Hall(item_type="filing", statutory_days=None, promised_days=None, statutory_kind="")
    case = hall.case_in(CaseState.ACCEPTED)
    assert case.decide_by is None
    assert case.due_on is None
    assert "尚未公布" in str(case.documents.get(kind=PaperKind.ACCEPTANCE).content)


# --- 即办件 -----------------------------------------------------------------------------------


def test_an_instant_case_runs_the_same_events_at_once():
    hall = Hall(handling_kind="instant")
    case = hall.record()
    done = do.finish_instantly(case=case, actor=hall.approver)
    assert done.state == CaseState.COMPLETED
    assert (done.reviewer, done.approver) == (hall.clerk, hall.approver)
    assert actions_of(done) == [
        "register",
        "receive",
        "accept",
        "hand_over",
        "sign_in",
        "submit",
        "approve",
        "deliver",
        "complete",
    ]
    kinds = [d.kind for d in done.documents.all()]
    assert kinds == [
        PaperKind.RECEIPT,
        PaperKind.ACCEPTANCE,
        PaperKind.APPROVAL,
        PaperKind.DELIVERY,
        PaperKind.INVITATION,
    ]


def test_an_instant_case_still_needs_two_people_and_is_all_or_nothing(monkeypatch):
    hall = Hall(handling_kind="instant")
    both = UserFactory(roles=["window", "approver"], outlet=hall.outlet, department=hall.department)
    case = hall.record(actor=both)
    with pytest.raises(WorkflowError, match="收件人"):
        do.finish_instantly(case=case, actor=both)
    monkeypatch.setattr("services.actions.cases.deliver_case", lambda **k: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        do.finish_instantly(case=case, actor=hall.approver)
    case.refresh_from_db()
    assert case.state == CaseState.RECEIVED
    with pytest.raises(WorkflowError, match="即办件"):
        do.finish_instantly(case=Hall().record(), actor=UserFactory(is_superuser=True))


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


def test_recording_is_one_transaction(hall, monkeypatch):
    monkeypatch.setattr("services.actions.recording.receive_case", lambda **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        record_case(**hall._arguments())
    assert not Case.objects.exists()
