"""The ledger out as a workbook and in again."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from projects import ledger_sheet
from projects.actions.ledger_import import LEDGER_IMPORT, MAX_ROWS
from tuoxian_portal.core.admin_imports import SheetImportMixin
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.export import xlsx_response


class LedgerSheetMixin(SheetImportMixin):
    """Adds `export/` and the pages of the import to the ledger's admin."""

    list_before_template = "projects/admin/ledger_tools.html"
    sheet_import = LEDGER_IMPORT
    import_hint = f"XLSX，不超过 20 MB、{MAX_ROWS} 行"
    import_notes = (("其他列", "按阶段要求填写。"), *ledger_sheet.NOTES)

    def get_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("export/", view(self.export_view), name="projects_keyproject_export"),
            *super().get_urls(),  # type: ignore[misc]  # of the admin it is mixed into
        ]

    def export_view(self: Any, request: HttpRequest) -> HttpResponseBase:
        """The rows of the list as it is filtered and ordered on the screen."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = self.get_changelist_instance(request).get_queryset(request)
        conditions = "；".join(f"{name}={value}" for name, value in request.GET.items() if value)
        return xlsx_response(
            f"重点项目台账-{today():%Y%m%d}.xlsx",
            title="重点项目台账",
            headers=ledger_sheet.headers(),
            rows=ledger_sheet.rows(shown),
            notes=[
                ("筛选条件", conditions or "无"),
                ("导出日期", today().isoformat()),
                ("导出人", str(request.user)),
                *ledger_sheet.NOTES,
            ],
        )
