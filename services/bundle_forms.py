"""The one form of a bundle case as it was filled in."""

import json

from services.form_filling import shown_answer
from services.models import BundleCase, FormField


def filled_form(bundle_case: BundleCase, *, plain: bool = False) -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, [(question, answer)]) of what was answered; what is personal is masked unless `plain`. One
    query."""
    if not bundle_case.form_answers:
        return []
    answers: dict[str, str] = json.loads(bundle_case.form_answers)
    fields = {field.key: field for field in FormField.objects.filter(key__in=answers)}
    groups = []
    for group in bundle_case.composition.get("form", []):
        rows = [
            (
                question["label"],
                answers[key] if plain or key not in fields else shown_answer(fields[key], answers[key]),
            )
            for question in group["questions"]
            if (key := question["key"]) in answers
        ]
        if rows:
            groups.append((group["label"], rows))
    return groups
