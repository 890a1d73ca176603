"""A bundle case is recorded: one application, one set of papers, one saving; and its whole journey."""

import io
import json
from datetime import date
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time
from pypdf import PdfReader

from services.actions import bundle_cases as whole
from services.actions.ratings import find_open
from services.actions.recording import HandedIn, LikelyDuplicate
from services.choices import PublicationState
from services.choices_bundles import BundleState
from services.choices_cases import CaseState, MaterialState, PaperKind
from services.models import BundleCase, BundleMember, Case, CaseDocument, RatingInvitation
from services.papers.render import render_paper
from tests.factories.accounts import UserFactory
from tests.factories.bundle_cases import BundleHall, member_of
from tests.factories.cases import ItemFactory
from tests.factories.catalogue import yes_or_no
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import NotPermitted, WorkflowError

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
