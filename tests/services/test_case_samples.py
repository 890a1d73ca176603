"""Sample cases: in every state, lawful, marked, and gone without a trace."""

import random
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command

from services import samples
from services.actions.clocks import recompute_deadlines
from services.choices_cases import CLOSED_STATES, CaseState
from services.models import (
    Case,
    CaseDocument,
    CaseMaterial,
    ClockInterval,
    CustodyEvent,
    Handover,
    Licence,
    Material,
    PublishedAnswer,
    RatingInvitation,
    ServiceRating,
)
from services.papers.render import render_paper
from services.samples_custody import make_custody
from tests.factories.cases import Hall, ItemFactory
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.samples import SampleContext, clear_samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(monkeypatch):
    cache.clear()
    call_command("load_reference", "departments", "towns", "outlets", "roles", verbosity=0)
    ItemFactory()
    ItemFactory(for_individuals=True, statutory_days=5, promised_days=None)
    ItemFactory(item_type="filing", statutory_days=None, statutory_kind="", promised_days=None)
    monkeypatch.setattr(samples, "CASES", 120)

    def make() -> None:
        samples.make(
            SampleContext(random=random.Random("services"), scale=1, today=today(), say=lambda text: None)
        )

    make()
    return make


def test_every_state_is_there_and_queues_are_not_empty(made):
    counts = Case.objects.by_state()
    assert all(counts[state] for state in CaseState.values if state != CaseState.WAITING)
    queues = Case.objects.queue_counts()
    assert queues["overdue"] >= 3
    assert queues["due_soon"] >= 3


def test_samples_are_lawful_and_consistent(made):
    cases = list(Case.objects.prefetch_related("intervals", "documents", "materials"))
    assert all(case.is_sample for case in cases)
    assert recompute_deadlines() == []
    for case in cases:
        assert case.received_on is None or case.received_on < today()
        assert case.received_on is None or case.received_on >= today() - timedelta(days=400)
        if case.state in CLOSED_STATES:
            assert case.closed_on is not None
            assert all(i.ended_on for i in case.intervals.all())
        assert case.approver_id is None or case.approver_id != case.reviewer_id
        assert case.applicant_name.startswith("示例")
        assert [d.number for d in case.documents.all()] == [
            f"{case.case_number}-{n:02d}" for n in range(1, len(case.documents.all()) + 1)
        ]
    assert 0.8 < Case.objects.on_time(today() - timedelta(days=400), today()).rate < 1
    decided = next(case for case in cases if case.state == CaseState.COMPLETED)
    assert render_paper(CaseDocument.objects.filter(case=decided).last()).startswith(b"%PDF")
    entries = LogEntry.objects.filter(is_sample=True, object_id=str(decided.pk)).order_by("at")
    told = [entry.action for entry in entries]
    assert (told[0], told[-1]) == ("register", "complete")


def test_the_same_seed_tells_the_same_cases(made):
    def told():
        return list(Case.objects.order_by("pk").values_list("case_number", "state", "due_on", "decide_by"))

    first = told()
    clear_samples()
    made()
    assert told() == first


def test_clearing_leaves_real_cases_and_the_real_numbers_alone(made):
    hall = Hall()
    real = hall.record()
    assert real.case_number.endswith("-0001")
    clear_samples()
    assert Case.objects.get() == real
    assert ClockInterval.objects.count() == 1
    assert hall.record().case_number.endswith("-0002")
    assert LogEntry.objects.filter(object_id=str(real.pk)).exists()


def test_sample_ratings_are_told_for_what_is_done(made):
    from services import samples_ratings
    from services.choices_ratings import RemediationState

    call_command("load_reference", "rating_tags", verbosity=0)
    samples_ratings.make(
        SampleContext(random=random.Random("ratings"), scale=1, today=today(), say=lambda text: None)
    )
    done = Case.objects.filter(state=CaseState.COMPLETED)
    assert RatingInvitation.objects.count() == done.count()
    ratings = list(ServiceRating.objects.select_related("invitation__case", "remediation"))
    assert ratings
    for rating in ratings:
        assert rating.is_sample
        assert rating.invitation.rated_at == rating.rated_at >= rating.invitation.invited_at
        assert hasattr(rating, "remediation") == rating.is_bad
        if rating.is_bad and rating.remediation.state == RemediationState.UNFOUNDED:
            assert rating.standing == "invalid"
    assert any(rating.standing == "doubtful" for rating in ratings)
    paper = CaseDocument.objects.filter(kind="invitation").first()
    assert render_paper(paper).startswith(b"%PDF")
    assert "示例" not in {answer.comment for answer in PublishedAnswer.objects.all()}
    clear_samples()
    assert not RatingInvitation.objects.exists()
    assert not ServiceRating.objects.exists()
    assert not PublishedAnswer.objects.exists()


def test_sample_papers_are_somewhere_and_sample_licences_replace_some(made):
    clear_samples()
    Material.objects.update(electronic_licence="测试证照")
    made()
    make_custody(
        SampleContext(random=random.Random("custody"), scale=1, today=today(), say=lambda text: None)
    )
    assert {"taken_in", "handed", "given_back"} <= set(CustodyEvent.objects.values_list("what", flat=True))
    assert Licence.objects.filter(is_sample=True, case_materials__isnull=False).exists()
    received = CaseMaterial.objects.filter(state="handed_in", case__received_at__isnull=False)
    assert received.exists()
    assert not received.filter(custody=None).exists()
    assert Case.objects.filter(outlet__level="town").exists()
    clear_samples()
    assert not Licence.objects.exists()
    assert not Handover.objects.exists()
