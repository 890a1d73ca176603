"""Composition: one list that satisfies every member, whatever their order, and a saving that is true."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.choices import Necessity
from services.composition import (
    STRENGTH,
    compose,
    find_cycle,
    merge_materials,
    saving_of,
    standing,
    waves,
)
from services.models import ServiceBundle
from tests.factories.catalogue import (
    BundleFactory,
    MaterialFactory,
    MemberFactory,
    PublishedItemFactory,
    add_line,
    yes_or_no,
)

# A busy machine is slow, not wrong.
unhurried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Rows(list):
    """What a prefetched relation looks like to the engine."""

    def all(self) -> "Rows":
        return self


def material(pk: int) -> Any:
    return SimpleNamespace(pk=pk, name=f"材料{pk}", electronic_licence="")


CATALOGUE = {pk: material(pk) for pk in range(1, 9)}
COUNTS = st.one_of(st.none(), st.integers(0, 5))


@st.composite
def a_line(draw: Any) -> Any:
    pk = draw(st.sampled_from(sorted(CATALOGUE)))
    return SimpleNamespace(
        material_id=pk,
        material=CATALOGUE[pk],
        necessity=draw(st.sampled_from(Necessity.values)),
        condition=draw(st.sampled_from(["", "甲情形", "乙情形"])),
        originals=draw(COUNTS),
        copies=draw(COUNTS),
    )


@st.composite
def some_members(draw: Any) -> list[Any]:
    members = []
    for pk in range(1, draw(st.integers(1, 6)) + 1):
        lines = draw(st.lists(a_line(), max_size=6, unique_by=lambda row: row.material_id))
        issued = draw(st.lists(st.sampled_from(sorted(CATALOGUE)), max_size=2, unique=True))
        item = SimpleNamespace(
            materials=Rows(lines),
            issues=Rows(CATALOGUE[i] for i in issued),
            visits=draw(st.one_of(st.none(), st.integers(0, 4))),
        )
        outside = draw(st.booleans()) and draw(st.booleans())
        members.append(
            SimpleNamespace(
                pk=pk,
                order=pk,
                name=f"成员{pk}",
                item=None if outside else item,
                answers=Rows(),
                prerequisites=Rows(),
            )
        )
    return members


def compose_these(members: list[Any]) -> Any:
    return compose(SimpleNamespace(members=Rows(members), questions=Rows()), {})


def as_text(entries: list[Any]) -> list[Any]:
    return [(e.name, e.necessity, e.originals, e.copies, e.conditions) for e in entries]


@unhurried
@given(some_members())
def test_the_merged_list_satisfies_every_member(members: list[Any]) -> None:
    composition = compose_these(members)
    handed_in = {entry.material.pk: entry for entry in composition.materials}
    shared = {entry.material.pk: issuer for entry, issuer in composition.shared}
    for member in members:
        for line in member.item.materials if member.item else []:
            if line.material_id in shared:
                issuer = shared[line.material_id]
                assert issuer is not member
                assert CATALOGUE[line.material_id] in issuer.item.issues
                continue
            entry = handed_in[line.material_id]
            assert entry.originals is None or line.originals is None or entry.originals >= line.originals
            assert (entry.originals is None) <= (line.originals is None)
            assert (entry.copies or 0) >= (line.copies or 0)
            assert STRENGTH[entry.necessity] >= STRENGTH[Necessity(line.necessity)]


@unhurried
@given(some_members(), st.randoms())
def test_the_order_of_members_does_not_matter(members: list[Any], random: Any) -> None:
    shuffled = list(members)
    random.shuffle(shuffled)
    assert as_text(merge_materials(members)) == as_text(merge_materials(shuffled))
    first, second = compose_these(members), compose_these(shuffled)
    assert as_text(first.materials) == as_text(second.materials)
    assert first.saving == second.saving


@unhurried
@given(some_members())
def test_a_saving_is_never_negative(members: list[Any]) -> None:
    for _, before, after in compose_these(members).saving.rows:
        assert 0 <= after <= before


@unhurried
@given(some_members())
def test_one_more_member_never_takes_a_material_away(members: list[Any]) -> None:
    with_all = {entry.material.pk for entry in merge_materials(members)}
    for left_out in range(len(members)):
        fewer = members[:left_out] + members[left_out + 1 :]
        assert {entry.material.pk for entry in merge_materials(fewer)} <= with_all


@unhurried
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14))
def test_waves_respect_prerequisites_or_a_cycle_is_named(edges: list[tuple[int, int]]) -> None:
    members = [SimpleNamespace(pk=pk, prerequisites=Rows()) for pk in range(7)]
    for first, then in edges:
        members[then].prerequisites.append(members[first])
    cycle = find_cycle(members)
    if cycle:
        assert cycle[0] is cycle[-1]
        for one, following in pairwise(cycle):
            assert following in one.prerequisites
        with pytest.raises(ValueError, match="→"):
            waves(members)
        return
    place = {m.pk: n for n, wave in enumerate(waves(members)) for m in wave}
    assert len(place) == len(members)
    for first, then in edges:
        assert place[first] < place[then]


def test_visits_that_nobody_published_count_as_one_and_are_told() -> None:
    item = SimpleNamespace(materials=Rows(), issues=Rows(), visits=None)
    two = [SimpleNamespace(pk=n, order=n, name="", item=item) for n in (1, 2)]
    saving = saving_of(two, [])
    assert (saving.visits_before, saving.visits_after, saving.assumed_visits) == (2, 1, 2)


@pytest.mark.django_db
def test_answers_decide_who_applies() -> None:
    bundle = BundleFactory()
    always, fire, tobacco = (MemberFactory(bundle=bundle) for _ in range(3))
    fire.answers.add(yes_or_no(bundle, "fire")["yes"])
    tobacco.answers.add(yes_or_no(bundle, "tobacco")["yes"])
    bundle = ServiceBundle.objects.for_composition().get(pk=bundle.pk)

    nothing_said = compose(bundle, {})
    assert nothing_said.applies == [always]
    assert nothing_said.undecided == [fire, tobacco]
    assert [q.key for q in nothing_said.open_questions] == ["fire", "tobacco"]

    said = compose(bundle, {"fire": "yes", "tobacco": "no", "unheard": "of"})
    assert said.applies == [always, fire]
    assert said.excluded == [tobacco]
    assert said.undecided == []

    odd = compose(bundle, {"fire": "perhaps"})
    assert odd.undecided == [fire, tobacco]
    assert "perhaps" in odd.ignored[0]


@pytest.mark.django_db
def test_two_questions_must_both_be_met_and_answers_of_one_are_alternatives() -> None:
    bundle = BundleFactory()
    member = MemberFactory(bundle=bundle)
    one, two = yes_or_no(bundle, "one"), yes_or_no(bundle, "two")
    member.answers.add(one["yes"], one["no"], two["yes"])
    member = ServiceBundle.objects.for_composition().get(pk=bundle.pk).members.all()[0]
    assert standing(member, {"one": "no", "two": "yes"}) is True
    assert standing(member, {"one": "no"}) is None
    assert standing(member, {"two": "no"}) is False


@pytest.mark.django_db
def test_a_paper_that_a_member_issues_is_not_asked_for() -> None:
    licence = MaterialFactory(name="测试执照")
    bundle = BundleFactory()
    registering, seal = (PublishedItemFactory(lines=1) for _ in range(2))
    registering.issues.add(licence)
    add_line(seal, licence)
    for item in (registering, seal):
        MemberFactory(bundle=bundle, item=item)
    composition = compose(ServiceBundle.objects.for_composition().get(pk=bundle.pk), {})
    assert licence not in [entry.material for entry in composition.materials]
    assert [(entry.material, issuer.item) for entry, issuer in composition.shared] == [(licence, registering)]

    add_line(registering, licence)  # a change of registration asks for the old one
    composition = compose(ServiceBundle.objects.for_composition().get(pk=bundle.pk), {})
    assert licence in [entry.material for entry in composition.materials]


@pytest.mark.django_db
def test_composing_costs_the_same_for_few_and_many(django_assert_num_queries: Any) -> None:
    small, large = BundleFactory(), BundleFactory()
    for bundle, size in ((small, 2), (large, 20)):
        for _ in range(size):
            member = MemberFactory(bundle=bundle)
            member.answers.add(yes_or_no(bundle, f"q{member.pk}")["yes"])
    counts = []
    for bundle in (small, large):
        with django_assert_num_queries(9) as seen:
            composition = compose(ServiceBundle.objects.for_composition().get(pk=bundle.pk), {})
            assert composition.saving
            assert waves(list(composition.bundle.members.all()))
        counts.append(len(seen))
    assert counts[0] == counts[1]
