"""What a bundle case does: one application, one set, one notice, one pick-up; the cases decide."""

import io
import json
from datetime import date
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time
from pypdf import PdfReader

from services.actions import bundle_cases as whole
from services.actions import bundle_children as child
from services.actions import cases as single
from services.actions.bundle_recording import record_bundle
from services.actions.clocks import accept_by_law, recompute_deadlines
from services.actions.ratings import find_open
from services.actions.recording import HandedIn, LikelyDuplicate
from services.choices import PublicationState
from services.choices_bundles import BundleState
from services.choices_cases import CaseOutcome, CaseState, MaterialState, PaperKind, SpecialProcedure
from services.models import BundleCase, BundleMember, Case, CaseDocument, RatingInvitation
from services.papers.render import render_paper
from services.workflow_bundles import BUNDLE_CASE_WORKFLOW
from tests.factories.accounts import UserFactory
from tests.factories.bundle_cases import BundleHall, member_of
from tests.factories.cases import ItemFactory
from tests.factories.catalogue import yes_or_no
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import forget_calendar
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError
from tuoxian_portal.core.models import CalendarDay

pytestmark = pytest.mark.django_db
MONDAY = "2026-11-02 02:00:00"  # ten o'clock in the county
S, B = CaseState, BundleState


@pytest.fixture
def hall():
    return BundleHall()


def actions_of(record):
    return [entry.action for entry in history_of(record)][::-1]


def kinds(record):
    return [document.kind for document in record.documents.all()]


def text_of(document):
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(render_paper(document))).pages)


# --- Recording --------------------------------------------------------------------------------


@freeze_time(MONDAY)
def test_one_application_becomes_a_case_for_each_item(hall):
    made = hall.record()
    assert made.number == "150122-20261102-B0001"
    assert made.state == B.RECEIVED
    assert [c.case_number for c in made.children.order_by("pk")] == [
        f"150122-20261102-{n:04d}" for n in (1, 2, 3)
    ]
    first, second, beside = (hall.case(made, item) for item in hall.items)
    assert (first.state, second.state, beside.state) == (S.RECEIVED, S.WAITING, S.RECEIVED)
    assert first.due_on == date(2026, 11, 9)
    assert (second.due_on, second.received_on, list(second.intervals.all())) == (None, None, [])
    assert list(second.waits_for.all()) == [first]
    assert {c.tracking_code for c in (first, second, beside)} == {made.tracking_code}
    assert {c.department for c in (first, second, beside)} == {i.department for i in hall.items}
    assert Case.objects.filter(applicant_hash=made.applicant_hash).count() == 3
    assert actions_of(first) == ["register", "receive"]
    assert actions_of(second) == ["register", "wait"]
    assert actions_of(made) == ["register"]
    assert kinds(made) == [PaperKind.BUNDLE_RECEIPT, PaperKind.BUNDLE_SAVING]
    assert not CaseDocument.objects.exists()
    assert hall.record().number == "150122-20261102-B0002"


def test_three_lines_of_one_material_are_one_paper(hall):
    made = hall.record()
    paper = made.materials.get(material=hall.identity)
    assert paper.lines.count() == 3
    assert paper.state == MaterialState.HANDED_IN
    assert [c.item for c in paper.wanted_by] == hall.items
    assert not made.materials.filter(material=hall.licence).exists()
    line = hall.case(made, hall.second).materials.get(material=hall.licence)
    assert (line.state, line.supplied_by) == (MaterialState.MISSING, hall.case(made, hall.first))


def test_the_saving_is_of_this_applicant(hall):
    made = hall.record()
    body = made.documents.get(kind=PaperKind.BUNDLE_SAVING).content["body"]
    # identity ×3, one paper of its own for `first`, two for `beside`, the licence that `first` gives
    assert body[1] == "原需 7 份，实交 4 份；原跑 3 次，现跑 1 次。"


