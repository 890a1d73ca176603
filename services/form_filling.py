"""One form for several items: every question once, and what was answered checked once.

Pure functions over rows that are already loaded (`ServiceItem.objects.with_form()`, or a bundle's
`for_composition()`): no queries, no writes. The public page, the clerk's screen, the blank form and
the API call the same ones.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError

from services.choices_forms import ApplicantFact, DayRule, FieldGroup, FieldKind
from services.models import FormField, ItemField, ServiceItem
from services.models.form_fields import DIGITS
from tuoxian_portal.core import codes, crypto
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.money import NBSP

# Stands under every form the portal shows: these are our own words, not a department's form.
FORM_NOTE = "表单项目是门户整理的通用字段，以窗口表单为准。"
PLACE = {group: place for place, group in enumerate(FieldGroup.values)}
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


@dataclass
class Question:
    """One question of the form, with every line of an item that it answers."""

    field: FormField
    uses: list[tuple[ServiceItem, ItemField]] = dataclasses.field(default_factory=list)

    @property
    def key(self) -> str:
        return self.field.key

    @property
    def label(self) -> str:
        """The catalogue's name; the item's own where all of them agree on one."""
        words = {line.wording for _, line in self.uses}
        return words.pop() or self.field.label if len(words) == 1 else self.field.label

    @property
    def items(self) -> list[str]:
        """Names of the items that need it."""
        return [item.name for item, _ in self.uses]

    @property
    def conditions(self) -> list[str]:
        """When it is asked; [] once some item always asks it."""
        if any(line.depends_on is None for _, line in self.uses):
            return []
        return sorted({line.condition_text for _, line in self.uses})

    @property
    def required(self) -> bool:
        """Whether some item requires it whenever it is asked; under its conditions where it has any."""
        return any(line.required for _, line in self.uses)

    def lines_for(self, values: Mapping[str, str]) -> list[ItemField]:
        """The lines that ask it, given the other answers."""
        return [
            line
            for _, line in self.uses
            if line.depends_on is None or values.get(line.depends_on.key) == line.depends_value
        ]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; `items` are codes."""
        return {
            "key": self.key,
            "label": self.label,
            "kind": self.field.kind,
            "hint": self.field.hint,
            "unit": self.field.unit,
            "options": self.field.option_list,
            "required": self.required,
            "conditions": self.conditions,
            "personal": self.field.personal,
            "fills_from": self.field.fills_from,
            "items": [item.code for item, _ in self.uses],
        }


@dataclass
class FormGroup:
    """A part of the form, such as 经营场所, with its questions."""

    key: str
    label: str
    questions: list[Question] = dataclasses.field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "label": self.label, "questions": [q.as_json() for q in self.questions]}


def fields_of(items: Iterable[ServiceItem]) -> list[FormGroup]:
    """The one form for `items`: each question once, in the parts and order of the field catalogue.

    The order of `items` does not change it, an item that comes twice counts once, and one more item
    never takes a question away or makes a required one optional.
    """
    questions: dict[int, Question] = {}
    for item in {item.pk: item for item in items}.values():
        for line in item.form_fields.all():
            questions.setdefault(line.field_id, Question(line.field)).uses.append((item, line))
    groups: dict[str, FormGroup] = {}
    for question in sorted(questions.values(), key=_place):
        question.uses.sort(key=lambda use: (use[0].code, use[0].pk))
        key = question.field.group
        group = groups.setdefault(key, FormGroup(key, str(FieldGroup(key).label)))
        group.questions.append(question)
    return list(groups.values())


def _place(question: Question) -> tuple[int, int, str]:
    return PLACE[question.field.group], question.field.order, question.field.key


def questions_of(groups: Iterable[FormGroup]) -> list[Question]:
    """Every question of the form, in its order."""
    return [question for group in groups for question in group.questions]


