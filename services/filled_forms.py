"""The form of an application as it was filled in, for the page of a case and of a bundle case."""

import json

from services.form_filling import fields_of, shown_answer
from services.models import BundleCase, Case, FormField, ServiceItem

Rows = list[tuple[str, str]]


def filled_form(record: Case | BundleCase, *, plain: bool = False) -> list[tuple[str, Rows]]:
    """[(group, [(question, answer)])] of what was answered, in the words of the form; what is personal is
    masked unless `plain`. No query without answers; one for a bundle case, three for a case."""
    if not record.form_answers:
        return []
    answers: dict[str, str] = json.loads(record.form_answers)
    fields = {field.key: field for field in FormField.objects.filter(key__in=answers)}

    def shown(key: str) -> str:
        return answers[key] if plain or key not in fields else shown_answer(fields[key], answers[key])

    groups: list[tuple[str, Rows]] = []
    left = dict.fromkeys(answers)
    for group, questions in _asked(record):
        rows = [(label, shown(key)) for key, label in questions if key in left]
        for key, _ in questions:
            left.pop(key, None)
        if rows:
            groups.append((group, rows))
    # Answered at the time, but no longer in the item's form: under the catalogue's words.
    if others := [(fields[key].label if key in fields else key, shown(key)) for key in left]:
        groups.append(("其他", others))
    return groups


def _asked(record: Case | BundleCase) -> list[tuple[str, Rows]]:
    """[(group, [(key, question)])]."""
    if isinstance(record, BundleCase):
        return [
            (group["label"], [(question["key"], question["label"]) for question in group["questions"]])
            for group in record.composition.get("form", [])
        ]
    item = ServiceItem.objects.with_form().get(pk=record.item_id)
    return [
        (g.label, [(question.key, question.label) for question in g.questions]) for g in fields_of([item])
    ]
