"""Cases of a bundle wait, fail and leave; how the whole ends, and its one promise."""

from datetime import date

import pytest
from freezegun import freeze_time

from services.actions import bundle_cases as whole
from services.actions import bundle_children as child
from services.actions import cases as single
from services.actions.clocks import recompute_deadlines
from services.choices_bundles import BundleState
from services.choices_cases import CaseOutcome, CaseState, MaterialState, PaperKind, SpecialProcedure
from services.models import BundleCase, RatingInvitation
from services.papers.render import render_paper
from tests.factories.bundle_cases import BundleHall
from tuoxian_portal.core.calendar import forget_calendar
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.models import CalendarDay

pytestmark = pytest.mark.django_db
MONDAY = "2026-11-02 02:00:00"  # ten o'clock in the county
S, B = CaseState, BundleState


@pytest.fixture
def hall():
    return BundleHall()


def kinds(record):
    return [document.kind for document in record.documents.all()]


# --- Waiting, failing, leaving ------------------------------------------------------------------


def test_a_refused_prerequisite_leaves_the_other_waiting_for_a_person(hall):
    made = hall.accepted()
    hall.decide(hall.case(made, hall.first), CaseOutcome.REFUSED)
    second = hall.case(made, hall.second)
    assert second.state == S.WAITING
    made = BundleCase.objects.get(pk=made.pk)
    assert made.stuck_cases == [second]
    assert list(BundleCase.objects.stuck()) == [made]
    second = child.stop_waiting(case=second, actor=hall.clerk, reason="申请人已有该许可证")
    assert (second.state, second.in_bundle) == (S.REGISTERED, False)
    line = second.materials.get(material=hall.licence)
    assert (line.state, line.supplied_by) == (MaterialState.MISSING, None)
    assert not BundleCase.objects.stuck().exists()
    second = single.receive_case(case=second, actor=hall.clerk)
    assert second.due_on is not None
    assert PaperKind.RECEIPT in kinds(second)


def test_a_case_split_off_is_a_single_one_and_leaves_the_parents_state(hall):
    made = hall.accepted()
    beside = hall.review(hall.case(made, hall.beside))
    beside = child.split_off(case=beside, actor=hall.clerk, reason="申请人急用")
    assert (beside.state, beside.case_number[-4:]) == (S.REVIEWING, "0003")
    made = BundleCase.objects.get(pk=made.pk)
    assert [c.item for c in made.cases] == [hall.first, hall.second]
    hall.decide(hall.case(made, hall.first))
    single.submit_opinion(
        case=beside, actor=hall.reviewers[hall.beside.pk], outcome="approved", reason="符合"
    )
    beside = single.approve_case(case=beside, actor=hall.approvers[hall.beside.pk])
    beside = single.deliver_case(case=beside, actor=hall.issuer, recipient="测试申请人")
    assert PaperKind.DELIVERY in kinds(beside)
    second = hall.case(made, hall.second)
    assert second.state == S.RECEIVED
    with pytest.raises(WorkflowError):
        child.split_off(case=beside, actor=hall.clerk, reason="再来一次")


def test_a_split_off_prerequisite_still_releases_what_waits_for_it(hall):
    made = hall.accepted()
    child.split_off(case=hall.case(made, hall.first), actor=hall.clerk, reason="先办")
    hall.decide(hall.case(made, hall.first))
    assert hall.case(made, hall.second).state == S.RECEIVED


def test_the_last_case_cannot_leave(hall):
    made = hall.accepted()
    child.split_off(case=hall.case(made, hall.beside), actor=hall.clerk, reason="单办")
    child.stop_waiting(case=hall.case(made, hall.second), actor=hall.clerk, reason="单办")
    with pytest.raises(WorkflowError, match="只剩这一件"):
        child.split_off(case=hall.case(made, hall.first), actor=hall.clerk, reason="单办")


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("request_correction", S.RECEIVED),
        ("receive_correction", S.CORRECTING),
        ("supply_deferred", S.REVIEWING),
        ("deliver", S.COLLECTING),
        ("withdraw", S.RECEIVED),
        ("void", S.RECEIVED),
    ],
)
def test_what_belongs_to_the_whole_is_refused_on_one_case_and_leads_there(hall, name, state):
    made = hall.record()
    case = hall.case(made, hall.first)
    actor = hall.issuer if name == "deliver" else hall.clerk
    if state == S.CORRECTING:
        whole.request_collected_correction(
            bundle_case=made, actor=hall.clerk, missing={case.pk: ["甲"]}, days=5
        )
    elif state != S.RECEIVED:
        whole.accept_bundle(bundle_case=made, actor=hall.clerk)
        hall.decide(case) if state == S.COLLECTING else hall.review(case)
    calls = {
        "request_correction": lambda: single.request_correction(
            case=case, actor=actor, missing=["甲"], days=5
        ),
        "receive_correction": lambda: single.receive_correction(case=case, actor=actor),
        "supply_deferred": lambda: single.supply_deferred(case=case, actor=actor, materials=[1]),
        "deliver": lambda: single.deliver_case(case=case, actor=actor, recipient="甲"),
        "withdraw": lambda: single.withdraw_case(case=case, actor=actor, reason="撤回"),
        "void": lambda: single.void_case(case=case, actor=actor, reason="作废"),
    }
    with pytest.raises(WorkflowError, match=made.number):
        calls[name]()


# --- The ends ---------------------------------------------------------------------------------


