"""Form fields in the admin, and the form of an item on the item's page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from services.models import FormField, ItemField
from services.models.form_fields import condition_problems
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, KnownRelationsForm, PortalAdmin


def kept_rows(formset: Any) -> list[Any]:
    """The rows of a formset as they would be saved, those to be deleted left out; those with errors of
    their own too, since they are named already."""
    return [
        form.instance
        for form in formset.forms
        if not form.errors
        and not form.cleaned_data.get("DELETE")
        and (form.instance.pk or form.has_changed())
    ]


class FormLineSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        if problems := condition_problems(kept_rows(self)):
            raise ValidationError(problems)


class FormLine(TabularInline):
    model = ItemField
    form = KnownRelationsForm
    formset = FormLineSet
    autocomplete_fields = ["field", "depends_on"]
    extra = 0
    tab = True
    fields = ("order", "field", "wording", "required", "depends_on", "depends_value")
    verbose_name_plural = _("表单要填的项目")


class FieldForm(forms.ModelForm):
    class Meta:
        model = FormField
        fields = ["label"]  # the fieldsets name the others

    def clean(self) -> dict[str, Any]:
        """Answers on which other fields depend cannot be taken away from under them."""
        cleaned = super().clean() or {}
        if self.instance.pk and "kind" in cleaned:
            options = FormField(kind=cleaned["kind"], options=cleaned.get("options", "")).option_list
            held = ItemField.objects.filter(depends_on=self.instance).exclude(depends_value__in=options)
            if line := held.select_related("item").first():
                self.add_error(
                    "options" if "options" in self.fields else None,
                    f"事项“{line.item}”的“{line.name}”取决于选项“{line.depends_value}”。请先改那个事项的表单。",
                )
        return cleaned


@admin.register(FormField)
class FormFieldAdmin(PortalAdmin):
    form = FieldForm
    list_display = ["label", "group", "kind", "unit", "personal", "use_count"]
    list_filter = ["group", "kind", "personal"]
    search_fields = ["label", "key", "hint"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("label", "key"),
                    ("group", "order"),
                    ("kind", "unit"),
                    "options",
                    "hint",
                    ("personal", "fills_from"),
                )
            },
        ),
        (
            _("填写限制"),
            {"fields": (("decimals", "min_value", "max_value"), ("max_length", "day_rule"))},
        ),
        (_("来源"), {"fields": SOURCE_FIELDS}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(use_total=Count("uses"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Answers are stored under the key, so that it stays what it is."""
        return ["key"] if obj is not None else []

    @display(description=_("使用事项"), ordering="use_total")
    def use_count(self, obj: Any) -> int:
        return obj.use_total

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.use_total)
