"""Composing a bundle: from the answers, what applies, one set of materials, and what is saved.

Pure functions over rows that are already loaded (`ServiceBundle.objects.for_composition()`): no
queries, no writes. The public page, the clerk's screen and the API call the same ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.choices import Necessity
from services.models import BundleMember, BundleQuestion, ItemMaterial, Material, ServiceBundle

# The strongest claim wins: what one member requires is required of the whole.
STRENGTH = {
    Necessity.REQUIRED: 3,
    Necessity.DEFERRABLE: 2,
    Necessity.CONDITIONAL: 1,
    Necessity.OPTIONAL: 0,
}


@dataclass
class MergedMaterial:
    """One material of the merged list, with every line it stands for.

    Counts are the highest any member asks for; None while no member states one.
    """

    material: Material
    lines: list[tuple[BundleMember, ItemMaterial]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.material.name

    def issuer_among(self, members: Iterable[BundleMember]) -> BundleMember | None:
        """The member whose result this paper is: the office already has it. None when a line belongs
        to that member itself, which then asks for an earlier one."""
        asking = {member.pk for member, _ in self.lines}
        for member in members:
            if member.item and member.pk not in asking and self.material in member.item.issues.all():
                return member
        return None

    @property
    def necessity(self) -> Necessity:
        return max((Necessity(line.necessity) for _, line in self.lines), key=STRENGTH.__getitem__)

    @property
    def originals(self) -> int | None:
        return _highest(line.originals for _, line in self.lines)

    @property
    def copies(self) -> int | None:
        return _highest(line.copies for _, line in self.lines)

    @property
    def conditions(self) -> list[str]:
        """When it is needed; [] once some member always needs it."""
        if self.necessity != Necessity.CONDITIONAL:
            return []
        return sorted({line.condition for _, line in self.lines if line.condition})

    @property
    def wanted_by(self) -> list[str]:
        return [member.name for member, _ in self.lines]


@dataclass(frozen=True)
class Saving:
    """减负单: before (each item on its own) and after (done together).

    `materials` counts lines of material lists. `visits` counts an item whose number of visits is not
    published as one; `assumed_visits` says how many those were.
    """

    forms_before: int
    forms_after: int
    materials_before: int
    materials_after: int
    visits_before: int
    visits_after: int
    assumed_visits: int

    @property
    def rows(self) -> list[tuple[str, int, int]]:
        return [
            ("填写表单（张）", self.forms_before, self.forms_after),
            ("提交材料（项）", self.materials_before, self.materials_after),
            ("到现场（次）", self.visits_before, self.visits_after),
        ]


@dataclass
class Composition:
    """What a bundle means for one applicant.

    `applies` are the members that apply for certain, `undecided` those that wait for an answer and
    are not in the merged list, `excluded` those that do not apply.
    """

    bundle: ServiceBundle
    answers: dict[str, str]
    applies: list[BundleMember]
    undecided: list[BundleMember]
    excluded: list[BundleMember]
    open_questions: list[BundleQuestion]
    ignored: list[str]
    materials: list[MergedMaterial]
    shared: list[tuple[MergedMaterial, BundleMember]]
    saving: Saving


def _highest(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return max(known) if known else None


def accepted_answers(bundle: ServiceBundle, answers: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The answers that the bundle's questions know, and the texts of those it does not."""
    known, ignored = {}, []
    for question in bundle.questions.all():
        value = answers.get(question.key, "")
        if not value:
            continue
        if any(answer.value == value for answer in question.answers.all()):
            known[question.key] = value
        else:
            ignored.append(f"“{question.text}”没有“{value[:20]}”这个选项，已忽略。")
    return known, ignored


def standing(member: BundleMember, answers: Mapping[str, str]) -> bool | None:
    """Whether `member` applies: True, False, or None while a question it needs is open.

    Answers to one question are alternatives; every question among them must be met.
    """
    wanted: dict[str, set[str]] = {}
    for answer in member.answers.all():
        wanted.setdefault(answer.question.key, set()).add(answer.value)
    verdict: bool | None = True
    for key, values in wanted.items():
        given = answers.get(key)
        if given is None:
            verdict = None
        elif given not in values:
            return False
    return verdict


