"""The pages of a `SheetImport` in the workbench: upload, look at what it would do, confirm."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from tuoxian_portal.core.errors import NotPermitted, PortalError
from tuoxian_portal.core.export import xlsx_response
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.sheet_imports import SheetImport
from tuoxian_portal.core.sheets import ImportReport


class SheetImportMixin:
    """Adds `import/`, `import/template/` and `import/<job>/` to an admin, named like its other pages:
    `<app>_<model>_import`, `…_template`, `…_report`.

    `import_hint` stands at the file field, `import_notes` explain how to fill the workbook in, and
    `import_example` is the first row of the template.
    """

    sheet_import: SheetImport
    import_hint = "XLSX，不超过 20 MB"
    import_notes: Sequence[tuple[str, str]] = ()
    import_example: Sequence[Any] = ()

    def get_urls(self: Any) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, self._import_page
        return [
            path("import/", view(self.import_view), name=name("import")),
            path("import/template/", view(self.template_view), name=name("template")),
            path("import/<uuid:job>/", view(self.report_view), name=name("report")),
            *super().get_urls(),  # type: ignore[misc]  # of the admin it is mixed into
        ]

    def _import_page(self: Any, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _import_address(self: Any, page: str, *args: Any) -> str:
        return reverse(f"admin:{self._import_page(page)}", args=args)

    def _may_import(self: Any, request: HttpRequest) -> None:
        try:
            self.sheet_import.require(request.user)
        except NotPermitted as error:
            raise PermissionDenied(error.message) from None

    def _import_answer(
        self: Any, request: HttpRequest, template: str, title: str, *, status: int = 200, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "sheet": self.sheet_import,
            "import_url": self._import_address("import"),
            "list_url": self._import_address("changelist"),
            **more,
        }
        return TemplateResponse(request, f"admin/portal/{template}.html", context, status=status)

    def import_view(self: Any, request: HttpRequest) -> HttpResponse:
        """Upload a workbook; its check begins at once in the background."""
        self._may_import(request)
        problems: list[str] = []
        if request.method == "POST":
            try:
                file = request.FILES.get("file")
                if file is None:
                    raise ValidationError(f"请选择{self.sheet_import.name}工作簿（XLSX）。")
                job = self.sheet_import.request(file=file, actor=request.user)
            except ValidationError as error:
                problems = error.messages
            else:
                return HttpResponseRedirect(self._import_address("report", job.pk))
        recent = Job.objects.filter(kind=self.sheet_import.kind)[:10]
        return self._import_answer(
            request,
            "sheet_import",
            f"导入{self.sheet_import.name}",
            status=400 if problems else 200,
            problems=problems,
            hint=self.import_hint,
            notes=self.import_notes,
            template_url=self._import_address("template"),
            jobs=[(job, self._import_address("report", job.pk)) for job in recent],
        )

    def template_view(self: Any, request: HttpRequest) -> HttpResponseBase:
        """The workbook to fill in."""
        self._may_import(request)
        return xlsx_response(
            f"{self.sheet_import.name}导入模板.xlsx",
            title=self.sheet_import.name,
            headers=[f"{c.heading}{'*' if c.required else ''}" for c in self.sheet_import.columns],
            rows=[self.import_example] if self.import_example else [],
            notes=[("带 * 的列", "必填。"), *self.import_notes],
        )

    def report_view(self: Any, request: HttpRequest, job: Any) -> HttpResponse:
        """How far the check is and what it found; POST imports what was found good."""
        self._may_import(request)
        found = Job.objects.filter(pk=job, kind=self.sheet_import.kind).first()
        if found is None:
            raise Http404
        if request.method == "POST":
            try:
                again = self.sheet_import.confirm(check=found, actor=request.user)
            except PortalError as error:
                messages.error(request, error.message)
            else:
                return HttpResponseRedirect(self._import_address("report", again.pk))
        told = found.payload.get("report")
        report = ImportReport(**told) if told else None
        clean = report is not None and not report.refused
        news = report is not None and bool(report.added or report.changed)
        return self._import_answer(
            request,
            "sheet_import_report",
            found.title,
            job=found,
            report=report,
            written=clean and found.payload["write"] and found.state == Job.State.SUCCEEDED,
            may_confirm=clean and news and not found.payload["write"],
        )
