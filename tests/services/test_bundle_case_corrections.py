"""A bundle case is accepted case by case and corrected in one notice; papers come once for all."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from freezegun import freeze_time

from services.actions import bundle_cases as whole
from services.actions import bundle_children as child
from services.actions.clocks import accept_by_law
from services.actions.recording import HandedIn
from services.choices_bundles import BundleState
from services.choices_cases import CaseState, MaterialState, PaperKind
from tests.factories.bundle_cases import BundleHall
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import WorkflowError

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