def test_a_second_submit_finds_the_first(hall):
    token = uuid4()
    assert hall.record(submission=token) == hall.record(submission=token)
    assert (BundleCase.objects.count(), Case.objects.count()) == (1, 3)


def test_recording_takes_as_many_queries_for_many_items(hall):
    hall.record()
    with CaptureQueriesContext(
        connection,
    ) as few:
        hall.record()
    for order in range(4, 12):
        member_of(hall.bundle, ItemFactory(materials=5), order)
    with CaptureQueriesContext(connection) as many:
        hall.record()
    assert len(many) <= len(few) <= 40


def test_every_open_question_is_asked_and_unknown_answers_count_as_open(hall):
    answers = yes_or_no(hall.bundle, "sign")
    BundleMember.objects.get(bundle=hall.bundle, item=hall.beside).answers.add(answers["yes"])
    with pytest.raises(ValidationError) as caught:
        hall.record()
    assert set(caught.value.message_dict) == {"question_sign"}
    with pytest.raises(ValidationError):
        hall.record(answers={"sign": "maybe"})
    assert hall.record(answers={"sign": "no"}).children.count() == 2
    made = hall.record(answers={"sign": "yes"})
    assert made.children.count() == 3
    assert made.answers == {"sign": "yes"}
    assert made.composition["questions"][0]["label"] == "是"


def test_wrong_input_is_refused_all_at_once_and_gives_no_number(hall):
    deferred = HandedIn(MaterialState.DEFERRED, promised_on=date(2000, 1, 1))
    with pytest.raises(ValidationError) as caught:
        hall.record(applicant=hall.applicant(number="12", phone="x"), materials={hall.identity.pk: deferred})
    assert set(caught.value.message_dict) == {"applicant_number", "phone", f"material_{hall.identity.pk}"}
    assert not BundleCase.objects.exists()
    assert hall.record().number.endswith("B0001")


def test_who_may_not_record_and_what_cannot_be_applied_for(hall):
    with pytest.raises(NotPermitted):
        hall.record(actor=hall.reviewers[hall.first.pk])
    with pytest.raises(NotPermitted):
        hall.record(actor=UserFactory(roles=["window"], outlet=None))
    hall.second.state = PublicationState.RETIRED
    hall.second.save(update_fields=["state"])
    with pytest.raises(WorkflowError, match="后续许可"):
        hall.record()
    hall.bundle.state = PublicationState.DRAFTED
    hall.bundle.save(update_fields=["state"])
    with pytest.raises(WorkflowError, match="尚未发布"):
        hall.record()


def test_a_likely_duplicate_is_a_question_not_a_refusal(hall):
    made = hall.record()
    with pytest.raises(LikelyDuplicate, match=made.number):
        hall.record(confirmed=False)
    whole.void_bundle(bundle_case=made, actor=hall.clerk, reason="录入错误")
    assert hall.record(confirmed=False) != made


def test_a_single_case_of_a_member_counts_as_a_duplicate_too(hall):
    hall.record()
    bundle = type(hall.bundle).objects.create(
        slug="other", name="另一件事", lead_authority="测试", for_individuals=True, state="published"
    )
    member_of(bundle, hall.first, 1)
    with pytest.raises(LikelyDuplicate, match="-0001"):
        hall.record(bundle=bundle, confirmed=False)


def test_what_is_handled_elsewhere_is_named_and_holds_nothing_up_but_what_lies_before_it(hall):
    first = BundleMember.objects.get(bundle=hall.bundle, item=hall.first)
    away = BundleMember.objects.create(bundle=hall.bundle, title="税务登记", handled_by="税务部门", order=7)
    away.prerequisites.add(first)
    last = member_of(hall.bundle, ItemFactory(name="最后一项", materials=[]), 8, away)
    made = hall.record()
    assert list(hall.case(made, last.item).waits_for.all()) == [hall.case(made, hall.first)]
    receipt = made.documents.get(kind=PaperKind.BUNDLE_RECEIPT)
    assert "税务登记（税务部门）" in receipt.content["sections"][1]["text"]


