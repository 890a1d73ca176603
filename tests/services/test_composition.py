"""Composition: one list that satisfies every member, whatever their order, and a saving that is true."""

import json
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.choices import Necessity
from services.choices_forms import FieldGroup
from services.composition import (
    STRENGTH,
    compose,
    find_cycle,
    merge_materials,
    saving_of,
    saving_table,
    standing,
    to_snapshot,
    waves,
)
from services.models import BundleMember, FormField, ItemField, ServiceBundle, ServiceItem
from services.planning import Plan, limit_of, plan_for
from tests.factories.catalogue import (
    BundleFactory,
    MaterialFactory,
    MemberFactory,
    PublishedItemFactory,
    add_field,
    add_line,
    yes_or_no,
)
from tuoxian_portal.core.errors import WorkflowError

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
DAYS = st.one_of(st.none(), st.integers(0, 90))


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
        licence_accepted=draw(st.booleans()),
    )


FIELDS = {
    pk: FormField(pk=pk, key=f"f{pk}", label=f"项目{pk}", group=FieldGroup.values[pk % 4], order=pk % 3)
    for pk in range(1, 10)
}


@st.composite
def some_members(draw: Any) -> list[Any]:
    """Members as the engine sees them, with prerequisites that never go in a circle."""
    members: list[Any] = []
    for pk in range(1, draw(st.integers(1, 6)) + 1):
        lines = draw(st.lists(a_line(), max_size=6, unique_by=lambda row: row.material_id))
        issued = draw(st.lists(st.sampled_from(sorted(CATALOGUE)), max_size=2, unique=True))
        asked = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=5, unique=True))
        item = SimpleNamespace(
            pk=pk,
            code=f"T-{pk}",
            name=f"事项{pk}",
            version_number=1,
            authority="测试部门",
            materials=Rows(lines),
            issues=Rows(CATALOGUE[i] for i in issued),
            form_fields=Rows(ItemField(field=FIELDS[f], required=draw(st.booleans())) for f in asked),
            visits=draw(st.one_of(st.none(), st.integers(0, 4))),
            handling_kind=draw(st.sampled_from(["", "instant", "promised"])),
            promised_days=draw(DAYS),
            promised_unit=draw(st.sampled_from(["working", "calendar"])),
            statutory_days=draw(DAYS),
            statutory_unit=draw(st.sampled_from(["working", "calendar"])),
            statutory_kind=draw(st.sampled_from(["office_limit", "applicant_duty"])),
        )
        outside = draw(st.booleans()) and draw(st.booleans())
        members.append(
            SimpleNamespace(
                pk=pk,
                order=pk,
                name=f"成员{pk}",
                item=None if outside else item,
                handled_by="测试单位",
                days=draw(DAYS),
                answers=Rows(),
                prerequisites=Rows(m for m in members if draw(st.booleans())),
            )
        )
    return members


def compose_these(members: list[Any], promise: int | None = None, licences: Any = frozenset()) -> Any:
    bundle = SimpleNamespace(
        slug="test",
        name="测试",
        lead_authority="测试",
        members=Rows(members),
        questions=Rows(),
        promised_days=promise,
    )
    return compose(bundle, {}, licences)


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
@given(some_members(), DAYS, st.sets(st.sampled_from(sorted(CATALOGUE))))
def test_a_saving_is_never_negative(members: list[Any], promise: int | None, licences: set[int]) -> None:
    saving = compose_these(members, promise, licences).saving
    for _, before, after in saving.rows:
        assert 0 <= after <= before
    assert len(saving_table(saving)) == len(saving.rows)
    assert all(note.endswith("。") for note in saving.notes)


@unhurried
@given(some_members(), st.sets(st.sampled_from(sorted(CATALOGUE))))
def test_every_paper_is_handed_in_or_shared_or_held(members: list[Any], licences: set[int]) -> None:
    composition = compose_these(members, licences=licences)
    parts = [
        [entry.material.pk for entry in composition.materials],
        [entry.material.pk for entry in composition.held],
        [entry.material.pk for entry, _ in composition.shared],
    ]
    everything = [pk for part in parts for pk in part]
    assert len(everything) == len(set(everything))
    assert set(everything) == {entry.material.pk for entry in merge_materials(members)}
    assert set(parts[1]) <= licences
    # A licence in the register is handed in on paper only where a member insists on the paper.
    lines = [line for member in members if member.item for line in member.item.materials]
    insisted = {line.material_id for line in lines if not line.licence_accepted}
    assert set(parts[0]) & licences <= insisted
    assert not set(parts[1]) & insisted


