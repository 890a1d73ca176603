"""What the admins of the app share: saving through actions."""

from typing import Any

from django.http import HttpRequest

from tuoxian_portal.audit.workflow_admin import VersionedModelForm
from tuoxian_portal.core.admin_site import PortalAdmin


class ActionSavedAdmin(PortalAdmin):
    """Saves through `save_action(**{save_argument: obj}, actor, changed[, version])`."""

    save_action: Any = None
    save_argument = ""
    deletable = False
    form: Any = VersionedModelForm

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and "rows" in field.widget.attrs:
            field.widget.attrs["rows"] = 3
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changed = [name for name in form.changed_data if name != "seen_version"] if change else []
        if change and not changed:
            return
        options: dict[str, Any] = {self.save_argument: obj, "actor": request.user, "changed": changed}
        if "seen_version" in form.cleaned_data:
            options["version"] = form.cleaned_data["seen_version"]
        saved = type(self).save_action(**options)
        obj.__dict__.update(saved.__dict__)
