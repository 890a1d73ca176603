"""The archive in the workbench: read-only, with links to the files."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tuoxian_portal.core.admin_site import ReadOnlyAdmin
from tuoxian_portal.reports.models import ReportRun


@admin.register(ReportRun)
class ReportRunAdmin(ReadOnlyAdmin):
    list_display = ["report", "period", "revision", "state", "produced_by", "produced_at"]
    list_filter = ["kind", "state", "has_samples"]
    list_select_related = ["produced_by"]
    search_fields = ["period"]
    fields = [
        ("report", "period", "revision"),
        "state",
        "has_samples",
        "reason",
        "supersedes",
        ("produced_by", "produced_at"),
        "links",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).without_figures()

    @display(description=_("报告"), ordering="kind")
    def report(self, run: ReportRun) -> str:
        return run.title

    @display(description=_("文件"))
    def links(self, run: ReportRun) -> str:
        rows = ((file.get_absolute_url(), file.filename, file.sha256[:16]) for file in run.files.all())
        return format_html_join("", '<p><a href="{}">{}</a>（校验值 {}…）</p>', rows)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["report", "links", *(f.name for f in self.model._meta.fields)]
