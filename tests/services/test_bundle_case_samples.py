"""Sample bundle cases: several states, lawful, marked, gone without a trace."""

import random

import pytest
from django.core.management import call_command

from services import samples_bundles, samples_ratings
from services.actions.clocks import recompute_deadlines
from services.choices_bundles import BundleState
from services.choices_cases import CaseState, PaperKind
from services.models import (
    BundleCase,
    BundleDocument,
    Case,
    RatingInvitation,
    RatingRemediation,
    ServiceRating,
)
from services.papers.render import qr_of, render_paper
from tests.factories.bundle_cases import BundleHall
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.samples import SampleContext, clear_samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    call_command("load_reference", "towns", "departments", "outlets", "roles", verbosity=0)
    hall = BundleHall()

    def make():
        samples_bundles.make(
            SampleContext(random=random.Random(7), scale=1, today=today(), say=lambda text: None)
        )

    make()
    return hall


def test_they_stand_in_several_states_and_nothing_stored_is_wrong(made):
    states = {record.state for record in BundleCase.objects.with_children()}
    assert {BundleState.RECEIVED, BundleState.CORRECTING, BundleState.WITHDRAWN} <= states
    assert states & {BundleState.COMPLETED, BundleState.PARTIAL}
    assert Case.objects.filter(state=CaseState.WAITING).exists()
    assert recompute_deadlines() == []
    for record in BundleCase.objects.with_children().prefetch_related("documents"):
        assert record.is_sample
        assert record.applicant_name.startswith("示例")
        assert len({case.applicant_hash for case in record.cases}) == 1
        assert {case.tracking_code for case in record.cases} == {record.tracking_code}
        numbers = [document.number for document in record.documents.all()]
        assert numbers == [f"{record.number}-{n:02d}" for n in range(1, len(numbers) + 1)]
        for case in record.cases:
            own = [document.number for document in case.documents.all()]
            assert own == [f"{case.case_number}-{n:02d}" for n in range(1, len(own) + 1)]
            assert not case.documents.filter(kind=PaperKind.CORRECTION).exists()
            assert case.state != CaseState.WAITING or case.due_on is None
    assert render_paper(BundleDocument.objects.first()).startswith(b"%PDF")


def test_clearing_leaves_real_ones_and_their_numbers(made):
    real = made.record()
    assert real.number.endswith("-B0001")
    clear_samples()
    assert list(BundleCase.objects.all()) == [real]
    assert Case.objects.count() == 3
    assert not LogEntry.objects.filter(is_sample=True).exists()
    assert made.record().number.endswith("-B0002")


def test_what_was_picked_up_is_invited_and_rated_and_the_paper_prints_its_code(made):
    call_command("load_reference", "rating_tags", verbosity=0)
    samples_ratings.make_others(
        SampleContext(random=random.Random(7), scale=1, today=today(), say=lambda text: None)
    )
    papers = BundleDocument.objects.filter(kind=PaperKind.INVITATION).select_related("bundle_case")
    assert papers.count() == RatingInvitation.objects.count() >= 2
    assert all("/rate/" in qr_of(paper)[0] for paper in papers)
    bad = ServiceRating.objects.filter(grade__lt=3)
    assert bad.count() == RatingRemediation.objects.count()
    assert ServiceRating.objects.exists()
