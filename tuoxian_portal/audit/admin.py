"""The audit log in the workbench: read, searched, never changed."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.audit.workflow_admin import WorkflowAdmin
from tuoxian_portal.core.admin_record import LABELS
from tuoxian_portal.core.admin_site import ReadOnlyAdmin


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Every act in the words of the record's own page, where it has one."""

    list_display = ["at", "actor", "what", "object_repr", "reason", "address"]
    list_filter = ["action"]
    date_hierarchy = "at"
    list_select_related = ["actor", "content_type"]
    search_fields = ["object_repr", "actor__username"]

    @display(description=_("动作"), ordering="action")
    def what(self, entry: LogEntry) -> str:
        model = entry.content_type.model_class()
        owner = admin.site.get_model_admin(model) if model and admin.site.is_registered(model) else None
        own = owner.label_of(entry.action) if isinstance(owner, WorkflowAdmin) else entry.action
        return str(LABELS.get(entry.action, own))