def test_a_paper_that_two_would_give_each_other_is_asked_of_the_applicant(hall):
    """`first` needs what `second` issues, and `second` waits for `first`: nobody could begin."""
    hall.second.issues.add(other := hall.first.materials.first().material)
    made = hall.record()
    assert made.materials.filter(material=other).exists()
    assert hall.case(made, hall.first).state == S.RECEIVED


# --- The whole journey ------------------------------------------------------------------------


def test_from_recording_to_the_single_pick_up(hall):
    with freeze_time(MONDAY) as clock:
        made = whole.accept_bundle(bundle_case=hall.record(), actor=hall.clerk)
        first, second, beside = (hall.case(made, item) for item in hall.items)
        assert (first.state, second.state, beside.state) == (S.ACCEPTED, S.WAITING, S.ACCEPTED)
        assert made.state == B.IN_PROGRESS
        # 15 working days after Monday 2 November
        assert (made.accepted_on, made.promised_by) == (date(2026, 11, 2), date(2026, 11, 23))
        made = whole.hand_over_bundle(bundle_case=made, actor=hall.clerk)
        assert all(c.handed_over_at for c in made.cases if c.state == S.ACCEPTED)

        clock.move_to("2026-11-05 02:00:00")
        first = hall.decide(first)
        second.refresh_from_db()
        assert (second.state, second.received_on) == (S.RECEIVED, date(2026, 11, 5))
        assert second.due_on == date(2026, 11, 12)
        assert second.materials.get(material=hall.licence).state == MaterialState.HANDED_IN
        assert actions_of(second)[-1] == "release"
        assert kinds(second) == [PaperKind.RECEIPT]
        made = BundleCase.objects.get(pk=made.pk)
        assert made.state == B.IN_PROGRESS

        made = whole.accept_bundle(bundle_case=made, actor=hall.clerk)
        assert made.accepted_on == date(2026, 11, 2)  # the first wave's, still
        hall.decide(beside)
        hall.decide(second)
        made = BundleCase.objects.get(pk=made.pk)
        assert (made.state, made.closed_on) == (B.COLLECTING, None)

        clock.move_to("2026-11-10 02:00:00")
        made = hall.deliver(made)
        assert (made.state, made.closed_on) == (B.COMPLETED, date(2026, 11, 10))
        assert {c.state for c in made.cases} == {S.COMPLETED}
        assert not any(PaperKind.DELIVERY in kinds(c) for c in made.cases)
        assert kinds(made) == [
            PaperKind.BUNDLE_RECEIPT,
            PaperKind.BUNDLE_SAVING,
            PaperKind.BUNDLE_ACCEPTANCE,
            PaperKind.BUNDLE_ACCEPTANCE,
            PaperKind.BUNDLE_DELIVERY,
            PaperKind.INVITATION,
        ]
        assert RatingInvitation.objects.get().subject == made
        assert find_open(made.cases[0]) == made.rating_invitation
        assert actions_of(made) == ["register", "accept", "hand_over", "accept", "deliver"]


def test_every_paper_of_the_whole_prints(hall):
    made = hall.record(materials=hall.handed_in(hall.identity.pk))
    missing = {hall.case(made, hall.first).pk: ["补交身份证"]}
    made = whole.request_collected_correction(bundle_case=made, actor=hall.clerk, missing=missing, days=10)
    made = whole.receive_collected_correction(
        bundle_case=made, actor=hall.clerk, materials=[made.materials.get(material=hall.identity).pk]
    )
    made = whole.accept_bundle(bundle_case=made, actor=hall.clerk)
    for item in (hall.first, hall.beside):
        hall.decide(hall.case(made, item))
    made = hall.deliver(made, reason="急用")
    assert {d.kind for d in made.documents.all()} == {k for k in PaperKind.values if k.startswith("bundle_")}
    for document in made.documents.all():
        text = text_of(document)
        assert document.content["title"] in text
        assert made.number in text
        assert made.applicant_number not in json.dumps(document.content)
        assert made.tracking_code not in json.dumps(document.content)
        assert render_paper(document) == render_paper(document)


