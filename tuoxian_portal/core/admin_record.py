"""What people save in the workbench without an action of the portal's own, put on record.

Core knows nothing of the audit log: `audit` adds a listener in its `ready()`.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest

from tuoxian_portal.core.fields import EncryptedTextField

ADD, CHANGE, DELETE = "admin_add", "admin_change", "admin_delete"
LABELS = {ADD: "新增", CHANGE: "修改", DELETE: "删除"}

# Called as `listener(actor=…, action=…, record=…, words=…, changes={field: [before, after]})`.
hand_listeners: list[Callable[..., None]] = []


class Recorded:
    """Mixin of a ModelAdmin: each row added, changed or deleted there is told to `hand_listeners`, in the
    transaction that saves it. Passwords and what is encrypted at rest are named, never told."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        message = super().construct_change_message(request, form, formsets, add)  # type: ignore[misc]  # a mixin of ModelAdmin
        if not add and message and "changed" in message[0]:
            message[0]["changed"]["values"] = changes_of(form)
        return message

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        entry = super().log_addition(request, obj, message)  # type: ignore[misc]  # a mixin of ModelAdmin
        _tell(request, ADD, obj, "", {})
        return entry

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        told = message[0].get("changed", {}) if isinstance(message, list) and message else {}
        values = told.pop("values", {})
        entry: LogEntry = super().log_change(request, obj, message)  # type: ignore[misc]  # a mixin of ModelAdmin
        _tell(request, CHANGE, obj, entry.get_change_message(), values)
        return entry

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for record in queryset:
            _tell(request, DELETE, record, "", {})
        return super().log_deletions(request, queryset)  # type: ignore[misc]  # a mixin of ModelAdmin


def _tell(
    request: HttpRequest, action: str, record: models.Model, words: str, values: dict[str, list[Any]]
) -> None:
    for listener in hand_listeners:
        listener(actor=request.user, action=action, record=record, words=words, changes=values)


def changes_of(form: Any) -> dict[str, list[Any]]:
    """`{field: [before, after]}` in words, of the fields that were changed and may be told."""
    if not isinstance(form, forms.ModelForm):
        return {}
    return {
        name: [
            _words(form.fields[name], value) for value in (form.initial.get(name), form.cleaned_data[name])
        ]
        for name in form.changed_data
        if _may_be_told(form._meta.model, name)
    }


def _may_be_told(model: type[models.Model], name: str) -> bool:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:  # the form's own
        return False
    return name != "password" and not isinstance(field, EncryptedTextField)


def _words(field: forms.Field, value: Any) -> Any:
    if isinstance(field, forms.ModelMultipleChoiceField):
        return sorted(str(row) for row in value or ())
    if isinstance(field, forms.ModelChoiceField) and isinstance(value, int):  # what a form began with
        rows: Any = field.queryset  # the stubs know forms without one
        value = rows.filter(pk=value).first()
    return value if value is None or isinstance(value, bool | int) else str(value)
