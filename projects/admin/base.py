"""What the admins of the app share: badges, and saving through actions."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tuoxian_portal.audit.workflow_admin import VersionedModelForm
from tuoxian_portal.core.admin_site import PortalAdmin
from tuoxian_portal.core.errors import PortalError

TONES = {"good": "success", "info": "info", "warn": "warning", "bad": "danger"}


def badge(choices: Any, field: str, title: Any) -> Any:
    """An unfold label column for a field whose choices carry tones; nothing for an empty value."""
    labels = {str(member.label): TONES.get(member.tone, "") for member in choices}
    words = {member.value: str(member.label) for member in choices}

    @display(description=title, ordering=field, label=labels)
    def column(self: Any, record: Any) -> str | None:
        return words.get(getattr(record, field))

    return column


def keep(function: Any, **arguments: Any) -> Any:
    """Runs an action that the form's own validation has already passed; what is left is a matter of
    permission or of somebody else having been faster."""
    try:
        return function(**arguments)
    except PortalError as error:
        raise PermissionDenied(error.message) from error


class ActionSavedAdmin(PortalAdmin):
    """Saves through `save_action(**{save_argument: obj}, actor, changed[, version])`."""

    save_action: Any = None
    save_argument = ""
    form = VersionedModelForm

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and "rows" in field.widget.attrs:
            field.widget.attrs["rows"] = 3
        return field

    @display(description=_("示例"), ordering="is_sample", label={"示例": "warning"})
    def sample(self, record: Any) -> str | None:
        return "示例" if record.is_sample else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changed = [name for name in form.changed_data if name != "seen_version"] if change else []
        if change and not changed:
            return
        options: dict[str, Any] = {self.save_argument: obj, "actor": request.user, "changed": changed}
        if "seen_version" in form.cleaned_data:
            options["version"] = form.cleaned_data["seen_version"]
        saved = keep(type(self).save_action, **options)
        obj.__dict__.update(saved.__dict__)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


STATE = _("状态")
