"""Composing a bundle: from the answers, what applies, one form, one set of materials, a plan, and what
is saved.

Pure functions over rows that are already loaded (`ServiceBundle.objects.for_composition()`): no
queries, no writes. The public page, the clerk's screen and the API call the same ones.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from services.choices import Necessity
from services.form_filling import FormGroup, Question, fields_of, questions_of
from services.models import (
    BundleAnswer,
    BundleMember,
    BundleQuestion,
    ItemMaterial,
    Material,
    ServiceBundle,
    ServiceItem,
)
from services.planning import Plan, find_cycle, handler_of, plan_for, waves
from tuoxian_portal.core.errors import WorkflowError

__all__ = [
    "STRENGTH",
    "Composition",
    "MergedMaterial",
    "Reason",
    "Saving",
    "accepted_answers",
    "compose",
    "find_cycle",
    "merge_materials",
    "saving_of",
    "saving_table",
    "standing",
    "to_snapshot",
    "waves",
]

DAYS_LABEL = "办理时间（工作日）"
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

    def issuer_among(self, issuers: Sequence[BundleMember]) -> BundleMember | None:
        """Which of `issuers` of this paper lets nobody hand it in: the office already has it. None when
        a line belongs to that member itself, which then asks for an earlier one."""
        asking = {member.pk for member, _ in self.lines}
        return next((member for member in issuers if member.pk not in asking), None)

    @property
    def licence_accepted(self) -> bool:
        """Whether every member takes an electronic licence instead of this paper."""
        return all(line.licence_accepted for _, line in self.lines)

    @property
    def electronic_licence(self) -> str:
        """The licence that replaces this paper; "" when some member insists on the paper."""
        return self.material.electronic_licence if self.licence_accepted else ""

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

    `fields` counts the questions of forms, `materials` the lines of material lists. `visits` counts an
    item whose number of visits is not published as one; `assumed_visits` says how many those were.
    `days` are working days: before, the items one after another; after, the longest path of the plan or
    the bundle's own published promise. Both are None where that cannot be said truthfully;
    `unknown_days` members publish no limit and are in neither, `converted_days` publish calendar days.
    No member of it is ever negative.
    """

    forms_before: int
    forms_after: int
    fields_before: int
    fields_after: int
    materials_before: int
    materials_after: int
    visits_before: int
    visits_after: int
    days_before: int | None
    days_after: int | None
    assumed_visits: int
    unknown_days: int
    converted_days: int
    promised: bool

    @property
    def rows(self) -> list[tuple[str, int, int]]:
        """(what and its unit, before, after); a row that nobody can know is not there."""
        rows = [
            ("填写表单（张）", self.forms_before, self.forms_after),
            ("填写项目（项）", self.fields_before, self.fields_after),
            ("提交材料（项）", self.materials_before, self.materials_after),
            ("到现场（次）", self.visits_before, self.visits_after),
        ]
        if self.days_before is not None and self.days_after is not None:
            rows.append((DAYS_LABEL, self.days_before, self.days_after))
        return rows

    @property
    def notes(self) -> list[str]:
        """What is counted and what is assumed, a sentence each."""
        notes = [
            "只算目录内事项的表单、材料和到现场次数；材料按清单项数计，各事项共用的合为一项，前一事项的办理结果和"
            "已有的电子证照不再提交。"
        ]
        if self.assumed_visits:
            notes.append(f"{self.assumed_visits} 个事项没有公布到现场次数，按 1 次计。")
        if self.days_before is not None:
            after = "牵头单位承诺的时限" if self.promised else "同时办理时最长的一条线"
            notes.append(
                f"办理时间：分开办按逐个办理相加，一次办按{after}；都按承诺时限计，没有承诺的按法定时限计。"
            )
            if self.converted_days:
                notes.append(f"{self.converted_days} 个事项的时限按自然日公布，按每 7 日 5 个工作日折算。")
        if self.unknown_days:
            left_out = "没有计入" if self.days_before is not None else "不能比较办理时间"
            notes.append(f"{self.unknown_days} 个事项没有公布办理时限，{left_out}。")
        return notes