# --- Acceptance -------------------------------------------------------------------------------


def test_a_case_that_is_not_complete_stays_and_says_why(hall):
    own = hall.beside.materials.exclude(material=hall.identity).first().material
    made = whole.accept_bundle(bundle_case=hall.record(materials=hall.handed_in(own.pk)), actor=hall.clerk)
    beside = hall.case(made, hall.beside)
    assert beside.state == S.RECEIVED
    assert list(made.refusals) == [beside.case_number]
    assert own.name in made.refusals[beside.case_number]
    assert made.accepted_on is None  # the first wave is not answered yet
    notice = made.documents.get(kind=PaperKind.BUNDLE_ACCEPTANCE).content
    assert [row[1] for row in notice["table"]["rows"]] == ["前置许可"]
    assert {row[1] for row in notice["sections"][0]["table"]["rows"]} == {"后续许可", "并行许可"}


def test_when_none_can_be_accepted_nothing_happens(hall):
    made = hall.record(materials=hall.handed_in(hall.identity.pk))
    with pytest.raises(WorkflowError) as caught:
        whole.accept_bundle(bundle_case=made, actor=hall.clerk)
    assert caught.value.message.count("身份证") == 2
    assert actions_of(made) == ["register"]


def test_what_the_law_accepts_counts_for_the_whole(hall):
    with freeze_time(MONDAY) as clock:
        made = hall.record()
        clock.move_to("2026-11-10 02:00:00")
        assert len(accept_by_law()) == 2
    made.refresh_from_db()
    assert made.accepted_on == date(2026, 11, 2)
    assert made.state == B.IN_PROGRESS


# --- One collected correction -------------------------------------------------------------------


def test_one_notice_tells_everything_and_every_case_keeps_its_own_clock(hall):
    with freeze_time(MONDAY) as clock:
        made = hall.record(materials=hall.handed_in(hall.identity.pk))
        first, beside = hall.case(made, hall.first), hall.case(made, hall.beside)
        child.propose_correction(case=first, actor=hall.clerk, missing=["申请表缺签字"])
        child.advise_correction(
            case=beside, actor=hall.reviewers[hall.beside.pk], missing=["平面图不清", "补交身份证"]
        )
        beside.refresh_from_db()
        assert beside.correction_proposal == ["平面图不清", "补交身份证"]
        clock.move_to("2026-11-04 02:00:00")
        made = whole.request_collected_correction(
            bundle_case=made,
            actor=hall.clerk,
            missing={first.pk: ["申请表缺签字"], beside.pk: ["平面图不清", "补交身份证"]},
            days=10,
        )
        assert made.state == B.CORRECTING
        notices = made.documents.filter(kind=PaperKind.BUNDLE_CORRECTION)
        assert notices.count() == 1
        assert [row[2] for row in notices.get().content["table"]["rows"]] == [
            "申请表缺签字",
            "平面图不清",
            "补交身份证",
        ]
        for case in (first, beside):
            case.refresh_from_db()
            assert (case.state, case.due_on) == (S.CORRECTING, date(2026, 11, 18))
            assert case.correction_proposal == []
            assert [i.kind for i in case.intervals.all()] == ["intake", "correction"]
            assert case.corrections.get().due_on == date(2026, 11, 18)
            assert kinds(case) == []

        clock.move_to("2026-11-09 02:00:00")
        identity = made.materials.get(material=hall.identity)
        made = whole.receive_collected_correction(bundle_case=made, actor=hall.clerk, materials=[identity.pk])
        # Handed in once: the line of the case that waits is answered as well.
        for item in hall.items:
            line = hall.case(made, item).materials.get(material=hall.identity)
            assert (line.state, line.received_by) == (MaterialState.HANDED_IN, hall.clerk)
        first.refresh_from_db()
        assert (first.state, first.due_on) == (S.RECEIVED, date(2026, 11, 16))
        assert first.corrections.get().answered_on == date(2026, 11, 9)
        assert made.documents.filter(kind=PaperKind.BUNDLE_CORRECTION_RECEIPT).count() == 1
        assert made.state == B.RECEIVED


