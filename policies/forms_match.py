"""The questions of the match page: one field a fact, all optional, all in the address."""

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from policies.rules.facts import FACTS, NONE_HELD, Fact, FactError, Holdings, Kind, Labels, read, show
from tuoxian_portal.core.calendar import today

MAX_TYPED = 40
ABOUT_AMOUNT = {
    "equipment",
    "rd_spending",
    "loan",
    "talent",
    "power_use",
    "power_price",
    "steam_use",
    "sewage",
}
"""Facts that mostly serve to calculate; asked after the others."""


class FactField(forms.CharField):
    """A number, date or code, written as people write it."""

    def __init__(self, fact: Fact, labels: Labels) -> None:
        self.fact, self.labels = fact, labels
        numeric = fact.is_numeric
        large = {"万元": "例如 1200，也可写“1.2亿”。", "元/度": "例如 0.42。"}.get(fact.unit, "可写“1.2万”。")
        hint = fact.hint or (large if numeric else "")
        super().__init__(
            label=f"{fact.label}（{fact.unit}）" if fact.unit else fact.label,
            help_text=hint,
            required=False,
            max_length=MAX_TYPED,
            widget=forms.TextInput(
                attrs={"autocomplete": "off", **({"inputmode": "decimal"} if numeric else {})}
            ),
            error_messages={"max_length": f"太长了，最多 {MAX_TYPED} 个字。"},
        )

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            value = read(self.fact, text, self.labels)
        except FactError as error:
            raise forms.ValidationError(str(error)) from None
        if self.fact.key == "registered_on" and value > today():
            raise forms.ValidationError(f"{value} 还没有到，请核对；还没有注册的可以空着。")
        return value


def _field(fact: Fact, labels: Labels) -> forms.Field:
    words = list(labels.get(fact.key, {}).items())
    wrong = {"invalid_choice": f"{fact.label}没有这一项，请重新选择。"}
    if fact.key == "qualifications":
        return forms.MultipleChoiceField(
            label=fact.label,
            help_text=fact.hint,
            choices=[*words, (NONE_HELD, "以上都没有")],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            error_messages=wrong,
        )
    if fact.kind in {Kind.CHOICE, Kind.SET}:
        return forms.ChoiceField(
            label=fact.label,
            choices=[("", "不清楚"), *words],
            required=False,
            error_messages=wrong,
        )
    return FactField(fact, labels)


class MatchForm(forms.Form):
    """A question for each fact in `facts`. GET: the address holds the answers and nothing personal."""

    def __init__(self, facts: list[Fact], labels: Labels, data: MultiValueDict | None = None) -> None:
        asked = data is not None and any(fact.key in data for fact in facts)
        super().__init__(data if asked else None)
        self.asked, self.labels = facts, labels
        for fact in sorted(facts, key=lambda f: f.key in ABOUT_AMOUNT):
            self.fields[fact.key] = _field(fact, labels)

    def clean_qualifications(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["qualifications"]
        if NONE_HELD in chosen and len(chosen) > 1:
            raise forms.ValidationError("选了“以上都没有”，就不要再选别的资质。")
        return chosen

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not any(value not in (None, "", []) for value in data.values()):
            raise forms.ValidationError("请至少回答一个问题；不清楚的可以空着。")
        return data

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in ABOUT_AMOUNT]

    @property
    def amount_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name in ABOUT_AMOUNT]

    def facts(self) -> dict[str, Any]:
        """The answers as facts; only after `is_valid()`."""
        found: dict[str, Any] = {}
        for fact in self.asked:
            value = self.cleaned_data.get(fact.key)
            if value in (None, "", []):
                continue
            if fact.key == "qualifications":
                value = Holdings(frozenset(value) - {NONE_HELD})
            elif fact.kind is Kind.SET:
                value = Holdings(frozenset([value]))
            found[fact.key] = value
        return found

    def answers(self) -> list[tuple[str, str, tuple[str, str]]]:
        """(question, answer, (修改, where to change it)) for what was answered."""
        return [
            (FACTS[key].label, show(FACTS[key], value, self.labels), ("修改", f"#id_{key}"))
            for key, value in self.facts().items()
        ]

    def address(self) -> list[tuple[str, str]]:
        """The answered questions as they were typed, for the address that can be shared."""
        data: Any = self.data
        return [(key, value) for key in self.fields for value in data.getlist(key) if value.strip()]
