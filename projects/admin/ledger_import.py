"""The ledger out as a workbook and in again: upload, look at what it would do, confirm."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from projects import ledger_sheet
from projects.actions import ledger_import as do
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.export import xlsx_response
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.sheets import ImportReport


class LedgerSheetMixin:
    """Adds `export/`, `template/`, `import/` and `import/<job>/` to the ledger's admin."""

    list_before_template = "projects/admin/ledger_tools.html"

    def get_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("export/", view(self.export_view), name="projects_keyproject_export"),
            path("template/", view(self.template_view), name="projects_keyproject_template"),
            path("import/", view(self.import_view), name="projects_keyproject_import"),
            path("import/<uuid:job>/", view(self.report_view), name="projects_keyproject_report"),
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

    def template_view(self: Any, request: HttpRequest) -> HttpResponseBase:
        """The workbook to fill in."""
        self._may_import(request)
        return xlsx_response(
            "重点项目台账导入模板.xlsx",
            title="重点项目台账",
            headers=[f"{c.heading}{'*' if c.required else ''}" for c in ledger_sheet.COLUMNS],
            rows=[],
            notes=[("带 * 的列", "必填；其他列按阶段要求填写。"), *ledger_sheet.NOTES],
        )

    def _may_import(self: Any, request: HttpRequest) -> None:
        if not request.user.has_perm(do.IMPORT):  # type: ignore[union-attr]  # staff only: never AnonymousUser
            raise PermissionDenied("您没有导入项目台账的权限。如需导入，请联系系统管理员。")

    def import_view(self: Any, request: HttpRequest) -> HttpResponse:
        """Upload a workbook; its check begins at once in the background."""
        self._may_import(request)
        problems: list[str] = []
        if request.method == "POST":
            try:
                files = request.FILES.getlist("file")
                if not files:
                    raise ValidationError("请选择项目台账（XLSX）。")
                job = do.request_import(file=files[0], actor=request.user)
            except ValidationError as error:
                problems = error.messages
            else:
                return HttpResponseRedirect(reverse("admin:projects_keyproject_report", args=[job.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "导入项目台账",
            "opts": self.opts,
            "problems": problems,
            "columns": ledger_sheet.COLUMNS,
            "notes": ledger_sheet.NOTES,
            "jobs": Job.objects.filter(kind=do.KIND)[:10],
        }
        return TemplateResponse(
            request, "projects/admin/ledger_import.html", context, status=400 if problems else 200
        )

    def report_view(self: Any, request: HttpRequest, job: Any) -> HttpResponse:
        """How far the check is and what it found; POST imports what was found good."""
        self._may_import(request)
        found = Job.objects.filter(pk=job, kind=do.KIND).first()
        if found is None:
            raise Http404
        if request.method == "POST":
            try:
                again = do.confirm_import(check=found, actor=request.user)
            except PortalError as error:
                messages.error(request, error.message)
            else:
                return HttpResponseRedirect(reverse("admin:projects_keyproject_report", args=[again.pk]))
        report = ImportReport(**found.payload["report"]) if found.payload.get("report") else None
        written = bool(found.payload.get("write"))
        context = {
            **self.admin_site.each_context(request),
            "title": found.title,
            "opts": self.opts,
            "job": found,
            "report": report,
            "written": written and found.state == Job.State.SUCCEEDED and not (report and report.refused),
            "may_confirm": report is not None
            and not report.refused
            and not written
            and bool(report.added or report.changed),
        }
        return TemplateResponse(request, "projects/admin/ledger_report.html", context)
