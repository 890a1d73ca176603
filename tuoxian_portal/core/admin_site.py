"""What every admin of the portal shares: rows scoped, states as badges, saves that call actions."""

import re
from datetime import date
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from tuoxian_portal.core.choices import BadgeChoices
from tuoxian_portal.core.errors import PortalError

STATE = _("状态")
TONES = {"good": "success", "info": "info", "warn": "warning", "bad": "danger"}
# The fields of a `Sourced` record, as every fieldset 来源 shows them.
SOURCE_FIELDS = ("source_title", ("source_publisher", "source_date"), ("source_where", "confidence"))


def labels_of(choices: type[BadgeChoices]) -> dict[str, str]:
    """Unfold's colour for each word of `choices`, for `@display(label=…)`."""
    return {str(member.label): TONES.get(member.tone, "") for member in choices}


def badge(choices: type[BadgeChoices], field: str = "state", title: Any = STATE) -> Any:
    """A column that shows `field` as a badge; nothing for an empty value."""
    words = {member.value: str(member.label) for member in choices}

    @display(description=title, ordering=field, label=labels_of(choices))
    def column(self: Any, record: Any) -> str | None:
        return words.get(getattr(record, field))

    return column


def day_and_rest(day: date, rest: str) -> SafeString:
    """A day of a list in one piece, and beneath it how long it still is."""
    return format_html(
        '<span class="wb-once">{}</span><span class="wb-below">{}</span>', f"{day:%Y-%m-%d}", rest
    )


class LinesField(forms.CharField):
    """A list of short texts, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 4000)
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 4}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data or "") != (initial or []))


class KeyedAutocomplete(AutocompleteSelect):
    """Draws a form that came back although what was sent for this field is no key: Django's asks the
    database for it and fails."""

    LONGEST = 18  # digits that fit a BigAutoField

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        keys = [v for v in value if re.fullmatch(rf"\d{{1,{self.LONGEST}}}", str(v), re.ASCII)]
        return super().optgroups(name, keys, attrs)  # type: ignore[misc]  # not in the stubs


class KnownRow:
    """Stands in for the choices of an autocomplete whose chosen row is loaded already."""

    def __init__(self, row: Any, field: Any) -> None:
        self.row, self.field, self.queryset = row, field, self

    def using(self, _database: Any) -> "KnownRow":
        return self

    def filter(self, **wanted: Any) -> Any:
        (keys,) = wanted.values()
        if {str(key) for key in keys} == {str(self.row.pk)}:
            return [self.row]
        return self.field.queryset.filter(**wanted)  # what was posted is another row


class KnownRelationsForm(forms.ModelForm):
    """For inlines with autocompletes: Django's asks for the chosen row once a line, although the inline's
    queryset has loaded it (`select_related`)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            inner = getattr(field.widget, "widget", field.widget)
            row = self.instance._state.fields_cache.get(name)
            if row is not None and isinstance(inner, AutocompleteSelect):
                known: Any = KnownRow(row, field)
                inner.choices = known
                if inner is not field.widget:  # the admin's wrapper hands its own choices down
                    field.widget.choices = known  # type: ignore[attr-defined]  # a wrapped choice widget


class KeyedForeignKeys:
    """Autocompletes that draw whatever was sent for them, and take only what their search would show: rows
    that the person may see. For an admin or an inline."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        admin: Any = self
        if db_field.name in admin.get_autocomplete_fields(request) and "widget" not in kwargs:
            kwargs["widget"] = KeyedAutocomplete(db_field, admin.admin_site, using=kwargs.get("using"))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # a mixin
        if hasattr(getattr(field, "queryset", None), "visible_to"):
            field.queryset = field.queryset.visible_to(request.user)
        return field


class PortalAdmin(KeyedForeignKeys, ModelAdmin):
    """Scopes rows by `visible_to` (what it leaves out is 404) and never counts a whole table twice."""

    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True
    compressed_fields = True
    one_a_line: tuple[str, ...] = ()  # JSON fields that hold a list of texts
    deletable = True  # False where rows are switched off, withdrawn or retired instead

    @property
    def list_select_related(self) -> Any:
        """The relations among the columns. Django's own `True` leaves out those that may be empty,
        which costs a query a row. A subclass may name its own."""
        relations = {f.name for f in self.model._meta.fields if f.remote_field}
        return [name for name in self.list_display if name in relations]

    @display(description=_("示例"), ordering="is_sample", label={"示例": "warning"})
    def sample(self, record: Any) -> str | None:
        """A column that marks sample records, and says nothing of real ones."""
        return "示例" if record.is_sample else None

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.one_a_line:
            told = [str(text) for text in (db_field.help_text, _("每行一条。")) if text]
            return LinesField(label=db_field.verbose_name, help_text="".join(told))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> Any:
        queryset = super().get_queryset(request)
        scope = getattr(queryset, "visible_to", None)
        return scope(request.user) if scope else queryset

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Django's page. When what was typed can no longer be saved, because the record was closed or
        saved by somebody else in the meantime, a page that says so and gives it back to copy."""
        if request.method != "POST" or "_saveasnew" in request.POST:
            return super().changeform_view(request, object_id, form_url, extra_context)
        record = self.get_object(request, unquote(object_id)) if object_id else None
        if record is not None and self._is_closed_to(request, record):
            return self.too_late(request, record, "这条记录刚才已办理到下一步，不能再按这张表修改。")
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PortalError as error:
            return self.too_late(request, record, error.message, status=error.status)

    def _is_closed_to(self, request: HttpRequest, record: Any) -> bool:
        """Whether the person changes such records, and sees this one, but it is not open to change."""
        return (
            self.has_change_permission(request)
            and self.has_view_permission(request, record)
            and not self.has_change_permission(request, record)
        )

    def too_late(self, request: HttpRequest, record: Any, reason: str, status: int = 409) -> HttpResponse:
        """Nothing was saved, and nothing typed is lost."""
        labels = {f.name: str(f.verbose_name) for f in self.opts.fields if f.name in request.POST}
        typed = [(label, request.POST[name]) for name, label in labels.items() if request.POST[name].strip()]
        context = {
            **self.admin_site.each_context(request),
            "title": "没有保存",
            "opts": self.opts,
            "original": record,
            "reason": reason,
            "typed": typed,
            "back": request.path,
        }
        return TemplateResponse(request, "admin/portal/too_late.html", context, status=status)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and super().has_delete_permission(request, obj)


class ReadOnlyAdmin(PortalAdmin):
    """What the portal or its reference data writes, and people only read."""

    deletable = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