@unhurried
@given(some_members(), st.randoms())
def test_no_question_is_asked_twice_and_none_is_lost(members: list[Any], random: Any) -> None:
    composition = compose_these(members)
    keys = [question.key for question in composition.questions]
    assert len(keys) == len(set(keys))
    inside = [member.item for member in members if member.item]
    assert set(keys) == {line.field.key for item in inside for line in item.form_fields}
    for question in composition.questions:
        assert question.required == any(line.required for _, line in question.uses)
        assert len(question.items) == sum(
            line.field is question.field for item in inside for line in item.form_fields
        )
    shuffled = list(members)
    random.shuffle(shuffled)
    again = compose_these(shuffled)
    assert [group.as_json() for group in again.form] == [group.as_json() for group in composition.form]
    assert composition.saving.fields_after == len(keys)


@unhurried
@given(some_members(), st.randoms())
def test_the_longest_path_is_between_the_longest_member_and_the_sum(members: list[Any], random: Any) -> None:
    plan = compose_these(members).plan
    known = [limit_of(member).days or 0 for member in members]
    assert max(known) <= plan.days <= sum(known) == plan.total
    assert len(plan.steps) == len(members)
    ends = {step.member.pk: step.end for step in plan.steps}
    for step in plan.steps:
        assert all(ends[earlier.pk] <= step.start for earlier in step.member.prerequisites)
        assert step.end - step.start == (step.limit.days or 0)
    assert sum(step.limit.days or 0 for step in plan.steps if step.on_path) == plan.days
    assert [m.pk for m in plan.unknown] == [s.member.pk for s in plan.steps if s.limit.days is None]
    shuffled = list(members)
    random.shuffle(shuffled)
    assert compose_these(shuffled).plan.as_json() == plan.as_json()


@unhurried
@given(some_members(), DAYS)
def test_a_snapshot_is_plain_and_says_the_same_again(members: list[Any], promise: int | None) -> None:
    snapshot = to_snapshot(compose_these(members, promise))
    assert json.loads(json.dumps(snapshot)) == snapshot
    assert [row["member"] for row in snapshot["members"]] == [member.order for member in members]


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


def an_item(**fields: Any) -> Any:
    return SimpleNamespace(materials=Rows(), issues=Rows(), form_fields=Rows(), **fields)


def test_visits_that_nobody_published_count_as_one_and_are_told() -> None:
    two = [SimpleNamespace(pk=n, order=n, name="", item=an_item(visits=None)) for n in (1, 2)]
    saving = saving_of(two, [], [], Plan())
    assert (saving.visits_before, saving.visits_after, saving.assumed_visits) == (2, 1, 2)
    assert any("2 个事项没有公布到现场次数" in note for note in saving.notes)


@pytest.mark.parametrize(
    ("fields", "days", "text"),
    [
        ({"promised_days": 5, "statutory_days": 20}, 5, "承诺\xa05\xa0个工作日"),
        ({"statutory_days": 20, "statutory_kind": "office_limit"}, 20, "法定\xa020\xa0个工作日"),
        ({"statutory_days": 20, "statutory_kind": "applicant_duty"}, None, "时限以窗口答复为准"),
        ({"handling_kind": "instant", "statutory_days": 20}, 0, "当场办结"),
        (
            {"promised_days": 10, "promised_unit": "calendar"},
            8,
            "承诺\xa010\xa0日（约\xa08\xa0个工作日）",
        ),
        ({}, None, "时限以窗口答复为准"),
    ],
)
def test_the_limit_of_a_member(fields: dict[str, Any], days: int | None, text: str) -> None:
    limit = limit_of(BundleMember(item=ServiceItem(**fields)))
    assert (limit.days, limit.text) == (days, text)


def test_a_member_outside_the_catalogue_counts_where_its_limit_is_published() -> None:
    assert limit_of(BundleMember(title="银行开户")).days is None
    assert limit_of(BundleMember(title="银行开户", days=3)).text == "办理单位公布\xa03\xa0个工作日"


def a_member(pk: int, days: int | None, *prerequisites: Any) -> Any:
    return SimpleNamespace(
        pk=pk,
        order=pk,
        name=f"成员{pk}",
        item=None,
        handled_by="",
        days=days,
        prerequisites=Rows(prerequisites),
    )