def test_a_second_notice_for_what_could_have_stood_in_the_first_needs_a_reason(hall):
    with freeze_time(MONDAY) as clock:
        made = hall.record()
        first, beside = hall.case(made, hall.first), hall.case(made, hall.beside)
        clock.move_to("2026-11-03 02:00:00")
        ask = {"bundle_case": made, "actor": hall.clerk, "days": 5}
        whole.request_collected_correction(missing={first.pk: ["甲"]}, **ask)
        with pytest.raises(WorkflowError, match="没有一并告知"):
            whole.request_collected_correction(missing={beside.pk: ["乙"]}, **ask)
        whole.request_collected_correction(missing={beside.pk: ["乙"]}, reason="部门次日才提出", **ask)
        clock.move_to("2026-11-04 02:00:00")
        made = whole.receive_collected_correction(bundle_case=made, actor=hall.clerk, cases=[first.pk])
        assert hall.case(made, hall.beside).state == S.CORRECTING
        with pytest.raises(WorkflowError, match=r"前置许可.*督办人员"):
            whole.request_collected_correction(missing={first.pk: ["丙"]}, **ask)


@pytest.mark.parametrize("missing", [{}, {"first": []}, {"first": ["  "]}])
def test_a_notice_about_nothing_is_refused(hall, missing):
    made = hall.record()
    keys = {hall.case(made, getattr(hall, name)).pk: texts for name, texts in missing.items()}
    with pytest.raises(ValidationError):
        whole.request_collected_correction(bundle_case=made, actor=hall.clerk, missing=keys, days=5)


def test_others_cases_and_materials_are_refused(hall):
    made, other = hall.record(), hall.record()
    foreign = hall.case(other, hall.first)
    with pytest.raises(ValidationError, match="不属于本次一次办"):
        whole.request_collected_correction(
            bundle_case=made, actor=hall.clerk, missing={foreign.pk: ["甲"]}, days=5
        )
    waiting = hall.case(made, hall.second)
    with pytest.raises(ValidationError, match="后续许可（等待前置事项）"):
        whole.request_collected_correction(
            bundle_case=made, actor=hall.clerk, missing={waiting.pk: ["甲"]}, days=5
        )
    first = hall.case(made, hall.first)
    made = whole.request_collected_correction(
        bundle_case=made, actor=hall.clerk, missing={first.pk: ["甲"]}, days=5
    )
    with pytest.raises(ValidationError, match="材料不属于"):
        whole.receive_collected_correction(
            bundle_case=made, actor=hall.clerk, materials=[other.materials.first().pk]
        )
    assert hall.case(made, hall.first).state == S.CORRECTING


def test_a_deferred_paper_is_handed_in_once_for_the_cases_in_work(hall):
    deferrable = hall.beside.materials.get(necessity="deferrable").material
    promise = HandedIn(MaterialState.DEFERRED, promised_on=date(2099, 1, 1))
    made = hall.accepted(materials={**hall.handed_in(), deferrable.pk: promise})
    beside = hall.review(hall.case(made, hall.beside))
    assert beside.materials.get(material=deferrable).is_owed
    row = made.materials.get(material=deferrable)
    assert row.state == MaterialState.DEFERRED
    made = whole.hand_in_materials(bundle_case=made, actor=hall.clerk, materials=[row.pk])
    assert not beside.materials.get(material=deferrable).is_owed
    assert actions_of(beside)[-1] == "supply_deferred"
    assert made.state == B.IN_PROGRESS