def test_mixed_results_are_a_partial_completion(hall):
    made = hall.accepted()
    hall.decide(hall.case(made, hall.first))
    hall.decide(hall.case(made, hall.beside), CaseOutcome.REFUSED)
    made = whole.withdraw_bundle(
        bundle_case=made, actor=hall.clerk, reason="不办了", cases=[hall.case(made, hall.second).pk]
    )
    assert made.state == B.COLLECTING
    made = hall.deliver(made)
    assert made.state == B.PARTIAL
    assert [
        row[3] for row in made.documents.get(kind=PaperKind.BUNDLE_DELIVERY).content["table"]["rows"]
    ] == ["准予", "不予"]


def test_one_rating_even_when_a_case_was_closed_last_on_its_own_page(hall):
    made = hall.accepted()
    beside = hall.review(hall.case(made, hall.beside))
    hall.decide(hall.case(made, hall.first), CaseOutcome.REFUSED)
    hall.deliver(made, reason="急用")
    whole.withdraw_bundle(
        bundle_case=made, actor=hall.clerk, reason="不办了", cases=[hall.case(made, hall.second).pk]
    )
    single.terminate_case(case=beside, actor=hall.approvers[hall.beside.pk], reason="不再具备条件")
    made = BundleCase.objects.get(pk=made.pk)
    assert (made.state, RatingInvitation.objects.count()) == (B.ENDED, 0)
    assert (whole.invite_finished(), whole.invite_finished()) == (1, 0)
    assert render_paper(made.documents.last()).startswith(b"%PDF")
    rating = made.rating_invitation.subject
    assert {hall.clerk.pk, hall.reviewers[hall.beside.pk].pk} <= rating.handler_ids
    assert "测试申请人" in rating.personal_names


def test_an_early_pick_up_needs_a_reason_and_is_lawful(hall):
    made = hall.accepted()
    hall.decide(hall.case(made, hall.beside))
    with pytest.raises(WorkflowError, match=r"前置许可.*后续许可"):
        hall.deliver(made)
    made = hall.deliver(made, reason="送达期限将满")
    assert hall.case(made, hall.beside).state == S.COMPLETED
    assert made.state == B.IN_PROGRESS
    rest = made.documents.last().content["sections"][0]["table"]["rows"]
    assert {row[1] for row in rest} == {"前置许可", "后续许可"}


def test_withdrawing_ends_every_undecided_case_with_its_own_paper(hall):
    made = whole.withdraw_bundle(bundle_case=hall.accepted(), actor=hall.clerk, reason="申请人要求")
    assert made.state == B.WITHDRAWN
    assert made.closed_on is not None
    assert all(PaperKind.WITHDRAWAL in kinds(case) for case in made.cases)
    with pytest.raises(WorkflowError):
        whole.accept_bundle(bundle_case=made, actor=hall.clerk)


def test_a_void_bundle_keeps_its_numbers(hall):
    made = whole.void_bundle(bundle_case=hall.record(), actor=hall.clerk, reason="录错申请人")
    assert made.state == B.VOID
    assert {c.state for c in made.cases} == {S.VOID}
    assert hall.record().number.endswith("B0002")


def test_accepted_the_same_day_it_cannot_be_void(hall):
    with pytest.raises(WorkflowError, match="不能整件作废"):
        whole.void_bundle(bundle_case=hall.accepted(), actor=hall.clerk, reason="录错")


# --- One promise --------------------------------------------------------------------------------


def test_a_special_procedure_moves_the_promise_and_a_new_calendar_too(hall):
    with freeze_time(MONDAY) as clock:
        made = hall.accepted()
        assert made.promised_by == date(2026, 11, 23)
        case = hall.review(hall.case(made, hall.beside))
        clock.move_to("2026-11-04 02:00:00")
        single.start_special(
            case=case,
            actor=hall.approvers[hall.beside.pk],
            procedure=SpecialProcedure.TESTING,
            days=5,
            reason="检测",
        )
        made.refresh_from_db()
        assert made.promised_by == date(2026, 11, 30)
        clock.move_to("2026-11-06 02:00:00")
        single.end_special(case=case, actor=hall.reviewers[hall.beside.pk])
        made.refresh_from_db()
        assert made.promised_by == date(2026, 11, 25)
        CalendarDay.objects.create(date=date(2026, 11, 12), is_working=False, name="测试假日")
        forget_calendar()
        moved = recompute_deadlines()
        made.refresh_from_db()
        assert made.promised_by == date(2026, 11, 26)
        assert any(change.case_number == made.number for change in moved)
        assert recompute_deadlines() == []
    forget_calendar()


def test_without_a_published_promise_there_is_no_date(hall):
    hall.bundle.promised_days = None
    hall.bundle.save(update_fields=["promised_days"])
    made = hall.accepted()
    assert (made.promised_by, made.is_overdue) == (None, False)
    assert "尚未公布" in made.documents.get(kind=PaperKind.BUNDLE_ACCEPTANCE).content["after"][0]


def test_overdue_is_a_question_about_dates(hall):
    with freeze_time(MONDAY) as clock:
        made = hall.accepted()
        clock.move_to("2026-11-23 02:00:00")
        assert not BundleCase.objects.overdue().exists()
        clock.move_to("2026-11-24 02:00:00")
        assert list(BundleCase.objects.overdue()) == [made]
        assert BundleCase.objects.get(pk=made.pk).is_overdue