def merge_materials(members: Iterable[BundleMember]) -> list[MergedMaterial]:
    """One list for all `members`: each material once, required ones first, then by name.

    The order of members does not change it, and one more member never takes a material away.
    """
    merged: dict[int, MergedMaterial] = {}
    for member in members:
        if member.item is None:
            continue
        for line in member.item.materials.all():
            entry = merged.setdefault(line.material_id, MergedMaterial(line.material))
            entry.lines.append((member, line))
    for entry in merged.values():
        entry.lines.sort(key=lambda pair: (pair[0].order, pair[0].pk))
    return sorted(merged.values(), key=lambda m: (-STRENGTH[m.necessity], m.name, m.material.pk))


def saving_of(members: Sequence[BundleMember], materials: Sequence[MergedMaterial]) -> Saving:
    """Before and after. After is never more than before."""
    inside = [member.item for member in members if member.item]
    visits = [1 if item.visits is None else item.visits for item in inside]
    return Saving(
        forms_before=len(inside),
        forms_after=min(len(inside), 1),
        materials_before=sum(len(item.materials.all()) for item in inside),
        materials_after=len(materials),
        visits_before=sum(visits),
        visits_after=min(sum(visits), 1),
        assumed_visits=sum(item.visits is None for item in inside),
    )


def compose(bundle: ServiceBundle, answers: Mapping[str, str]) -> Composition:
    """Composes `bundle` for `answers` (question key → answer value). Unknown answers are ignored and
    named in `ignored`; members whose question is open are `undecided`."""
    known, ignored = accepted_answers(bundle, answers)
    groups: dict[bool | None, list[BundleMember]] = {True: [], False: [], None: []}
    for member in bundle.members.all():
        groups[standing(member, known)].append(member)
    materials, shared = [], []
    for entry in merge_materials(groups[True]):
        if issuer := entry.issuer_among(groups[True]):
            shared.append((entry, issuer))
        else:
            materials.append(entry)
    return Composition(
        bundle=bundle,
        answers=known,
        applies=groups[True],
        undecided=groups[None],
        excluded=groups[False],
        open_questions=[q for q in bundle.questions.all() if q.key not in known],
        ignored=ignored,
        materials=materials,
        shared=shared,
        saving=saving_of(groups[True], materials),
    )


def find_cycle(members: Iterable[Any]) -> list[Any]:
    """A circle among the prerequisites, first member repeated at its end; [] when there is none."""
    by_pk = {member.pk: member for member in members}
    done: set[int] = set()
    for start in by_pk:
        path: list[int] = []
        stack: list[tuple[int, bool]] = [(start, False)]
        while stack:
            pk, leaving = stack.pop()
            if leaving:
                path.pop()
                done.add(pk)
                continue
            if pk in path:
                return [by_pk[p] for p in [*path[path.index(pk) :], pk]]
            if pk in done:
                continue
            path.append(pk)
            stack.append((pk, True))
            stack += [(p.pk, False) for p in by_pk[pk].prerequisites.all() if p.pk in by_pk]
    return []


def waves(members: Sequence[BundleMember]) -> list[list[BundleMember]]:
    """The members in the order of handling: each wave may run in parallel once the one before it is
    done. Prerequisites outside `members` do not hold anything up. Raises `ValueError` on a cycle."""
    if cycle := find_cycle(members):
        raise ValueError(" → ".join(str(member) for member in cycle))
    present = {member.pk for member in members}
    placed: set[int] = set()
    result: list[list[BundleMember]] = []
    rest = list(members)
    while rest:
        wave = [m for m in rest if all(p.pk in placed or p.pk not in present for p in m.prerequisites.all())]
        result.append(wave)
        placed |= {m.pk for m in wave}
        rest = [m for m in rest if m.pk not in placed]
    return result