def test_unknown_days_are_said_to_be_unknown_and_not_none() -> None:
    first = a_member(1, 5)
    assert plan_for([]).text == "以窗口答复为准"
    assert plan_for([a_member(1, None)]).text == "以窗口答复为准"
    assert plan_for([first, a_member(2, None, first)]).text == "至少\xa05\xa0个工作日"
    assert plan_for([first, a_member(2, 7)]).text == "7\xa0个工作日"
    assert plan_for([first, a_member(2, 7, first)]).text == "12\xa0个工作日"
    assert plan_for([a_member(1, 0)]).text == "当场办结"


@pytest.mark.parametrize(
    ("days", "promise", "before_after"),
    [
        ((5, 7), None, (12, 7)),
        ((5, 7), 6, (12, 6)),
        ((5, 7), 30, (12, 7)),  # each member's own limit binds beside a longer promise
        ((5, None), None, (5, 5)),
        ((15, None), 8, (15, 8)),
        ((5, None), 8, None),  # nobody knows whether 8 is a saving
        ((None, None), 8, None),
    ],
)
def test_days_are_compared_only_where_that_is_true(
    days: Any, promise: int | None, before_after: tuple[int, int] | None
) -> None:
    members = [a_member(n, day) for n, day in enumerate(days, 1)]
    saving = saving_of(members, [], [], plan_for(members), promise)
    if before_after is None:
        assert (saving.days_before, saving.days_after) == (None, None)
        assert any("不能比较办理时间" in note for note in saving.notes)
    else:
        assert (saving.days_before, saving.days_after) == before_after
        assert any("分开办按逐个办理相加" in note for note in saving.notes)


def test_at_least_stands_at_every_number_it_belongs_to() -> None:
    members = [a_member(1, 15), a_member(2, None)]
    plain = saving_of(members, [], [], plan_for(members))
    assert saving_table(plain)[-1] == ["办理时间（至少，工作日）", "15", "15", "0"]
    promised = saving_of(members, [], [], plan_for(members), 8)
    assert saving_table(promised)[-1] == ["办理时间（工作日）", "至少 15", "8", "至少 7"]


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
    for item in ServiceItem.objects.all():
        add_field(item, "name")
    counts = []
    for bundle in (small, large):
        with django_assert_num_queries(9) as seen:
            composition = compose(ServiceBundle.objects.for_composition().get(pk=bundle.pk), {})
            assert composition.saving
            assert waves(list(composition.bundle.members.all()))
            assert to_snapshot(composition)["form"] == []
            everything = {q.key: "yes" for q in composition.open_questions}
            assert to_snapshot(compose(composition.bundle, everything))["form"]
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_a_licence_in_the_register_is_not_asked_for() -> None:
    licence = MaterialFactory(name="测试执照")
    bundle = BundleFactory()
    for _ in range(2):
        member = MemberFactory(bundle=bundle)
        add_line(member.item, licence)
    bundle = ServiceBundle.objects.for_composition().get(pk=bundle.pk)
    without, with_it = compose(bundle, {}), compose(bundle, {}, {licence.pk})
    assert [entry.material for entry in with_it.held] == [licence]
    assert licence not in [entry.material for entry in with_it.materials]
    assert without.saving.materials_after - with_it.saving.materials_after == 1
    assert to_snapshot(with_it)["held"][0]["material"] == licence.pk


@pytest.mark.django_db
def test_a_circle_in_a_draft_is_named() -> None:
    bundle = BundleFactory()
    one, two = MemberFactory(bundle=bundle), MemberFactory(bundle=bundle)
    one.prerequisites.add(two)
    two.prerequisites.add(one)
    with pytest.raises(WorkflowError, match=f"{one.name}.*{two.name}"):
        compose(ServiceBundle.objects.for_composition().get(pk=bundle.pk), {})


@pytest.mark.django_db
def test_every_member_says_why() -> None:
    bundle = BundleFactory()
    always, fire = MemberFactory(bundle=bundle), MemberFactory(bundle=bundle)
    fire.answers.add(yes_or_no(bundle, "fire")["yes"])
    bundle = ServiceBundle.objects.for_composition().get(pk=bundle.pk)
    for answers, texts in (
        ({}, ["看“是否fire？”怎样回答"]),
        ({"fire": "yes"}, ["“是否fire？”答“是”"]),
        ({"fire": "no"}, ["“是否fire？”答“否”"]),
    ):
        composition = compose(bundle, answers)
        assert [reason.text for reason in composition.reasons(fire)] == texts
        assert composition.reasons(always) == []