def test_a_missing_paper_can_come_before_acceptance_without_a_notice(hall):
    made = hall.record(materials=hall.handed_in(hall.identity.pk))
    row = made.materials.get(material=hall.identity)
    made = whole.hand_in_materials(bundle_case=made, actor=hall.clerk, materials=[row.pk])
    row.refresh_from_db()
    assert (row.originals, row.copies, row.received_by) == (1, 1, hall.clerk)
    assert {c.state for c in whole.accept_bundle(bundle_case=made, actor=hall.clerk).cases} == {
        S.ACCEPTED,
        S.WAITING,
    }
    with pytest.raises(WorkflowError, match="没有未交"):
        whole.hand_in_materials(bundle_case=made, actor=hall.clerk, materials=[row.pk])


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


# --- Who ------------------------------------------------------------------------------------------


def test_who_sees_it(hall, person):
    made = hall.record()
    seen = [
        hall.clerk,
        hall.issuer,
        hall.supervisor,
        hall.official,
        *hall.reviewers.values(),
        *hall.approvers.values(),
    ]
    for user in seen:
        assert made in BundleCase.objects.visible_to(user), user
    for user in (person("window"), person("reviewer"), person("project_officer"), person()):
        assert not BundleCase.objects.visible_to(user).exists()
    child.split_off(case=hall.case(made, hall.beside), actor=hall.clerk, reason="单办")
    assert not BundleCase.objects.visible_to(hall.reviewers[hall.beside.pk]).exists()
    with pytest.raises(NotPermitted, match="不在您的办理范围"):
        whole.accept_bundle(bundle_case=made, actor=person("window"))


ALLOWED = {
    "accept": "clerk",
    "request_correction": "clerk",
    "receive_correction": "clerk",
    "hand_in": "clerk",
    "hand_over": "clerk",
    "deliver": "issuer",
    "withdraw": "clerk",
    "void": "clerk",
}


def call(name, made, actor, hall):
    first = next((c for c in made.cases if c.state == S.RECEIVED), made.cases[0])
    functions = {
        "accept": lambda: whole.accept_bundle(bundle_case=made, actor=actor),
        "request_correction": lambda: whole.request_collected_correction(
            bundle_case=made, actor=actor, missing={first.pk: ["甲"]}, days=5, reason="部门才提出"
        ),
        "receive_correction": lambda: whole.receive_collected_correction(bundle_case=made, actor=actor),
        "hand_in": lambda: whole.hand_in_materials(
            bundle_case=made, actor=actor, materials=[made.materials.get(material=hall.identity).pk]
        ),
        "hand_over": lambda: whole.hand_over_bundle(bundle_case=made, actor=actor),
        "deliver": lambda: whole.deliver_bundle(bundle_case=made, actor=actor, recipient="甲", reason="急用"),
        "withdraw": lambda: whole.withdraw_bundle(bundle_case=made, actor=actor, reason="撤回"),
        "void": lambda: whole.void_bundle(bundle_case=made, actor=actor, reason="作废"),
    }
    return functions[name]()


