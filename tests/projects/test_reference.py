"""The facts as the sources state them, and sample data that stays apart from them."""

import random
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from projects.choices import ConfidenceLevel, Stage
from projects.confidence import counts
from projects.models import (
    FundsReceipt,
    InvestmentLead,
    KeyProject,
    Opportunity,
    PortfolioFact,
    ProgressReport,
    ProjectFact,
    ProjectMilestone,
    ProjectProblem,
    Target,
)
from projects.targets import actuals
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.reference import reference_sets
from tuoxian_portal.core.samples import SEED, SampleContext, sample_makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def reference(db):
    """The facts of projects and of what they stand on."""
    call_command("load_reference", *NEEDED, stdout=StringIO())


NEEDED = ("towns", "departments", "outlets", "parks", "industries", "chains", "enterprises", "roles")
NEEDED += ("key-projects", "opportunities", "targets", "portfolio")
SETS = ("key-projects", "opportunities", "targets", "portfolio")


def test_all_of_the_facts_are_there(reference):
    from_projects = set(KeyProject.objects.values_list("reference_id", flat=True))
    from_opportunities = set(Opportunity.objects.values_list("reference_id", flat=True))
    wanted = {f"PRJ-{n:03d}" for n in range(1, 47)}
    assert wanted <= from_projects | from_opportunities
    assert not from_projects & from_opportunities
    assert Target.objects.count() == 64
    assert PortfolioFact.objects.count() == 4


def test_everything_is_public_with_a_source(reference):
    for model in (KeyProject, Opportunity):
        assert (
            model.objects.filter(is_published=True).exclude(source_title="").count() == model.objects.count()
        )
    for model in (Target, PortfolioFact, ProjectFact):
        assert not model.objects.filter(source_title="").exists()


def test_a_second_load_changes_nothing(reference):
    for name in SETS:
        outcome = reference_sets[name].load()
        assert (outcome.added, outcome.changed) == ([], [])


def test_what_a_source_does_not_state_stays_empty(reference):
    quiet = KeyProject.objects.get(reference_id="PRJ-014")
    assert (quiet.stage, quiet.status, quiet.enterprise) == ("", "", None)
    assert quiet.total_investment_wan == 60_000
    assert not KeyProject.objects.exclude(status="").exists()
    assert not KeyProject.objects.exclude(responsible="").exists()


def test_contradicting_investments_stand_side_by_side(reference):
    glycol = KeyProject.objects.get(reference_id="PRJ-007")
    assert glycol.total_investment_wan is None
    amounts = glycol.source_facts.exclude(total_investment_wan=None)
    assert [f.total_investment_wan for f in amounts] == [Decimal(1_330_000), Decimal(1_178_000)]
    assert glycol.is_chain_leader


def test_the_known_traps_are_avoided(reference):
    by_id = {p.reference_id: p for p in KeyProject.objects.all()}
    assert by_id["PRJ-006"].capacity != by_id["PRJ-001"].capacity
    assert by_id["PRJ-043"].nature == "outside"
    assert "不在托克托县" in by_id["PRJ-043"].location
    assert by_id["PRJ-040"].nature == "historic"
    assert by_id["PRJ-001"].stage == Stage.BUILDING
    assert (
        KeyProject.objects.counted().filter(reference_id__in=["PRJ-018", "PRJ-040", "PRJ-043"]).count() == 0
    )


def test_no_english_note_reaches_the_public(reference):
    texts = [
        *KeyProject.objects.values_list("stage_note", "summary", "investment_note", "source_date"),
        *ProjectFact.objects.values_list("text", "as_of", "source_date"),
        *Target.objects.values_list("indicator", "note", "period", "unit"),
    ]
    for row in texts:
        for text in row:
            for word in ("stage", "undated", "seed", "the ", "under ", "planned", "source"):
                assert word not in text, text


def test_the_year_of_double_hundred_has_no_actual_and_says_so(reference):
    targets = list(Target.objects.exclude(rule=""))
    assert {t.year for t in targets} == {2023}
    for actual in actuals(targets).values():
        assert actual.value is None


# --- Samples -------------------------------------------------------------------------------------
BELOW = ("directory", "accounts", "projects")


def make_samples():
    """What `seed_demo` does, for the apps that projects stand on only."""
    for name in BELOW:
        sample_makers[name].make(
            SampleContext(random=random.Random(f"{SEED}-{name}"), scale=1, today=today(), say=lambda _: None)
        )


@pytest.fixture
def samples(reference):
    make_samples()


CHILDREN = (ProgressReport, ProjectMilestone, ProjectProblem, FundsReceipt)


def test_no_invented_figure_hangs_on_a_real_project(samples):
    for model in CHILDREN:
        assert model.objects.exists()
        assert not model.objects.filter(project__is_sample=False).exists()
        assert not model.objects.filter(is_sample=False).exists()
    assert KeyProject.objects.filter(is_sample=True).count() == 24
    assert not KeyProject.objects.filter(is_sample=True, number__startswith="TX").exists()


def test_samples_show_every_stage_and_every_colour(samples):
    rows = KeyProject.objects.samples()
    assert set(rows.values_list("stage", flat=True)) == set(Stage.values)
    found = counts(rows.assessed().with_confidence_inputs(today()), on=today())
    assert set(found) == set(ConfidenceLevel.values)
    assert all(found.values()), found


def test_samples_cover_thirteen_months_up_to_the_last(samples):
    months = set(ProgressReport.objects.values_list("month", flat=True))
    assert len(months) == 13
    assert max(months) < today().replace(day=1)


def test_samples_are_valid_records(samples):
    for model in (*CHILDREN, InvestmentLead, Opportunity, Target):
        for row in model.objects.filter(is_sample=True)[:40]:
            row.full_clean()


def test_sample_targets_have_an_actual(samples):
    targets = list(Target.objects.filter(is_sample=True))
    assert all(a.value is not None for a in actuals(targets).values())


def test_the_same_seed_makes_the_same_samples(samples):
    def figures():
        return list(
            ProgressReport.objects.order_by("project__number", "month").values_list(
                "project__number", "month", "invested_month_wan"
            )
        )

    first = figures()
    call_command("seed_demo", "--clear", stdout=StringIO())
    assert not ProgressReport.objects.exists()
    assert KeyProject.objects.filter(is_sample=False).count() == 44
    make_samples()
    assert figures() == first