@dataclass(frozen=True)
class Reason:
    """An answer that decides about a member. `given` is what was chosen, None while it is open."""

    question: BundleQuestion
    given: BundleAnswer | None
    met: bool | None

    @property
    def text(self) -> str:
        """`“是否零售卷烟？”答“否”`, or `看“是否零售卷烟？”怎样回答`."""
        if self.given is None:
            return f"看“{self.question.text}”怎样回答"
        return f"“{self.question.text}”答“{self.given.label}”"


@dataclass
class Composition:
    """What a bundle means for one applicant.

    `applies` are the members that apply for certain, `undecided` those that wait for an answer and
    are in neither form, list nor plan, `excluded` those that do not apply. The papers that the members
    ask for are in exactly one of `materials` (to hand in), `shared` (a member issues it) and `held` (the
    applicant's electronic licence is in the register).
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
    held: list[MergedMaterial]
    form: list[FormGroup]
    plan: Plan
    saving: Saving

    @property
    def items(self) -> list[ServiceItem]:
        """The items of the catalogue that apply."""
        return [member.item for member in self.applies if member.item]

    @property
    def questions(self) -> list[Question]:
        """Every question of the form."""
        return questions_of(self.form)

    def reasons(self, member: BundleMember) -> list[Reason]:
        """Which answers decide about `member`, by question; [] when it always applies."""
        wanted: dict[int, set[str]] = {}
        for answer in member.answers.all():
            wanted.setdefault(answer.question_id, set()).add(answer.value)
        reasons = []
        for question in self.bundle.questions.all():
            if (values := wanted.get(question.pk)) is None:
                continue
            chosen = self.answers.get(question.key)
            given = next((a for a in question.answers.all() if a.value == chosen), None)
            reasons.append(Reason(question, given, None if given is None else given.value in values))
        return reasons


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


def saving_of(
    members: Sequence[BundleMember],
    materials: Collection[MergedMaterial],
    form: Iterable[FormGroup],
    plan: Plan,
    promise: int | None = None,
) -> Saving:
    """Before and after. After is never more than before. `promise` is the bundle's own limit in working
    days, where one is published."""
    inside = [member.item for member in members if member.item]
    visits = [1 if item.visits is None else item.visits for item in inside]
    days = _days(plan, promise)
    return Saving(
        forms_before=len(inside),
        forms_after=min(len(inside), 1),
        fields_before=sum(len(item.form_fields.all()) for item in inside),
        fields_after=len(questions_of(form)),
        materials_before=sum(len(item.materials.all()) for item in inside),
        materials_after=len(materials),
        visits_before=sum(visits),
        visits_after=min(sum(visits), 1),
        days_before=days[0] if days else None,
        days_after=days[1] if days else None,
        assumed_visits=sum(item.visits is None for item in inside),
        unknown_days=len(plan.unknown),
        converted_days=len(plan.converted),
        promised=bool(days and promise is not None and days[1] == promise),
    )


def _days(plan: Plan, promise: int | None) -> tuple[int, int] | None:
    """(one after another, together) in working days, or None where a comparison would not be true.

    With unknown limits both are lower bounds, and their difference is one of the true saving: each
    unknown limit lengthens the sum by all of itself and the longest path by no more. A promise replaces
    the path; where the known limits add up to less than the promise, nothing can be said. Every member's
    own limit binds beside the promise, so the shorter of the two holds once all limits are known.
    """
    if not plan.is_known:
        return None
    if promise is None:
        return plan.total, plan.days
    if not plan.unknown:
        return plan.total, min(plan.days, promise)
    return (plan.total, promise) if promise <= plan.total else None


def compose(
    bundle: ServiceBundle, answers: Mapping[str, str], licences: Collection[int] = frozenset()
) -> Composition:
    """Composes `bundle` for `answers` (question key → answer value).

    `licences` are the pks of materials for which the register holds the applicant's electronic licence:
    they go to `held` and are not handed in, unless a member insists on the paper. Unknown answers are ignored and named in `ignored`; members
    whose question is open are `undecided`. No queries on a bundle read by `for_composition()`. Raises
    `WorkflowError` when the prerequisites go in a circle, which only an unpublished bundle can have.
    """
    known, ignored = accepted_answers(bundle, answers)
    groups: dict[bool | None, list[BundleMember]] = {True: [], False: [], None: []}
    for member in bundle.members.all():
        groups[standing(member, known)].append(member)
    applies = groups[True]
    materials, shared, held = [], [], []
    issuers: dict[int, list[BundleMember]] = {}
    for member in applies:
        for material in member.item.issues.all() if member.item else []:
            issuers.setdefault(material.pk, []).append(member)
    for entry in merge_materials(applies):
        if issuer := entry.issuer_among(issuers.get(entry.material.pk, [])):
            shared.append((entry, issuer))
        elif entry.material.pk in licences and entry.licence_accepted:
            held.append(entry)
        else:
            materials.append(entry)
    form = fields_of(member.item for member in applies if member.item)
    try:
        plan = plan_for(applies)
    except ValueError as error:
        raise WorkflowError(f"先办关系成了环：{error}。请先修改成员的“先办事项”。") from error
    return Composition(
        bundle=bundle,
        answers=known,
        applies=applies,
        undecided=groups[None],
        excluded=groups[False],
        open_questions=[q for q in bundle.questions.all() if q.key not in known],
        ignored=ignored,
        materials=materials,
        shared=shared,
        held=held,
        form=form,
        plan=plan,
        saving=saving_of(applies, materials, form, plan, bundle.promised_days),
    )


def saving_table(saving: Saving) -> list[list[str]]:
    """减负单 as rows of text for print: what, 分开办, 一次办, 减少. What is a lower bound says 至少."""
    rows = []
    for label, before, after in saving.rows:
        row = [label, str(before), str(after), str(before - after)]
        if saving.unknown_days and label == DAYS_LABEL:
            if saving.promised:  # the promise is the whole time, the sum of the known limits is not
                row = [label, f"至少 {before}", str(after), f"至少 {before - after}"]
            else:
                row[0] = "办理时间（至少，工作日）"
        rows.append(row)
    return rows


def to_snapshot(composition: Composition) -> dict[str, Any]:
    """The composition as plain JSON, for the parent case to keep: what applied and why, the form, the
    papers, the plan and the saving as they were on that day. No queries. `schema` rises when a reader of
    older ones would have to know."""
    bundle = composition.bundle
    return {
        "schema": 1,
        "bundle": {
            "slug": bundle.slug,
            "name": bundle.name,
            "lead_authority": bundle.lead_authority,
            "promised_days": bundle.promised_days,
        },
        "answers": dict(composition.answers),
        "questions": [
            {
                "key": question.key,
                "text": question.text,
                "value": composition.answers.get(question.key),
                "label": next(
                    (
                        a.label
                        for a in question.answers.all()
                        if a.value == composition.answers.get(question.key)
                    ),
                    "",
                ),
            }
            for question in bundle.questions.all()
        ],
        "members": [
            {
                "member": member.order,
                "name": member.name,
                "item": member.item.code if member.item else None,
                "item_version": member.item.version_number if member.item else None,
                "handled_by": handler_of(member),
                "standing": verdict,
                "reasons": [reason.text for reason in composition.reasons(member)],
                "prerequisites": sorted(p.order for p in member.prerequisites.all()),
            }
            for verdict, members in (
                ("applies", composition.applies),
                ("undecided", composition.undecided),
                ("excluded", composition.excluded),
            )
            for member in members
        ],
        "materials": [_material(entry) for entry in composition.materials],
        "held": [_material(entry) for entry in composition.held],
        "shared": [{**_material(entry), "issued_by": issuer.name} for entry, issuer in composition.shared],
        "form": [group.as_json() for group in composition.form],
        "plan": composition.plan.as_json(),
        "saving": {
            **asdict(composition.saving),
            "table": saving_table(composition.saving),
            "notes": composition.saving.notes,
        },
    }


def _material(entry: MergedMaterial) -> dict[str, Any]:
    return {
        "material": entry.material.pk,
        "name": entry.name,
        "necessity": str(entry.necessity.value),
        "conditions": entry.conditions,
        "originals": entry.originals,
        "copies": entry.copies,
        "electronic_licence": entry.electronic_licence,
        "items": [member.item.code for member, _ in entry.lines if member.item],
    }