def known_answers(groups: Iterable[FormGroup], facts: Mapping[str, str]) -> dict[str, str]:
    """What need not be asked: `facts` about the applicant (`ApplicantFact` → text), by field key."""
    return {
        question.key: value
        for question in questions_of(groups)
        if (value := facts.get(question.field.fills_from or "", "").strip())
    }


def checked_form(
    groups: Iterable[FormGroup],
    *,
    facts: Mapping[str, str],
    answers: Mapping[str, Any],
    on_paper: bool,
    unchecked_number: bool = False,
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The form as kept with an application: (values, errors), both by field key.

    What the `facts` about the applicant say is filled in and not complained about here: they have
    been checked where they were asked. With `on_paper` nothing is required that was not typed; an
    `unchecked_number` was taken by a decision of its own and goes in as it is.
    """
    groups = list(groups)
    known = known_answers(groups, facts)
    taken = {}
    if unchecked_number:
        asked = {q.key for q in questions_of(groups) if q.field.fills_from == ApplicantFact.NUMBER}
        taken = {key: known.pop(key) for key in asked & set(known)}
    typed = {key: value for key, value in answers.items() if value}
    data = {**known, **typed}
    values, errors = clean_answers(groups, data)
    elsewhere = {q.key for q in questions_of(groups) if q.field.fills_from and q.key not in typed}
    return (
        {**values, **taken},
        {
            key: messages
            for key, messages in errors.items()
            if key not in elsewhere and (not on_paper or data.get(key))
        },
    )


def clean_answers(
    groups: Iterable[FormGroup], data: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Checks what was filled in: (values, errors), both by field key.

    `values` are texts in their normal form: numbers without separators, dates as 2026-12-01, codes in
    half-width capitals. What is empty, or not asked because of another answer, is left out. Every
    error says what to do; all of them are found at once. Never raises.
    """
    values: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    questions = questions_of(groups)
    # First what everybody is asked: it decides about the rest.
    for question in sorted(questions, key=lambda q: bool(q.conditions)):
        lines = question.lines_for(values)
        if not lines:
            continue
        try:
            value = clean_value(question.field, data.get(question.key, ""), question.label)
        except ValidationError as error:
            errors[question.key] = list(error.messages)
            continue
        if value:
            values[question.key] = value
        elif any(line.required for line in lines):
            verb = "选择" if question.field.option_list else "填写"
            errors[question.key] = [f"请{verb}“{question.label}”。"]
    place = {question.key: number for number, question in enumerate(questions)}
    return (
        dict(sorted(values.items(), key=lambda pair: place[pair[0]])),
        dict(sorted(errors.items(), key=lambda pair: place[pair[0]])),
    )


def shown_answer(field: FormField, value: str) -> str:
    """`value` as lists, prints and logs show it: what is personal is masked, a number has its unit."""
    if not value:
        return ""
    if field.personal:
        if field.kind == FieldKind.PHONE:
            return crypto.mask_phone(value)
        named = field.kind in {FieldKind.TEXT, FieldKind.ADDRESS, FieldKind.MULTILINE}
        return crypto.mask_name(value) if named else crypto.mask_identity(value)
    return f"{value}{NBSP}{field.unit}" if field.unit else value


def clean_value(field: FormField, raw: Any, label: str = "") -> str:
    """`raw` in the normal form of `field`; "" when nothing was filled in. Raises `ValidationError`."""
    label = label or field.label
    if isinstance(raw, bool):
        raw = "是" if raw else "否"
    if raw is None or isinstance(raw, (list, tuple, dict)):
        if raw:
            raise ValidationError(f"“{label}”只填写一个值，请不要重复填写。")
        return ""
    text = _tidy(str(raw), lines=field.kind == FieldKind.MULTILINE)
    if not text:
        return ""
    try:
        return CLEANERS[FieldKind(field.kind)](field, text)
    except ValidationError as error:
        raise ValidationError([f"“{label}”：{message}" for message in error.messages]) from None


def _tidy(text: str, *, lines: bool) -> str:
    """Without control characters and outer spaces; line breaks only where the field has several."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = [c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"}]
    text = "".join(kept).strip()
    return text if lines else " ".join(text.split())


def _text(field: FormField, text: str) -> str:
    if len(text) > field.length:
        raise ValidationError(f"最多 {field.length} 个字，现为 {len(text)} 个字，请精简。")
    return text


def _number(field: FormField, text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    if field.unit:
        plain = plain.removesuffix(unicodedata.normalize("NFKC", field.unit))
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", plain, re.ASCII):
        plain = plain.replace(",", "")
    if not NUMBER.fullmatch(plain):
        unit = f"，单位{field.unit}" if field.unit else ""
        raise ValidationError(f"只填写数字，例如 120{unit}。")
    if len(plain.partition(".")[0].lstrip("-")) > DIGITS:
        raise ValidationError("数字太大，请核对位数和单位。")
    try:
        value = Decimal(plain)
    except InvalidOperation:  # cannot happen after NUMBER; a form must not fail on what cannot happen
        raise ValidationError("只填写数字，例如 120。") from None
    places = len(plain.partition(".")[2].rstrip("0"))
    if places > field.decimals:
        wanted = f"最多 {field.decimals} 位小数" if field.decimals else "整数"
        raise ValidationError(f"应为{wanted}，请四舍五入后填写。")
    if field.min_value is not None and value < field.min_value:
        raise ValidationError(f"不能小于 {_plain(field.min_value)}{field.unit}，请核对。")
    if field.max_value is not None and value > field.max_value:
        raise ValidationError(f"不能大于 {_plain(field.max_value)}{field.unit}，请核对。")
    return _plain(value)


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"", "-0"} else text


def _date(field: FormField, text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    match = DAY.fullmatch(plain) or COMPACT_DAY.fullmatch(plain)
    if match is None:
        raise ValidationError("日期应形如 2026-12-01，请写全年、月、日。")
    try:
        day = date(*(int(part) for part in match.groups()))
    except ValueError:
        raise ValidationError("没有这一天，请核对月份和日期。") from None
    if not 1880 <= day.year <= 2200:
        raise ValidationError("年份不合理，请核对。")
    if field.day_rule == DayRule.PAST and day > today():
        raise ValidationError("不能晚于今天，请核对。")
    if field.day_rule == DayRule.FUTURE and day < today():
        raise ValidationError("不能早于今天，请核对。")
    return day.isoformat()


def _option(field: FormField, text: str) -> str:
    if text not in field.option_list:
        raise ValidationError(f"请在“{'、'.join(field.option_list)}”中选择一项。")
    return text


def clean_either_number(value: str) -> str:
    """A 统一社会信用代码 or an 居民身份证号码; the sentence of the one it resembles when it is neither."""
    looks_like_id = re.fullmatch(r"\d{17}[\dX]", codes.compact(value)) is not None
    first, second = codes.clean_credit_code, codes.clean_identity_number
    if looks_like_id:
        first, second = second, first
    try:
        return first(value)
    except ValidationError as error:
        try:
            return second(value)
        except ValidationError:
            raise error from None


CLEANERS: dict[FieldKind, Callable[[FormField, str], str]] = {
    FieldKind.TEXT: _text,
    FieldKind.MULTILINE: _text,
    FieldKind.ADDRESS: _text,
    FieldKind.NUMBER: _number,
    FieldKind.DATE: _date,
    FieldKind.CHOICE: _option,
    FieldKind.YES_NO: _option,
    FieldKind.CREDIT_CODE: lambda field, text: codes.clean_credit_code(text),
    FieldKind.ID_NUMBER: lambda field, text: codes.clean_identity_number(text),
    FieldKind.EITHER_NUMBER: lambda field, text: clean_either_number(text),
    FieldKind.PROJECT_CODE: lambda field, text: codes.clean_project_code(text),
    FieldKind.PHONE: lambda field, text: codes.clean_phone(text),
}
