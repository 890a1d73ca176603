"""The audit log in the workbench: read, searched, never changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.audit.workflow_admin import WorkflowAdmin
from tuoxian_portal.core.admin_record import LABELS
from tuoxian_portal.core.admin_site import ReadOnlyAdmin


def words_of(action: str) -> str:
    """What the records' pages call `action`: one word for each way they put it, itself where none does."""
    if action in LABELS:
        return str(LABELS[action])
    owners = (owner for owner in admin.site._registry.values() if isinstance(owner, WorkflowAdmin))
    words = {str(owner.label_of(action)): None for owner in owners}
    words.pop(action, None)
    return "、".join(list(words)[:3]) or action


class ActionFilter(admin.SimpleListFilter):
    """One query whose cost does not grow with the log; see `AppendOnlyQuerySet.distinct_actions`."""

    title = _("动作")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = [(action, words_of(action)) for action in LogEntry.objects.distinct_actions()]
        return sorted(found, key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        action = self.value()
        return queryset.filter(action=action) if action else queryset


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Every act in the words of the record's own page, where it has one."""

    list_display = ["at", "actor", "what", "object_repr", "reason", "address"]
    list_filter = [ActionFilter]
    date_hierarchy = "at"
    list_select_related = ["actor", "content_type"]
    search_fields = ["object_repr", "actor__username"]

    @display(description=_("动作"), ordering="action")
    def what(self, entry: LogEntry) -> str:
        model = entry.content_type.model_class()
        owner = admin.site.get_model_admin(model) if model and admin.site.is_registered(model) else None
        own = owner.label_of(entry.action) if isinstance(owner, WorkflowAdmin) else entry.action
        return str(LABELS.get(entry.action, own))