def bring(hall, state):
    if state == B.RECEIVED:
        return hall.record()
    if state == B.CORRECTING:
        made = hall.record(materials=hall.handed_in(hall.identity.pk))
        missing = {hall.case(made, hall.first).pk: ["甲"]}
        return whole.request_collected_correction(bundle_case=made, actor=hall.clerk, missing=missing, days=5)
    if state == B.WITHDRAWN:
        return whole.withdraw_bundle(bundle_case=hall.record(), actor=hall.clerk, reason="撤回")
    if state == B.VOID:
        return whole.void_bundle(bundle_case=hall.record(), actor=hall.clerk, reason="作废")
    made = hall.accepted()
    if state == B.IN_PROGRESS:
        return made
    outcome = CaseOutcome.REFUSED if state == B.ENDED else CaseOutcome.APPROVED
    hall.decide(hall.case(made, hall.first), outcome)
    hall.decide(hall.case(made, hall.beside), outcome if state != B.PARTIAL else CaseOutcome.REFUSED)
    second = hall.case(made, hall.second)
    if state == B.ENDED:
        child.stop_waiting(case=second, actor=hall.clerk, reason="不等了")
    else:
        whole.accept_bundle(bundle_case=made, actor=hall.clerk)
        hall.decide(second)
    made = BundleCase.objects.get(pk=made.pk)
    return made if state == B.COLLECTING else hall.deliver(made)


# Which acts are possible in each state that the factory brings a bundle to.
POSSIBLE = {
    B.RECEIVED: {"accept", "request_correction", "withdraw", "void"},
    B.CORRECTING: {"request_correction", "receive_correction", "withdraw"},
    B.IN_PROGRESS: {"hand_over", "withdraw"},
    B.COLLECTING: {"deliver"},
    B.COMPLETED: set(),
    B.PARTIAL: set(),
    B.WITHDRAWN: set(),
    B.ENDED: set(),
    B.VOID: set(),
}


@pytest.mark.parametrize("state", POSSIBLE)
def test_every_act_in_every_state_by_every_role(hall, state):
    made = bring(hall, state)
    assert made.state == state
    people = {
        "clerk": hall.clerk,
        "issuer": hall.issuer,
        "supervisor": hall.supervisor,
        "official": hall.official,
        "helper": hall.helper,
        "reviewer": hall.reviewers[hall.first.pk],
        "approver": hall.approvers[hall.first.pk],
    }
    for role, user in people.items():
        offered = {t.name for t in BUNDLE_CASE_WORKFLOW.available(made, user)}
        assert offered == {n for n in POSSIBLE[state] if ALLOWED[n] == role}, (state, role)
    for name, role in ALLOWED.items():
        for other, user in people.items():
            if other != role:
                with pytest.raises(NotPermitted):
                    call(name, made, user, hall)
        point = transaction.savepoint()
        if name in POSSIBLE[state]:
            call(name, BundleCase.objects.get(pk=made.pk), people[role], hall)
        else:
            with pytest.raises(WorkflowError):
                call(name, BundleCase.objects.get(pk=made.pk), people[role], hall)
        transaction.savepoint_rollback(point)


def test_an_older_page_overwrites_nothing(hall):
    made = hall.record()
    whole.accept_bundle(bundle_case=made, actor=hall.clerk, version=made.version)
    with pytest.raises(EditConflict):
        whole.withdraw_bundle(bundle_case=made, actor=hall.clerk, reason="撤回", version=made.version)


def test_an_instant_item_in_a_bundle_is_picked_up_with_the_rest(hall):
    hall.beside.handling_kind = "instant"
    hall.beside.save(update_fields=["handling_kind"])
    made = hall.record()
    case = single.finish_instantly(case=hall.case(made, hall.beside), actor=hall.approvers[hall.beside.pk])
    assert (case.state, case.is_granted) == (S.COLLECTING, True)


def test_form_answers_are_sealed(hall):
    made = hall.record()
    BundleCase.objects.filter(pk=made.pk).update(form_answers='{"address": "托县某街"}')
    with connection.cursor() as cursor:
        cursor.execute("SELECT form_answers, applicant_number FROM services_bundlecase")
        assert all(value.startswith("v1:") for value in cursor.fetchone())


def test_record_bundle_is_the_same_door_for_everybody(hall):
    """What the counter calls, called plainly."""
    made = record_bundle(
        actor=hall.clerk,
        bundle=hall.bundle,
        answers={},
        applicant=hall.applicant(),
        confirmed=True,
    )
    assert made.materials.get(material=hall.identity).state == MaterialState.MISSING
