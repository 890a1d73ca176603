"""What pages and papers say about a composition: pure presentation, in the shapes of the components."""

from typing import Any

from services.choices_forms import FieldKind
from services.composition import Composition, saving_table
from services.form_filling import FormGroup, Question
from services.guides import merged_row
from services.models import BundleMember
from services.planning import Plan, Step, handler_of
from tuoxian_portal.core.money import NBSP

# What the kind of a field adds to its name for somebody who reads an empty form.
KIND_HINTS = {
    FieldKind.DATE: "日期",
    FieldKind.YES_NO: "是或者否",
    FieldKind.CREDIT_CODE: "18 位",
    FieldKind.ID_NUMBER: "18 位",
    FieldKind.EITHER_NUMBER: "18 位",
}


def question_rows(composition: Composition) -> list[dict[str, Any]]:
    """The bundle's questions with their options and what was chosen."""
    return [
        {
            "key": question.key,
            "text": question.text,
            "hint": question.hint,
            "options": [
                (answer.value, answer.label, composition.answers.get(question.key) == answer.value)
                for answer in question.answers.all()
            ],
        }
        for question in composition.bundle.questions.all()
    ]


def why(composition: Composition, member: BundleMember) -> str:
    """Why a member applies or not; "" when it always applies."""
    return "；".join(reason.text for reason in composition.reasons(member))


def step_row(composition: Composition, step: Step) -> dict[str, Any]:
    member = step.member
    reason = why(composition, member)
    earlier = {p.pk for p in member.prerequisites.all()}
    return {
        "name": member.name,
        "url": member.item.get_absolute_url() if member.item and member.item.is_public else "",
        "facts": " · ".join(part for part in (handler_of(member), step.limit.text) if part),
        "why": f"因为{reason}" if reason else "都要办",
        "after": "、".join(m.name for m in composition.applies if m.pk in earlier),
        "on_path": step.on_path and len(composition.plan.steps) > 1,
    }


def plan_rows(composition: Composition) -> list[dict[str, Any]]:
    """The plan wave by wave."""
    return [
        {
            "title": f"{len(wave)}{NBSP}项同时办" if len(wave) > 1 else "",
            "steps": [step_row(composition, step) for step in wave],
        }
        for wave in composition.plan.waves
    ]


def plan_sentence(plan: Plan) -> str:
    """How long it takes, in one sentence; what is unknown is said."""
    if not plan.steps:
        return ""
    if not plan.is_known:
        return "各事项的办理时限都没有公布，以窗口答复为准。"
    path = " → ".join(member.name for member in plan.path)
    sentence = f"按这个顺序办，最长的一条线：{plan.text}" if plan.days else f"按这个顺序办：{plan.text}"
    if len(plan.path) > 1:
        sentence += f"（{path}）"
    if plan.total > plan.days:
        least = f"至少{NBSP}" if plan.unknown else ""
        sentence += f"；一个一个办：{least}{plan.total}{NBSP}个工作日"
    sentence += "。"
    if plan.unknown:
        sentence += f"{'、'.join(m.name for m in plan.unknown)}没有公布时限，没有算在内。"
    return sentence


def field_row(question: Question, *, shared: bool = True) -> dict[str, str]:
    """One question of the form, for the `task_list` component."""
    field = question.field
    options = field.option_list if field.kind == FieldKind.CHOICE else []
    hints = [
        KIND_HINTS.get(FieldKind(field.kind), ""),
        f"单位：{field.unit}" if field.unit else "",
        f"从中选一项：{'、'.join(options)}" if options else "",
        field.hint,
        "；".join(question.conditions),
        f"{len(question.uses)}{NBSP}张表单都要，只填一次" if shared and len(question.uses) > 1 else "",
    ]
    required = question.required
    return {
        "title": question.label,
        "hint": " · ".join(hint for hint in hints if hint),
        "status": ("特定情形必填" if question.conditions else "必填") if required else "选填",
        "tone": "info" if required and not question.conditions else "neutral" if required else "muted",
    }


def form_rows(form: list[FormGroup], *, shared: bool = True) -> list[dict[str, Any]]:
    """The form part by part, for the page that shows it empty."""
    return [
        {"label": group.label, "rows": [field_row(question, shared=shared) for question in group.questions]}
        for group in form
    ]


def saving_rows(composition: Composition) -> list[dict[str, str]]:
    """减负单 for the page: the words of `saving_table` by name."""
    return [
        {
            "label": label,
            "short": label.split("（")[0] + ("至少" if "（至少" in label else ""),
            "before": before,
            "after": after,
            "saved": saved,
        }
        for label, before, after, saved in saving_table(composition.saving)
    ]


def saving_line(composition: Composition) -> str:
    """减负 for a card: forms, papers and visits before and after, leaving out what rests on something
    unpublished (a member without a list of materials or a number of visits). "" when there is nothing to
    say. Members that an answer decides are not counted, and the line says so. No queries."""
    saving = composition.saving
    inside = [member.item for member in composition.applies if member.item]
    parts = [("表单", saving.forms_before, saving.forms_after, "张")]
    if all(item.materials.all() for item in inside):
        parts.append(("材料", saving.materials_before, saving.materials_after, "项"))
    if not saving.assumed_visits:
        parts.append(("跑动", saving.visits_before, saving.visits_after, "次"))
    said = [
        f"{what}{NBSP}{before}{NBSP}→{NBSP}{after}{NBSP}{unit}"
        for what, before, after, unit in parts
        if before > after
    ]
    if not said:
        return ""
    only = f"（按都要办的{NBSP}{len(inside)}{NBSP}个事项算）" if composition.undecided else ""
    return f"减负：{'，'.join(said)}{only}"


def outcome_of(composition: Composition) -> dict[str, Any]:
    """Everything that follows from the answers, as the page draws it."""
    saving = composition.saving
    return {
        "composition": composition,
        "plan": plan_rows(composition),
        "plan_sentence": plan_sentence(composition.plan),
        "undecided": [(member.name, why(composition, member)) for member in composition.undecided],
        "excluded": [(member.name, why(composition, member)) for member in composition.excluded],
        "materials": [merged_row(entry) for entry in composition.materials],
        "shared": [
            (entry.name, f"由“{issuer.name}”产生，部门之间共享") for entry, issuer in composition.shared
        ],
        "held": [
            (entry.name, f"已有{entry.material.electronic_licence or '电子证照'}，直接调用")
            for entry in composition.held
        ],
        "form": form_rows(composition.form),
        "field_total": len(composition.questions),
        "saves": saving.forms_before > 1,
        "saving_rows": saving_rows(composition),
        "saving_notes": [
            *saving.notes,
            *(["还有问题没有回答，涉及的事项没有计入。"] if composition.undecided else []),
        ],
        "said": outcome_sentence(composition),
    }


def outcome_sentence(composition: Composition) -> str:
    """What a screen reader says after an answer."""
    parts = [
        f"要办 {len(composition.applies)} 个事项",
        f"一张表单 {len(composition.questions)} 项",
        f"材料 {len(composition.materials)} 项",
    ]
    if composition.undecided:
        parts.append(f"还有 {len(composition.undecided)} 个事项要看您的回答")
    return "，".join(parts) + "。"
