"""Rows that people put in order by a number: what is added without one comes last."""

from typing import Any

from django.forms.models import BaseInlineFormSet


class OrderedFormSet(BaseInlineFormSet):
    """The inline rows of a model with `order`. A new row offers no number, so that it does not claim the
    first place; one left empty follows what is there. No query."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "order" not in form.fields:
            return
        form.fields["order"].required = False
        if not form.instance.pk:
            form.initial["order"] = form.fields["order"].initial = None

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if hasattr(form, "cleaned_data") and not self._is_gone(form)]
        last = max((form.cleaned_data.get("order") or 0 for form in kept), default=0)
        for form in kept:
            if form.cleaned_data.get("order") is None and "order" not in form.errors:
                last += 1
                form.cleaned_data["order"] = form.instance.order = last

    def _is_gone(self, form: Any) -> Any:
        """Marked to be deleted, or an empty row that nobody filled in."""
        return form.cleaned_data.get("DELETE") or (not form.instance.pk and not form.has_changed())
