"""Sample entrustments: in every state, lawful, marked, and gone without a trace."""

import random

import pytest
from django.core.management import call_command

from services import samples, samples_entrustments, samples_ratings
from services.choices import ProjectStage
from services.choices_entrustments import EntrustmentState
from services.choices_ratings import RemediationState
from services.models import (
    Entrustment,
    EntrustmentDocument,
    RatingInvitation,
    RatingRemediation,
    ServiceRating,
)
from services.papers.render import render_paper
from tests.factories.cases import ItemFactory
from tests.factories.entrustments import HelpDesk
from tests.factories.projects import KeyProjectFactory
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.samples import SampleContext, clear_samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("load_reference", "departments", "towns", "outlets", "roles", verbosity=0)
    for stage in (ProjectStage.LAND, ProjectStage.LAND, ProjectStage.CONSTRUCTION):
        ItemFactory(stage=stage, for_organisations=True)
    KeyProjectFactory(is_sample=True)
    monkeypatch.setattr(samples, "CASES", 60)
    for maker in (samples.make, samples_entrustments.make):
        maker(SampleContext(random=random.Random("help"), scale=1, today=today(), say=lambda text: None))


def test_every_state_is_there_and_marked(made: None) -> None:
    rows = Entrustment.objects.all()
    assert {row.state for row in rows} == set(EntrustmentState.values)
    assert all(row.is_sample for row in rows)
    assert all(not row.number.endswith(tuple(f"-{n:04d}" for n in range(1, 50))) for row in rows)


def test_samples_are_lawful(made: None) -> None:
    for row in Entrustment.objects.prefetch_related("papers", "case_links__case", "documents"):
        for link in row.case_links.all():
            assert link.case.applicant_hash == row.principal_hash
            assert row.starts_on is not None
            assert row.starts_on <= link.linked_on <= today()
        if row.state in {EntrustmentState.SIGNED_OFF, EntrustmentState.CLOSED}:
            assert not any(paper.is_held for paper in row.papers.all())
            assert row.signed_off_on
        if row.state in {EntrustmentState.HELPING, EntrustmentState.SUSPENDED}:
            assert not row.is_expired
        assert (
            row.principal_number not in str([d.content for d in row.documents.all()]) or row.is_organisation
        )
    assert LogEntry.objects.filter(is_sample=True, action="sign_off").exists()


def test_a_whole_project_is_told(made: None) -> None:
    full = Entrustment.objects.get(mode="full")
    assert full.case_links.count() == 3
    assert full.matters.exclude(stage="").count() == 2


def test_the_papers_of_samples_print(made: None) -> None:
    for kind in EntrustmentDocument.objects.values_list("kind", flat=True).distinct().order_by("kind"):
        document = EntrustmentDocument.objects.select_related("entrustment").filter(kind=kind).first()
        assert document is not None
        assert render_paper(document)[:5] == b"%PDF-"


def test_cleared_without_a_trace_and_without_the_real_ones(made: None) -> None:
    real = HelpDesk().helping()
    clear_samples()
    assert list(Entrustment.objects.all()) == [real]
    assert not LogEntry.objects.filter(is_sample=True).exists()


def test_help_is_rated_in_each_grade_and_one_is_put_right(made: None) -> None:
    call_command("load_reference", "rating_tags", verbosity=0)
    samples_ratings.make_others(
        SampleContext(random=random.Random("rest"), scale=1, today=today(), say=lambda text: None)
    )
    signed = Entrustment.objects.filter(signed_off_on__isnull=False)
    assert RatingInvitation.objects.filter(entrustment__in=signed).count() == signed.count()
    assert set(ServiceRating.objects.values_list("grade", flat=True)) == {1, 2, 3, 4, 5}
    states = set(RatingRemediation.objects.values_list("state", flat=True))
    assert RemediationState.RECTIFYING in states
    clear_samples()
    assert not RatingInvitation.objects.exists()
